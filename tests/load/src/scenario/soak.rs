//! Memory over a long while at full load: it stays where it is.

use std::time::{Duration, Instant};

use super::{Stage, row};
use crate::{child::watch_memory, drive::drive, report::Row};

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
    server.end()?;
    Ok(vec![row(
        &format!(
            "memory over {} s at {:.0}/s",
            length.as_secs(),
            answered as f64 / begun.elapsed().as_secs_f64()
        ),
        format!("{memory}, errors {errors}"),
        format!("grows by < {:.0} %, no errors", 100.0 * GROWTH_MAX),
        growth < GROWTH_MAX && errors == 0,
    )])
}
