//! The host's settings: one commented file that is also the manual. Tenants,
//! numbers, apps and keys are not here: they are rows, made under the host
//! administrator's key.

use std::{
    fs, io,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use serde::Deserialize;

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
    /// Where the Graph API is.
    pub graph_url: String,
    /// Evaluation.
    #[serde(default)]
    pub evaluation: Evaluation,
    /// Whether values from the manual are taken: in the demonstration only,
    /// no file can say so.
    #[serde(skip)]
    pub is_demo: bool,
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
    /// Modules to run instead of the stock pack: a folder. Relative to the
    /// configuration file.
    pub modules: Option<PathBuf>,
}

impl Default for Evaluation {
    fn default() -> Self {
        Self {
            threads: 0,
            budget_ms: 150,
            modules: None,
        }
    }
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
        if config.evaluation.budget_ms == 0 || config.evaluation.budget_ms > 5_000 {
            return Err(value("evaluation.budget_ms is from 1 to 5000".to_owned()));
        }
        // What is absolute stays as it is.
        let folder = path.parent().unwrap_or(Path::new("."));
        config.data = folder.join(&config.data);
        if let Some(modules) = &mut config.evaluation.modules {
            *modules = folder.join(&*modules);
        }
        Ok(config)
    }

    /// The hash of the administrator's key.
    ///
    /// # Errors
    /// Says what is wanted when it is not 64 hexadecimal digits, or is the
    /// hash of a key that everybody knows.
    pub fn admin_key(&self) -> Result<[u8; 32], String> {
        let wanted = "admin_key_sha256 is 64 hexadecimal digits; `baton init` makes a key";
        let mut hash = [0; 32];
        hex::decode_to_slice(&self.admin_key_sha256, &mut hash).map_err(|_| wanted.to_owned())?;
        Ok(hash)
    }
}
