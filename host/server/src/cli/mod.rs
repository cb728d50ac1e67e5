//! The command line. Results go to standard output, everything else to
//! standard error; the exit code is 0 only when what was asked for was done.

mod audit_sync;
mod compile_module;
mod decide;
mod doctor;
mod export;
mod import;
mod init;
mod logs;
mod module;
mod online;
mod package;
mod progress;
mod release;
mod replay;
mod rule;
mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use compile_module::CompileModule;

use crate::{
    demo::{Demo, DemoBot},
    logging,
};

/// Baton decides when a WhatsApp conversation passes from a bot to a person.
#[derive(Debug, Parser)]
#[command(name = "baton", version, about)]
struct Baton {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Hold exported chats, or a history, against what a host has of a number:
    /// exit code 3 when they differ.
    AuditSync(audit_sync::AuditSync),
    /// Compile one module for a host, which runs this itself.
    #[command(hide = true)]
    CompileModule(CompileModule),
    /// Decide on one signed webhook body, and say why.
    Decide(decide::Decide),
    /// Examine the store of a host that is not running: exit code 3 when
    /// something is wrong.
    Doctor(doctor::Doctor),
    /// Write everything in the store of a host that is not running to a file:
    /// exit code 3 when something is damaged and left out.
    Export(export::Export),
    /// Make the store of a host from an export.
    Import(import::Import),
    /// Make a working configuration with fresh secrets.
    Init(init::Init),
    /// Show decisions of a host as they are made.
    Logs(logs::Logs),
    /// Upload modules to a host, and grant what they may read.
    Module(module::Module),
    /// Sign modules, so that they can travel, and install them on a host.
    Package(package::Packages),
    /// Make releases on a host, and move between them.
    Release(release::Release),
    /// Make the decisions in the store of a host that is not running again:
    /// exit code 3 when one comes out otherwise.
    Replay(replay::Replay),
    /// Make and check rules.
    Rule(rule::Rule),
    /// Run the host.
    Serve(serve::Serve),
    /// Play the journey of a repeat buyer against a real host, and keep it
    /// running to look at.
    Demo(Demo),
    /// The bot of the demonstration, in its own process.
    #[command(hide = true)]
    DemoBot(DemoBot),
}

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    match Baton::parse().command.run() {
        Ok(code) => code,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
}

impl Command {
    fn run(self) -> anyhow::Result<ExitCode> {
        match self {
            Self::AuditSync(audit) => return audit.run(),
            Self::CompileModule(compile) => return compile.run(),
            Self::Decide(decide) => decide.run(),
            Self::Doctor(doctor) => return doctor.run(),
            Self::Export(export) => return export.run(),
            Self::Import(import) => return import.run(),
            Self::Init(init) => init.run(),
            Self::Package(package) => return package.run(),
            Self::Replay(replay) => return replay.run(),
            Self::Logs(logs) => return logs.run(),
            Self::Module(module) => return module.run(),
            Self::Release(release) => return release.run(),
            Self::Rule(rule) => return rule.run(),
            Self::Serve(serve) => serving(serve.run()),
            Self::Demo(demo) => serving(demo.run()),
            Self::DemoBot(bot) => serving(bot.run()),
        }
        .map(|()| ExitCode::SUCCESS)
    }
}

/// Runs what serves, with a log on standard error.
fn serving(job: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    logging::start()?;
    // One provider for every client of the process.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(job)
}

/// Tells the whole chain of causes, a line each.
#[expect(
    clippy::print_stderr,
    reason = "this is where the command line reports"
)]
fn report(error: &anyhow::Error) {
    eprintln!("error: {error}");
    for cause in error.chain().skip(1) {
        eprintln!("  because {cause}");
    }
}
