//! What of a module's declaration was seen in some case.

use std::{fmt, sync::Arc};

use baton_domain::{
    decide::{PolicyRun, RuleRun},
    decision::Outcome,
    module::{Declaration, World},
};
use serde::{Serialize, Serializer, ser::SerializeMap};

use super::verdict::outcome;
use crate::cli::rule::print;

/// What one case brought out.
#[derive(Debug, Default)]
pub(super) struct Said {
    signals: Vec<Arc<str>>,
    tags: Vec<Arc<str>>,
    next_steps: Vec<Arc<str>>,
    outcome: Option<&'static str>,
}

impl Said {
    /// Of a rule.
    pub(super) fn of_rule(run: &RuleRun) -> Self {
        let signals = || run.answer.iter().flatten();
        Self {
            signals: signals().map(|it| it.name.clone()).collect(),
            tags: signals().filter_map(|it| it.tag.clone()).collect(),
            next_steps: signals().filter_map(|it| it.next_step.clone()).collect(),
            outcome: None,
        }
    }

    /// Of a policy.
    pub(super) fn of_policy(run: &PolicyRun) -> Self {
        let Ok(verdict) = &run.answer else {
            return Self::default();
        };
        Self {
            signals: Vec::new(),
            tags: verdict.tags.clone(),
            next_steps: verdict.next_step.iter().cloned().collect(),
            outcome: Some(outcome(verdict.outcome)),
        }
    }
}

/// In how many cases each declared signal, tag and next step was seen, and each
/// outcome of a policy.
#[derive(Debug, Serialize)]
pub(super) struct Coverage {
    signals: Seen,
    tags: Seen,
    next_steps: Seen,
    #[serde(skip_serializing_if = "Seen::is_empty")]
    outcomes: Seen,
}

/// Names in the order of the declaration, and their cases.
#[derive(Debug)]
struct Seen(Vec<(Arc<str>, usize)>);

impl Seen {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Coverage {
    /// Counts over all cases.
    pub(super) fn of<'s>(
        declaration: &Declaration,
        cases: impl Iterator<Item = &'s Said> + Clone,
    ) -> Self {
        let count = |declared: &[Arc<str>], part: fn(&Said) -> &[Arc<str>]| {
            let seen = |name: &Arc<str>| {
                let cases = cases.clone().filter(|it| part(it).contains(name));
                (name.clone(), cases.count())
            };
            Seen(declared.iter().map(seen).collect())
        };
        let outcomes = [Outcome::HandOff, Outcome::Stay].into_iter();
        let outcomes = outcomes.filter(|_| declaration.world == World::Policy);
        let outcomes = outcomes.map(outcome).map(|name| {
            let cases = cases.clone().filter(|it| it.outcome == Some(name));
            (name.into(), cases.count())
        });
        Self {
            signals: count(&declaration.signals, |said| &said.signals),
            tags: count(&declaration.tags, |said| &said.tags),
            next_steps: count(&declaration.next_steps, |said| &said.next_steps),
            outcomes: Seen(outcomes.collect()),
        }
    }
}

impl Serialize for Seen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, cases) in &self.0 {
            map.serialize_entry(name, cases)?;
        }
        map.end()
    }
}

impl fmt::Display for Coverage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "coverage")?;
        for (what, seen) in [
            ("signal", &self.signals),
            ("tag", &self.tags),
            ("next step", &self.next_steps),
            ("outcome", &self.outcomes),
        ] {
            for (name, cases) in &seen.0 {
                let cases = match *cases {
                    0 => "never".to_owned(),
                    cases => format!("in {}", print::counted(cases, "case", "cases")),
                };
                writeln!(f, "  {what:<9}  {cases:<11}  {name}")?;
            }
        }
        Ok(())
    }
}
