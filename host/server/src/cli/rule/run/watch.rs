//! Runs something again whenever a file changes, until Ctrl-C.

use std::{
    fs,
    path::Path,
    time::{Duration, SystemTime},
};

use anyhow::Context;
use baton_domain::limits::WATCH_PERIOD_MS;
use tokio::{
    signal::unix::{SignalKind, signal},
    time::{MissedTickBehavior, interval},
};

/// When a file changed last, and its size; nothing while there is none, as
/// between two steps of an editor that saves.
type Stamp = Option<(SystemTime, u64)>;

/// Calls `each` at once and after each change of `file`.
pub(super) fn watch(file: &Path, each: impl FnMut()) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the runtime does not start")?;
    runtime.block_on(until_interrupted(file, each))
}

async fn until_interrupted(file: &Path, mut each: impl FnMut()) -> anyhow::Result<()> {
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot listen for Ctrl-C")?;
    let mut ticks = interval(Duration::from_millis(WATCH_PERIOD_MS));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut seen = stamp(file);
    each();
    loop {
        tokio::select! {
            _ = interrupt.recv() => return Ok(()),
            _ = ticks.tick() => {}
        }
        let now = stamp(file);
        if now.is_some() && now != seen {
            seen = now;
            each();
        }
    }
}

fn stamp(file: &Path) -> Stamp {
    let metadata = fs::metadata(file).ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}
