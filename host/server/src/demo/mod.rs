//! `baton demo`: a real host on a durable store, a WhatsApp simulator beside
//! it, a bot in its own process, and the journey of a repeat buyer, played
//! through HTTP only.

mod bot;
mod client;
mod journey;
mod opening;
mod shop;
mod staff;
mod transcript;

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    sync::Arc,
};

use anyhow::{Context, bail};
use baton_domain::ids::TenantId;
use baton_simulator::{Business, Simulator, Subscription};
use baton_store::{ApiKey, Document, KeyHash, Role};
use baton_whatsapp::signature::AppSecret;
use clap::Args;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio::{
    net::TcpListener,
    process::{Child, Command},
};

pub use bot::DemoBot;

use crate::{
    accept,
    clock::{Clock, ScaledClock},
    config::{self, Config},
    host::Host,
    server,
};

/// Values that the manual names; `baton serve` refuses them.
mod known {
    pub(super) const APP: &str = "demo";
    pub(super) const APP_SECRET: &str = "demo-app-secret";
    pub(super) const VERIFY_TOKEN: &str = "demo-verify-token";
    pub(super) const NUMBER: &str = "106540352242922";
    pub(super) const API_KEY: &str = "demo-api-key";
    pub(super) const ADMIN_KEY: &str = "demo-admin-key";
    pub(super) const BOT_KEY: &str = "demo-bot-key";
    pub(super) const BOT_APP_SECRET: &str = "demo-bot-app-secret";
    pub(super) const GRAPH_TOKEN: &str = "demo-graph-token";
    pub(super) const TENANT: &str = "kopi-senja";
}

/// Tuesday 24 November 2026, 09:30 in Jakarta: two days before a holiday.
const START: &str = "2026-11-24T02:30:00Z";
/// How fast time passes while people write: a second is a minute.
const SPEED: u32 = 60;

/// Arguments of `baton demo`.
#[derive(Debug, Args)]
pub struct Demo {
    /// Where the host listens.
    #[arg(long, default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// Where it keeps its data; a fresh temporary folder when absent.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// End after the journey; exit 0 only if every step really happened.
    #[arg(long)]
    once: bool,
}

fn hash(key: &str) -> [u8; 32] {
    Sha256::digest(key.as_bytes()).into()
}

/// Whether this is the hash of a key from the manual.
pub fn is_known_to_everybody(key: [u8; 32]) -> bool {
    [known::ADMIN_KEY, known::API_KEY, known::BOT_KEY]
        .iter()
        .any(|it| hash(it) == key)
}

/// Refuses to serve with what the demonstration made.
///
/// # Errors
/// Says which value everybody knows.
pub async fn refuse_demo_values(host: &Host) -> anyhow::Result<()> {
    for app in host.store.apps().await? {
        let secrets = [known::APP_SECRET, known::BOT_APP_SECRET];
        if secrets.contains(&app.body.secret.as_str()) {
            bail!(
                "app {} has the demonstration's secret, which everybody knows",
                app.body.name
            );
        }
    }
    for key in host.store.api_keys().await? {
        if !key.body.is_revoked && is_known_to_everybody(key.body.hash.0) {
            bail!(
                "API key {} is the demonstration's, which everybody knows",
                key.body.name
            );
        }
    }
    Ok(())
}

impl Demo {
    /// Plays the journey.
    ///
    /// # Errors
    /// The first step that did not happen.
    pub async fn run(self) -> anyhow::Result<()> {
        let data = self.data_folder()?;
        let played = self.play_in(&data).await;
        // Nobody knows the folder when nobody named it.
        if self.once && self.data.is_none() {
            let _ = std::fs::remove_dir_all(&data);
        }
        played
    }

    async fn play_in(&self, data: &Path) -> anyhow::Result<()> {
        let clock = ScaledClock::new(START.parse::<Timestamp>()?, SPEED);
        let listener = accept::listen(self.listen)
            .with_context(|| format!("cannot listen on {}; try another --listen", self.listen))?;
        let baton = format!("http://{}", listener.local_addr()?);
        let (bot_listen, bot_url) = free_address().await?;
        let (graph_listener, graph_url) = Simulator::listener().await?;
        let simulator = simulator(&clock, &baton, &bot_url)?;
        let graph = tokio::spawn(simulator.clone().serve(graph_listener));

        let host = server::open(config(self, data.to_owned(), graph_url), clock.clone()).await?;
        make_keys(&host).await?;
        let shop = data.join("shop.toml");
        std::fs::write(&shop, include_str!("../../demo/shop.toml"))?;
        let (end, ended) = tokio::sync::oneshot::channel::<()>();
        let serving = tokio::spawn(server::run(host, listener, async { drop(ended.await) }));
        let mut bot = start_bot(bot_listen, &baton, &shop)?;

        let client = client::Client::new(&baton)?;
        let played = journey::play(&client, &simulator, &clock).await;
        if let (Ok(played), false) = (&played, self.once) {
            clock.set_speed(1);
            transcript::note(&format!(
                "still serving on {baton}: try curl -H 'Authorization: Bearer {}' {baton}/v1/handoffs\n\
                 and, as Dewi: curl -H 'Authorization: Bearer {}' {baton}{}/view\n\
                 Ctrl-C ends it",
                known::API_KEY,
                played.dewi,
                played.conversation
            ));
            drop(tokio::signal::ctrl_c().await);
        }
        bot.kill().await.ok();
        drop(end);
        graph.abort();
        serving.await.context("the host ended by itself")??;
        played.map(drop)
    }

    fn data_folder(&self) -> anyhow::Result<PathBuf> {
        let folder = match &self.data {
            Some(folder) => folder.clone(),
            None => {
                let name = crate::secret::random_secret("baton-demo")?;
                std::env::temp_dir().join(name)
            }
        };
        std::fs::create_dir_all(&folder)
            .with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(folder)
    }
}

fn config(demo: &Demo, data: PathBuf, graph_url: String) -> Config {
    let admin_key = hex::encode(hash(known::ADMIN_KEY));
    let mut config = Config::new(data.join("store"), admin_key, graph_url);
    config.listen = demo.listen;
    config.is_demo = true;
    config.evaluation.compiler = Some(config::this_program());
    config
}

fn simulator(clock: &Arc<ScaledClock>, baton: &str, bot: &str) -> anyhow::Result<Simulator> {
    let business = Business {
        number_id: known::NUMBER.to_owned(),
        display: "6221500900".to_owned(),
        token: known::GRAPH_TOKEN.to_owned(),
    };
    let subscriptions = vec![
        Subscription {
            callback: format!("{baton}/webhooks/whatsapp/{}", known::APP),
            secret: AppSecret::new(known::APP_SECRET)?,
        },
        Subscription {
            callback: bot.to_owned(),
            secret: AppSecret::new(known::BOT_APP_SECRET)?,
        },
    ];
    let clock = clock.clone();
    Ok(Simulator::new(
        business,
        Arc::new(move || clock.now()),
        subscriptions,
    ))
}

/// Keys of the demonstration are fixed, so that the manual can name them:
/// rows as the API makes them, but for their value.
async fn make_keys(host: &Host) -> anyhow::Result<()> {
    let known: Vec<KeyHash> = host
        .store
        .api_keys()
        .await?
        .iter()
        .map(|it| it.body.hash)
        .collect();
    for (name, key, role) in [
        ("shop", known::API_KEY, Role::Operator),
        ("bot", known::BOT_KEY, Role::Bot),
    ] {
        let body = ApiKey {
            name: name.to_owned(),
            hash: KeyHash(hash(key)),
            tenant: TenantId::parse(known::TENANT)?,
            role,
            expires_at: None,
            is_revoked: false,
        };
        if !known.contains(&body.hash) {
            host.store
                .put_api_key(Document { revision: 0, body }, None)
                .await?;
        }
    }
    host.reload_directory().await?;
    Ok(())
}

/// A free address of this machine, for the bot.
async fn free_address() -> anyhow::Result<(SocketAddr, String)> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    Ok((address, format!("http://{address}/")))
}

fn start_bot(listen: SocketAddr, baton: &str, shop: &Path) -> anyhow::Result<Child> {
    Command::new(std::env::current_exe()?)
        .arg("demo-bot")
        .args(["--listen", &listen.to_string(), "--baton", baton])
        .arg("--shop")
        .arg(shop)
        .env("BATON_BOT_KEY", known::BOT_KEY)
        .env("BATON_BOT_APP_SECRET", known::BOT_APP_SECRET)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .context("the bot does not start")
}
