//! The log: what Baton's own crates say, at the level that `BATON_LOG` names,
//! as lines for people or JSON for machines.
//!
//! **Invariant:** no personal value and no secret is logged, at any level. The
//! libraries below speak from warnings on only: at lower levels some of them
//! show what they carry. A test runs the host at `trace` and looks.

use std::io::IsTerminal;

use anyhow::Context;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::{
    Layer, Registry, filter::Targets, layer::SubscriberExt, util::SubscriberInitExt,
};

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Text,
    Json,
}

/// Starts the log on standard error. `BATON_LOG` is the level (`info` when
/// absent), `BATON_LOG_FORMAT` is `text` or `json`.
///
/// # Errors
/// Says which of them is something else.
pub fn start() -> anyhow::Result<()> {
    let said = |name| std::env::var(name).ok();
    let level = said("BATON_LOG").unwrap_or_else(|| "info".to_owned());
    let level: LevelFilter = level
        .parse()
        .context("BATON_LOG is error, warn, info, debug or trace")?;
    let format = match said("BATON_LOG_FORMAT").as_deref() {
        None | Some("text") => Format::Text,
        Some("json") => Format::Json,
        Some(_) => anyhow::bail!("BATON_LOG_FORMAT is text or json"),
    };
    // A prefix of all of Baton's crates.
    let own = Targets::new()
        .with_default(LevelFilter::WARN.min(level))
        .with_target("baton", level);
    let lines = tracing_subscriber::fmt::layer::<Registry>().with_writer(std::io::stderr);
    let lines = match format {
        Format::Text => lines.with_ansi(std::io::stderr().is_terminal()).boxed(),
        Format::Json => lines.json().flatten_event(true).boxed(),
    };
    tracing_subscriber::registry()
        .with(lines.with_filter(own))
        .try_init()
        .context("the log does not start")
}
