//! The shared customer view among many stored conversations: a person opens one
//! after the other, of customers taken at random, none twice.

use std::time::{Duration, Instant};

use anyhow::Context;

use super::{Stage, row};
use crate::{
    child::{Options, Server},
    drive::{Client, percentile},
    host::{api_key, tenant_name},
    report::Row,
    requests::NUMBER,
    stored::phone_of,
    subject::Subject,
};

/// Messages of each customer.
const MESSAGES: u64 = 10;
/// People who open views at once.
const PEOPLE: u64 = 8;
/// Views that each opens.
const VIEWS: u64 = 500;
/// Goal.
const P99_MS_MAX: f64 = 50.0;
/// Steps between the customers that are opened: prime to their number, so that
/// all over the store are met and none twice.
const STEP: u64 = 7_919;

pub fn run(stage: &Stage<'_>) -> anyhow::Result<Vec<Row>> {
    let customers = if stage.is_quick { 5_000 } else { 100_000 };
    let options = Options {
        stored: customers,
        messages: MESSAGES,
        ..Options::default()
    };
    let server = Server::start(Subject::NoRules, &stage.folder.join("view"), &options)?;
    let port = server.port;
    let opened: Vec<_> = std::thread::scope(|scope| {
        let people = (0..PEOPLE).map(|person| {
            let theirs =
                (person * VIEWS..(person + 1) * VIEWS).map(move |turn| turn * STEP % customers);
            scope.spawn(move || open_all(port, theirs))
        });
        let people: Vec<_> = people.collect();
        people
            .into_iter()
            .map(std::thread::ScopedJoinHandle::join)
            .collect()
    });
    let memory = server.memory() >> 20;
    server.end()?;
    let mut took = Vec::new();
    for person in opened {
        took.extend(person.ok().context("somebody panicked")??);
    }
    took.sort_unstable();
    let ms = |share| percentile(&took, share) / 1e3;
    Ok(vec![row(
        &format!(
            "a shared view among {customers} customers and {} messages, {PEOPLE} people at once",
            customers * MESSAGES
        ),
        format!(
            "p50 {:.1} ms, p99 {:.1} ms, p99.9 {:.1} ms, {memory} MiB",
            ms(0.5),
            ms(0.99),
            ms(0.999)
        ),
        format!("p99 < {P99_MS_MAX:.0} ms"),
        ms(0.99) < P99_MS_MAX,
    )])
}

/// Opens the views of these customers; how long each took, in microseconds. Who
/// they are is found before the clock runs.
fn open_all(port: u16, customers: impl Iterator<Item = u64>) -> anyhow::Result<Vec<u32>> {
    let mut client = Client::to(port)?;
    let key = api_key(&tenant_name(0));
    customers
        .map(|customer| {
            let found = format!("/v1/customers?phone={}", phone_of(customer));
            let found = client.get(&found, &key)?;
            let id = found["items"][0]["id"].as_str();
            let id = id.with_context(|| format!("customer {customer} is not there"))?;
            let view = format!("/v1/conversations/{id}/{NUMBER}/view");
            let begun = Instant::now();
            let view = client.get(&view, &key)?;
            let took = begun.elapsed().min(Duration::from_secs(60));
            let said = view["conversation"]["thread"]
                .as_array()
                .map_or(0, Vec::len);
            anyhow::ensure!(said as u64 == MESSAGES, "the view has {said} messages");
            Ok(took.as_micros() as u32)
        })
        .collect()
}
