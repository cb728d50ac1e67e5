//! A neighbour beside a tenant whose modules do their worst: it hardly notices,
//! and the host stays as large as it is.

use std::{
    thread,
    time::{Duration, Instant},
};

use serde_json::json;

use super::{Stage, row};
use crate::{
    child::{Options, Server, watch_memory},
    drive::{Outcome, drive, pace, percentile},
    host::{SLOW_TENANT, api_key, tenant_name},
    modules,
    operator::Operator,
    report::Row,
    requests::{Requests, number_of},
    subject::Subject,
    table::requests,
};

/// Webhooks a second of the neighbour, and of the hostile tenant: well below
/// what the host can do, since what a full host does is another matter.
const NEIGHBOUR: f64 = 400.0;
const HOSTILE: f64 = 20.0;
/// Rounds of each kind, in turn.
const ROUNDS: usize = 5;
/// Goals.
const P99_GROWTH_MAX: f64 = 0.20;
const MEMORY_GROWTH_MIB_MAX: u64 = 64;

pub fn run(stage: &Stage<'_>) -> anyhow::Result<Vec<Row>> {
    let options = Options {
        tenants: 2,
        ..Options::default()
    };
    let folder = stage.folder.join("hostile");
    let server = Server::start(Subject::FiveRules, &folder, &options)?;
    let mut neighbour = requests(stage.customers)?;
    let mut hostile = requests(stage.customers)?.of_number(number_of(SLOW_TENANT));
    let mut operator = Operator::of(server.port, api_key(&tenant_name(SLOW_TENANT)))?;
    let (count, release) = released(&mut operator)?;
    let length = Duration::from_secs(if stage.is_quick { 2 } else { 10 });
    let honest = 0;
    // What keeps what was used last is full before anything is measured.
    drive(server.port, 64, 3 * length, &mut neighbour)?;
    let mut round = |release: u64| {
        let wanted = json!({ "move": "activate", "release": release });
        operator.moves(&wanted)?;
        both(&server, length, &mut neighbour, &mut hostile)
    };
    round(release)?;
    round(honest)?;
    let before = server.memory() >> 20;
    let memory = watch_memory(server.id(), Duration::from_millis(100));
    let (mut without, mut beside, mut errors) = (Vec::new(), Vec::new(), 0);
    for _ in 0..ROUNDS {
        for (release, latencies) in [(release, &mut beside), (honest, &mut without)] {
            let outcome = round(release)?;
            errors += outcome.errors();
            latencies.extend(outcome.latencies_us);
        }
    }
    let most = memory.end().most() >> 20;
    server.end()?;
    without.sort_unstable();
    beside.sort_unstable();
    let p99 = |latencies: &[u32]| percentile(latencies, 0.99) / 1e3;
    let growth = p99(&beside) / p99(&without) - 1.0;
    Ok(vec![
        row(
            &format!("a neighbour at {NEIGHBOUR}/s beside {count} hostile modules"),
            format!(
                "p99 {:.2} ms, {:.2} ms without them ({:+.0} %), errors {errors}",
                p99(&beside),
                p99(&without),
                100.0 * growth
            ),
            format!("within {:.0} %, no errors", 100.0 * P99_GROWTH_MAX),
            growth <= P99_GROWTH_MAX && errors == 0,
        ),
        row(
            "memory of the host meanwhile",
            format!("{most} MiB at most, {before} before"),
            format!("grows by < {MEMORY_GROWTH_MIB_MAX} MiB"),
            most.saturating_sub(before) < MEMORY_GROWTH_MIB_MAX,
        ),
    ])
}

/// Makes a release of everything hostile; how many modules, and its number.
fn released(operator: &mut Operator) -> anyhow::Result<(usize, u64)> {
    // A hostile tenant would not have itself taken back.
    operator.without_guardrails()?;
    let mut all = modules::hostile()?;
    all.push(("greedy", modules::greedy()));
    let mut modules = vec![json!({ "module": "weighted" })];
    for (name, bytes) in &all {
        let digest = operator.have(bytes);
        let digest = digest.map_err(|error| error.context(*name))?;
        modules.push(json!({ "module": digest }));
    }
    Ok((all.len(), operator.release(&json!(modules))?))
}

/// Both write for a while; what the neighbour was answered.
fn both(
    server: &Server,
    length: Duration,
    neighbour: &mut Requests,
    hostile: &mut Requests,
) -> anyhow::Result<Outcome> {
    let port = server.port;
    thread::scope(|scope| {
        let until = Instant::now() + length;
        let doing = scope.spawn(move || pace(port, 4, HOSTILE, until, hostile));
        let outcome = pace(port, 16, NEIGHBOUR, until, neighbour);
        let done = doing.join();
        done.map_err(|_| anyhow::anyhow!("the load panicked"))??;
        outcome
    })
}
