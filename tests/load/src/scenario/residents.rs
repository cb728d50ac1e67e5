//! Many tenants with modules of their own: what they take when all are in use,
//! what when the cold ones are kept out, and how long a cold one waits.

use std::{
    thread,
    time::{Duration, Instant},
};

use anyhow::ensure;

use super::{Stage, row};
use crate::{
    child::{Options, Server},
    drive::Client,
    host::METRICS_KEY,
    report::Row,
    requests::number_of,
    subject::Subject,
    table::requests,
};

/// Modules of each, the stock rules under digests of its own, beside the stock
/// policy.
const MODULES: usize = 5;
/// What the second host may hold.
const RESIDENT_MIB: u64 = 64;
/// What a second round over all of them may add: the first one leaves the
/// allocator with holes, the second finds them.
const SECOND_ROUND_MIB: u64 = 32;
/// How long it may take until all are decided on.
const PATIENCE: Duration = Duration::from_secs(600);

pub fn run(stage: &Stage<'_>) -> anyhow::Result<Vec<Row>> {
    let tenants = if stage.is_quick { 50 } else { 1_000 };
    let folder = stage.folder.join("residents");
    let host = |resident_mib| {
        let options = Options {
            tenants,
            own_modules: MODULES,
            resident_mib: Some(resident_mib),
            ..Options::default()
        };
        Server::start(Subject::NoRules, &folder, &options)
    };
    // Compiles everything; the next hosts find it on the disk.
    host(1 << 20)?.end()?;
    let roomy = used(&host(1 << 20)?, stage, (tenants, 0))?;
    let server = host(RESIDENT_MIB)?;
    let tight = used(&server, stage, (tenants, 1))?;
    let again = used(&server, stage, (tenants, 2))?;
    drop(server);
    let grown = |it: &Used| it.after.saturating_sub(it.before);
    let is_half = grown(&tight) * 2 < grown(&roomy);
    let is_steady = grown(&again) <= SECOND_ROUND_MIB;
    Ok(vec![
        row(
            &format!("{tenants} tenants × {MODULES} modules of their own, all resident"),
            format!(
                "{} MiB, {} before any was asked for; ready {}",
                roomy.after, roomy.before, roomy.resident
            ),
            "all ready",
            roomy.resident == tenants as u64,
        ),
        row(
            &format!("the same with {RESIDENT_MIB} MiB for modules"),
            format!(
                "{} MiB, {} before, {} after a second round; ready {}, made room {} times",
                tight.after, tight.before, again.after, again.resident, again.evicted
            ),
            format!("less than half as much, second round ≤ {SECOND_ROUND_MIB} MiB more"),
            is_half && is_steady,
        ),
        row(
            "a webhook of a cold tenant, its modules on the disk",
            format!(
                "p50 {:.1} ms, p99 {:.1} ms until 200",
                tight.percentile(0.5),
                tight.percentile(0.99)
            ),
            "p99 < 200 ms",
            tight.percentile(0.99) < 200.0,
        ),
    ])
}

/// What became of a host whose tenants were all asked for.
struct Used {
    /// Memory in MiB.
    before: u64,
    after: u64,
    resident: u64,
    evicted: u64,
    /// Milliseconds of the first webhook of each tenant, sorted.
    took: Vec<f64>,
}

impl Used {
    fn percentile(&self, share: f64) -> f64 {
        let at = (self.took.len() as f64 * share) as usize;
        let last = self.took.len().saturating_sub(1);
        self.took.get(at.min(last)).copied().unwrap_or(f64::NAN)
    }
}

fn used(
    server: &Server,
    stage: &Stage<'_>,
    (tenants, round): (usize, u64),
) -> anyhow::Result<Used> {
    let before = server.memory() >> 20;
    let mut client = Client::to(server.port)?;
    let loaded = "baton_residency_changes_total{what=\"loaded\"}";
    let wanted = client.metric(METRICS_KEY, loaded).unwrap_or(0.0) + tenants as f64;
    let mut request = Vec::new();
    let mut took = Vec::with_capacity(tenants);
    for tenant in 0..tenants {
        let requests = requests(stage.customers)?.from(round);
        let mut requests = requests.of_number(number_of(tenant));
        requests.make(1, &mut request);
        let begun = Instant::now();
        let status = client.ask(&request)?;
        took.push(begun.elapsed().as_secs_f64() * 1e3);
        ensure!(status == 200, "a webhook is answered {status}");
    }
    let begun = Instant::now();
    while client.metric(METRICS_KEY, loaded)? < wanted {
        ensure!(begun.elapsed() < PATIENCE, "not all tenants become ready");
        thread::sleep(Duration::from_millis(200));
    }
    took.sort_by(f64::total_cmp);
    let evicted = "baton_residency_changes_total{what=\"evicted\"}";
    Ok(Used {
        before,
        after: server.memory() >> 20,
        resident: client.metric(METRICS_KEY, "baton_resident_tenants")? as u64,
        evicted: client.metric(METRICS_KEY, evicted)? as u64,
        took,
    })
}
