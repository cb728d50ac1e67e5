//! `baton serve`: runs the host.

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context, bail};
use clap::Args;
use tokio::net::TcpListener;

use crate::{clock::SystemClock, config::Config, demo, server};

/// Arguments of `baton serve`.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// The configuration file; `baton init DIR` writes one.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

impl Serve {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let config = Config::read(&self.config)?;
        if config.admin_key().is_ok_and(demo::is_known_to_everybody) {
            bail!("the administrator's key is one from the manual: `baton init` makes a fresh one");
        }
        let listen = config.listen;
        let host = server::open(config, Arc::new(SystemClock)).await?;
        demo::refuse_demo_values(&host).await?;
        let listener = TcpListener::bind(listen)
            .await
            .with_context(|| format!("cannot listen on {listen}"))?;
        tracing::info!(%listen, "serving");
        server::run(host, listener, end_of_process()).await
    }
}

/// Resolves when the process is asked to end.
pub(super) async fn end_of_process() {
    let interrupted = tokio::signal::ctrl_c();
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminated) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = interrupted => {}
                _ = terminated.recv() => {}
            }
            return;
        }
    }
    let _ = interrupted.await;
}
