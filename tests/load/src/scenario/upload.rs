//! How long it takes from the bytes of a stock rule to its answer: admission,
//! a compiler in a process of its own, and the store.

use std::time::Instant;

use super::{Stage, row};
use crate::{
    child::{Options, Server},
    host::{api_key, tenant_name},
    modules,
    operator::Operator,
    report::{Row, median},
    subject::Subject,
};

/// Uploads of each rule.
const ROUNDS: usize = 3;
/// Goal.
const UPLOADED_SECONDS_MAX: f64 = 1.0;

pub fn run(stage: &Stage<'_>) -> anyhow::Result<Vec<Row>> {
    let folder = stage.folder.join("upload");
    let server = Server::start(Subject::NoRules, &folder, &Options::default())?;
    let mut operator = Operator::of(server.port, api_key(&tenant_name(0)))?;
    let mut took = Vec::new();
    for round in 0..ROUNDS {
        for name in modules::STOCK {
            let bytes = modules::stock(name, &format!("round {round}"))?;
            let begun = Instant::now();
            operator.upload(&bytes)?;
            took.push(begun.elapsed().as_secs_f64());
        }
    }
    server.end()?;
    let worst = took.iter().copied().fold(0.0, f64::max);
    Ok(vec![row(
        "a stock rule uploaded: admitted, compiled in a child, kept",
        format!(
            "{:.2} s in the middle, {worst:.2} s at most of {}",
            median(took.clone()),
            took.len()
        ),
        format!("< {UPLOADED_SECONDS_MAX} s"),
        worst < UPLOADED_SECONDS_MAX,
    )])
}
