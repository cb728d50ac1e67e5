//! What all parts of one run share: draws, the trace, the oracle.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use baton_store::MemoryStore;
use fastrand::Rng;
use sha2::{Digest, Sha256};

use crate::{
    clock::WorldTime, executor::Spawner, hosts::Hosts, network::Pending, oracle::Oracle, plan::Plan,
};

/// Lines of the trace that a failure shows.
const LINES_SHOWN: usize = 60;

/// One run.
pub struct Sim {
    pub plan: Plan,
    pub time: WorldTime,
    pub spawner: Spawner,
    pub hosts: Mutex<Hosts>,
    pub pending: Mutex<Pending>,
    rng: Mutex<Rng>,
    trace: Mutex<Trace>,
    oracle: Mutex<Oracle>,
    calm: Mutex<Calm>,
}

/// How far the run is.
#[derive(Clone, Copy, Default)]
struct Calm {
    /// Nothing goes wrong any more.
    is_calm: bool,
    is_over: bool,
    /// Actors that are still at it.
    acting: u32,
}

struct Trace {
    digest: Sha256,
    last: std::collections::VecDeque<String>,
    is_printed: bool,
}

/// A lock that nobody holds across a wait, and that a failed check poisons.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sim {
    /// A run of `seed`. Call it inside the paused runtime.
    pub fn new(seed: u64, spawner: Spawner, disk: MemoryStore) -> Arc<Self> {
        let mut rng = Rng::with_seed(seed);
        let plan = Plan::of(&mut rng);
        let time = WorldTime::begin();
        let sim = Arc::new(Self {
            hosts: Mutex::new(Hosts::new(seed, disk, plan.hosts, time)),
            pending: Mutex::default(),
            plan,
            time,
            spawner,
            rng: Mutex::new(rng),
            trace: Mutex::new(Trace {
                digest: Sha256::new(),
                last: std::collections::VecDeque::new(),
                is_printed: std::env::var_os("BATON_SIM_TRACE").is_some(),
            }),
            oracle: Mutex::default(),
            calm: Mutex::default(),
        });
        sim.note(|| format!("{:?}", sim.plan));
        sim
    }

    /// A whole number below `bound`.
    pub fn below(&self, bound: usize) -> usize {
        lock(&self.rng).usize(..bound.max(1))
    }

    /// A time in milliseconds, up to `most`.
    pub fn ms(&self, most: u64) -> u64 {
        lock(&self.rng).u64(..=most)
    }

    /// Whether something of this rate happens now. What goes wrong goes so
    /// through here, and stops when it gets calm.
    pub fn goes_wrong(&self, rate: f64) -> bool {
        rate > 0.0 && lock(&self.rng).f64() < rate && !self.is_calm()
    }

    /// Whether something of this rate happens now.
    pub fn chance(&self, rate: f64) -> bool {
        lock(&self.rng).f64() < rate
    }

    /// Waits up to `most` milliseconds.
    pub async fn pause(&self, most: u64) {
        let wait = self.ms(most);
        tokio::time::sleep(std::time::Duration::from_millis(wait)).await;
    }

    /// Adds a line to the trace.
    #[expect(clippy::print_stderr, reason = "the trace is asked for")]
    pub fn note(&self, line: impl FnOnce() -> String) {
        let mut trace = lock(&self.trace);
        let line = format!("{:>10} {}", self.time.elapsed().as_millis(), line());
        trace.digest.update(line.as_bytes());
        if trace.is_printed {
            eprintln!("{line}");
        }
        if trace.last.len() == LINES_SHOWN {
            trace.last.pop_front();
        }
        trace.last.push_back(line);
    }

    /// What the whole trace comes to, and its last lines.
    pub fn trace(&self) -> ([u8; 32], Vec<String>) {
        let trace = lock(&self.trace);
        let lines = trace.last.iter().cloned().collect();
        (trace.digest.clone().finalize().into(), lines)
    }

    /// The checks.
    pub fn oracle(&self) -> MutexGuard<'_, Oracle> {
        lock(&self.oracle)
    }

    /// Whether nothing goes wrong any more.
    pub fn is_calm(&self) -> bool {
        lock(&self.calm).is_calm
    }

    /// From now on nothing goes wrong.
    pub fn calm(&self) {
        lock(&self.calm).is_calm = true;
        self.note(|| "calm".to_owned());
    }

    /// The run is over.
    pub fn end(&self) {
        lock(&self.calm).is_over = true;
    }

    /// Whether the run is over, or something did not hold.
    pub fn is_over(&self) -> bool {
        lock(&self.calm).is_over || self.oracle().violation().is_some()
    }

    /// An actor begins.
    pub fn act(self: &Arc<Self>) -> Acting {
        lock(&self.calm).acting += 1;
        Acting(self.clone())
    }

    /// How many actors are still at it.
    pub fn acting(&self) -> u32 {
        lock(&self.calm).acting
    }
}

/// An actor, until it is dropped.
pub struct Acting(Arc<Sim>);

impl Drop for Acting {
    fn drop(&mut self) {
        lock(&self.0.calm).acting -= 1;
    }
}
