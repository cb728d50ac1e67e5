//! `baton rule check`: what a host would say of a module if it were uploaded.

use std::{
    env,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::Context;
use baton_domain::module::{Declaration, World};
use baton_sandbox::{AdmissionReport, Compiler, Inspected, Rejection, Sandbox, Tier, Way};
use clap::Args;
use serde_json::{Value, json};

/// What the command exits with when the module would be refused.
const REFUSED: u8 = 3;

/// Arguments of `baton rule check`.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// The component, or the core module of one, as it would be uploaded.
    #[arg(value_name = "FILE")]
    module: PathBuf,
    /// Print JSON instead of text.
    #[arg(long)]
    json: bool,
}

impl Check {
    /// Runs the command.
    pub(super) fn run(&self) -> anyhow::Result<ExitCode> {
        let path = &self.module;
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        let sandbox = Sandbox::new()?;
        // Within the limits that an upload is compiled in.
        let compiler = Compiler::new(Way::Child {
            command: env::current_exe().context("cannot find this program")?,
            args: vec!["compile-module".into()],
        });
        match admit(bytes, &compiler, &sandbox) {
            Ok(admitted) => self.tell(&admitted),
            Err(rejection) => self.refuse(&rejection),
        }
    }

    fn tell(&self, admitted: &Admitted) -> anyhow::Result<ExitCode> {
        let Admitted {
            inspected,
            compile_time,
        } = admitted;
        let (report, declaration) = (inspected.report(), inspected.declaration());
        if self.json {
            print_json(&json!({
                "file": self.module, "admitted": true, "report": report,
                "declaration": **declaration,
                "compile_ms": compile_time.as_secs_f64() * 1e3,
            }))?;
        } else {
            print(&describe(report, declaration, *compile_time)?);
        }
        Ok(ExitCode::SUCCESS)
    }

    fn refuse(&self, rejection: &Rejection) -> anyhow::Result<ExitCode> {
        let (code, advice) = (rejection.code(), rejection.advice());
        if self.json {
            print_json(&json!({
                "file": self.module, "admitted": false, "code": code,
                "message": rejection.to_string(), "advice": advice,
            }))?;
        } else {
            complain(&self.module, rejection);
        }
        Ok(ExitCode::from(REFUSED))
    }
}

/// A module that a host would take.
struct Admitted {
    inspected: Inspected,
    compile_time: Duration,
}

fn admit(bytes: Vec<u8>, compiler: &Compiler, sandbox: &Sandbox) -> Result<Admitted, Rejection> {
    let inspected = Inspected::inspect(bytes)?;
    let started = Instant::now();
    let compiled = compiler.compile(inspected, sandbox, None)?;
    Ok(Admitted {
        compile_time: started.elapsed(),
        inspected: compiled.inspected().clone(),
    })
}

/// The report as text.
fn describe(
    report: &AdmissionReport,
    declaration: &Declaration,
    compile_time: Duration,
) -> Result<String, std::fmt::Error> {
    let mut text = String::new();
    let world = match report.world {
        World::Rule => "rule",
        World::Policy => "policy",
    };
    writeln!(
        text,
        "{}: a {world} for contract {}, {} bytes",
        report.name, report.contract, report.bytes
    )?;
    if !declaration.summary.is_empty() {
        writeln!(text, "  {}", declaration.summary)?;
    }
    if report.tier == Tier::Script {
        writeln!(
            text,
            "  script tier: it needs more than a native module may have"
        )?;
    }
    writeln!(text, "  digest {}", report.digest)?;
    if report.is_componentised {
        writeln!(text, "  made of the core module {}", report.uploaded)?;
    }
    describe_reads(report, &mut text)?;
    describe_declared(declaration, &mut text)?;
    list("exports", report.exports.iter(), &mut text)?;
    writeln!(text, "  limits")?;
    for limit in &report.limits {
        writeln!(
            text,
            "    {} / {} {}",
            limit.measured, limit.max, limit.what
        )?;
    }
    writeln!(text, "  compiled in {} ms", compile_time.as_millis())?;
    writeln!(text, "it would be admitted")?;
    Ok(text)
}

fn describe_reads(report: &AdmissionReport, text: &mut String) -> std::fmt::Result {
    if report.reads.is_empty() {
        return writeln!(text, "  can read no field");
    }
    writeln!(text, "  can read")?;
    for read in &report.reads {
        writeln!(text, "    {}: {}", read.field, read.label)?;
    }
    Ok(())
}

fn describe_declared(declaration: &Declaration, text: &mut String) -> std::fmt::Result {
    list("signals", declaration.signals.iter(), text)?;
    list("tags", declaration.tags.iter(), text)?;
    list("next steps", declaration.next_steps.iter(), text)?;
    let settings = declaration
        .settings
        .iter()
        .map(|it| match it.help.as_ref() {
            "" => format!("{} = {}", it.name, it.default),
            help => format!("{} = {}: {help}", it.name, it.default),
        });
    list("settings", settings, text)
}

/// A heading and an entry a line; nothing where there are none.
fn list(
    heading: &str,
    entries: impl ExactSizeIterator<Item: std::fmt::Display>,
    text: &mut String,
) -> std::fmt::Result {
    if entries.len() > 0 {
        writeln!(text, "  {heading}")?;
    }
    for entry in entries {
        writeln!(text, "    {entry}")?;
    }
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
fn print_json(result: &Value) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string_pretty(result)?);
    Ok(())
}

#[expect(clippy::print_stdout, reason = "the result of the command")]
fn print(text: &str) {
    print!("{text}");
}

#[expect(clippy::print_stderr, reason = "what is wrong goes to standard error")]
fn complain(file: &Path, rejection: &Rejection) {
    let name = file.display();
    eprintln!(
        "{name}: it would be refused: {} ({})",
        rejection,
        rejection.code()
    );
    eprintln!("{name}: {}", rejection.advice());
}
