//! Memory over a long while at full load: it stays where it is, but for what the
//! store itself keeps in memory of all that it stores. How much that is tells a
//! host that is started anew on the same store.

use std::time::{Duration, Instant};

use super::{Stage, row};
use crate::{
    child::{Options, Server, watch_memory},
    drive::drive,
    report::Row,
    requests::Requests,
    subject::Subject,
};

/// How much the memory may grow from the first quarter to the last.
const GROWTH_MAX: f64 = 0.05;

pub fn run(stage: &Stage<'_>) -> anyhow::Result<Vec<Row>> {
    let (server, mut requests) = stage.host("soak")?;
    let length = Duration::from_secs(if stage.is_quick { 30 } else { 600 });
    // Caches fill first.
    stage.capacity(&server, &mut requests)?;
    let memory = watch_memory(server.id(), length / 200);
    let begun = Instant::now();
    let (mut answered, mut errors) = (0, 0);
    while begun.elapsed() < length {
        let step = Duration::from_secs(10).min(length);
        let outcome = drive(server.port, 64, step, &mut requests)?;
        answered += outcome.latencies_us.len();
        errors += outcome.errors();
    }
    let memory = memory.end();
    let growth = memory.growth();
    let rate = answered as f64 / begun.elapsed().as_secs_f64();
    server.end()?;
    let anew = started_anew(stage, &mut requests)?;
    Ok(vec![
        row(
            &format!("memory over {} s at {rate:.0}/s", length.as_secs()),
            format!("{memory}, errors {errors}"),
            format!("grows by < {:.0} %, no errors", 100.0 * GROWTH_MAX),
            growth < GROWTH_MAX && errors == 0,
        ),
        row(
            &format!("the same store with its {answered} events, opened by a host anew"),
            format!("{} MiB after as much load as fills the caches", anew >> 20),
            format!(
                "what grew is the store's: at the end at most {:.0} % more",
                100.0 * GROWTH_MAX
            ),
            memory.at_last() <= anew as f64 * (1.0 + GROWTH_MAX),
        ),
    ])
}

/// The memory of a new host on the store, once its caches are as full.
fn started_anew(stage: &Stage<'_>, requests: &mut Requests) -> anyhow::Result<u64> {
    let folder = stage.folder.join("soak");
    let server = Server::start(Subject::FiveRules, &folder, &Options::default())?;
    for _ in 0..if stage.is_quick { 1 } else { 6 } {
        drive(server.port, 64, Duration::from_secs(10), requests)?;
    }
    let memory = server.memory();
    server.end()?;
    Ok(memory)
}
