//! The host's settings: one commented file that is also the manual. Tenants,
//! numbers, apps and keys are not here: they are rows, made under the host
//! administrator's key.

use std::{
    collections::BTreeSet,
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use baton_domain::{
    field::Field,
    limits::{
        CONFIGURED_CONNECTIONS_MAX, CONNECTIONS_MAX, EVALUATION_BUDGET_SECONDS_MAX, RESIDENT_MIB,
        TENANT_EVALUATION_MS_PER_SECOND,
    },
};
use reqwest::Url;
use serde::{Deserialize, Deserializer};

use crate::{
    accept::Limits,
    notify::{MailServer, WebhookRules, public_url},
};

/// The file that `baton init` writes; its comments are the manual.
pub const TEMPLATE: &str = include_str!("../baton.toml");

/// Host settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where everything is kept. Relative to the configuration file.
    pub data: PathBuf,
    /// SHA-256 of the host administrator's key, as hex.
    pub admin_key_sha256: String,
    /// SHA-256 of a key that opens `/metrics` alone, as hex.
    #[serde(default)]
    pub metrics_key_sha256: Option<String>,
    /// Where the Graph API is.
    pub graph_url: String,
    /// Connections open at once; 1 to `CONFIGURED_CONNECTIONS_MAX`.
    #[serde(default = "connections_max")]
    pub connections: usize,
    /// The certificate to speak TLS with; plain HTTP without one.
    #[serde(default)]
    pub tls: Option<TlsFiles>,
    /// Where people reach the console: links in notices begin with it.
    #[serde(default, deserialize_with = "url")]
    pub public_url: Option<Url>,
    /// The mail server; without one nobody is told by e-mail.
    #[serde(default)]
    pub smtp: Option<MailServer>,
    /// Where webhooks may go.
    #[serde(default)]
    pub webhooks: WebhookRules,
    /// Evaluation.
    #[serde(default)]
    pub evaluation: Evaluation,
    /// What the front door bears: as the constants say, no file can say
    /// otherwise.
    #[serde(skip)]
    pub limits: Limits,
    /// Whether values from the manual are taken: in the demonstration only,
    /// no file can say so.
    #[serde(skip)]
    pub is_demo: bool,
}

fn url<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Url>, D::Error> {
    let text = Option::<String>::deserialize(from)?;
    let parsed = text.map(|text| public_url(&text)).transpose();
    parsed.map_err(serde::de::Error::custom)
}

fn connections_max() -> usize {
    CONNECTIONS_MAX
}

/// Where the certificate and its key are.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsFiles {
    /// The certificate and those that vouch for it, as PEM. Relative to the
    /// configuration file.
    pub certificate: PathBuf,
    /// Its private key, as PEM. Relative to the configuration file.
    pub key: PathBuf,
}

/// Settings of the evaluation of rules.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Evaluation {
    /// Threads that run guest code; 0 means as many as cores.
    pub threads: usize,
    /// How long the rules of one webhook may take before the answer. What is
    /// not done by then is done after it.
    pub budget_ms: u64,
    /// Computing time of each tenant's rules before its webhooks are answered,
    /// for each second and each thread. What is over is done after the answer.
    pub tenant_ms_per_second: u32,
    /// Modules to run instead of the stock pack: a folder. Relative to the
    /// configuration file.
    pub modules: Option<PathBuf>,
    /// Memory of tenants' modules that are ready to run, in MiB. Tenants that
    /// were not asked for longest make room, and come back when they are.
    pub resident_mib: u64,
    /// The program that compiles what tenants upload, in processes of its own:
    /// this one, as `baton serve` sets it. Without one they are compiled in this
    /// process.
    #[serde(skip)]
    pub compiler: Option<PathBuf>,
    /// Fields that no module of any tenant may read, whatever was granted.
    pub denied_fields: BTreeSet<Field>,
}

impl Default for Evaluation {
    fn default() -> Self {
        Self {
            threads: 0,
            budget_ms: 100,
            tenant_ms_per_second: TENANT_EVALUATION_MS_PER_SECOND,
            modules: None,
            resident_mib: RESIDENT_MIB,
            compiler: None,
            denied_fields: BTreeSet::new(),
        }
    }
}

/// This program. On Linux it stays the same one while its file is replaced.
pub fn this_program() -> PathBuf {
    "/proc/self/exe".into()
}

/// Why there is no configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read {path}; `baton init DIR` writes one")]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file says something else.
    #[error("{path} is not as expected")]
    Invalid {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        #[source]
        source: Box<toml::de::Error>,
    },
    /// A value cannot be used.
    #[error("{path}: {what}")]
    Value {
        /// Which file.
        path: PathBuf,
        /// Which value, and what is wanted.
        what: String,
    },
}

impl Config {
    /// Everything else as the manual says when it is left out, on a free port
    /// of this machine.
    pub fn new(data: PathBuf, admin_key_sha256: String, graph_url: String) -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            data,
            admin_key_sha256,
            metrics_key_sha256: None,
            graph_url,
            connections: CONNECTIONS_MAX,
            tls: None,
            public_url: None,
            smtp: None,
            webhooks: WebhookRules::default(),
            evaluation: Evaluation::default(),
            limits: Limits::default(),
            is_demo: false,
        }
    }

    /// Reads the file.
    ///
    /// # Errors
    /// [`ConfigError`], naming the place.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = fs::read_to_string(path).map_err(|source| ConfigError::Unreadable {
            path: path.to_owned(),
            source,
        })?;
        let mut config: Self = toml::from_str(&text).map_err(|source| ConfigError::Invalid {
            path: path.to_owned(),
            source: Box::new(source),
        })?;
        let value = |what| ConfigError::Value {
            path: path.to_owned(),
            what,
        };
        config.admin_key().map_err(value)?;
        config.metrics_key().map_err(value)?;
        config.check_numbers().map_err(value)?;
        config
            .smtp
            .as_ref()
            .map_or(Ok(()), MailServer::check)
            .map_err(value)?;
        // What is absolute stays as it is.
        let folder = path.parent().unwrap_or(Path::new("."));
        config.data = folder.join(&config.data);
        if let Some(modules) = &mut config.evaluation.modules {
            *modules = folder.join(&*modules);
        }
        if let Some(tls) = &mut config.tls {
            tls.certificate = folder.join(&tls.certificate);
            tls.key = folder.join(&tls.key);
        }
        Ok(config)
    }

    /// Says which number is out of its range.
    fn check_numbers(&self) -> Result<(), String> {
        let evaluation = &self.evaluation;
        let budget_max = EVALUATION_BUDGET_SECONDS_MAX * 1_000;
        let numbers = [
            ("evaluation.budget_ms", evaluation.budget_ms, budget_max),
            (
                "evaluation.tenant_ms_per_second",
                evaluation.tenant_ms_per_second.into(),
                1_000,
            ),
            ("evaluation.resident_mib", evaluation.resident_mib, 1 << 20),
            (
                "connections",
                self.connections as u64,
                CONFIGURED_CONNECTIONS_MAX as u64,
            ),
        ];
        match numbers.iter().find(|(_, it, max)| !(1..=*max).contains(it)) {
            Some((name, _, max)) => Err(format!("{name} is from 1 to {max}")),
            None => Ok(()),
        }
    }

    /// The hash of the administrator's key.
    ///
    /// # Errors
    /// Says what is wanted when it is not 64 hexadecimal digits, or is the
    /// hash of a key that everybody knows.
    pub fn admin_key(&self) -> Result<[u8; 32], String> {
        key_hash(&self.admin_key_sha256).ok_or_else(|| {
            "admin_key_sha256 is 64 hexadecimal digits; `baton init` makes a key".to_owned()
        })
    }

    /// The hash of the key that opens `/metrics` alone, when there is one.
    ///
    /// # Errors
    /// Says what is wanted when it is not 64 hexadecimal digits.
    pub fn metrics_key(&self) -> Result<Option<[u8; 32]>, String> {
        let wanted = || "metrics_key_sha256 is 64 hexadecimal digits".to_owned();
        let hex = self.metrics_key_sha256.as_deref();
        hex.map(|hex| key_hash(hex).ok_or_else(wanted)).transpose()
    }
}

fn key_hash(hex: &str) -> Option<[u8; 32]> {
    let mut hash = [0; 32];
    hex::decode_to_slice(hex, &mut hash).ok()?;
    Some(hash)
}
