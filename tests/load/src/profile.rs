//! One server under load for a while, for a profiler to look at:
//!
//! ```text
//! baton-load profile five-rules --seconds 30
//! perf record -g -p PID          in the meantime
//! ```

use std::time::Duration;

use clap::Args;

use crate::{
    Place,
    child::{Options, Server},
    drive::drive,
    subject::Subject,
    table::{Customers, fill_history, record_rows, requests},
};

/// Arguments of `baton-load profile`.
#[derive(Debug, Args)]
pub struct Profile {
    /// What to serve.
    subject: Subject,
    /// For how long.
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// Connections.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Strangers that are stored beforehand.
    #[arg(long, default_value_t = 0)]
    stored: u64,
    #[command(flatten)]
    customers: Customers,
    #[command(flatten)]
    place: Place,
}

impl Profile {
    pub fn run(self) -> anyhow::Result<()> {
        let place = self.place.fresh()?;
        let rows = self
            .subject
            .rows_of()
            .map(|of| record_rows(of, place.path(), &self.customers))
            .transpose()?;
        let folder = place.path().join("profiled");
        let options = Options {
            rows,
            stored: self.stored,
            ..Options::default()
        };
        let server = Server::start(self.subject, &folder, &options)?;
        let mut requests = requests(&self.customers)?;
        fill_history(&server, self.subject, &self.customers, &mut requests)?;
        println!("{}: process {}", self.subject, server.id());
        for second in 1..=self.seconds {
            requests.prepare(0);
            let cpu = server.cpu();
            let length = Duration::from_secs(1);
            let outcome = drive(server.port, self.connections, length, &mut requests)?;
            let answered = outcome.latencies_us.len().max(1);
            println!(
                "{second:4} s {:8.0}/s  p50 {:6.2} ms  p99 {:6.2} ms  errors {}  {:5.0} µs CPU each  {:5} MiB",
                outcome.rate(),
                outcome.percentile_ms(0.5),
                outcome.percentile_ms(0.99),
                outcome.errors(),
                (server.cpu() - cpu).as_secs_f64() * 1e6 / answered as f64,
                server.memory() >> 20,
            );
        }
        server.end()
    }
}
