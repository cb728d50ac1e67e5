//! `baton rule build`: from the document of a rule to its component.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context;
use baton_sandbox::Inspected;
use clap::Args;
use serde_json::json;

use super::{print, source};

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
        let inspected = match source::build(&self.document)? {
            Ok(inspected) => inspected,
            Err(mistakes) => return print::refusal(&self.document, &mistakes, self.json),
        };
        fs::write(&self.to, inspected.bytes())
            .with_context(|| format!("cannot write {}", self.to.display()))?;
        if self.json {
            let reads: Vec<&str> = inspected.fields().iter().map(|it| it.name()).collect();
            print::json(&json!({
                "name": inspected.declaration().name, "file": self.to,
                "bytes": inspected.bytes().len(),
                "digest": inspected.digest(), "reads": reads,
            }))?;
        } else {
            print::text(&told(&inspected, &self.to));
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn told(inspected: &Inspected, file: &Path) -> String {
    let (name, bytes) = (&inspected.declaration().name, inspected.bytes().len());
    let mut text = format!("{name}: {bytes} bytes in {}\n", file.display());
    // Writing to a string cannot fail.
    let _ = writeln!(text, "  digest {}", inspected.digest());
    if inspected.fields().is_empty() {
        let _ = writeln!(text, "  reads no field");
    }
    for field in inspected.fields() {
        let _ = writeln!(text, "  reads {field}");
    }
    text
}
