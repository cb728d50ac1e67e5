//! Files that hold recorded decisions: what `GET /v1/decisions/...` answers,
//! what `baton decide --json` prints, or a record alone.

use std::{fs, path::Path};

use anyhow::{Context, bail, ensure};
use baton_domain::{decide::DecisionRecord, limits::RECORDING_BYTES_MAX};
use serde_json::Value;

/// The decision at `place` (from 1) of a file.
///
/// # Errors
/// When the file holds none there, or something else.
pub(super) fn read(file: &Path, place: usize) -> anyhow::Result<DecisionRecord> {
    let name = file.display();
    let read = || -> anyhow::Result<DecisionRecord> {
        let bytes = file.metadata()?.len();
        ensure!(
            bytes <= RECORDING_BYTES_MAX,
            "it has {bytes} bytes, {RECORDING_BYTES_MAX} are allowed"
        );
        let whole: Value = serde_json::from_slice(&fs::read(file)?).context("it is no JSON")?;
        Ok(serde_json::from_value(record(whole, place)?)?)
    };
    read().with_context(|| format!("{name} holds no recorded decision that can be read"))
}

/// The JSON of the record in what a program printed or answered.
fn record(mut whole: Value, place: usize) -> anyhow::Result<Value> {
    if let Some(code) = whole.pointer("/error/code").and_then(Value::as_str) {
        bail!("it is a host's answer that something could not be done: {code}");
    }
    if let Some(decisions) = whole.get_mut("decisions").and_then(Value::as_array_mut) {
        let count = decisions.len();
        ensure!(
            (1..=count).contains(&place),
            "it holds {count} decisions, the wanted one is {place}"
        );
        whole = decisions.swap_remove(place - 1);
    }
    Ok(match whole.get_mut("record") {
        Some(record) => record.take(),
        None => whole,
    })
}
