//! What a seed has in store: each run turns some faults on and others off, and
//! each as strongly as it likes, since a run of all faults at once hides what a
//! run of two finds.

use fastrand::Rng;

/// The plan of one run.
#[derive(Debug, Clone)]
pub struct Plan {
    pub hosts: usize,
    pub tenants: usize,
    pub customers: usize,
    /// Rounds of each actor.
    pub rounds: u32,
    /// Longest pause of an actor between rounds.
    pub pause_ms: u64,
    /// Whether the stock rules run; else only a request for a person decides.
    pub has_rules: bool,
    /// Milliseconds before the answer for rules; 0 defers every evaluation.
    pub budget_ms: u64,
    /// Whether customers are known by two links, which are joined on the way.
    pub merges: bool,
    pub rates: Rates,
}

/// How often something goes wrong, from 0 to 1.
#[derive(Debug, Clone, Default)]
pub struct Rates {
    /// A webhook is delivered again though it was answered.
    pub duplicate: f64,
    /// A webhook is never delivered.
    pub drop: f64,
    /// A request or its answer is lost on the way.
    pub lose: f64,
    /// A client hangs up while the host works.
    pub hang_up: f64,
    /// A signature is wrong.
    pub forge: f64,
    /// A call of the store takes long.
    pub slow_store: f64,
    /// A commit answers that it failed, whether it did or not.
    pub failed_commit: f64,
    /// An evaluation is refused, lost or late.
    pub evaluation: f64,
    /// The Graph API refuses.
    pub refuse: f64,
    /// The Graph API does not tell what it did.
    pub ambiguous: f64,
    /// A status is never told.
    pub lost_status: f64,
    /// A host dies, for each look of the operator.
    pub crash: f64,
    /// A host stands still.
    pub stall: f64,
    /// A clock jumps.
    pub jump: f64,
}

impl Plan {
    /// The plan of a seed.
    pub fn of(rng: &mut Rng) -> Self {
        let mut rate = |most: f64| {
            if rng.bool() { 0.0 } else { rng.f64() * most }
        };
        let rates = Rates {
            duplicate: rate(0.5),
            drop: rate(0.1),
            lose: rate(0.3),
            hang_up: rate(0.2),
            forge: rate(0.1),
            slow_store: rate(0.2),
            failed_commit: rate(0.03),
            evaluation: rate(0.4),
            refuse: rate(0.4),
            ambiguous: rate(0.4),
            lost_status: rate(0.5),
            crash: rate(0.5),
            stall: rate(0.5),
            jump: rate(0.4),
        };
        Self {
            hosts: 1 + usize::from(rng.bool()),
            tenants: 1 + usize::from(rng.u8(..4) == 0),
            customers: rng.usize(1..=3),
            rounds: rng.u32(4..=10),
            pause_ms: [2_000, 30_000, 300_000][rng.usize(..3)],
            has_rules: rng.u8(..8) == 0,
            budget_ms: [0, 150, 150, 150][rng.usize(..4)],
            merges: rng.u8(..4) == 0,
            rates,
        }
    }
}
