//! `baton rule`: what an author does with a rule before it is uploaded.

mod build;
mod check;
mod new;
mod run;
mod test;

mod moment;
mod print;
mod recording;
mod source;
mod value;

use std::process::ExitCode;

use clap::{Args, Subcommand};

/// Arguments of `baton rule`.
#[derive(Debug, Args)]
pub(super) struct Rule {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a component of a rule that is written without code: exit code 3
    /// when something in its document is wrong.
    Build(build::Build),
    /// Say what a module is, what it can ever read and how close it comes to
    /// each limit: exit code 3 when no host would take it.
    Check(check::Check),
    /// Write a complete rule to start from.
    New(new::New),
    /// Run a rule on what a decision recorded, and tell what it costs.
    Run(run::Run),
    /// Run the cases of a rule or a policy: exit code 3 when one fails, or something in a
    /// file is wrong.
    Test(test::Test),
}

impl Rule {
    /// Runs the subcommand.
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Build(build) => build.run(),
            Command::Check(check) => check.run(),
            Command::New(new) => new.run(),
            Command::Run(run) => run.run(),
            Command::Test(test) => test.run(),
        }
    }
}
