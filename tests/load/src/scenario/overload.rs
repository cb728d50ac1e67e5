//! Far more connections than the host takes at once, each asking as fast as
//! it is answered: it answers 200 or 503, stays as it is, and recovers.

use std::time::{Duration, Instant};

use baton_domain::limits::WEBHOOKS_IN_FLIGHT_MAX;

use super::{Stage, row};
use crate::{
    child::watch_memory,
    drive::{Outcome, drive},
    report::Row,
};

/// Connections: three times the webhooks that are in work at once.
const CONNECTIONS: usize = 3 * WEBHOOKS_IN_FLIGHT_MAX;
/// How much the memory may grow from the first quarter to the last.
const GROWTH_MAX: f64 = 0.10;
/// Goals.
const RECOVERY_SECONDS_MAX: f64 = 5.0;
/// The share of the capacity that counts as recovered.
const RECOVERED_SHARE: f64 = 0.8;

pub fn run(stage: &Stage<'_>) -> anyhow::Result<Vec<Row>> {
    let (server, mut requests) = stage.host("overload")?;
    let capacity = stage.capacity(&server, &mut requests)?;
    let length = Duration::from_secs(if stage.is_quick { 10 } else { 60 });
    let memory = watch_memory(server.id(), Duration::from_millis(500));
    let outcome = drive(server.port, CONNECTIONS, length, &mut requests)?;
    let memory = memory.end();
    let asked = outcome.statuses.values().sum::<usize>() as f64 / outcome.seconds;
    let begun = Instant::now();
    let patience = Duration::from_secs_f64(2.0 * RECOVERY_SECONDS_MAX);
    let mut recovered = None;
    while recovered.is_none() && begun.elapsed() < patience {
        let step = drive(server.port, 64, Duration::from_millis(500), &mut requests)?;
        if step.errors() == 0 && step.rate() >= RECOVERED_SHARE * capacity {
            recovered = Some(begun.elapsed().as_secs_f64() - 0.5);
        }
    }
    server.end()?;
    let growth = memory.growth();
    Ok(vec![
        row(
            &format!(
                "{CONNECTIONS} connections for {} s: answers",
                length.as_secs()
            ),
            answers(&outcome, asked / capacity),
            "only 200 and 503",
            is_200_or_503(&outcome),
        ),
        row(
            "memory meanwhile",
            memory.to_string(),
            format!("grows by < {:.0} %", 100.0 * GROWTH_MAX),
            growth < GROWTH_MAX,
        ),
        row(
            "then back at the old rate after",
            recovered.map_or("never".to_owned(), |it| format!("{it:.1} s")),
            format!("≤ {RECOVERY_SECONDS_MAX} s"),
            recovered.is_some_and(|it| it <= RECOVERY_SECONDS_MAX),
        ),
    ])
}

fn is_200_or_503(outcome: &Outcome) -> bool {
    outcome.broken == 0 && outcome.statuses.keys().all(|it| [200, 503].contains(it))
}

fn answers(outcome: &Outcome, load: f64) -> String {
    let each = outcome.statuses.iter();
    let each: Vec<String> = each
        .map(|(status, count)| format!("{count} × {status}"))
        .collect();
    format!(
        "{}, {} broken; {load:.1} times the capacity was asked",
        each.join(", "),
        outcome.broken
    )
}
