//! The table: every subject under the same load, in rounds that take turns, so
//! that a noisy neighbour costs all of them the same.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use baton::clock::{Clock, SystemClock};
use clap::Args;

use crate::{
    Place,
    bench::Line,
    child::{Options, Server},
    disk,
    drive::{drive, fill},
    recording,
    report::{self, Measured, Sample},
    requests::Requests,
    subject::Subject,
};

/// In this order they take turns.
pub const SUBJECTS: [Subject; 7] = [
    Subject::BareAxum,
    Subject::Bare,
    Subject::BareSled,
    Subject::NoRules,
    Subject::BareSledFive,
    Subject::FiveRules,
    Subject::FiveRulesAlways,
];
/// Messages of one request while history is made.
const HISTORY_AT_ONCE: u64 = 20;
/// Syncs measured in each round.
const SYNCS: usize = 200;

/// Who writes.
#[derive(Debug, Clone, Args)]
pub struct Customers {
    /// Customers who write in turn.
    #[arg(long, default_value_t = 1_000)]
    pub customers: u64,
    /// Messages that each wrote before.
    #[arg(long, default_value_t = 40)]
    pub history: u64,
}

/// Arguments of `baton-load table`.
#[derive(Debug, Args)]
pub struct Table {
    /// About half a minute: 64 connections only, short rounds.
    #[arg(long)]
    quick: bool,
    /// Connections, each a table of its own.
    #[arg(long, value_delimiter = ',')]
    connections: Vec<usize>,
    /// Rounds; medians are shown.
    #[arg(long)]
    rounds: Option<usize>,
    /// Seconds of each subject in each round.
    #[arg(long)]
    seconds: Option<f64>,
    #[command(flatten)]
    customers: Customers,
    #[command(flatten)]
    place: Place,
}

impl Table {
    /// A short one.
    pub fn quick(place: Place) -> Self {
        let customers = Customers {
            customers: 1_000,
            history: 40,
        };
        Self {
            quick: true,
            connections: Vec::new(),
            rounds: None,
            seconds: None,
            customers,
            place,
        }
    }

    pub fn run(self) -> anyhow::Result<()> {
        println!("{}", report::machine());
        self.measure(report::print)
    }

    /// Lines of the benchmark table.
    pub fn webhook_lines(self) -> anyhow::Result<Vec<Line>> {
        let mut lines = Vec::new();
        self.measure(|measured| lines = report::lines(&measured))?;
        Ok(lines)
    }

    /// Measures each number of connections and hands on what came out.
    fn measure(self, mut then: impl FnMut(Measured)) -> anyhow::Result<()> {
        let place = self.place.fresh()?;
        let (rounds, seconds) = if self.quick { (3, 3.0) } else { (5, 5.0) };
        let rounds = self.rounds.unwrap_or(rounds);
        let length = Duration::from_secs_f64(self.seconds.unwrap_or(seconds));
        let connections = match (self.connections.is_empty(), self.quick) {
            (false, _) => self.connections.clone(),
            (true, true) => vec![64],
            (true, false) => vec![1, 16, 64, 256],
        };
        let mut requests = requests(&self.customers)?;
        let servers = self.start(place.path(), &mut requests)?;
        for connections in connections {
            let mut measured = Measured::new(connections, length);
            for _ in 0..rounds {
                for (subject, server, rate) in &servers {
                    let expected = rate * length.as_secs_f64() * 1.5;
                    requests.prepare(expected as usize);
                    let cpu = server.cpu();
                    let outcome = drive(server.port, connections, length, &mut requests)?;
                    let cpu = server.cpu() - cpu;
                    let sample = Sample::new(&outcome, cpu, server.memory());
                    measured.add(*subject, sample);
                }
                measured.syncs.extend(disk::syncs(place.path(), SYNCS)?);
            }
            measured.syncs.sort_unstable();
            then(measured);
        }
        servers
            .into_iter()
            .try_for_each(|(_, server, _)| server.end())
    }

    /// Starts all subjects, each with the rate that it reached when warm.
    fn start(
        &self,
        place: &Path,
        requests: &mut Requests,
    ) -> anyhow::Result<Vec<(Subject, Server, f64)>> {
        let mut servers = Vec::new();
        for subject in SUBJECTS {
            let rows = subject
                .rows_of()
                .map(|of| record_rows(of, place, &self.customers))
                .transpose()?;
            let folder = place.join(format!("{subject:?}"));
            let options = Options {
                rows,
                ..Options::default()
            };
            let server = Server::start(subject, &folder, &options)?;
            fill_history(&server, subject, &self.customers, requests)?;
            // Warms caches, and tells how much to prepare.
            let warm = drive(server.port, 64, Duration::from_secs(1), requests)?;
            servers.push((subject, server, warm.rate()));
        }
        Ok(servers)
    }
}

/// Requests of these customers, dated now.
pub fn requests(customers: &Customers) -> anyhow::Result<Requests> {
    Requests::new(customers.customers, SystemClock.now().as_second())
}

/// Lets every customer write before anything is measured, so that states have
/// the size that they keep; and the floors' stores are as large as the hosts',
/// since a larger tree costs more.
pub fn fill_history(
    server: &Server,
    subject: Subject,
    customers: &Customers,
    requests: &mut Requests,
) -> anyhow::Result<()> {
    if subject.is_host() || subject.rows_of().is_some() {
        let posts = customers.customers * customers.history.div_ceil(HISTORY_AT_ONCE);
        let filled = fill(server.port, posts as usize, HISTORY_AT_ONCE, requests)?;
        anyhow::ensure!(filled.errors() == 0, "history is refused: {filled:?}");
    }
    Ok(())
}

/// Records what a host writes for the load of the table.
pub fn record_rows(of: Subject, place: &Path, customers: &Customers) -> anyhow::Result<PathBuf> {
    let folder = place.join(format!("recorded-{of:?}"));
    let path = place.join(format!("rows-{of:?}"));
    let options = Options {
        rows: Some(path.clone()),
        ..Options::default()
    };
    let mut server = Server::start(of, &folder, &options)?;
    let mut requests = requests(customers)?;
    fill_history(&server, of, customers, &mut requests)?;
    let warm = drive(server.port, 64, Duration::from_secs(1), &mut requests)?;
    anyhow::ensure!(warm.errors() == 0, "the load is refused: {warm:?}");
    server.record()?;
    drive(server.port, 64, Duration::from_secs(2), &mut requests)?;
    server.end()?;
    std::fs::remove_dir_all(&folder)?;
    eprintln!("{of} writes {}", recording::describe(&path)?);
    Ok(path)
}
