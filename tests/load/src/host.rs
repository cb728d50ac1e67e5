//! A host with tenants, opened and served by the functions of `baton serve`;
//! its store may be watched.

mod own;

use std::{path::PathBuf, sync::Arc};

use baton::{
    clock::SystemClock,
    config::{Config, this_program},
    host::Host,
    releases::install,
    rule_pack::PackChoice,
    server,
};
use baton_store::{ApiKey, App, Document, KeyHash, Options, OsEntropy, Role, Tenant};
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::{net::TcpListener, sync::watch};

use crate::{
    recording::Recorder,
    requests::{APP, SECRET, number_of},
    stored,
    subject::{Said, Serve, Subject, wait_for},
};

/// The rules of the tenant with five rules.
const FIVE: &[&str] = &[
    "asks-for-person",
    "bot-failed-twice",
    "complaint",
    "delivery-promise",
    "high-basket-value",
];

/// A host that is ready to serve.
pub struct Loaded {
    host: Arc<Host>,
    recorder: Option<Arc<Recorder>>,
}

/// Opens a host with the tenants that are wanted; its store is watched when
/// its rows are.
pub async fn open(serve: &Serve) -> anyhow::Result<Loaded> {
    let recorder = serve.rows.is_some().then(|| Arc::new(Recorder::default()));
    let mut options = Options::new(OsEntropy);
    if let Some(recorder) = &recorder {
        options = options.observed_by(recorder.clone());
    }
    // Nothing is sent: the tenants have no follow-ups and no bot.
    let graph_url = "http://127.0.0.1:9".to_owned();
    let admin_key = hex::encode([0; 32]);
    let mut config = Config::new(serve.data.join("store"), admin_key, graph_url);
    config.metrics_key_sha256 = Some(hex::encode(Sha256::digest(METRICS_KEY)));
    // What is compiled before it serves needs no process of its own.
    config.evaluation.compiler = (serve.own_modules == 0).then(this_program);
    if let Some(resident) = serve.resident_mib {
        config.evaluation.resident_mib = resident;
    }
    let host = server::open_with(config, Arc::new(SystemClock), options).await?;
    if !host.store.tenants().await?.is_empty() {
        // It is served once more, as it was left.
        return Ok(Loaded { host, recorder });
    }
    let app = App {
        name: APP.to_owned(),
        secret: SECRET.to_owned(),
        previous_secret: None,
        verify_token: "verify".to_owned(),
    };
    host.store.put_app(fresh(app)).await?;
    for tenant in 0..serve.tenants.max(1) {
        write_tenant(&host, serve, tenant).await?;
    }
    host.reload_directory().await?;
    stored::fill(&host, serve.stored, serve.messages).await?;
    Ok(Loaded { host, recorder })
}

/// Opens the metrics of each host here.
pub const METRICS_KEY: &str = "a-key-for-metrics";

/// The tenant whose rules take long, when there are several: all of them run,
/// on long messages.
pub const SLOW_TENANT: usize = 1;

/// The id of a tenant.
pub fn tenant_name(tenant: usize) -> String {
    format!("shop-{tenant}")
}

/// The key of a tenant.
pub fn api_key(name: &str) -> String {
    format!("key-of-{name}")
}

async fn write_tenant(host: &Host, serve: &Serve, tenant: usize) -> anyhow::Result<()> {
    let subject = serve.subject;
    let rules = match subject {
        _ if tenant == SLOW_TENANT => None,
        Subject::FiveRules | Subject::FiveRulesAlways => Some(FIVE),
        _ => Some::<&[&str]>(&[]),
    };
    let name = tenant_name(tenant);
    let document: Tenant = serde_json::from_value(json!({
        "id": name,
        "name": "Kopi Senja",
        "timezone": "Asia/Jakarta",
        "language": "en",
        "teams": [{ "name": "sales", "tiers": ["junior", "senior"] }],
        "numbers": [{ "id": number_of(tenant), "app": APP, "token": "token" }],
        "skip_unchanged": subject != Subject::FiveRulesAlways,
    }))?;
    let key = ApiKey {
        name: "all".to_owned(),
        hash: KeyHash(Sha256::digest(api_key(&name)).into()),
        tenant: document.id.clone(),
        role: Role::Operator,
        expires_at: None,
        is_revoked: false,
    };
    if serve.own_modules > 0 {
        own::release(host, &document.id, serve.own_modules).await?;
    } else if let Some(rules) = rules {
        let choice: PackChoice = serde_json::from_value(json!({ "rules": rules }))?;
        let now = host.clock.now();
        install(
            &*host.store,
            host.library.pack(),
            &document.id,
            &choice,
            now,
        )
        .await?;
    }
    host.store.put_tenant(fresh(document), None).await?;
    Ok(host.store.put_api_key(fresh(key), None).await?)
}

fn fresh<T>(body: T) -> Document<T> {
    Document { revision: 0, body }
}

impl Loaded {
    /// Serves until the parent wants an end; then writes what was recorded.
    pub async fn serve(
        self,
        listener: TcpListener,
        rows: Option<PathBuf>,
        mut control: watch::Receiver<Said>,
    ) -> anyhow::Result<()> {
        if let Some(recorder) = self.recorder.clone() {
            let mut control = control.clone();
            tokio::spawn(async move {
                wait_for(&mut control, Said::Record).await;
                recorder.start();
            });
        }
        server::run(self.host, listener, async move {
            wait_for(&mut control, Said::End).await;
        })
        .await?;
        if let (Some(recorder), Some(rows)) = (self.recorder, rows) {
            recorder.write(&rows)?;
        }
        Ok(())
    }
}
