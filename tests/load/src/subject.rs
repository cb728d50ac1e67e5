//! What is measured: the host and its floors. Each is served by a child
//! process, which says `ready PORT` and serves until its standard input ends.

use std::{
    fmt,
    io::{BufRead, Write},
    path::PathBuf,
};

use anyhow::Context;
use baton::accept::{self, files};
use baton_domain::limits::CONNECTIONS_MAX;
use clap::{Args, ValueEnum};
use tokio::sync::watch;

use crate::{
    floor::{self, Front},
    host,
};

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Subject {
    /// A handler that verifies and parses, on axum's own server.
    BareAxum,
    /// The same behind Baton's front door.
    Bare,
    /// The same, and writes to sled what Baton writes without rules.
    BareSled,
    /// The same, and writes to sled what Baton writes with five rules.
    BareSledFive,
    /// Baton, a tenant with no rules.
    NoRules,
    /// Baton, a tenant with five stock rules and the policy.
    FiveRules,
    /// The same, and rules run also when nothing that they read has changed.
    FiveRulesAlways,
}

impl Subject {
    /// The host whose rows a floor writes.
    pub fn rows_of(self) -> Option<Self> {
        match self {
            Self::BareSled => Some(Self::NoRules),
            Self::BareSledFive => Some(Self::FiveRules),
            _ => None,
        }
    }

    /// Whether it is Baton.
    pub fn is_host(self) -> bool {
        matches!(
            self,
            Self::NoRules | Self::FiveRules | Self::FiveRulesAlways
        )
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::BareAxum => "bare: verify + parse, axum's own server",
            Self::Bare => "bare: verify + parse",
            Self::BareSled => "bare + sled, rows of no rules",
            Self::BareSledFive => "bare + sled, rows of five rules",
            Self::NoRules => "Baton, no rules",
            Self::FiveRules => "Baton, five rules + policy",
            Self::FiveRulesAlways => "Baton, five rules + policy, none skipped",
        })
    }
}

/// Arguments of `baton-load serve`.
#[derive(Debug, Args)]
pub struct Serve {
    /// What to serve.
    #[arg(long)]
    pub subject: Subject,
    /// Where it keeps its data.
    #[arg(long)]
    pub data: PathBuf,
    /// Of the host: where to write the rows it writes, from the line `record`
    /// on. Of a floor with sled: where to read them.
    #[arg(long)]
    pub rows: Option<PathBuf>,
    /// Conversations to store before it serves.
    #[arg(long, default_value_t = 0)]
    pub stored: u64,
    /// Messages of each of them.
    #[arg(long, default_value_t = 1)]
    pub messages: u64,
    /// Tenants, one of them with slow rules.
    #[arg(long, default_value_t = 0)]
    pub tenants: usize,
    /// Modules of each tenant's own; then nothing else decides, and they are
    /// compiled before it serves.
    #[arg(long, default_value_t = 0)]
    pub own_modules: usize,
    /// Memory for tenants' modules, in MiB.
    #[arg(long)]
    pub resident_mib: Option<u64>,
}

impl Serve {
    pub fn run(self) -> anyhow::Result<()> {
        let filter = std::env::var("BATON_LOG").unwrap_or_else(|_| "info".to_owned());
        tracing_subscriber::fmt()
            .with_writer(std::io::stderr)
            .with_ansi(false)
            .with_max_level(filter.parse::<tracing_subscriber::filter::LevelFilter>()?)
            .init();
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .enable_all()
            .build()?;
        runtime.block_on(self.serve())
    }

    async fn serve(self) -> anyhow::Result<()> {
        files::allow_for(CONNECTIONS_MAX)?;
        let listener = accept::listen(([127, 0, 0, 1], 0).into())?;
        let port = listener.local_addr()?.port();
        let (said, control) = watch::channel(Said::Serve);
        match self.subject {
            Subject::BareAxum | Subject::Bare => {
                let front = match self.subject {
                    Subject::BareAxum => Front::Axum,
                    _ => Front::Baton,
                };
                announce(port, said)?;
                floor::serve(listener, None, front, control).await
            }
            Subject::BareSled | Subject::BareSledFive => {
                let rows = self.rows.context("--rows is wanted")?;
                let writer = floor::writer(&self.data, &rows)?;
                announce(port, said)?;
                floor::serve(listener, Some(writer), Front::Baton, control).await
            }
            Subject::NoRules | Subject::FiveRules | Subject::FiveRulesAlways => {
                let host = host::open(&self).await?;
                announce(port, said)?;
                host.serve(listener, self.rows, control).await
            }
        }
    }
}

/// What the parent wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    /// Serve.
    Serve,
    /// Serve and record.
    Record,
    /// End.
    End,
}

/// Resolves when the parent wants `wanted`.
pub async fn wait_for(control: &mut watch::Receiver<Said>, wanted: Said) {
    // The other side is gone only when the process ends.
    let _ = control.wait_for(|it| *it == wanted).await;
}

/// Tells the parent that it may begin, and listens to it.
fn announce(port: u16, said: watch::Sender<Said>) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "ready {port}")?;
    out.flush()?;
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if line == "record" {
                said.send_replace(Said::Record);
            }
        }
        said.send_replace(Said::End);
    });
    Ok(())
}
