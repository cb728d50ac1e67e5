//! A run beside the one that a decision recorded.

use std::collections::BTreeMap;

use baton_domain::{decide::RuleRun, module::Read, signal::Signal};

use crate::cli::rule::print;

/// How `now` differs from what was recorded, a sentence each: in what it
/// answered and read. Fuel differs from build to build and is no part of it.
pub(super) fn differences(recorded: &RuleRun, now: &RuleRun) -> Vec<String> {
    let mut differences = Vec::new();
    if recorded.answer != now.answer {
        let (before, after) = (answer(recorded), answer(now));
        differences.push(if before == after {
            format!("tag, next step or extra of: {after}")
        } else {
            format!("it said {before}; now {after}")
        });
    }
    let (before, after) = (reads(recorded), reads(now));
    for (name, value) in &after {
        match before.get(name) {
            None => differences.push(format!("it reads {name} as well")),
            Some(known) if known != value => {
                differences.push(format!("{name} was {known}; now {value}"));
            }
            Some(_) => {}
        }
    }
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    differences.extend(gone.map(|name| format!("it does not read {name} any more")));
    differences
}

fn answer(run: &RuleRun) -> String {
    match &run.answer {
        Ok(signals) if signals.is_empty() => "nothing".to_owned(),
        Ok(signals) => {
            let said: Vec<_> = signals.iter().map(|it: &Signal| print::said(it)).collect();
            said.join("; ")
        }
        Err(failure) => print::failed(failure),
    }
}

/// Names of what was read, and the values as people see them.
fn reads(run: &RuleRun) -> BTreeMap<String, String> {
    let pair = |read: &Read| match read {
        Read::Field(field, value) => (field.name().to_owned(), value.to_string()),
        Read::Setting(name, value) => {
            let value = value.as_ref().map(ToString::to_string);
            (
                format!("setting {name}"),
                value.unwrap_or_else(|| "not declared".to_owned()),
            )
        }
    };
    run.reads.iter().map(pair).collect()
}
