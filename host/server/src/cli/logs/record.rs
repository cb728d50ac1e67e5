//! One decision, on one line.

use std::fmt::Write;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::cli::online::{self, read};

/// Which decisions are wanted.
#[derive(Clone, Copy)]
pub(super) struct Filter<'f> {
    /// For which this module ran.
    pub(super) module: Option<&'f str>,
    /// For which it, or any, failed.
    pub(super) failed: bool,
}

/// A decision, as the API shows it.
#[derive(Deserialize)]
struct Decided {
    customer: String,
    at: Timestamp,
    /// Absent when the customer was erased.
    record: Option<Record>,
}

#[derive(Deserialize)]
struct Record {
    release: u32,
    occasion: String,
    rules: Vec<Run>,
    #[serde(default)]
    shadow: Vec<Run>,
    policy: Run,
    decision: Decision,
}

#[derive(Deserialize)]
struct Decision {
    outcome: String,
    tags: Vec<String>,
    is_advice: bool,
}

/// One run of one module.
#[derive(Deserialize)]
struct Run {
    module: String,
    answer: Result<Value, Failure>,
}

#[derive(Deserialize)]
struct Failure {
    code: String,
}

/// The line of a decision, if it is wanted.
pub(super) fn told(decision: &Value, filter: Filter<'_>) -> anyhow::Result<Option<String>> {
    let Decided {
        customer,
        at,
        record,
    } = read(decision)?;
    let place = format!("{at:.0}  {customer}");
    let Some(record) = record else {
        let is_wanted = filter.module.is_none() && !filter.failed;
        return Ok(is_wanted.then(|| format!("{place}  erased on request\n")));
    };
    let wanted: Vec<&Run> = record
        .runs()
        .filter(|it| filter.module.is_none_or(|module| it.module == module))
        .filter(|it| !filter.failed || it.answer.is_err())
        .collect();
    if wanted.is_empty() {
        return Ok(None);
    }
    let mut line = format!("{place}  {}", record.summary());
    if filter.module.is_some() {
        for run in &wanted {
            let _ = write!(line, "  {}", run.said());
        }
    }
    Ok(Some(online::line(&line)))
}

impl Record {
    fn runs(&self) -> impl Iterator<Item = &Run> {
        let rules = self.rules.iter().chain(&self.shadow);
        rules.chain([&self.policy])
    }

    /// Occasion, release, outcome, tags, and what failed.
    fn summary(&self) -> String {
        let Decision {
            outcome,
            tags,
            is_advice,
        } = &self.decision;
        let advice = if *is_advice { " (advice)" } else { "" };
        let mut text = format!(
            "{:<12}  release {}  {outcome}{advice}",
            self.occasion, self.release
        );
        if !tags.is_empty() {
            let _ = write!(text, "  {tags:?}");
        }
        let failures = self.runs().filter_map(|run| {
            let failure = run.answer.as_ref().err()?;
            Some(format!("{} {}", run.module, failure.code))
        });
        let failures: Vec<_> = failures.collect();
        if !failures.is_empty() {
            let _ = write!(text, "  failed: {}", failures.join(", "));
        }
        text
    }
}

impl Run {
    /// What the module answered.
    fn said(&self) -> String {
        let Self { module, answer } = self;
        let said = match answer {
            Err(failure) => format!("failed: {}", failure.code),
            Ok(Value::Array(signals)) if signals.is_empty() => "says nothing".to_owned(),
            Ok(Value::Array(signals)) => {
                let signals = signals.iter().map(|it| {
                    let name = it["name"].as_str().unwrap_or_default();
                    format!("{name} {}", it["score"])
                });
                format!("says {}", signals.collect::<Vec<_>>().join(", "))
            }
            Ok(verdict) => format!("says {}", verdict["outcome"].as_str().unwrap_or_default()),
        };
        format!("{module} {said}")
    }
}
