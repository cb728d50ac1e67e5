//! How the modules of a release fare, since they were made ready: for the
//! author, who wants to know what a rule costs and why it fails.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use baton_domain::{
    field::Field,
    ids::{CustomerId, ModuleName},
    module::{ModuleFailure, ModuleRun, Read},
};
use baton_sandbox::Timed;
use jiff::Timestamp;

/// Counts of one release.
#[derive(Debug, Default)]
pub struct Stats {
    modules: Mutex<BTreeMap<ModuleName, ModuleStats>>,
    same: AtomicU64,
    different: AtomicU64,
}

/// Counts of one module in it.
#[derive(Debug, Clone, Default)]
pub struct ModuleStats {
    /// Runs that were made.
    pub made: u64,
    /// Runs that were spared, since an equal one was remembered.
    pub skipped: u64,
    /// Signals of rules.
    pub signals: u64,
    /// Failures, by code.
    pub failures: BTreeMap<&'static str, u64>,
    /// Microseconds of the runs that were made.
    pub micros: Spread,
    /// Fuel of the runs that were made.
    pub fuel: Spread,
    /// Fuel that a run may use.
    pub fuel_max: u64,
    /// Fields that it read since they were last taken.
    reads: BTreeSet<Field>,
    /// The last failure.
    pub last_failure: Option<LastFailure>,
}

/// A failure, and where to find what led to it.
#[derive(Debug, Clone)]
pub struct LastFailure {
    /// When.
    pub at: Timestamp,
    /// Stable code.
    pub code: &'static str,
    /// Whom the decision was about, which tells the rest.
    pub customer: CustomerId,
}

/// How values spread: buckets of a twelfth of an octave to either side, so that
/// a quantile is right to some six percent, in 4 KiB at most.
#[derive(Debug, Clone, Default)]
pub struct Spread(BTreeMap<u16, u64>);

/// Buckets of an octave.
const STEPS: f64 = 6.0;

impl Spread {
    /// Notes a value.
    pub fn note(&mut self, value: u64) {
        let bucket = (((value + 1) as f64).log2() * STEPS).round();
        *self.0.entry(bucket as u16).or_default() += 1;
    }

    /// The value that `share` of all do not exceed; `None` without any.
    pub fn quantile(&self, share: f64) -> Option<u64> {
        let all: u64 = self.0.values().sum();
        let wanted = (all as f64 * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        let found = self.0.iter().find(|(_, count)| {
            seen += **count;
            seen >= wanted
        });
        found.map(|(bucket, _)| ((f64::from(*bucket) / STEPS).exp2() - 1.0).round() as u64)
    }
}

impl Stats {
    /// Notes a run of a rule or the policy, with as many signals.
    pub(super) fn ran<A>(
        &self,
        timed: &Timed<ModuleRun<A>>,
        (signals, fuel_max): (usize, u64),
        (customer, at): (&CustomerId, Timestamp),
    ) {
        let mut modules = self.modules();
        let run = &timed.run;
        if !modules.contains_key(&run.module) {
            modules.insert(run.module.clone(), ModuleStats::default());
        }
        let Some(stats) = modules.get_mut(&run.module) else {
            return;
        };
        stats.signals += signals as u64;
        stats.reads.extend(run.reads.iter().filter_map(field_of));
        stats.fuel_max = fuel_max;
        if timed.is_skipped {
            stats.skipped += 1;
            return;
        }
        stats.made += 1;
        stats.micros.note(micros(timed.elapsed));
        stats.fuel.note(run.fuel);
        if let Err(failure) = &run.answer {
            stats.failed(failure, customer.clone(), at);
        }
    }

    /// What is known of each module.
    pub fn of_modules(&self) -> BTreeMap<ModuleName, ModuleStats> {
        self.modules().clone()
    }

    /// Takes what each module read since this was last asked.
    pub fn take_reads(&self) -> Vec<(ModuleName, BTreeSet<Field>)> {
        let mut modules = self.modules();
        let taken = modules.iter_mut().map(|(name, stats)| {
            let reads = std::mem::take(&mut stats.reads);
            (name.clone(), reads)
        });
        taken.filter(|(_, reads)| !reads.is_empty()).collect()
    }

    /// Notes that this release, as a shadow, would have done the same or not.
    pub fn compared(&self, is_same: bool) {
        let count = if is_same { &self.same } else { &self.different };
        count.fetch_add(1, Ordering::Relaxed);
    }

    /// How often it would have done the same, and how often not.
    pub fn comparisons(&self) -> (u64, u64) {
        let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
        (read(&self.same), read(&self.different))
    }

    fn modules(&self) -> MutexGuard<'_, BTreeMap<ModuleName, ModuleStats>> {
        self.modules.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ModuleStats {
    fn failed(&mut self, failure: &ModuleFailure, customer: CustomerId, at: Timestamp) {
        *self.failures.entry(failure.code()).or_default() += 1;
        self.last_failure = Some(LastFailure {
            at,
            code: failure.code(),
            customer,
        });
    }
}

fn field_of(read: &Read) -> Option<Field> {
    match read {
        Read::Field(field, _) => Some(*field),
        Read::Setting(..) => None,
    }
}

fn micros(elapsed: Duration) -> u64 {
    u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_right_to_six_percent() {
        let mut spread = Spread::default();
        assert_eq!(spread.quantile(0.5), None);
        for value in 1..=10_000 {
            spread.note(value);
        }
        for (share, exact) in [(0.5, 5_000.0), (0.99, 9_900.0), (1.0, 10_000.0)] {
            let found = spread.quantile(share).unwrap() as f64;
            assert!((found / exact - 1.0).abs() < 0.06, "{share}: {found}");
        }
    }
}
