//! One request with a thousand updates of many tenants, half of them of one
//! whose rules take long: acknowledged in time, and all of it processed after.

use std::time::{Duration, Instant};

use super::{Stage, row};
use crate::{
    child::{Options, Server},
    drive::Client,
    host::{SLOW_TENANT, api_key, tenant_name},
    report::Row,
    requests::Requests,
    subject::Subject,
    table::requests,
};

/// Tenants, one of them with slow rules, and its share of the updates.
const TENANTS: usize = 20;
const UPDATES: u64 = 1_000;
const UPDATES_OF_SLOW: u64 = 500;
/// Goals.
const ACKNOWLEDGED_MS_MAX: f64 = 250.0;
const PROCESSED_SECONDS_MAX: u64 = 60;

pub fn run(stage: &Stage<'_>) -> anyhow::Result<Vec<Row>> {
    let options = Options {
        tenants: TENANTS,
        ..Options::default()
    };
    let server = Server::start(Subject::FiveRules, &stage.folder.join("many"), &options)?;
    let mut requests: Requests = requests(stage.customers)?;
    let mut client = Client::to(server.port)?;
    let mut request = Vec::new();
    // Warms what a running host has warm.
    requests.make_for_tenants(TENANTS, SLOW_TENANT, TENANTS as u64, 1, &mut request);
    client.ask(&request)?;
    let warm = processed(&mut client)?;
    let rounds = if stage.is_quick { 2 } else { 5 };
    let (mut acknowledged, mut finished, mut is_whole) = (Vec::new(), Vec::new(), true);
    for round in 1..=rounds {
        requests.make_for_tenants(TENANTS, SLOW_TENANT, UPDATES, UPDATES_OF_SLOW, &mut request);
        let begun = Instant::now();
        let status = client.ask(&request)?;
        acknowledged.push(begun.elapsed().as_secs_f64() * 1e3);
        let wanted = warm + round * UPDATES as usize;
        let patience = Duration::from_secs(PROCESSED_SECONDS_MAX);
        let mut seen = 0;
        while seen < wanted && begun.elapsed() < patience {
            std::thread::sleep(Duration::from_millis(50));
            seen = processed(&mut client)?;
        }
        finished.push(begun.elapsed().as_secs_f64());
        is_whole &= status == 200 && seen == wanted;
    }
    server.end()?;
    let worst = acknowledged.iter().copied().fold(0.0, f64::max);
    let last = finished.iter().copied().fold(0.0, f64::max);
    Ok(vec![
        row(
            &format!("{UPDATES} updates of {TENANTS} tenants in one request, one slow: answered"),
            format!("{worst:.0} ms at most of {rounds}"),
            format!("≤ {ACKNOWLEDGED_MS_MAX:.0} ms"),
            worst <= ACKNOWLEDGED_MS_MAX,
        ),
        row(
            "and decided on",
            format!(
                "{} after {last:.1} s at most",
                if is_whole { "all" } else { "not all" }
            ),
            "all",
            is_whole,
        ),
    ])
}

/// Decisions of all tenants.
fn processed(client: &mut Client) -> anyhow::Result<usize> {
    let mut count = 0;
    for tenant in 0..TENANTS {
        let key = api_key(&tenant_name(tenant));
        let mut after = String::new();
        loop {
            let page = client.get(&format!("/v1/decisions?limit=200{after}"), &key)?;
            count += page["items"].as_array().map_or(0, Vec::len);
            match page["next"].as_str() {
                Some(next) => after = format!("&after={next}"),
                None => break,
            }
        }
    }
    Ok(count)
}
