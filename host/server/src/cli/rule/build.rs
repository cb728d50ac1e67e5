//! `baton rule build`: from the document of a rule to its component.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, ensure};
use baton_cel::{Format, Mistake};
use baton_sandbox::Inspected;
use clap::Args;
use serde_json::{Value, json};

/// The core module of the stock evaluator; empty in a build without guests.
const EVALUATOR: &[u8] = include!(concat!(env!("OUT_DIR"), "/evaluator.rs"));

/// What the command exits with when the document has mistakes.
const MISTAKEN: u8 = 3;

/// Arguments of `baton rule build`.
#[derive(Debug, Args)]
pub(super) struct Build {
    /// The document: TOML, or JSON when its name ends in .json.
    #[arg(value_name = "FILE")]
    document: PathBuf,
    /// Where the component goes.
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
}

impl Build {
    /// Runs the command.
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        ensure!(
            !EVALUATOR.is_empty(),
            "this build carries no evaluator: run `make guests`, then build again"
        );
        let path = &self.document;
        let source =
            fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let rule = match baton_cel::read(&source, format_of(path)) {
            Ok(rule) => rule,
            Err(mistakes) => return self.refuse(&mistakes),
        };
        let component = baton_cel::build(&rule, EVALUATOR).context("the rule cannot be built")?;
        // What is written is what a host will take.
        let inspected = Inspected::inspect(component.bytes.clone())
            .context("the rule was built, but no host would take it")?;
        fs::write(&self.to, &component.bytes)
            .with_context(|| format!("cannot write {}", self.to.display()))?;
        let reads: Vec<&str> = inspected.fields().iter().map(|it| it.name()).collect();
        let digest = inspected.digest().to_string();
        let name = rule.declaration.name.as_str();
        if self.json {
            print(&json!({
                "name": name, "file": self.to, "bytes": component.bytes.len(),
                "digest": digest, "reads": reads,
            }))?;
        } else {
            tell(name, &self.to, component.bytes.len(), &digest, &reads);
        }
        Ok(ExitCode::SUCCESS)
    }

    fn refuse(&self, mistakes: &[Mistake]) -> anyhow::Result<ExitCode> {
        if self.json {
            print(&json!({ "file": self.document, "mistakes": mistakes }))?;
        } else {
            complain(&self.document, mistakes);
        }
        Ok(ExitCode::from(MISTAKEN))
    }
}

fn format_of(path: &Path) -> Format {
    match path.extension() {
        Some(extension) if extension == "json" => Format::Json,
        _ => Format::Toml,
    }
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
fn print(result: &Value) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string_pretty(result)?);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
fn tell(name: &str, file: &Path, bytes: usize, digest: &str, reads: &[&str]) {
    println!("{name}: {bytes} bytes in {}", file.display());
    println!("  digest {digest}");
    if reads.is_empty() {
        println!("  reads no field");
    }
    for field in reads {
        println!("  reads {field}");
    }
}

/// One line a mistake, as compilers write them.
#[expect(clippy::print_stderr, reason = "what is wrong goes to standard error")]
fn complain(file: &Path, mistakes: &[Mistake]) {
    for mistake in mistakes {
        eprintln!("{}:{mistake}", file.display());
    }
}
