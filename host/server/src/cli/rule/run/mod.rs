//! `baton rule run`: a rule on what a decision recorded, with what it cost and
//! what it would cost on larger input.

mod compare;
mod growth;
mod watch;

use std::{fmt, path::PathBuf, process::ExitCode, time::Duration};

use anyhow::Context;
use baton_domain::{decide::RuleRun, field::Field};
use baton_sandbox::{Inspected, Sandbox, Tier};
use clap::Args;
use serde_json::{Value, json};

use self::growth::Growth;
use super::{
    moment::{Recorded, Staged},
    print, recording,
    source::{self, rule_only},
};

/// Runs whose times are taken: the first ones find everything cold.
const TIMED_RUNS: usize = 25;

/// Arguments of `baton rule run`.
#[derive(Debug, Args)]
pub(super) struct Run {
    /// The rule: a component when its name ends in .wasm, else a document,
    /// which is built in memory.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// A recorded decision: what GET /v1/decisions/{customer}/{version}
    /// answers, or what `baton decide --json` prints.
    #[arg(long, value_name = "FILE")]
    input: PathBuf,
    /// Which decision, when the input has several.
    #[arg(long, value_name = "PLACE", default_value_t = 1)]
    decision: usize,
    /// Run it again on each change of the rule, until Ctrl-C.
    #[arg(long)]
    watch: bool,
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
}

/// What came out.
struct Outcome {
    now: RuleRun,
    tier: Tier,
    /// The median of several runs, as each is in a host that has run before.
    elapsed: Duration,
    recorded: Option<RuleRun>,
    /// Fields that the rule read and nobody recorded.
    unrecorded: Vec<Field>,
    growth: Vec<Growth>,
}

impl Run {
    /// Runs the command.
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let sandbox = Sandbox::new().context("the sandbox does not start")?;
        if !self.watch {
            return self.once(&sandbox);
        }
        watch::watch(&self.file, || {
            // Whoever is in the middle of a change will save again.
            if let Err(error) = self.once(&sandbox) {
                print::complaint(&error);
            }
        })?;
        Ok(ExitCode::SUCCESS)
    }

    fn once(&self, sandbox: &Sandbox) -> anyhow::Result<ExitCode> {
        let inspected = match source::load(&self.file)? {
            Ok(inspected) => inspected,
            Err(mistakes) => return print::refusal(&self.file, &mistakes, self.json),
        };
        rule_only(&inspected)?;
        let outcome = self.outcome(inspected, sandbox)?;
        if self.json {
            print::json(&outcome.json())?;
        } else {
            print::text(&outcome.to_string());
        }
        Ok(ExitCode::SUCCESS)
    }

    fn outcome(&self, inspected: Inspected, sandbox: &Sandbox) -> anyhow::Result<Outcome> {
        let record = recording::read(&self.input, self.decision)?;
        let Recorded { moment, run } = Recorded::of(record, inspected.declaration());
        let tier = inspected.tier();
        let module = inspected.compile(sandbox).context("the rule is refused")?;
        let (now, elapsed) = timed(&moment.stage(&module)?);
        Ok(Outcome {
            unrecorded: moment.unnamed(&now.reads),
            growth: growth::measure(&module, &moment, &now)?,
            now,
            tier,
            elapsed,
            recorded: run,
        })
    }
}

fn timed(staged: &Staged) -> (RuleRun, Duration) {
    let first = staged.run();
    let again = (1..TIMED_RUNS).map(|_| staged.run().elapsed);
    let mut times: Vec<Duration> = again.chain([first.elapsed]).collect();
    times.sort();
    (first.run, times[TIMED_RUNS / 2])
}

impl Outcome {
    fn json(&self) -> Value {
        let Self {
            now: run, elapsed, ..
        } = self;
        let recorded = self.recorded.as_ref().map(|recorded| {
            let differences = compare::differences(recorded, run);
            json!({
                "same": differences.is_empty(), "differences": differences,
                "digest": recorded.digest, "fuel": recorded.fuel,
            })
        });
        json!({
            "name": run.module,
            "digest": run.digest,
            "reads": run.reads,
            "answer": run.answer,
            "fuel": run.fuel,
            "fuel_budget": self.tier.fuel_max(),
            "fuel_share_percent": print::share(run.fuel, self.tier),
            "elapsed_us": elapsed.as_micros() as u64,
            "not_recorded": self.unrecorded,
            "recorded": recorded,
            "growth": self.growth,
        })
    }

    fn write_comparison(&self, out: &mut impl fmt::Write) -> fmt::Result {
        let now = &self.now;
        let Some(recorded) = &self.recorded else {
            return writeln!(
                out,
                "  recorded: no run of {}, so it got what the others read",
                now.module
            );
        };
        let differences = compare::differences(recorded, now);
        let verdict = if differences.is_empty() {
            "the same signals and reads"
        } else {
            "DIFFERENT"
        };
        writeln!(
            out,
            "  recorded: {verdict}, by {}, {} fuel",
            recorded.digest.short(),
            recorded.fuel
        )?;
        for difference in &differences {
            writeln!(out, "    {difference}")?;
        }
        Ok(())
    }
}

/// For people.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            now: run, elapsed, ..
        } = self;
        writeln!(
            f,
            "{} ({}), {} fuel, {:.2} % of the budget, {} µs",
            run.module,
            run.digest.short(),
            run.fuel,
            print::share(run.fuel, self.tier),
            elapsed.as_micros()
        )?;
        print::write_run(f, run)?;
        if !self.unrecorded.is_empty() {
            let names: Vec<&str> = self.unrecorded.iter().map(|it| it.name()).collect();
            writeln!(f, "  not recorded, so not known: {}", names.join(", "))?;
        }
        self.write_comparison(f)?;
        growth::write_growth(f, &self.growth, self.tier)
    }
}
