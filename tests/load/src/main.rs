//! How fast the durable webhook path is, beside what it could be: the same
//! machine, one run, each server in a process of its own, rounds interleaved.
//!
//! ```text
//! baton-load table      rate, percentiles and memory beside the floors
//! baton-load bench      evaluation, commits and webhooks, in one table
//! baton-load scenarios  what the front door must stand, with pass or fail
//! baton-load profile    one server under load, for a profiler to look at
//! ```

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench reports to its reader"
)]

mod subject;

mod floor;
mod group_commit;
mod host;
mod recording;
mod stored;

mod child;
mod disk;
mod drive;
#[path = "../../../host/sandbox/tests/it/guest.rs"]
#[allow(dead_code, clippy::unwrap_used, reason = "others use more of it")]
mod guest;
mod modules;
mod operator;
mod requests;

mod bench;
mod profile;
mod report;
mod scenario;
mod table;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};

/// As in the host's own binary; so the floors have it, too.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Load on the durable webhook path.
#[derive(Debug, Parser)]
#[command(name = "baton-load", about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Rate, percentiles and memory beside the floors.
    Table(table::Table),
    /// The benchmark table: evaluation, commits and webhooks beside their floors.
    Bench(bench::Bench),
    /// One server under load, for a profiler to look at.
    Profile(profile::Profile),
    /// What the front door must stand, each a row with pass or fail.
    Scenarios(scenario::Scenarios),
    /// Serves one subject, as a child of the others.
    #[command(hide = true)]
    Serve(subject::Serve),
    /// Compiles one upload, as a child of what is served.
    #[command(hide = true)]
    CompileModule(baton::cli::CompileModule),
}

/// Where things are kept while it runs.
#[derive(Debug, Clone, Args)]
struct Place {
    /// A folder on the disk that is to be measured.
    #[arg(long, default_value = "target/load", value_name = "DIR")]
    dir: PathBuf,
}

impl Place {
    /// A fresh folder inside, which is removed at the end.
    fn fresh(&self) -> anyhow::Result<tempfile::TempDir> {
        std::fs::create_dir_all(&self.dir)?;
        Ok(tempfile::tempdir_in(&self.dir)?)
    }
}

fn main() -> anyhow::Result<ExitCode> {
    let done = match Cli::parse().command {
        Command::Table(table) => table.run(),
        Command::Bench(bench) => bench.run(),
        Command::Profile(profile) => profile.run(),
        Command::Scenarios(scenarios) => scenarios.run(),
        Command::Serve(serve) => serve.run(),
        Command::CompileModule(compile) => return compile.run(),
    };
    done.map(|()| ExitCode::SUCCESS)
}
