//! What of a module's declaration was seen in some case.

use std::{fmt, sync::Arc};

use baton_domain::{decide::RuleRun, module::Declaration, signal::Signal};
use serde::{Serialize, Serializer, ser::SerializeMap};

use crate::cli::rule::print;

/// In how many cases each declared signal, tag and next step was seen.
#[derive(Debug, Serialize)]
pub(super) struct Coverage {
    signals: Seen,
    tags: Seen,
    next_steps: Seen,
}

/// Names in the order of the declaration, and their cases.
#[derive(Debug)]
struct Seen(Vec<(Arc<str>, usize)>);

impl Coverage {
    /// Counts over the runs of all cases.
    pub(super) fn of<'r>(
        declaration: &Declaration,
        runs: impl Iterator<Item = &'r RuleRun> + Clone,
    ) -> Self {
        let count = |declared: &[Arc<str>], part: fn(&Signal) -> Option<&Arc<str>>| {
            let in_run = |name: &Arc<str>, run: &&RuleRun| {
                let mut signals = run.answer.iter().flatten();
                signals.any(|signal| part(signal) == Some(name))
            };
            let seen = |name: &Arc<str>| {
                let runs = runs.clone().filter(|run| in_run(name, run));
                (name.clone(), runs.count())
            };
            Seen(declared.iter().map(seen).collect())
        };
        Self {
            signals: count(&declaration.signals, |signal| Some(&signal.name)),
            tags: count(&declaration.tags, |signal| signal.tag.as_ref()),
            next_steps: count(&declaration.next_steps, |signal| signal.next_step.as_ref()),
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
