//! What the front door must stand, each a row with what was seen, what is
//! wanted, and whether it holds.

mod dribble;
mod hostile;
mod overload;
mod releases;
mod residents;
mod soak;
mod stored;
mod thousand;
mod upload;
mod view;

use std::time::Duration;

use anyhow::ensure;
use baton::accept::files;
use baton_domain::limits::CONNECTIONS_MAX;
use clap::{Args, ValueEnum};

use crate::{
    Place,
    child::{Options, Server},
    drive::drive,
    report::{self, Row},
    subject::Subject,
    table::{Customers, fill_history, requests},
};

/// Which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Scenario {
    /// Connections that dribble beside valid load.
    Dribble,
    /// More than the host can take.
    Overload,
    /// One request of a thousand updates of many tenants.
    Thousand,
    /// The cost of an event by the number of stored conversations.
    Stored,
    /// Uploads of stock rules.
    Upload,
    /// Activations, and a thousand swaps under load.
    Releases,
    /// Many tenants with modules of their own.
    Residents,
    /// A neighbour beside hostile modules.
    Hostile,
    /// The shared customer view among many stored messages.
    View,
    /// Memory over a long while at full load.
    Soak,
}

/// Arguments of `baton-load scenarios`.
#[derive(Debug, Args)]
pub struct Scenarios {
    /// Only these; all of them by default.
    #[arg(value_name = "SCENARIO")]
    only: Vec<Scenario>,
    /// Shorter and smaller.
    #[arg(long)]
    quick: bool,
    #[command(flatten)]
    customers: Customers,
    #[command(flatten)]
    place: Place,
}

impl Scenarios {
    pub fn run(self) -> anyhow::Result<()> {
        // Both sides of each connection are files.
        files::allow_for(CONNECTIONS_MAX)?;
        println!("{}\n", report::machine());
        report::print_head();
        let mut failed = 0;
        for scenario in Scenario::value_variants() {
            if !self.only.is_empty() && !self.only.contains(scenario) {
                continue;
            }
            let place = self.place.fresh()?;
            let stage = Stage {
                folder: place.path(),
                is_quick: self.quick,
                customers: &self.customers,
            };
            let rows = match scenario {
                Scenario::Dribble => dribble::run(&stage)?,
                Scenario::Overload => overload::run(&stage)?,
                Scenario::Thousand => thousand::run(&stage)?,
                Scenario::Stored => stored::run(&stage)?,
                Scenario::Upload => upload::run(&stage)?,
                Scenario::Releases => releases::run(&stage)?,
                Scenario::Residents => residents::run(&stage)?,
                Scenario::Hostile => hostile::run(&stage)?,
                Scenario::View => view::run(&stage)?,
                Scenario::Soak => soak::run(&stage)?,
            };
            rows.iter().for_each(report::print_row);
            failed += rows.iter().filter(|it| it.holds == Some(false)).count();
        }
        ensure!(failed == 0, "{failed} rows fail");
        Ok(())
    }
}

/// Where a scenario plays.
struct Stage<'s> {
    folder: &'s std::path::Path,
    is_quick: bool,
    customers: &'s Customers,
}

impl Stage<'_> {
    /// A host with five rules whose customers have written before, and
    /// requests of theirs.
    fn host(&self, name: &str) -> anyhow::Result<(Server, crate::requests::Requests)> {
        let subject = Subject::FiveRules;
        let folder = self.folder.join(name);
        let server = Server::start(subject, &folder, &Options::default())?;
        let mut requests = requests(self.customers)?;
        fill_history(&server, subject, self.customers, &mut requests)?;
        Ok((server, requests))
    }

    /// The rate that 64 connections reach when they ask as fast as they can.
    fn capacity(
        &self,
        server: &Server,
        requests: &mut crate::requests::Requests,
    ) -> anyhow::Result<f64> {
        drive(server.port, 64, Duration::from_secs(1), requests)?;
        Ok(drive(server.port, 64, Duration::from_secs(2), requests)?.rate())
    }
}

/// A row of a scenario.
fn row(what: &str, is: String, goal: impl Into<String>, holds: bool) -> Row {
    Row {
        what: what.to_owned(),
        is,
        goal: goal.into(),
        holds: Some(holds),
    }
}
