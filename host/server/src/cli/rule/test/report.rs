//! What came out of the cases, for people and for programs.

use std::fmt;

use baton_domain::{field::Field, module::Reads};
use baton_sandbox::Inspected;
use serde_json::{Value, json};

use super::coverage::{Coverage, Said};
use crate::cli::rule::print;

/// What came out of one case.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) case: String,
    pub(super) reads: Reads,
    pub(super) fuel: u64,
    /// Signals or a decision, or the failure.
    pub(super) answer: Value,
    pub(super) said: Said,
    /// How it differs from what was expected; empty when it does not.
    pub(super) differences: Vec<String>,
    /// Fields that were read and are not in the case.
    pub(super) unnamed: Vec<Field>,
}

/// What came out of all cases of a module.
#[derive(Debug)]
pub(super) struct Report<'m> {
    module: &'m Inspected,
    outcomes: Vec<Outcome>,
    coverage: Coverage,
}

impl<'m> Report<'m> {
    /// Of the cases in their order.
    pub(super) fn new(module: &'m Inspected, outcomes: Vec<Outcome>) -> Self {
        let said = outcomes.iter().map(|outcome| &outcome.said);
        let coverage = Coverage::of(module.declaration(), said);
        Self {
            module,
            outcomes,
            coverage,
        }
    }

    /// Whether every case came out as expected.
    pub(super) fn is_ok(&self) -> bool {
        self.outcomes.iter().all(|it| it.differences.is_empty())
    }

    /// The first of those that cost most.
    fn costliest(&self) -> Option<&Outcome> {
        let latest_first = self.outcomes.iter().rev();
        latest_first.max_by_key(|outcome| outcome.fuel)
    }

    /// The report for programs.
    pub(super) fn json(&self) -> Value {
        let cases: Vec<_> = self.outcomes.iter().map(Outcome::json).collect();
        let fuel = self.costliest().map_or(0, |outcome| outcome.fuel);
        json!({
            "name": self.module.declaration().name,
            "digest": self.module.digest(),
            "ok": self.is_ok(),
            "cases": cases,
            "coverage": self.coverage,
            "fuel_max": fuel,
            "fuel_budget": self.module.tier().fuel_max(),
            "fuel_share_percent": print::share(fuel, self.module.tier()),
        })
    }
}

impl Outcome {
    fn json(&self) -> Value {
        json!({
            "name": self.case,
            "ok": self.differences.is_empty(),
            "differences": self.differences,
            "not_in_case": self.unnamed,
            "fuel": self.fuel,
            "reads": self.reads,
            "answer": self.answer,
        })
    }
}

/// For people: a line a case, with what differs below it.
impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, digest) = (&self.module.declaration().name, self.module.digest());
        writeln!(f, "{name} ({})", digest.short())?;
        for outcome in &self.outcomes {
            outcome.fmt(f)?;
        }
        let failed = self.outcomes.iter().filter(|it| !it.differences.is_empty());
        let cases = print::counted(self.outcomes.len(), "case", "cases");
        match failed.count() {
            0 => writeln!(f, "{cases}, all as expected")?,
            failed => writeln!(f, "{cases}, {failed} FAILED")?,
        }
        self.coverage.fmt(f)?;
        let Some(Outcome { case, fuel, .. }) = self.costliest() else {
            return Ok(());
        };
        writeln!(
            f,
            "fuel at most {}, {:.2} % of the budget, in {case:?}",
            fuel,
            print::share(*fuel, self.module.tier())
        )
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let verdict = if self.differences.is_empty() {
            "ok"
        } else {
            "FAILED"
        };
        writeln!(f, "  {verdict:<6}  {}, {} fuel", self.case, self.fuel)?;
        for difference in &self.differences {
            writeln!(f, "            {difference}")?;
        }
        if !self.unnamed.is_empty() {
            let names: Vec<&str> = self.unnamed.iter().map(|it| it.name()).collect();
            let names = names.join(", ");
            writeln!(f, "            not in the case, so not known: {names}")?;
        }
        Ok(())
    }
}
