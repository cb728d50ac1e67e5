//! Releases under way: how long an activation takes, and what a thousand swaps
//! do to the webhooks that come meanwhile.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{Stage, row};
use crate::{
    child::{Options, Server},
    drive::{Outcome, drive_until},
    host::{api_key, tenant_name},
    modules,
    operator::Operator,
    report::Row,
    requests::Requests,
    subject::Subject,
    table::requests,
};

/// Modules of each of the two releases, the policy among them.
const MODULES: usize = 10;
/// Activations that are timed on a host that does nothing else.
const TIMED: usize = 50;
/// Connections that write meanwhile.
const CONNECTIONS: usize = 16;
/// Goal.
const ACTIVATED_MS_MAX: f64 = 50.0;
/// How long it may take until all that was deferred is decided on.
const PATIENCE: Duration = Duration::from_secs(60);

pub fn run(stage: &Stage<'_>) -> anyhow::Result<Vec<Row>> {
    let folder = stage.folder.join("releases");
    let server = Server::start(Subject::FiveRules, &folder, &Options::default())?;
    let mut requests = requests(stage.customers)?;
    let mut operator = Operator::of(server.port, api_key(&tenant_name(0)))?;
    operator.without_guardrails()?;
    let sets = [two(&mut operator, "one")?, two(&mut operator, "two")?];
    let quiet = timed(&mut operator, sets, TIMED)?;
    let swaps = if stage.is_quick { 100 } else { 1_000 };
    let (outcome, busy) = swapped(&server, &mut operator, &mut requests, sets, swaps)?;
    let seen = decisions(&mut operator, &outcome)?;
    let found = examine(&mut operator, &seen)?;
    server.end()?;
    Ok(vec![
        row(
            &format!("activation of a release of {MODULES} compiled modules, over HTTP"),
            told(&quiet),
            format!("< {ACTIVATED_MS_MAX} ms"),
            worst(&quiet) < ACTIVATED_MS_MAX,
        ),
        row(
            &format!(
                "{swaps} activations and rollbacks beside {:.0} webhooks/s of {CONNECTIONS} connections",
                outcome.rate()
            ),
            format!(
                "{}; {} answered 200, {} decided on, other answers {}",
                told(&busy),
                outcome.latencies_us.len(),
                seen.len(),
                outcome.errors()
            ),
            "each is decided on, none refused",
            seen.len() == outcome.latencies_us.len() && outcome.errors() == 0,
        ),
        row(
            "decisions that name one release and are made by its modules, all and no others",
            format!(
                "{} of {}, by releases {:?}",
                found.whole,
                seen.len(),
                found.releases
            ),
            "all, and both releases are among them",
            found.whole == seen.len() && sets.iter().all(|it| found.releases.contains(it)),
        ),
    ])
}

/// Uploads nine rules and makes a release of them and the stock policy.
fn two(operator: &mut Operator, tag: &str) -> anyhow::Result<u64> {
    let mut modules = vec![json!({ "module": "weighted" })];
    for at in 1..MODULES {
        let bytes = modules::without_code(&format!("rule-{at}"), tag)?;
        // Of the second set, the grants of the first hold.
        let digest = if tag == "one" {
            operator.have(&bytes)?
        } else {
            operator.upload(&bytes)?["digest"]
                .to_string()
                .replace('"', "")
        };
        modules.push(json!({ "module": digest }));
    }
    operator.release(&json!(modules))
}

/// Milliseconds of each of so many moves to and fro.
fn timed(operator: &mut Operator, sets: [u64; 2], moves: usize) -> anyhow::Result<Vec<f64>> {
    let mut took = Vec::with_capacity(moves);
    for at in 0..moves {
        // Forth, and every second time back as it came.
        let wanted = match at % 4 {
            0 => json!({ "move": "activate", "release": sets[0] }),
            1 => json!({ "move": "activate", "release": sets[1] }),
            2 => json!({ "move": "roll_back" }),
            _ => json!({ "move": "activate", "release": sets[1] }),
        };
        let begun = Instant::now();
        operator.moves(&wanted)?;
        took.push(begun.elapsed().as_secs_f64() * 1e3);
    }
    took.sort_by(f64::total_cmp);
    Ok(took)
}

/// Swaps while webhooks come; what they were answered, and how long each swap
/// took.
fn swapped(
    server: &Server,
    operator: &mut Operator,
    requests: &mut Requests,
    sets: [u64; 2],
    swaps: usize,
) -> anyhow::Result<(Outcome, Vec<f64>)> {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        let writing = scope.spawn(|| {
            let is_over = |_| is_over.load(Ordering::Relaxed);
            drive_until(server.port, CONNECTIONS, requests, is_over)
        });
        let took = timed(operator, sets, swaps);
        is_over.store(true, Ordering::Relaxed);
        let outcome = writing.join();
        let outcome = outcome.map_err(|_| anyhow::anyhow!("the load panicked"))?;
        Ok((outcome?, took?))
    })
}

/// The places of all decisions, once there are as many as answers, or nothing
/// more comes.
fn decisions(operator: &mut Operator, outcome: &Outcome) -> anyhow::Result<Vec<String>> {
    let begun = Instant::now();
    loop {
        let seen = listed(operator)?;
        if seen.len() >= outcome.latencies_us.len() || begun.elapsed() > PATIENCE {
            return Ok(seen);
        }
        thread::sleep(Duration::from_millis(200));
    }
}

fn listed(operator: &mut Operator) -> anyhow::Result<Vec<String>> {
    let (mut seen, mut after) = (Vec::new(), String::new());
    loop {
        let page = operator.get(&format!("/v1/decisions?limit=200{after}"))?;
        for place in page["items"].as_array().into_iter().flatten() {
            let customer = place["customer"].as_str().unwrap_or_default();
            seen.push(format!("/v1/decisions/{customer}/{}", place["version"]));
        }
        match page["next"].as_str() {
            Some(next) => after = format!("&after={next}"),
            None => return Ok(seen),
        }
    }
}

/// What decisions were made by.
struct Found {
    /// Decisions whose modules are those of the release that they name.
    whole: usize,
    releases: BTreeSet<u64>,
}

fn examine(operator: &mut Operator, places: &[String]) -> anyhow::Result<Found> {
    let mut sets: BTreeMap<u64, BTreeSet<String>> = BTreeMap::new();
    let mut found = Found {
        whole: 0,
        releases: BTreeSet::new(),
    };
    for place in places {
        let record = operator.get(place)?["record"].take();
        let Some(number) = record["release"].as_u64() else {
            continue;
        };
        if let std::collections::btree_map::Entry::Vacant(place) = sets.entry(number) {
            let release = operator.get(&format!("/v1/releases/{number}"))?;
            place.insert(digests(release["modules"].as_array().into_iter().flatten()));
        }
        let rules = record["rules"].as_array().into_iter().flatten();
        let ran = digests(rules.chain([&record["policy"]]));
        found.whole += usize::from(sets.get(&number) == Some(&ran));
        found.releases.insert(number);
    }
    Ok(found)
}

fn digests<'v>(modules: impl Iterator<Item = &'v Value>) -> BTreeSet<String> {
    modules.map(|it| it["digest"].to_string()).collect()
}

fn worst(sorted: &[f64]) -> f64 {
    sorted.last().copied().unwrap_or(f64::NAN)
}

fn told(sorted: &[f64]) -> String {
    let middle = sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN);
    format!("p50 {middle:.1} ms, {:.1} ms at most", worst(sorted))
}
