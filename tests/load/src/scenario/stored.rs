//! The cost of an event by the number of stored conversations: the same
//! thousand customers write, among few and among many.

use std::time::Duration;

use super::{Stage, row};
use crate::{
    child::{Options, Server},
    drive::drive,
    report::{Row, median},
    subject::Subject,
    table::{fill_history, requests},
};

/// Rounds, in which both take turns.
const ROUNDS: usize = 5;
/// Goal.
const SHARE_MAX: f64 = 1.2;

pub fn run(stage: &Stage<'_>) -> anyhow::Result<Vec<Row>> {
    let many = if stage.is_quick { 50_000 } else { 1_000_000 };
    let subject = Subject::NoRules;
    let mut servers = Vec::new();
    for stored in [0, many] {
        let options = Options {
            stored,
            ..Options::default()
        };
        let folder = stage.folder.join(format!("stored-{stored}"));
        let server = Server::start(subject, &folder, &options)?;
        let mut requests = requests(stage.customers)?;
        fill_history(&server, subject, stage.customers, &mut requests)?;
        drive(server.port, 64, Duration::from_secs(1), &mut requests)?;
        servers.push((server, requests, Vec::new(), Vec::new()));
    }
    for _ in 0..ROUNDS {
        for (server, requests, cpu, rate) in &mut servers {
            let before = server.cpu();
            let outcome = drive(server.port, 64, Duration::from_secs(2), requests)?;
            let answered = outcome.latencies_us.len().max(1) as f64;
            cpu.push((server.cpu() - before).as_secs_f64() * 1e6 / answered);
            rate.push(outcome.rate());
        }
    }
    let mut measured = Vec::new();
    for (server, _, cpu, rate) in servers {
        measured.push((median(cpu), median(rate), server.memory() >> 20));
        server.end()?;
    }
    let (few, full) = (measured[0], measured[1]);
    let share = full.0 / few.0;
    let active = stage.customers.customers;
    Ok(vec![row(
        &format!("an event among {active} and among {many} stored conversations"),
        format!(
            "{:.0} and {:.0} µs CPU ({share:.2} times), {:.0}/s and {:.0}/s, {} and {} MiB",
            few.0, full.0, few.1, full.1, few.2, full.2
        ),
        format!("≤ {SHARE_MAX} times the CPU"),
        share <= SHARE_MAX,
    )])
}
