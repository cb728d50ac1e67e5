//! A host with one tenant, put together as `baton serve` does, except that its
//! pack holds only the modules wanted and that its store may be watched.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::Context;
use baton::{
    clock::SystemClock,
    config::{Config, Evaluation},
    host::{Host, Parts},
    rule_pack::RulePack,
    server,
};
use baton_sandbox::{EvaluatorPool, Sandbox};
use baton_store::{App, Document, Options, OsEntropy, SledStore, Store, Tenant};
use baton_whatsapp::graph::GraphClient;
use serde_json::json;
use tokio::{net::TcpListener, sync::watch};

use crate::{
    recording::Recorder,
    requests::{APP, NUMBER, SECRET},
    subject::{Said, Subject, wait_for},
};

/// The rules of the tenant with five rules.
const FIVE: [&str; 5] = [
    "asks-for-person",
    "bot-failed-twice",
    "complaint",
    "delivery-promise",
    "high-basket-value",
];
const POLICY: &str = "weighted";
/// Where `make guests` leaves the modules.
const GUESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/guests");

/// A host that is ready to serve.
pub struct Loaded {
    host: Arc<Host>,
    recorder: Option<Arc<Recorder>>,
}

/// Opens a host in `data`; its store is watched when rows `are_wanted`.
pub async fn open(subject: Subject, data: &Path, are_wanted: bool) -> anyhow::Result<Loaded> {
    let recorder = are_wanted.then(|| Arc::new(Recorder::default()));
    let mut options = Options::new(OsEntropy);
    if let Some(recorder) = &recorder {
        options = options.observed_by(recorder.clone());
    }
    let store = SledStore::open(data.join("store"), options)?;
    write_directory(&store).await?;
    let config = Config {
        listen: "127.0.0.1:0".parse()?,
        data: data.to_owned(),
        admin_key_sha256: hex::encode([0; 32]),
        // Nothing is sent: the tenant has no follow-ups and no bot.
        graph_url: "http://127.0.0.1:9".to_owned(),
        evaluation: Evaluation::default(),
        is_demo: false,
    };
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let parts = Parts {
        admin_key: [0; 32],
        clock: Arc::new(SystemClock),
        store: Arc::new(store),
        pack: pack(subject, data)?,
        evaluators: EvaluatorPool::new(threads)?,
        graph: GraphClient::new(&config.graph_url)?,
        config,
    };
    let host = Host::new(parts).await?;
    Ok(Loaded { host, recorder })
}

async fn write_directory(store: &SledStore) -> anyhow::Result<()> {
    let tenant: Tenant = serde_json::from_value(json!({
        "id": "shop",
        "name": "Kopi Senja",
        "timezone": "Asia/Jakarta",
        "language": "en",
        "teams": [{ "name": "sales", "tiers": ["junior", "senior"] }],
        "numbers": [{ "id": NUMBER, "app": APP, "token": "token" }],
    }))?;
    let app = App {
        name: APP.to_owned(),
        secret: SECRET.to_owned(),
        previous_secret: None,
        verify_token: "verify".to_owned(),
    };
    store
        .put_app(Document {
            revision: 0,
            body: app,
        })
        .await?;
    store
        .put_tenant(Document {
            revision: 0,
            body: tenant,
        })
        .await?;
    Ok(())
}

/// The policy, and the five rules when they are wanted.
fn pack(subject: Subject, data: &Path) -> anyhow::Result<RulePack> {
    let folder = data.join("pack");
    std::fs::create_dir_all(&folder)?;
    let rules: &[&str] = match subject {
        Subject::FiveRules => &FIVE,
        _ => &[],
    };
    for name in rules.iter().chain([&POLICY]) {
        let from = PathBuf::from(GUESTS).join(format!("{name}.wasm"));
        std::fs::copy(&from, folder.join(format!("{name}.wasm")))
            .with_context(|| format!("there is no {}: run `make guests`", from.display()))?;
    }
    Ok(RulePack::folder(&Sandbox::new()?, &folder)?)
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
