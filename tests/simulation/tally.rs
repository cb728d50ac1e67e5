//! How often what matters came to pass: a simulation in which nothing went
//! wrong proves nothing.

use std::collections::BTreeMap;

use baton_domain::event::{EventBody, SendOutcome};
use baton_store::CommitError;

/// People took over while a message of the bot's was queued or under way.
pub const TAKEOVERS_AMID_SENDS: &str = "takeovers amid the bot's sends";

/// What a thousand seeds must have seen, each of it many times.
const WANTED: &[&str] = &[
    "answers lost",
    "clocks set back",
    "clocks set forward",
    "commits failed",
    "commits on an old version",
    "customers merged",
    "evaluations deferred",
    "forgeries refused",
    "hosts killed",
    "hosts stalled",
    "owner: claimed",
    "owner: echo",
    "owner: escalated",
    "owner: handed off",
    "owner: handed off to somebody",
    "owner: resolved",
    "owner: returned",
    "owner: returned by policy",
    "replies queued",
    "rows that wait anew",
    "sends accepted",
    "sends begun",
    "sends crossed",
    "sends dead",
    "sends suppressed",
    "stores reopened",
    TAKEOVERS_AMID_SENDS,
    "timers fired",
    "timers fired too late",
];

/// Times that each has to come up in a thousand seeds.
const TIMES_MIN: u64 = 20;
/// Takeovers amid sends in a thousand seeds: 10,000 in those of `make soak`.
const AMID_SENDS_MIN: u64 = 334;

/// Counts by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally(BTreeMap<&'static str, u64>);

impl Tally {
    /// It came to pass.
    pub fn count(&mut self, what: &'static str) {
        *self.0.entry(what).or_default() += 1;
    }

    /// Counts of another run.
    pub fn add(&mut self, other: &Self) {
        for (what, times) in &other.0 {
            *self.0.entry(what).or_default() += times;
        }
    }

    /// An event of a log.
    pub fn event(&mut self, body: &EventBody) {
        self.count(match body {
            EventBody::Claimed(_) => "owner: claimed",
            EventBody::EchoReceived(_) => "owner: echo",
            EventBody::HandedOff(it) if it.agent.is_some() => "owner: handed off to somebody",
            EventBody::HandedOff(_) => "owner: handed off",
            EventBody::Resolved(_) => "owner: resolved",
            EventBody::Escalated(_) => "owner: escalated",
            EventBody::Returned(it) if it.by_policy => "owner: returned by policy",
            EventBody::Returned(_) => "owner: returned",
            EventBody::TimerFired(it) if it.too_late => "timers fired too late",
            EventBody::TimerFired(_) => "timers fired",
            EventBody::SendResolved(it) => match it.outcome {
                SendOutcome::Begun => "sends begun",
                SendOutcome::Accepted { .. } => "sends accepted",
                SendOutcome::Suppressed { .. } => "sends suppressed",
                SendOutcome::Dead { .. } => "sends dead",
                SendOutcome::Crossed => "sends crossed",
            },
            _ => "other events",
        });
    }

    /// A commit that was refused.
    pub fn refused(&mut self, error: &CommitError) {
        self.count(match error {
            CommitError::Conflict { .. } => "commits on an old version",
            CommitError::Duplicate => "commits of a known identity",
            CommitError::LeaseLost => "commits under a lost lease",
            CommitError::Stale | CommitError::Store(_) => "commits refused for something else",
        });
    }

    /// What came up too seldom in so many seeds.
    pub fn missing(&self, seeds: u64) -> Vec<&'static str> {
        let wanted = |what: &str| {
            let of_a_thousand = match what {
                TAKEOVERS_AMID_SENDS => AMID_SENDS_MIN,
                _ => TIMES_MIN,
            };
            of_a_thousand * seeds / 1_000
        };
        let times = |what: &str| self.0.get(what).copied().unwrap_or_default();
        let missing = WANTED.iter().filter(|what| times(what) < wanted(what));
        missing.copied().collect()
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (what, times) in &self.0 {
            writeln!(f, "{times:>8} {what}")?;
        }
        Ok(())
    }
}
