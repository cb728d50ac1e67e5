//! A decision, told to people: what each module read, said and cost, and what
//! is done about it.

use std::fmt::{self, Write as _};

use baton_domain::{
    decide::{Basis, Decision, DecisionRecord, Warning},
    decision::Outcome,
    ids::ModuleDigest,
    module::{ModuleFailure, Read, Reads},
    signal::Signal,
};

use crate::evaluation::Evaluated;

/// Widest value that an explanation shows in full.
const VALUE_CHARS_MAX: usize = 160;

/// Writes the explanation of `evaluated`.
///
/// # Errors
/// Only when `out` fails.
pub fn explain(out: &mut impl fmt::Write, evaluated: &Evaluated) -> fmt::Result {
    let record = &evaluated.record;
    let rules = record.rules.iter().map(|run| ("rule", run));
    let shadow = record.shadow.iter().map(|run| ("shadow", run));
    for (kind, run) in rules.chain(shadow) {
        let head = Head {
            kind,
            module: run.module.as_str(),
            digest: run.digest,
            fuel: run.fuel,
        };
        write_head(out, &head, evaluated)?;
        write_reads(out, &run.reads)?;
        match &run.answer {
            Ok(signals) if signals.is_empty() => writeln!(out, "    says    nothing")?,
            Ok(signals) => {
                for signal in signals {
                    write_signal(out, signal, is_spent(record, run.module.as_str(), signal))?;
                }
            }
            Err(failure) => write_failure(out, failure)?,
        }
    }
    let policy = &record.policy;
    let head = Head {
        kind: "policy",
        module: policy.module.as_str(),
        digest: policy.digest,
        fuel: policy.fuel,
    };
    write_head(out, &head, evaluated)?;
    write_reads(out, &policy.reads)?;
    match &policy.answer {
        Ok(verdict) => writeln!(out, "    says    {}", outcome(verdict.outcome))?,
        Err(failure) => write_failure(out, failure)?,
    }
    write_decision(out, &record.decision)
}

/// The explanation as one text.
pub fn explained(evaluated: &Evaluated) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = explain(&mut text, evaluated);
    text
}

struct Head<'a> {
    kind: &'static str,
    module: &'a str,
    digest: ModuleDigest,
    fuel: u64,
}

fn write_head(out: &mut impl fmt::Write, head: &Head<'_>, evaluated: &Evaluated) -> fmt::Result {
    let Head {
        kind,
        module,
        digest,
        fuel,
    } = head;
    let time = evaluated
        .elapsed
        .iter()
        .find(|(name, _)| name.as_str() == *module);
    write!(out, "  {kind} {module} ({}), {fuel} fuel", digest.short())?;
    if let Some((_, elapsed)) = time {
        write!(out, ", {} µs", elapsed.as_micros())?;
    }
    writeln!(out)
}

/// Writes what a module read.
pub(crate) fn write_reads(out: &mut impl fmt::Write, reads: &Reads) -> fmt::Result {
    for (at, read) in reads.iter().enumerate() {
        let lead = if at == 0 { "reads" } else { "" };
        let (name, value) = match read {
            Read::Field(field, value) => (field.name().to_owned(), value.to_string()),
            Read::Setting(name, Some(value)) => (format!("setting {name}"), value.to_string()),
            Read::Setting(name, None) => (format!("setting {name}"), "not declared".to_owned()),
        };
        writeln!(out, "    {lead:<7} {name} = {}", shortened(&value))?;
    }
    Ok(())
}

fn shortened(value: &str) -> String {
    match value.char_indices().nth(VALUE_CHARS_MAX) {
        None => value.to_owned(),
        Some((end, _)) => format!("{}…", &value[..end]),
    }
}

fn write_signal(out: &mut impl fmt::Write, signal: &Signal, is_spent: bool) -> fmt::Result {
    let spent = if is_spent {
        " (spent: it led to a handoff before)"
    } else {
        ""
    };
    writeln!(
        out,
        "    says    {} {:.2}{spent}: {}",
        signal.name,
        signal.score.get(),
        signal.reason
    )?;
    write_proposals(out, signal)
}

/// Writes what a signal proposes.
pub(crate) fn write_proposals(out: &mut impl fmt::Write, signal: &Signal) -> fmt::Result {
    if let Some(tag) = &signal.tag {
        writeln!(out, "            tag \"{tag}\"")?;
    }
    if let Some(next_step) = &signal.next_step {
        writeln!(out, "            next step \"{next_step}\"")?;
    }
    Ok(())
}

fn is_spent(record: &DecisionRecord, module: &str, signal: &Signal) -> bool {
    record
        .spent
        .iter()
        .any(|it| it.module.as_str() == module && it.signal == signal.name)
}

fn write_failure(out: &mut impl fmt::Write, failure: &ModuleFailure) -> fmt::Result {
    writeln!(out, "    failed  {failure} ({})", failure.code())
}

fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Stay => "stay with the bot",
        Outcome::HandOff => "hand off",
    }
}

fn write_decision(out: &mut impl fmt::Write, decision: &Decision) -> fmt::Result {
    write!(out, "  decision: {}", outcome(decision.outcome))?;
    if decision.outcome == Outcome::HandOff {
        write!(out, " to {}", decision.team)?;
        if let Some(tier) = &decision.tier {
            write!(out, ", {tier}")?;
        }
        write!(out, ", priority {}", decision.priority)?;
    }
    let basis = match decision.basis {
        Basis::Policy => "",
        Basis::ExplicitRequest => "; the customer asked for a person, which nothing overrules",
        Basis::Default => "; your default, since the rules could not be heard",
    };
    let advice = if decision.is_advice {
        "; advice only, people own the conversation"
    } else {
        ""
    };
    let degraded = if decision.is_degraded {
        "; degraded, a module failed"
    } else {
        ""
    };
    writeln!(out, "{basis}{advice}{degraded}")?;
    let mut details = String::new();
    for (at, tag) in decision.tags.iter().enumerate() {
        let separator = if at == 0 { "    tags    " } else { ", " };
        write!(details, "{separator}\"{tag}\"")?;
    }
    if !details.is_empty() {
        writeln!(out, "{details}")?;
    }
    for (at, reason) in decision.reasons.iter().enumerate() {
        let lead = if at == 0 { "because" } else { "" };
        writeln!(out, "    {lead:<7} {reason}")?;
    }
    if let Some(next_step) = &decision.next_step {
        writeln!(out, "    next    {next_step}")?;
    }
    for warning in &decision.warnings {
        match warning {
            Warning::UnknownTeam(name) => {
                writeln!(
                    out,
                    "    warning there is no team \"{name}\": the default team has it"
                )?;
            }
            Warning::UnknownTier(name) => {
                writeln!(
                    out,
                    "    warning the team has no tier \"{name}\": any tier may take it"
                )?;
            }
        }
    }
    Ok(())
}
