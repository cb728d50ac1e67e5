//! `baton release status`.

use std::{collections::BTreeMap, fmt::Write};

use serde::Deserialize;
use serde_json::json;

use super::view::{Move, Rollout};
use crate::cli::online::Client;

/// So many of the latest moves are told.
const MOVES_SHOWN: usize = 5;

/// What the two resources of the API tell together.
#[derive(Deserialize)]
struct Status {
    rollout: Rollout,
    running: List,
}

#[derive(Deserialize)]
struct List {
    items: Vec<Running>,
}

/// A release that runs.
#[derive(Deserialize)]
struct Running {
    release: u32,
    stands: String,
    same: u64,
    different: u64,
    modules: Vec<Fares>,
}

/// How a module fares.
#[derive(Deserialize)]
struct Fares {
    name: String,
    made: u64,
    skipped: u64,
    signals: u64,
    failures: BTreeMap<String, u64>,
    micros: Spread,
    fuel: Spread,
    budget_share: Option<f64>,
    last_failure: Option<Failure>,
}

#[derive(Deserialize)]
struct Spread {
    p50: Option<u64>,
    p99: Option<u64>,
}

#[derive(Deserialize)]
struct Failure {
    at: jiff::Timestamp,
    customer: String,
}

/// Runs the command.
pub(super) async fn run(client: &Client) -> anyhow::Result<()> {
    let answer = json!({
        "rollout": client.get("/v1/rollout").await?,
        "running": client.get("/v1/rollout/running").await?,
    });
    client.show(&answer, told)
}

fn told(status: Status) -> String {
    let Status { rollout, running } = status;
    let mut text = rollout.told() + &rollout.guardrails.told();
    if !rollout.moves.is_empty() {
        text += "latest moves\n";
        let moves = rollout.moves.iter().take(MOVES_SHOWN);
        text.extend(moves.map(Move::told));
    }
    text.extend(running.items.iter().map(Running::told));
    text
}

impl Running {
    fn told(&self) -> String {
        let Self {
            release, stands, ..
        } = self;
        let mut text = format!("release {release} ({stands}), since the host made it ready\n");
        if self.same + self.different > 0 {
            let all = self.same + self.different;
            let _ = writeln!(
                text,
                "  would have decided the same in {} of {all}",
                self.same
            );
        }
        if self.modules.is_empty() {
            text += "  nothing ran\n";
            return text;
        }
        let _ = writeln!(
            text,
            "  {:<20} {:>8} {:>8} {:>8} {:>8} {:>8} {:>9} {:>9} {:>7}",
            "module", "runs", "skipped", "signals", "µs p50", "p99", "fuel p50", "p99", "budget"
        );
        text.extend(self.modules.iter().map(Fares::told));
        text
    }
}

impl Fares {
    /// A line, and one more when it failed.
    fn told(&self) -> String {
        let Self {
            name,
            made,
            skipped,
            signals,
            ..
        } = self;
        let number = |it: Option<u64>| it.map_or_else(|| "-".to_owned(), |it| it.to_string());
        let (micros, fuel) = (&self.micros, &self.fuel);
        let budget = self.budget_share.map(|it| format!("{:.1} %", it * 100.0));
        let mut text = format!(
            "  {name:<20} {made:>8} {skipped:>8} {signals:>8} {:>8} {:>8} {:>9} {:>9} {:>7}\n",
            number(micros.p50),
            number(micros.p99),
            number(fuel.p50),
            number(fuel.p99),
            budget.unwrap_or_else(|| "-".to_owned())
        );
        if !self.failures.is_empty() {
            let failures = self.failures.iter();
            let failures: Vec<_> = failures.map(|(code, n)| format!("{code} {n}")).collect();
            let _ = write!(text, "    failed: {}", failures.join(", "));
            if let Some(Failure { at, customer }) = &self.last_failure {
                let _ = write!(text, "; last at {at:.0}, deciding on customer {customer}");
            }
            text.push('\n');
        }
        text
    }
}
