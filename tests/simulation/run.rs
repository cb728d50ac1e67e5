//! One run: from a seed to what did not hold, if anything.

use std::{
    fmt,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Duration,
};

use baton::{releases::install, rule_pack::PackChoice};
use baton_domain::{
    ids::TenantId,
    people::{Agent, FieldSet, Principal},
};
use baton_store::{
    ApiKey, App, AuditEntry, Document, KeyHash, MemoryStore, PeopleStore, Role, Store, Tenant,
};
use futures_util::FutureExt;
use jiff::Timestamp;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{
    executor::{Executor, Group, Spawner},
    hosts, network, operator, oracle, people,
    sim::{Sim, lock},
    systems,
    tally::Tally,
};

/// Polls after which a run should have ended.
const STEPS_MAX: u64 = 3_000_000;
/// Rounds of half an hour in which everything that waits should come to an end.
const CALM_ROUNDS_MAX: u32 = 200;
const HALF_AN_HOUR: Duration = Duration::from_secs(1_800);

/// What a run came to.
#[derive(Debug, PartialEq, Eq)]
pub struct Run {
    pub seed: u64,
    pub digest: [u8; 32],
    pub steps: u64,
    pub tally: Tally,
}

/// A run in which something did not hold.
pub struct Failure {
    pub seed: u64,
    what: String,
    lines: Vec<String>,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            writeln!(f, "{line}")?;
        }
        let Self { seed, what, .. } = self;
        writeln!(f, "\nseed {seed} at commit {}: {what}", commit())?;
        write!(
            f,
            "again, with the whole trace: BATON_SIM_SEED={seed} BATON_SIM_TRACE=1 \
             cargo test -p baton --test simulation -- one_seed --nocapture"
        )
    }
}

/// The commit that is tested, as far as git can tell.
fn commit() -> String {
    let output = std::process::Command::new("git")
        .args(["describe", "--always", "--dirty", "--abbrev=40"])
        .output();
    let text = output.map(|it| String::from_utf8_lossy(&it.stdout).trim().to_owned());
    text.unwrap_or_else(|_| "unknown".to_owned())
}

/// Runs a seed to its end.
///
/// # Errors
/// [`Failure`], with the end of the trace.
pub fn run(seed: u64) -> Result<Run, Box<Failure>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let spawner = Spawner::default();
    let mut executor = Executor::new(spawner.clone());
    let mut sim = None;
    // A panic is a failure of its seed, too.
    let ran = catch_unwind(AssertUnwindSafe(|| {
        let running = async {
            let disk = MemoryStore::new(hosts::options(seed, 0)).expect("a store");
            let sim = sim.insert(Sim::new(seed, spawner, disk));
            drive(sim, &mut executor).await
        };
        // The scheduler takes turns by itself.
        runtime.block_on(tokio::task::coop::unconstrained(running))
    }));
    let sim: Arc<Sim> = sim.expect("a run began");
    executor.let_go();
    lock(&sim.hosts).let_go();
    let (digest, lines) = sim.trace();
    let oracle = sim.oracle();
    let what = match (ran, oracle.violation()) {
        (Ok(steps), None) => {
            let tally = oracle.tally.clone();
            return Ok(Run {
                seed,
                digest,
                steps,
                tally,
            });
        }
        (Ok(_), Some(what)) => what.to_owned(),
        (Err(panic), _) => {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string));
            format!("a panic: {}", text.unwrap_or_default())
        }
    };
    Err(Box::new(Failure { seed, what, lines }))
}

/// Polls task after task, and checks after each.
async fn drive(sim: &Arc<Sim>, executor: &mut Executor) -> u64 {
    furnish(sim);
    operator::start(sim);
    sim.spawner.spawn(Group::World, direct(sim.clone()));
    let mut steps = 0;
    while !sim.is_over() {
        match executor.step(|ready| sim.below(ready)) {
            Some(_) => steps += 1,
            None => executor.idle().await,
        }
        let disk = lock(&sim.hosts).disk();
        sim.oracle().audit_if_reopened(&disk);
        sim.oracle().check(steps < STEPS_MAX, || {
            "the run does not come to an end".to_owned()
        });
    }
    if sim.oracle().violation().is_none() {
        let disk = lock(&sim.hosts).disk();
        let mut rng = fastrand::Rng::with_seed(sim.ms(u64::MAX - 1));
        sim.oracle().audit_at_end(&disk, &mut rng);
        // What only memory holds must not be what made it right.
        lock(&sim.hosts).reopen();
        let disk = lock(&sim.hosts).disk();
        sim.oracle().audit(&disk);
    }
    steps
}

/// When all have acted, nothing goes wrong any more, and all that waits must
/// come to its end.
async fn direct(sim: Arc<Sim>) {
    tokio::time::sleep(Duration::from_secs(1)).await;
    while sim.acting() > 0 {
        tokio::time::sleep(Duration::from_secs(30)).await;
    }
    sim.calm();
    // Now and then all were off for hours: what waited may be too late by now.
    let hours = u32::try_from(sim.below(8).saturating_sub(4)).expect("some hours");
    operator::days_pass(&sim, hours * 2 * HALF_AN_HOUR).await;
    tokio::time::sleep(HALF_AN_HOUR).await;
    let clocks: Vec<_> = (0..sim.plan.hosts)
        .map(|machine| lock(&sim.hosts).clock(machine))
        .collect();
    let most = clocks.iter().map(|it| it.ahead_ms()).max().unwrap_or(0);
    for clock in clocks {
        clock.jump(most - clock.ahead_ms());
    }
    for _ in 0..CALM_ROUNDS_MAX {
        people::give_all_back(&sim).await;
        operator::days_pass(&sim, HALF_AN_HOUR).await;
        if sim.oracle().open_work().is_empty() {
            return sim.end();
        }
    }
    let open = sim.oracle().open_work();
    sim.oracle()
        .check(false, || format!("work is lost: {open:?}"));
}

/// The app, the tenants and their keys.
fn furnish(sim: &Sim) {
    let disk = lock(&sim.hosts).disk();
    let app = App {
        name: "main".to_owned(),
        secret: network::SECRET.to_owned(),
        previous_secret: None,
        verify_token: "verify".to_owned(),
    };
    let put = disk.put_app(document(app)).now_or_never();
    put.expect("no wait").expect("an app");
    for tenant in 0..sim.plan.tenants {
        let written = self::tenant(tenant);
        let key = |key: String, role| ApiKey {
            name: format!("{role:?}"),
            hash: KeyHash(Sha256::digest(key).into()),
            tenant: written.id.clone(),
            role,
            expires_at: None,
            is_revoked: false,
        };
        let keys = [
            key(systems::key_of(tenant), Role::Operator),
            key(systems::bot_key_of(tenant), Role::Bot),
        ];
        if !sim.plan.has_rules {
            let rules = Some(Vec::new());
            let choice = PackChoice {
                rules,
                ..PackChoice::default()
            };
            let (pack, at) = (hosts::pack(), Timestamp::UNIX_EPOCH);
            let put = install(&*disk, &pack, &written.id, &choice, at).now_or_never();
            put.expect("no wait").expect("a release");
        }
        let id = written.id.clone();
        let put = disk.put_tenant(document(written), None).now_or_never();
        put.expect("no wait").expect("a tenant");
        // Every other run has queues alone.
        let people = [("ana", "senior"), ("budi", "junior")].into_iter();
        let people = people.filter(|_| sim.plan.rounds.is_multiple_of(2));
        for (name, tier) in people {
            let agent = document(agent(name, tier));
            let put = disk.put_agent(&id, agent, hired()).now_or_never();
            put.expect("no wait").expect("an agent");
        }
        for key in keys {
            let put = disk.put_api_key(document(key), None).now_or_never();
            put.expect("no wait").expect("a key");
        }
    }
}

/// One of a tenant's people, who works always and can have two conversations.
fn agent(name: &str, tier: &str) -> Agent {
    let written = json!({
        "id": name, "name": name, "role": "senior-agent", "capacity": 2,
        "teams": [{ "team": "sales", "tier": tier }],
    });
    serde_json::from_value(written).expect("an agent")
}

fn hired() -> AuditEntry {
    AuditEntry {
        at: Timestamp::UNIX_EPOCH,
        who: Principal::Host,
        what: "put-person".into(),
        customer: None,
        number: None,
        fields: FieldSet::NONE,
        grant: None,
        about: None,
    }
}

fn document<T>(body: T) -> Document<T> {
    Document { revision: 0, body }
}

fn tenant(tenant: usize) -> Tenant {
    let written = json!({
        "id": format!("shop-{tenant}"),
        "name": "Kopi Senja",
        "timezone": "Asia/Jakarta",
        "language": "en",
        "teams": [{ "name": "sales", "tiers": ["junior", "senior"] }],
        "numbers": [{ "id": people::number_of(tenant), "app": "main", "token": "token" }],
        "care": {
            "promises": [
                { "first_reply_minutes": 20, "next_step_minutes": 90 },
                { "tier": "senior", "first_reply_minutes": 10, "next_step_minutes": 45 },
            ],
            "auto_return_minutes": oracle::AUTO_RETURN_MINUTES,
            "bot_silence_minutes": 600,
        },
        "follow_ups": [
            {
                "name": "tracking",
                "after": "paid",
                "delay_hours": 1,
                "too_late_hours": 2,
                "text": "On its way: {tracking}",
                "template": { "name": "order_tracking", "language": "en", "parameters": ["{order}"] },
            },
            {
                "name": "review",
                "after": "delivered",
                "delay_hours": 0,
                "too_late_hours": 1,
                "text": "How was {order}?",
            },
        ],
    });
    let written: Tenant = serde_json::from_value(written).expect("a tenant");
    assert!(TenantId::parse(written.id.as_str()).is_ok());
    written
}
