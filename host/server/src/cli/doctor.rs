//! `baton doctor`: examines the store of a host that is not running. It finds
//! and explains, and repairs nothing.

use std::{fmt::Write, path::PathBuf, process::ExitCode};

use anyhow::Context;
use baton_store::{Counts, Examination, Options, OsEntropy, Problem, SledStore};
use clap::Args;
use serde_json::{Value, json};

use super::progress::counting;
use crate::config::Config;

/// Exit code when something is wrong with the store.
const FOUND_SOMETHING: u8 = 3;

/// Arguments of `baton doctor`.
#[derive(Debug, Args)]
pub(super) struct Doctor {
    /// The configuration file of the host, which must not be running.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Report as JSON.
    #[arg(long)]
    json: bool,
}

impl Doctor {
    #[expect(clippy::print_stdout, reason = "the command's result")]
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let config = Config::read(&self.config)?;
        let bar = counting("rows examined");
        let mut progress = |rows| bar.set_position(rows);
        let found = SledStore::examine(&config.data, &Options::new(OsEntropy), &mut progress);
        bar.finish_and_clear();
        let found = found.with_context(|| {
            format!("the store in {} cannot be examined", config.data.display())
        })?;
        if self.json {
            println!("{:#}", as_json(&found));
        } else {
            print!("{}", as_text(&found));
        }
        if found.is_well() {
            Ok(ExitCode::SUCCESS)
        } else {
            Ok(ExitCode::from(FOUND_SOMETHING))
        }
    }
}

fn counts(counts: &Counts) -> [(&'static str, u64); 21] {
    let Counts {
        rows,
        tenants,
        apps,
        api_keys,
        people,
        modules,
        releases,
        customers,
        merged,
        events,
        folded,
        work_open,
        work_dead,
        work_settled,
        identities,
        links,
        quarantined,
        audited,
        keys,
        keys_erased,
        erased,
    } = *counts;
    [
        ("rows", rows),
        ("tenants", tenants),
        ("apps", apps),
        ("api_keys", api_keys),
        ("people", people),
        ("modules", modules),
        ("releases", releases),
        ("customers", customers),
        ("merged_customers", merged),
        ("events", events),
        ("states_compared", folded),
        ("work_open", work_open),
        ("dead_letters", work_dead),
        ("work_settled", work_settled),
        ("identities", identities),
        ("links", links),
        ("quarantined", quarantined),
        ("audit_entries", audited),
        ("keys", keys),
        ("keys_erased", keys_erased),
        ("erased_customers", erased),
    ]
}

fn as_json(found: &Examination) -> Value {
    let findings: Vec<Value> = found
        .findings
        .iter()
        .map(|it| {
            let (code, advice) = (it.problem.code(), it.problem.advice());
            json!({ "code": code, "place": it.place, "what": it.what, "next": advice })
        })
        .collect();
    let counts: serde_json::Map<String, Value> = counts(&found.counts)
        .into_iter()
        .map(|(name, count)| (name.to_owned(), count.into()))
        .collect();
    json!({
        "ok": found.is_well(),
        "findings": findings,
        "findings_left_out": found.findings_left_out,
        "counts": counts,
    })
}

/// What there is, then what is wrong, kind by kind, each with what to do.
fn as_text(found: &Examination) -> String {
    let mut text = String::new();
    for (name, count) in counts(&found.counts) {
        let _ = writeln!(text, "{count:>12}  {}", name.replace('_', " "));
    }
    let mut problems: Vec<Problem> = found.findings.iter().map(|it| it.problem).collect();
    problems.sort();
    problems.dedup();
    for problem in problems {
        let _ = writeln!(text, "\n{}", problem.code());
        for finding in found.findings.iter().filter(|it| it.problem == problem) {
            let _ = writeln!(text, "  {}: {}", finding.place, finding.what);
        }
        let _ = writeln!(text, "  next: {}", problem.advice());
    }
    if found.findings_left_out > 0 {
        let _ = writeln!(text, "\nand {} findings more", found.findings_left_out);
    }
    let verdict = if found.is_well() {
        "all is well".to_owned()
    } else {
        let count = found.findings.len() as u64 + found.findings_left_out;
        match count {
            1 => "one thing is wrong; nothing was changed".to_owned(),
            _ => format!("{count} things are wrong; nothing was changed"),
        }
    };
    let _ = writeln!(text, "\n{verdict}");
    text
}
