//! The hosts of a run: the real ones, on a store in memory, with clocks that
//! jump and an operator who starts them again when they die.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use baton::{
    config::{Config, Evaluation},
    evaluation::{Evaluators, Suspects},
    host::{Host, Parts},
    http::{self, RequestIds},
    metrics::Metrics,
    releases::ModuleLibrary,
    rule_pack::RulePack,
    work,
};
use baton_sandbox::{EvaluatorPool, Job, QueueFull, Sandbox};
use baton_store::{MemoryStore, Options, SeededEntropy};
use serde_json::Value;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::{
    clock::{MachineClock, WorldTime},
    executor::Group,
    graph::SimGraph,
    sim::{Sim, lock},
    store::SimStore,
};

/// Largest answer that a client reads.
const ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Longest time that a client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(60);

/// All hosts, and the disk that outlives them.
pub struct Hosts {
    seed: u64,
    disk: Arc<MemoryStore>,
    slots: Vec<Slot>,
    starts: u32,
}

/// A machine that a host runs on.
struct Slot {
    clock: Arc<MachineClock>,
    group: Option<Group>,
    router: Option<Router>,
    is_broken: Arc<AtomicBool>,
}

/// Options of the `start`-th opening of a run's store: no two draw the same.
pub fn options(seed: u64, start: u32) -> Options {
    Options::new(SeededEntropy::new(seed.rotate_left(20) ^ u64::from(start)))
}

/// The stock pack, compiled once for all runs of the process. No clock stops
/// its modules, so that a busy machine changes nothing.
pub fn pack() -> RulePack {
    static PACK: OnceLock<RulePack> = OnceLock::new();
    let compile = || RulePack::stock(&sandbox()).expect("the stock pack loads");
    PACK.get_or_init(compile).clone()
}

fn sandbox() -> Sandbox {
    static SANDBOX: OnceLock<Sandbox> = OnceLock::new();
    let start = || Sandbox::without_clock().expect("the sandbox starts");
    SANDBOX.get_or_init(start).clone()
}

impl Hosts {
    /// Machines without a host.
    pub fn new(seed: u64, disk: MemoryStore, count: usize, time: WorldTime) -> Self {
        let slot = |_| Slot {
            clock: Arc::new(MachineClock::new(time)),
            group: None,
            router: None,
            is_broken: Arc::default(),
        };
        Self {
            seed,
            disk: Arc::new(disk),
            slots: (0..count).map(slot).collect(),
            starts: 0,
        }
    }

    /// What the hosts keep, to look at from outside.
    pub fn disk(&self) -> Arc<MemoryStore> {
        self.disk.clone()
    }

    /// Opens the store anew, as after a restart of all.
    pub fn reopen(&mut self) {
        self.starts += 1;
        let reopened = self.disk.reopened(options(self.seed, self.starts));
        self.disk = Arc::new(reopened.expect("the store opens after a crash"));
    }

    /// Kills the host of a machine: what it was doing is lost.
    pub fn kill(&mut self, sim: &Sim, machine: usize) {
        let slot = &mut self.slots[machine];
        slot.router = None;
        if let Some(group) = slot.group.take() {
            sim.spawner.stall(group, false);
            sim.spawner.kill(group);
            sim.note(|| format!("{group:?} dies"));
            sim.oracle().tally.count("hosts killed");
        }
    }

    /// Lets go of the hosts at the end of a run, which they know and which knows
    /// them: tens of thousands of runs would stay in memory.
    pub fn let_go(&mut self) {
        for slot in &mut self.slots {
            slot.router = None;
        }
    }

    /// Whether the disk of a machine's host failed.
    pub fn is_broken(&self, machine: usize) -> bool {
        self.slots[machine].is_broken.load(Ordering::SeqCst)
    }

    /// Whether no host runs.
    pub fn are_all_down(&self) -> bool {
        self.slots.iter().all(|slot| slot.group.is_none())
    }

    /// Whether a machine's host runs.
    pub fn is_up(&self, machine: usize) -> bool {
        self.slots[machine].group.is_some()
    }

    /// The clock of a machine.
    pub fn clock(&self, machine: usize) -> Arc<MachineClock> {
        self.slots[machine].clock.clone()
    }

    /// Lets a machine's host stand still, or go on.
    pub fn stall(&self, sim: &Sim, machine: usize, stalled: bool) {
        if let Some(group) = self.slots[machine].group {
            sim.note(|| format!("{group:?} stalls: {stalled}"));
            sim.spawner.stall(group, stalled);
            if stalled {
                sim.oracle().tally.count("hosts stalled");
            }
        }
    }

    /// Starts the host of a machine.
    pub fn start(&mut self, sim: &Arc<Sim>, machine: usize) {
        self.starts += 1;
        let group = Group::Host(self.starts);
        let is_broken = Arc::new(AtomicBool::new(false));
        let slot = &mut self.slots[machine];
        slot.group = Some(group);
        slot.is_broken = is_broken.clone();
        let store = SimStore {
            sim: sim.clone(),
            disk: self.disk.clone(),
            host: self.starts,
            is_broken,
        };
        let parts = Parts {
            config: config(sim.plan.budget_ms),
            admin_key: [0; 32],
            metrics_key: None,
            clock: slot.clock.clone(),
            store: Arc::new(store),
            library: ModuleLibrary::new(sandbox(), pack()),
            evaluators: evaluators(sim, group),
            graph: Arc::new(SimGraph {
                sim: sim.clone(),
                host: self.starts,
            }),
            metrics: Metrics::new(),
            request_ids: RequestIds::new(&SeededEntropy::new(self.seed)).expect("random numbers"),
        };
        sim.note(|| format!("{group:?} starts on machine {machine}"));
        let starting = sim.clone();
        sim.spawner.spawn(group, async move {
            let sim = starting;
            let Ok(host) = Host::new(parts).await else {
                return;
            };
            for one in work::loops(&host, &CancellationToken::new()) {
                sim.spawner.spawn(group, one);
            }
            lock(&sim.hosts).slots[machine].router = Some(http::router(host));
        });
    }
}

fn config(budget_ms: u64) -> Config {
    let data = std::path::PathBuf::new();
    Config {
        evaluation: Evaluation {
            threads: 1,
            budget_ms,
            ..Evaluation::default()
        },
        ..Config::new(data, String::new(), String::new())
    }
}

/// Evaluators without threads: most jobs run where they are handed in; one may
/// be refused, lost, or late.
fn evaluators(sim: &Arc<Sim>, group: Group) -> Evaluators {
    let running = sim.clone();
    let run = move |job: Job| {
        let sim = &running;
        if !sim.goes_wrong(sim.plan.rates.evaluation) {
            job();
            return Ok(());
        }
        match sim.below(3) {
            0 => return Err(QueueFull),
            1 => drop(job),
            _ => {
                let late = sim.clone();
                sim.spawner.spawn(group, async move {
                    late.pause(40_000).await;
                    job();
                });
            }
        }
        Ok(())
    };
    Evaluators::new(EvaluatorPool::run_by(run), Suspects::none(), [7; 16])
}

/// Asks one of the hosts. `None` when the request, its answer or the host is
/// lost on the way: whoever asked cannot know whether it was done.
pub async fn ask(sim: &Arc<Sim>, request: Request<Body>) -> Option<(StatusCode, Value)> {
    let (router, group) = {
        let hosts = lock(&sim.hosts);
        let slot = &hosts.slots[sim.below(hosts.slots.len())];
        (slot.router.clone()?, slot.group?)
    };
    sim.pause(20).await;
    if sim.goes_wrong(sim.plan.rates.lose) {
        return None;
    }
    let (answer, answered) = oneshot::channel();
    let task = sim.spawner.spawn(group, async move {
        let Ok(response) = router.oneshot(request).await;
        let status = response.status();
        let body = to_bytes(response.into_body(), ANSWER_BYTES_MAX).await;
        let body = serde_json::from_slice(&body.unwrap_or_default()).unwrap_or_default();
        let _ = answer.send((status, body));
    });
    let patience = if sim.goes_wrong(sim.plan.rates.hang_up) {
        Duration::from_millis(sim.ms(30))
    } else {
        PATIENCE
    };
    let answer = tokio::time::timeout(patience, answered).await;
    // Whoever hangs up takes the request with it, as a server would.
    sim.spawner.cancel(task);
    sim.pause(20).await;
    if sim.goes_wrong(sim.plan.rates.lose) {
        sim.oracle().tally.count("answers lost");
        return None;
    }
    answer.ok()?.ok()
}
