//! How the commands of an author report: results to standard output, what is
//! wrong with a file to standard error.

use std::{fmt, path::Path, process::ExitCode};

use baton_domain::{
    decide::RuleRun,
    module::{ModuleFailure, Read, Reads},
    signal::Signal,
};
use baton_sandbox::Tier;
use serde::Serialize;
use serde_json::json;

/// What a command exits with when something in an author's file is wrong, or a
/// case failed.
pub(super) const MISTAKEN: u8 = 3;

/// Widest value that is shown in full.
const VALUE_CHARS_MAX: usize = 160;

#[expect(clippy::print_stdout, reason = "the result of the command")]
pub(super) fn json(result: &impl Serialize) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string_pretty(result)?);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
pub(super) fn text(result: &str) {
    print!("{result}");
}

/// What is wrong with a file, a line each as compilers write them, and the exit
/// code for it.
#[expect(clippy::print_stderr, reason = "what is wrong goes to standard error")]
pub(super) fn refusal<M: fmt::Display + Serialize>(
    file: &Path,
    mistakes: &[M],
    as_json: bool,
) -> anyhow::Result<ExitCode> {
    if as_json {
        json(&json!({ "file": file, "mistakes": mistakes }))?;
    } else {
        for mistake in mistakes {
            eprintln!("{}:{mistake}", file.display());
        }
    }
    Ok(ExitCode::from(MISTAKEN))
}

/// What goes wrong while the command goes on.
#[expect(clippy::print_stderr, reason = "what is wrong goes to standard error")]
pub(super) fn complaint(error: &anyhow::Error) {
    eprintln!("error: {error:#}");
}

/// The share of its budget that a run used, in percent.
pub(super) fn share(fuel: u64, tier: Tier) -> f64 {
    fuel as f64 * 100.0 / tier.fuel_max() as f64
}

/// What a run read and answered, as `baton decide` tells it.
///
/// # Errors
/// Only when `out` fails.
pub(super) fn write_run(out: &mut impl fmt::Write, run: &RuleRun) -> fmt::Result {
    write_reads(out, &run.reads)?;
    match &run.answer {
        Ok(signals) if signals.is_empty() => writeln!(out, "    says    nothing"),
        Ok(signals) => {
            for signal in signals {
                writeln!(out, "    says    {}", said(signal))?;
                if let Some(tag) = &signal.tag {
                    writeln!(out, "            tag \"{tag}\"")?;
                }
                if let Some(next_step) = &signal.next_step {
                    writeln!(out, "            next step \"{next_step}\"")?;
                }
            }
            Ok(())
        }
        Err(failure) => writeln!(out, "    failed  {}", failed(failure)),
    }
}

fn write_reads(out: &mut impl fmt::Write, reads: &Reads) -> fmt::Result {
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

/// A signal in one line, with the score as an expectation would write it.
pub(super) fn said(signal: &Signal) -> String {
    let Signal {
        name,
        score,
        reason,
        ..
    } = signal;
    format!("{name} {}: {reason}", score.get())
}

/// A failure and its code.
pub(super) fn failed(failure: &ModuleFailure) -> String {
    format!("{failure} ({})", failure.code())
}

fn shortened(value: &str) -> String {
    match value.char_indices().nth(VALUE_CHARS_MAX) {
        None => value.to_owned(),
        Some((end, _)) => format!("{}…", &value[..end]),
    }
}

/// `1 case`, `2 cases`.
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
