//! What a case expects of a run, and how the run differs from it.

use baton_domain::{
    decision::Verdict,
    module::{Declaration, ModuleFailure, World},
    signal::Signal,
};
use serde::Deserialize;
use toml::Value;

use super::{
    mistake::{Code, Problem},
    verdict::{ExpectedVerdict, outcome},
};
use crate::cli::rule::print;

/// What a case expects.
#[derive(Debug, Clone)]
pub(super) enum Expect {
    /// These signals and no others; nothing when there are none.
    Signals(Vec<ExpectedSignal>),
    /// Of a policy: this decision.
    Verdict(Box<ExpectedVerdict>),
    /// A failure with this code.
    Fails(String),
}

/// A signal that is expected. What is absent may be anything.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExpectedSignal {
    #[serde(alias = "signal")]
    name: String,
    score: Option<f64>,
    score_at_least: Option<f64>,
    score_at_most: Option<f64>,
    tag: Option<String>,
    next_step: Option<String>,
    reason_contains: Option<String>,
}

/// The form that is no list.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Outcome {
    #[serde(default)]
    quiet: bool,
    fails: Option<String>,
}

impl Expect {
    /// Reads what is written, and holds names against what the module declares.
    ///
    /// # Errors
    /// What is wrong with it.
    pub(super) fn read(written: Value, declaration: &Declaration) -> Result<Self, Vec<Problem>> {
        let unreadable = |error: toml::de::Error| {
            vec![Problem::new("expect", Code::Unreadable, error.message())]
        };
        let fails = written.get("fails").is_some();
        if declaration.world == World::Policy && !fails {
            let verdict = written.try_into().map_err(unreadable)?;
            return Ok(Self::Verdict(Box::new(verdict)));
        }
        if written.is_array() {
            let signals: Vec<ExpectedSignal> = written.try_into().map_err(unreadable)?;
            let problems: Vec<_> = signals
                .iter()
                .flat_map(|signal| signal.undeclared(declaration))
                .collect();
            return if problems.is_empty() {
                Ok(Self::Signals(signals))
            } else {
                Err(problems)
            };
        }
        match written.try_into().map_err(unreadable)? {
            Outcome {
                quiet: true,
                fails: None,
            } => Ok(Self::Signals(Vec::new())),
            Outcome {
                quiet: false,
                fails: Some(code),
            } => Ok(Self::Fails(code)),
            _ => {
                let says = "it is `quiet = true`, `fails = \"CODE\"` or a list of signals";
                Err(vec![Problem::new("expect", Code::WrongValue, says)])
            }
        }
    }

    /// How an answer of a rule differs, a sentence each; none when it is as
    /// expected.
    pub(super) fn differences(&self, answer: &Result<Vec<Signal>, ModuleFailure>) -> Vec<String> {
        match (self, answer) {
            (Self::Signals(expected), Ok(signals)) => differences(expected, signals),
            (_, Ok(signals)) => {
                let said: Vec<_> = signals.iter().map(print::said).collect();
                let said = if said.is_empty() {
                    "nothing".to_owned()
                } else {
                    said.join("; ")
                };
                vec![format!("expected {}, it says {said}", self.words())]
            }
            (_, Err(failure)) => self.of_failure(failure),
        }
    }

    /// The same of a policy.
    pub(super) fn differences_of(&self, answer: &Result<Verdict, ModuleFailure>) -> Vec<String> {
        match (self, answer) {
            (Self::Verdict(expected), Ok(verdict)) => expected.differences(verdict),
            (_, Ok(verdict)) => {
                let said = outcome(verdict.outcome);
                vec![format!("expected {}, it says {said}", self.words())]
            }
            (_, Err(failure)) => self.of_failure(failure),
        }
    }

    fn of_failure(&self, failure: &ModuleFailure) -> Vec<String> {
        match self {
            Self::Fails(code) if failure.code() == code => Vec::new(),
            _ => vec![format!(
                "expected {}, it failed: {}",
                self.words(),
                print::failed(failure)
            )],
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Signals(expected) => names(expected),
            Self::Verdict(expected) => outcome(expected.outcome).to_owned(),
            Self::Fails(code) => code.clone(),
        }
    }
}

fn names(expected: &[ExpectedSignal]) -> String {
    if expected.is_empty() {
        return "nothing".to_owned();
    }
    let names: Vec<_> = expected.iter().map(|signal| signal.name.as_str()).collect();
    names.join(", ")
}

/// Pairs signals of a name in their order; the rest is missing or too much.
fn differences(expected: &[ExpectedSignal], signals: &[Signal]) -> Vec<String> {
    let mut rest: Vec<&Signal> = signals.iter().collect();
    let mut differences = Vec::new();
    for signal in expected {
        match rest.iter().position(|it| *it.name == *signal.name) {
            Some(at) => differences.extend(signal.differences(rest.remove(at))),
            None => differences.push(format!("expected {}, it does not say so", signal.name)),
        }
    }
    let unexpected = rest.into_iter();
    differences.extend(unexpected.map(|it| format!("not expected: {}", print::said(it))));
    differences
}

impl ExpectedSignal {
    fn differences(&self, signal: &Signal) -> Vec<String> {
        let mut differences = Vec::new();
        let mut differ = |what: &str, wanted: String, found: String| {
            let name = &self.name;
            differences.push(format!("{name}: expected {what} {wanted}, it is {found}"));
        };
        let score = signal.score.get();
        let bounds = [
            ("score", self.score, self.score == Some(score)),
            (
                "a score of at least",
                self.score_at_least,
                self.score_at_least.is_some_and(|least| score >= least),
            ),
            (
                "a score of at most",
                self.score_at_most,
                self.score_at_most.is_some_and(|most| score <= most),
            ),
        ];
        for (what, bound, holds) in bounds {
            if let (Some(bound), false) = (bound, holds) {
                differ(what, bound.to_string(), score.to_string());
            }
        }
        for (what, wanted, found) in [
            ("tag", &self.tag, &signal.tag),
            ("next step", &self.next_step, &signal.next_step),
        ] {
            if let Some(wanted) = wanted
                && found.as_deref() != Some(wanted)
            {
                let found = found
                    .as_ref()
                    .map_or("none".to_owned(), |it| format!("{it:?}"));
                differ(what, format!("{wanted:?}"), found);
            }
        }
        if let Some(part) = &self.reason_contains
            && !signal.reason.contains(part.as_str())
        {
            let found = format!("{:?}", signal.reason);
            differ("a reason with", format!("{part:?}"), found);
        }
        differences
    }

    /// Names that the module can never say.
    fn undeclared(&self, declaration: &Declaration) -> Vec<Problem> {
        let lists = [
            ("signal", Some(&self.name), &declaration.signals),
            ("tag", self.tag.as_ref(), &declaration.tags),
            (
                "next step",
                self.next_step.as_ref(),
                &declaration.next_steps,
            ),
        ];
        let mut problems = Vec::new();
        for (what, name, declared) in lists {
            let Some(name) = name else { continue };
            if declared.iter().any(|it| **it == **name) {
                continue;
            }
            let known = if declared.is_empty() {
                "none".to_owned()
            } else {
                declared.join(", ")
            };
            let says = format!("the module declares no {what} {name:?}; it has: {known}");
            problems.push(Problem::new("expect", Code::Undeclared, says));
        }
        problems
    }
}
