//! `baton release`: which modules decide, on whom, and how they fare.

mod create;
mod guardrails;
mod moves;
mod show;
mod status;
mod view;
mod wanted;

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::online::{Client, Online};

/// Arguments of `baton release`.
#[derive(Debug, Args)]
pub(super) struct Release {
    #[command(flatten)]
    online: Online,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List releases, the latest first.
    List(show::List),
    /// Show a release; 0 is the host's own pack.
    Show(show::Show),
    /// Tell how two releases differ.
    Diff(show::Diff),
    /// Make a release; it decides nothing until it is activated.
    Create(create::Create),
    /// Let a release decide on everybody who is not in a canary.
    Activate(moves::Activate),
    /// Let a release decide on a share of the customers, always the same ones.
    Canary(moves::Canary),
    /// Let the active release decide on everybody again.
    EndCanary(moves::Why),
    /// Let a release decide beside the others, recorded and without effect.
    Shadow(moves::Shadow),
    /// Have no shadow any more.
    EndShadow(moves::Why),
    /// End the canary; without one, go back to the release that was active
    /// before.
    Rollback(moves::Why),
    /// Tell which release decides on whom, who moved what and why, and how the
    /// modules fare.
    Status,
    /// Show or set what takes a release back by itself.
    Guardrails(guardrails::Guardrails),
}

impl Release {
    /// Runs the subcommand.
    pub(super) fn run(self) -> anyhow::Result<ExitCode> {
        let Self { online, command } = self;
        online.run(async |client: &Client| match command {
            Command::List(list) => list.run(client).await,
            Command::Show(show) => show.run(client).await,
            Command::Diff(diff) => diff.run(client).await,
            Command::Create(create) => create.run(client).await,
            Command::Activate(activate) => activate.run(client).await,
            Command::Canary(canary) => canary.run(client).await,
            Command::EndCanary(why) => why.make("end_canary", client).await,
            Command::Shadow(shadow) => shadow.run(client).await,
            Command::EndShadow(why) => why.make("end_shadow", client).await,
            Command::Rollback(why) => why.make("roll_back", client).await,
            Command::Status => status::run(client).await,
            Command::Guardrails(guardrails) => guardrails.run(client).await,
        })
    }
}
