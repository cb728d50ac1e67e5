//! Skipping by recorded reads (contract point 5). A module is a pure function
//! of what it reads, so a run whose reads would give the same values again
//! need not be made again: its record is the record of the new moment, too.
//!
//! What a module reads depends on what it has read, so runs are found step by
//! step: under the hash of the reads so far lies the field that comes next, or
//! the run. At the end all values are compared, so that a collision of hashes
//! costs a run and never gives a wrong one. Failures are not remembered, since
//! the wall clock has a say in them.

use std::{
    hash::{Hash, Hasher},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use baton_domain::{
    decision::Verdict,
    field::{Field, FieldValue},
    limits::{MEMO_BYTES_MAX, MEMO_RUN_BYTES_MAX},
    module::{FieldSource, ModuleRun, Read, Settings},
    signal::{ScoredSignal, Signal},
};
use quick_cache::{Weighter, sync::Cache};
use siphasher::sip128::{Hasher128, SipHasher13};

use crate::{
    compile::Ready,
    evaluate::{Timed, run_one_policy, run_one_rule},
    lineup::Lineup,
};

/// Bytes that a step takes in memory, beside what it holds.
const STEP_BYTES: u64 = 96;

/// Runs that need not be made again: of all tenants, each its own, within
/// [`MEMO_BYTES_MAX`].
pub struct Memo {
    rules: Steps<Vec<Signal>>,
    policies: Steps<Verdict>,
    /// Unknown to whoever chooses the values, so that nobody can make them
    /// collide.
    seed: [u8; 16],
    skipped: AtomicU64,
    made: AtomicU64,
}

type Steps<A> = Cache<u128, Step<A>, BySize>;

/// What comes after the reads that led here.
enum Step<A> {
    Reads(Field),
    Answers(Arc<Remembered<A>>),
}

/// A run and all that it depends on.
struct Remembered<A> {
    settings: Arc<Settings>,
    signals: Vec<ScoredSignal>,
    run: ModuleRun<A>,
    bytes: u64,
}

impl<A> Clone for Step<A> {
    fn clone(&self) -> Self {
        match self {
            Self::Reads(field) => Self::Reads(*field),
            Self::Answers(remembered) => Self::Answers(Arc::clone(remembered)),
        }
    }
}

#[derive(Clone)]
struct BySize;

impl<A> Weighter<u128, Step<A>> for BySize {
    fn weight(&self, _: &u128, step: &Step<A>) -> u64 {
        match step {
            Step::Reads(_) => STEP_BYTES,
            Step::Answers(remembered) => STEP_BYTES + remembered.bytes,
        }
    }
}

/// How many runs were spared, and how many were not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MemoCounts {
    /// Runs that were not made, since an equal one was remembered.
    pub skipped: u64,
    /// Runs that were made.
    pub made: u64,
}

impl Memo {
    /// An empty one. `seed` is random.
    pub fn new(seed: [u8; 16]) -> Self {
        let steps = usize::try_from(MEMO_BYTES_MAX / (2 * STEP_BYTES)).unwrap_or(usize::MAX);
        Self {
            rules: Cache::with_weighter(steps, MEMO_BYTES_MAX * 7 / 8, BySize),
            policies: Cache::with_weighter(steps / 8, MEMO_BYTES_MAX / 8, BySize),
            seed,
            skipped: AtomicU64::new(0),
            made: AtomicU64::new(0),
        }
    }

    /// As [`run_one_rule`](crate::run_one_rule), for `tenant`, without a run
    /// that is known.
    pub fn run_rule(
        &self,
        tenant: &str,
        rule: &Ready,
        source: &Arc<dyn FieldSource>,
    ) -> Timed<ModuleRun<Vec<Signal>>> {
        let asked = Asked::new(self, tenant, rule, &[]);
        self.run(&self.rules, &asked, source, || run_one_rule(rule, source))
    }

    /// As [`run_policy`](crate::run_policy), likewise.
    pub fn run_policy(
        &self,
        tenant: &str,
        lineup: &Lineup,
        source: &Arc<dyn FieldSource>,
        signals: &[ScoredSignal],
    ) -> Timed<ModuleRun<Verdict>> {
        let policy = lineup.policy();
        let asked = Asked::new(self, tenant, policy, signals);
        self.run(&self.policies, &asked, source, || {
            run_one_policy(policy, source, signals)
        })
    }

    /// Forgets everything: after a customer was erased, whose values may be
    /// among the reads.
    pub fn clear(&self) {
        self.rules.clear();
        self.policies.clear();
    }

    /// What it saved so far.
    pub fn counts(&self) -> MemoCounts {
        MemoCounts {
            skipped: self.skipped.load(Ordering::Relaxed),
            made: self.made.load(Ordering::Relaxed),
        }
    }

    /// What it holds, about.
    pub fn bytes(&self) -> u64 {
        self.rules.weight() + self.policies.weight()
    }

    fn run<A: Clone + Answer>(
        &self,
        steps: &Steps<A>,
        asked: &Asked<'_>,
        source: &Arc<dyn FieldSource>,
        make: impl FnOnce() -> Timed<ModuleRun<A>>,
    ) -> Timed<ModuleRun<A>> {
        // What is barred has no answer, whatever it answered before.
        if asked.module.linked.is_err() {
            return make();
        }
        if let Some(run) = asked.recall(steps, &**source) {
            self.skipped.fetch_add(1, Ordering::Relaxed);
            return Timed {
                run,
                elapsed: Duration::ZERO,
                is_skipped: true,
            };
        }
        let timed = make();
        self.made.fetch_add(1, Ordering::Relaxed);
        asked.remember(steps, &timed.run);
        timed
    }
}

/// A run that is wanted: all that it depends on but the fields.
struct Asked<'a> {
    memo: &'a Memo,
    module: &'a Ready,
    signals: &'a [ScoredSignal],
    start: u128,
}

impl<'a> Asked<'a> {
    fn new(memo: &'a Memo, tenant: &str, module: &'a Ready, signals: &'a [ScoredSignal]) -> Self {
        let mut hasher = memo.hasher();
        tenant.hash(&mut hasher);
        hasher.write(&module.fingerprint);
        hash_signals(signals, &mut hasher);
        let start = hasher.finish128().as_u128();
        Self {
            memo,
            module,
            signals,
            start,
        }
    }

    fn after(&self, before: u128, field: Field, value: &FieldValue) -> u128 {
        let mut hasher = self.memo.hasher();
        hasher.write_u128(before);
        (field, value).hash(&mut hasher);
        hasher.finish128().as_u128()
    }

    /// The run that was made when everything was as it is now.
    fn recall<A: Clone>(&self, steps: &Steps<A>, source: &dyn FieldSource) -> Option<ModuleRun<A>> {
        let mut at = self.start;
        let mut values = Vec::new();
        // A module reads a field once; more steps are a circle of collisions.
        while values.len() <= Field::ALL.len() {
            match steps.get(&at)? {
                Step::Reads(field) => {
                    let value = source.read(field);
                    at = self.after(at, field, &value);
                    values.push((field, value));
                }
                Step::Answers(remembered) => {
                    let is_same = self.depends_alike(&remembered, &values);
                    return is_same.then(|| remembered.run.clone());
                }
            }
        }
        None
    }

    fn depends_alike<A>(&self, remembered: &Remembered<A>, values: &[(Field, FieldValue)]) -> bool {
        let settings = &self.module.settings;
        remembered.run.digest == self.module.digest()
            && remembered.signals == self.signals
            && (Arc::ptr_eq(&remembered.settings, settings) || remembered.settings == *settings)
            && fields(&remembered.run).eq(values.iter().map(|(field, value)| (*field, value)))
    }

    fn remember<A: Clone + Answer>(&self, steps: &Steps<A>, run: &ModuleRun<A>) {
        let Ok(answer) = &run.answer else { return };
        let bytes = reads_bytes(run) + answer.bytes() + signals_bytes(self.signals);
        if bytes > MEMO_RUN_BYTES_MAX {
            return;
        }
        let mut at = self.start;
        for (field, value) in fields(run) {
            if steps.peek(&at).is_none() {
                steps.insert(at, Step::Reads(field));
            }
            at = self.after(at, field, value);
        }
        let remembered = Remembered {
            settings: Arc::clone(&self.module.settings),
            signals: self.signals.to_vec(),
            run: run.clone(),
            bytes,
        };
        steps.insert(at, Step::Answers(Arc::new(remembered)));
    }
}

impl Memo {
    fn hasher(&self) -> SipHasher13 {
        SipHasher13::new_with_key(&self.seed)
    }
}

/// The fields that a run read, in order. Settings are not steps: they are the
/// same for all runs of a release.
fn fields<A>(run: &ModuleRun<A>) -> impl Iterator<Item = (Field, &FieldValue)> {
    run.reads.iter().filter_map(|read| match read {
        Read::Field(field, value) => Some((*field, value)),
        Read::Setting(..) => None,
    })
}

fn hash_signals(signals: &[ScoredSignal], hasher: &mut impl Hasher) {
    hasher.write_usize(signals.len());
    for ScoredSignal {
        module,
        signal,
        weight,
    } in signals
    {
        (module, &signal.name, &signal.reason).hash(hasher);
        hasher.write_u64(signal.score.get().to_bits());
        hasher.write_u64(weight.get().to_bits());
    }
}

/// How large an answer is in memory, about.
trait Answer {
    fn bytes(&self) -> u64;
}

impl Answer for Vec<Signal> {
    fn bytes(&self) -> u64 {
        self.iter().map(signal_bytes).sum()
    }
}

impl Answer for Verdict {
    fn bytes(&self) -> u64 {
        let texts = self.tags.iter().chain(&self.reasons);
        256 + texts.map(|text| 32 + text.len() as u64).sum::<u64>()
    }
}

fn signal_bytes(signal: &Signal) -> u64 {
    let extra = signal.extra.iter();
    let extra: usize = extra.map(|(key, value)| 64 + key.len() + value.len()).sum();
    256 + (signal.name.len() + signal.reason.len() + extra) as u64
}

fn signals_bytes(signals: &[ScoredSignal]) -> u64 {
    signals.iter().map(|it| 64 + signal_bytes(&it.signal)).sum()
}

fn reads_bytes<A>(run: &ModuleRun<A>) -> u64 {
    let of_read = |read: &Read| match read {
        Read::Field(_, value) => value_bytes(value),
        Read::Setting(name, _) => name.len() as u64,
    };
    256 + run.reads.iter().map(|it| 64 + of_read(it)).sum::<u64>()
}

fn value_bytes(value: &FieldValue) -> u64 {
    let line = |line: &baton_domain::field::Line| 128 + line.name.len() + line.product.len();
    let bytes = match value {
        FieldValue::Unknown
        | FieldValue::Flag(_)
        | FieldValue::Count(_)
        | FieldValue::Seconds(_)
        | FieldValue::Money(_) => 0,
        FieldValue::Text(text) => text.len(),
        FieldValue::Texts(texts) => texts.iter().map(|it| 32 + it.len()).sum(),
        FieldValue::Lines(lines) => lines.iter().map(line).sum(),
        FieldValue::Order(order) => 256 + order.lines.iter().map(line).sum::<usize>(),
        FieldValue::Messages(messages) => messages.iter().map(|it| 128 + it.text.len()).sum(),
        FieldValue::Owners(spans) => 64 * spans.len(),
    };
    bytes as u64
}
