//! `baton serve`: runs the host.

use std::{path::PathBuf, sync::Arc};

use anyhow::{Context, bail};
use clap::Args;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{
    accept::{self, Tls, files},
    clock::SystemClock,
    config::{self, Config},
    demo, server,
};

/// Arguments of `baton serve`.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// The configuration file; `baton init DIR` writes one.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
}

impl Serve {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let mut config = Config::read(&self.config)?;
        config.evaluation.compiler = Some(config::this_program());
        if config.admin_key().is_ok_and(demo::is_known_to_everybody) {
            bail!("the administrator's key is one from the manual: `baton init` makes a fresh one");
        }
        files::allow_for(config.connections)?;
        let tls = config.tls.clone().map(Tls::load).transpose()?.map(Arc::new);
        let listen = config.listen;
        let host = server::open(config, Arc::new(SystemClock)).await?;
        demo::refuse_demo_values(&host).await?;
        let listener =
            accept::listen(listen).with_context(|| format!("cannot listen on {listen}"))?;
        // Both hear every signal from here on.
        let (mut first, mut second) = (Ending::new()?, Ending::new()?);
        if let Some(tls) = &tls {
            tokio::spawn(reload_on_hangup(tls.clone(), signal(SignalKind::hangup())?));
        }
        tracing::info!(%listen, tls = tls.is_some(), "serving");
        let shutdown = async move {
            first.asked().await;
            tracing::info!("ending: what is in work is finished, a second signal ends at once");
        };
        tokio::select! {
            served = server::run_with(host, listener, tls, shutdown) => served,
            () = async { second.asked().await; second.asked().await } => {
                tracing::warn!("ended at once, by a second signal");
                // What is durable stays so, and nothing else was acknowledged.
                std::process::exit(1)
            }
        }
    }
}

/// Hears when the process is asked to end.
struct Ending {
    interrupted: Signal,
    terminated: Signal,
}

impl Ending {
    fn new() -> anyhow::Result<Self> {
        Ok(Self {
            interrupted: signal(SignalKind::interrupt())?,
            terminated: signal(SignalKind::terminate())?,
        })
    }

    async fn asked(&mut self) {
        tokio::select! {
            _ = self.interrupted.recv() => {}
            _ = self.terminated.recv() => {}
        }
    }
}

/// Reads the certificate again when the process is told to.
async fn reload_on_hangup(tls: Arc<Tls>, mut hangup: Signal) {
    while hangup.recv().await.is_some() {
        match tls.reload() {
            Ok(()) => tracing::info!("the certificate was read again"),
            Err(error) => {
                let because = std::error::Error::source(&error).map(ToString::to_string);
                tracing::error!(%error, because, "the certificate stays as it was");
            }
        }
    }
}
