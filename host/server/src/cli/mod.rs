//! The command line. Results go to standard output, everything else to
//! standard error; the exit code is 0 only when what was asked for was done.

mod decide;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Baton decides when a WhatsApp conversation passes from a bot to a person.
#[derive(Debug, Parser)]
#[command(name = "baton", version, about)]
struct Baton {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Decide on one signed webhook body, and say why.
    Decide(decide::Decide),
}

/// Runs the command that the arguments name.
pub fn run() -> ExitCode {
    let result = match Baton::parse().command {
        Command::Decide(decide) => decide.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            report(&error);
            ExitCode::FAILURE
        }
    }
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
