//! How the modules of a release fare, since they were made ready: for the
//! author, who wants to know what a rule costs and why it fails.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
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
    modules: Mutex<Vec<(ModuleName, ModuleStats)>>,
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
    /// Fields that it read since they were last taken, a bit each.
    reads: u64,
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

/// How values spread: eight buckets to each power of two, so that a quantile is
/// right to some six percent. What is beyond the last one counts as in it.
#[derive(Clone)]
pub struct Spread(Box<[u32; BUCKETS]>);

/// Up to 2^28, which is more than any fuel or any time in microseconds.
const BUCKETS: usize = 28 * 8;

impl Default for Spread {
    fn default() -> Self {
        Self(Box::new([0; BUCKETS]))
    }
}

impl fmt::Debug for Spread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Spread")
            .field(&self.quantile(0.5))
            .field(&self.quantile(0.99))
            .finish()
    }
}

impl Spread {
    /// Notes a value.
    pub fn note(&mut self, value: u64) {
        let count = &mut self.0[bucket_of(value).min(BUCKETS - 1)];
        *count = count.saturating_add(1);
    }

    /// The value that `share` of all do not exceed; `None` without any.
    pub fn quantile(&self, share: f64) -> Option<u64> {
        let all: u64 = self.0.iter().map(|it| u64::from(*it)).sum();
        let wanted = (all as f64 * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        let found = self.0.iter().position(|count| {
            seen += u64::from(*count);
            seen >= wanted
        });
        found.map(middle_of)
    }
}

/// Values below eight have a bucket each.
fn bucket_of(value: u64) -> usize {
    match value.checked_ilog2() {
        None | Some(0..3) => value as usize,
        Some(power) => {
            let part = (value >> (power - 3)) as usize & 7;
            (power as usize - 2) * 8 + part
        }
    }
}

fn middle_of(bucket: usize) -> u64 {
    if bucket < 8 {
        return bucket as u64;
    }
    let power = (bucket / 8 + 2) as u32;
    let width = 1_u64 << (power - 3);
    (1 << power) + width * (bucket % 8) as u64 + width / 2
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
        // A dozen at most: quicker looked through than looked up.
        let known = modules.iter().position(|(name, _)| *name == run.module);
        let place = known.unwrap_or_else(|| {
            modules.push((run.module.clone(), ModuleStats::default()));
            modules.len() - 1
        });
        let Some((_, stats)) = modules.get_mut(place) else {
            return;
        };
        stats.signals += signals as u64;
        stats.fuel_max = fuel_max;
        stats.reads |= run.reads.iter().fold(0, |reads, read| reads | bit_of(read));
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
        self.modules().iter().cloned().collect()
    }

    /// Takes what each module read since this was last asked.
    pub fn take_reads(&self) -> Vec<(ModuleName, BTreeSet<Field>)> {
        let mut modules = self.modules();
        let taken = modules.iter_mut().map(|(name, stats)| {
            let reads = std::mem::take(&mut stats.reads);
            let is_read = |field: &Field| reads & (1 << *field as u64) != 0;
            let fields = Field::ALL.iter().copied().filter(is_read);
            (name.clone(), fields.collect::<BTreeSet<_>>())
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

    fn modules(&self) -> MutexGuard<'_, Vec<(ModuleName, ModuleStats)>> {
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

const _: () = assert!(Field::ALL.len() <= 64, "a field has a bit in `reads`");

fn bit_of(read: &Read) -> u64 {
    match read {
        Read::Field(field, _) => 1 << *field as u64,
        Read::Setting(..) => 0,
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
