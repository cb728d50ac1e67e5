//! How the commands of an author report: results to standard output, what is
//! wrong with a file to standard error.

use std::{fmt, path::Path, process::ExitCode};

use baton_domain::{decide::RuleRun, module::ModuleFailure, signal::Signal};
use baton_sandbox::Tier;
use serde::Serialize;
use serde_json::json;

use crate::explain::{write_proposals, write_reads};

/// What a command exits with when something in an author's file is wrong, or a
/// case failed.
pub(super) const MISTAKEN: u8 = 3;

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
                write_proposals(out, signal)?;
            }
            Ok(())
        }
        Err(failure) => writeln!(out, "    failed  {}", failed(failure)),
    }
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

/// `1 case`, `2 cases`.
pub(super) fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
