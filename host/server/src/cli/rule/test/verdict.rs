//! What a case expects of a policy, and how its decision differs from it.

use std::sync::Arc;

use baton_domain::decision::{Outcome, Verdict};
use serde::Deserialize;

/// A decision that is expected: `{ outcome = "hand-off", tags = ["vip"] }`. What
/// is absent may be anything.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectedVerdict {
    pub(super) outcome: Outcome,
    team: Option<Arc<str>>,
    tier: Option<Arc<str>>,
    /// All of them, in order.
    tags: Option<Vec<Arc<str>>>,
    next_step: Option<Arc<str>>,
    reason_contains: Option<String>,
    priority: Option<u8>,
    priority_at_least: Option<u8>,
    priority_at_most: Option<u8>,
}

/// As cases and contract write it.
pub(super) fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Stay => "stay",
        Outcome::HandOff => "hand-off",
    }
}

impl ExpectedVerdict {
    /// How a decision differs, a sentence each; none when it is as expected.
    pub(super) fn differences(&self, verdict: &Verdict) -> Vec<String> {
        let mut differences = Vec::new();
        let mut differ = |what: &str, wanted: String, found: String| {
            differences.push(format!("expected {what} {wanted}, it is {found}"));
        };
        let quoted = |text: Option<&str>| text.map_or("none".to_owned(), |it| format!("{it:?}"));
        if self.outcome != verdict.outcome {
            let [wanted, found] = [self.outcome, verdict.outcome].map(outcome);
            differ("the outcome", wanted.to_owned(), found.to_owned());
        }
        for (what, wanted, found) in [
            ("the team", &self.team, &verdict.team),
            ("the tier", &self.tier, &verdict.tier),
            ("the next step", &self.next_step, &verdict.next_step),
        ] {
            if wanted.is_some() && wanted != found {
                differ(what, quoted(wanted.as_deref()), quoted(found.as_deref()));
            }
        }
        if let Some(tags) = self.tags.as_ref().filter(|it| **it != verdict.tags) {
            differ(
                "the tags",
                format!("{tags:?}"),
                format!("{:?}", verdict.tags),
            );
        }
        if let Some(part) = &self.reason_contains
            && !verdict.reasons.iter().any(|it| it.contains(part.as_str()))
        {
            let found = format!("{:?}", verdict.reasons);
            differ("a reason with", format!("{part:?}"), found);
        }
        let priority = verdict.priority;
        for (what, bound, holds) in [
            (
                "the priority",
                self.priority,
                self.priority == Some(priority),
            ),
            (
                "a priority of at least",
                self.priority_at_least,
                self.priority_at_least
                    .is_some_and(|least| priority >= least),
            ),
            (
                "a priority of at most",
                self.priority_at_most,
                self.priority_at_most.is_some_and(|most| priority <= most),
            ),
        ] {
            if let (Some(bound), false) = (bound, holds) {
                differ(what, bound.to_string(), priority.to_string());
            }
        }
        differences
    }
}
