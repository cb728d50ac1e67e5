//! `baton module`: what modules the tenant has, and what they may read.

mod grant;
mod show;
mod upload;
mod view;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::online::{Client, Online};

/// Arguments of `baton module`.
#[derive(Debug, Args)]
pub(super) struct Module {
    #[command(flatten)]
    online: Online,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Upload a module; it reads nothing until its fields are granted.
    Upload(upload::Upload),
    /// List the tenant's modules and those of the host.
    List,
    /// Show a module: what it can read and what of it is granted.
    Show(show::Show),
    /// Grant fields to modules of a name.
    Grant(grant::Grant),
    /// Revoke fields from modules of a name.
    Revoke(grant::Revoke),
}

impl Module {
    /// Runs the subcommand.
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let Self { online, command } = self;
        online.run(async |client: &Client| match command {
            Command::Upload(upload) => upload.run(client).await,
            Command::List => show::list(client).await,
            Command::Show(show) => show.run(client).await,
            Command::Grant(grant) => grant.run(client).await,
            Command::Revoke(revoke) => revoke.run(client).await,
        })
    }
}
