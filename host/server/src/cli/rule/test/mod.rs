//! `baton rule test`: cases in a file, each a moment and what the module says to
//! it, in the sandbox of the host.

mod cases;
mod coverage;
mod expect;
mod mistake;
mod report;
mod verdict;

use std::{path::PathBuf, process::ExitCode};

use anyhow::Context;
use baton_domain::module::World;
use baton_sandbox::{Compiled, Sandbox};
use clap::Args;
use serde_json::json;

use self::{
    cases::Case,
    coverage::Said,
    report::{Outcome, Report},
};
use super::{print, source};

/// Arguments of `baton rule test`.
#[derive(Debug, Args)]
pub(super) struct Test {
    /// The rule or policy: a component when its name ends in .wasm, else a document,
    /// which is built in memory.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// The cases; NAME.cases.toml beside the rule by default.
    #[arg(long, value_name = "CASES")]
    cases: Option<PathBuf>,
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
}

impl Test {
    /// Runs the command.
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let inspected = match source::load(&self.file)? {
            Ok(inspected) => inspected,
            Err(mistakes) => return print::refusal(&self.file, &mistakes, self.json),
        };
        let file = match &self.cases {
            Some(file) => file.clone(),
            None => self.file.with_extension("cases.toml"),
        };
        let cases = match cases::read(&file, inspected.declaration())? {
            Ok(cases) => cases,
            Err(mistakes) => return print::refusal(&file, &mistakes, self.json),
        };
        let sandbox = Sandbox::new().context("the sandbox does not start")?;
        let compiled = inspected.compile(&sandbox).context("the rule is refused")?;
        let outcomes = cases.into_iter().map(|case| outcome(case, &compiled));
        let report = Report::new(compiled.inspected(), outcomes.collect::<Result<_, _>>()?);
        if self.json {
            print::json(&report.json())?;
        } else {
            print::text(&report.to_string());
        }
        Ok(if report.is_ok() {
            ExitCode::SUCCESS
        } else {
            ExitCode::from(print::MISTAKEN)
        })
    }
}

fn outcome(case: Case, module: &Compiled) -> anyhow::Result<Outcome> {
    let Case {
        name,
        moment,
        signals,
        expect,
    } = case;
    let staged = moment.stage(module);
    let staged = staged.with_context(|| format!("case {name:?}"))?;
    let unnamed = |reads| moment.unnamed(reads);
    Ok(match module.inspected().world() {
        World::Rule => {
            let run = staged.run().run;
            Outcome {
                differences: expect.differences(&run.answer),
                unnamed: unnamed(&run.reads),
                said: Said::of_rule(&run),
                answer: json!(run.answer),
                case: name,
                reads: run.reads,
                fuel: run.fuel,
            }
        }
        World::Policy => {
            let run = staged.decide(&signals).run;
            Outcome {
                differences: expect.differences_of(&run.answer),
                unnamed: unnamed(&run.reads),
                said: Said::of_policy(&run),
                answer: json!(run.answer),
                case: name,
                reads: run.reads,
                fuel: run.fuel,
            }
        }
    })
}
