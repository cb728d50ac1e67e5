//! `baton-guest-build`: builds the guests of a workspace.

use std::{
    env,
    path::{Path, PathBuf},
    process::ExitCode,
};

use anyhow::Context as _;
use baton_guest_build::{Built, Guest, Workspace};
use clap::Parser;

/// Builds guest crates into components under `target/guests`.
#[derive(Parser)]
struct Arguments {
    /// Names of guest crates.
    guests: Vec<String>,
    /// Builds every guest in this folder of the workspace, such as `rules`.
    #[arg(long, value_name = "FOLDER")]
    all_in: Vec<PathBuf>,
    /// Names of guests that other modules are made from; their core modules
    /// land in `target/guests/core`.
    #[arg(long, value_name = "GUEST")]
    core: Vec<String>,
    /// A folder of the workspace; the current one by default.
    #[arg(long, value_name = "FOLDER")]
    workspace: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error);
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let folder = arguments
        .workspace
        .clone()
        .map_or_else(env::current_dir, Ok);
    let workspace = Workspace::of(&folder.context("the current folder cannot be told")?)?;
    let built = workspace.build(&wanted(&workspace, arguments)?)?;
    built.iter().for_each(report);
    let cores = arguments.core.iter().map(|name| workspace.guest(name));
    let cores = workspace.build_cores(&cores.collect::<Result<Vec<_>, _>>()?)?;
    cores.iter().for_each(|path| report_core(path));
    Ok(())
}

fn wanted(workspace: &Workspace, arguments: &Arguments) -> anyhow::Result<Vec<Guest>> {
    let names = [&arguments.guests, &arguments.core];
    if names.iter().all(|it| it.is_empty()) && arguments.all_in.is_empty() {
        return Ok(workspace.guests().to_vec());
    }
    let mut wanted = Vec::new();
    for name in &arguments.guests {
        wanted.push(workspace.guest(name)?);
    }
    for folder in &arguments.all_in {
        wanted.extend(workspace.guests_in(folder)?);
    }
    Ok(wanted)
}

#[allow(clippy::print_stdout, reason = "the report is what the program is for")]
fn report(built: &Built) {
    let component = &built.component;
    let fields: Vec<&str> = component.fields.iter().map(|field| field.name()).collect();
    println!(
        "{:<20} {:>6} bytes, memory {} KiB{}{}, reads {}",
        built.name,
        component.bytes.len(),
        component.memory_bytes / 1024,
        if component.grows_memory {
            " and growing"
        } else {
            ""
        },
        if built.changed { "" } else { ", unchanged" },
        if fields.is_empty() {
            "no field".to_owned()
        } else {
            fields.join(" ")
        },
    );
}

#[allow(clippy::print_stdout, reason = "the report is what the program is for")]
fn report_core(path: &Path) {
    let bytes = path.metadata().map_or(0, |file| file.len());
    println!("{} {bytes} bytes, a core module", path.display());
}

#[allow(clippy::print_stderr, reason = "a program's errors go there")]
fn complain(error: &anyhow::Error) {
    eprintln!("baton-guest-build: {error:#}");
}
