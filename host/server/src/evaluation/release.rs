//! One occasion, from facts to a decision: rules, what is spent, the policy,
//! the host's own invariants.

use std::{sync::Arc, time::Duration};

use baton_domain::{
    decide::{DecisionRecord, PolicyRun, RuleRun, Weights, weigh},
    facts::Facts,
    ids::{ModuleName, ReleaseNumber},
    module::{FieldSource, ModuleFailure, ModuleRun},
    signal::ScoredSignal,
};
use baton_sandbox::{Lineup, Memo, Ready, Timed, run_policy, run_rules};

/// A release in force: its modules, ready to run, and their weights.
#[derive(Debug, Clone)]
pub struct ActiveRelease {
    /// Its number.
    pub number: ReleaseNumber,
    /// Its modules.
    pub lineup: Lineup,
    /// What each rule weighs.
    pub weights: Weights,
}

/// A decision, and how long each module took to contribute to it.
#[derive(Debug)]
pub struct Evaluated {
    /// The decision with all it rests on.
    pub record: DecisionRecord,
    /// Wall-clock time of each module; not part of the record, since a replay
    /// need not reproduce it.
    pub elapsed: Vec<(ModuleName, Duration)>,
}

impl Evaluated {
    /// What a moment comes to that no module could judge.
    pub fn unheard(release: &ActiveRelease, facts: &Facts) -> Self {
        Self {
            record: unheard(release, facts),
            elapsed: Vec::new(),
        }
    }

    /// Whether any module was asked.
    pub fn is_heard(&self) -> bool {
        !self.elapsed.is_empty()
    }

    /// How long all modules took.
    pub fn took(&self) -> Duration {
        self.elapsed.iter().map(|(_, elapsed)| *elapsed).sum()
    }
}

impl ActiveRelease {
    /// Whether there is anything to decide on: a rule that may notice
    /// something, or a customer who asks for a person.
    pub fn can_judge(&self, facts: &Facts) -> bool {
        !self.lineup.rules().is_empty() || facts.asks_for_person()
    }
}

/// Runs the release on the moment. Runs guest code: call it on a thread of
/// the evaluator pool.
pub fn evaluate(release: &ActiveRelease, facts: &Arc<Facts>) -> Evaluated {
    let source: Arc<dyn FieldSource> = facts.clone();
    let rules = run_rules(&release.lineup, &source);
    concluded(release, facts, rules, |signals| {
        run_policy(&release.lineup, &source, signals)
    })
}

/// The same, without the runs of modules that `memo` knows for `tenant`: the
/// record is the same, too.
pub(super) fn evaluate_skipping(
    release: &ActiveRelease,
    facts: &Arc<Facts>,
    memo: &Memo,
    tenant: &str,
) -> Evaluated {
    let source: Arc<dyn FieldSource> = facts.clone();
    let rules = memo.run_rules(tenant, &release.lineup, &source);
    concluded(release, facts, rules, |signals| {
        memo.run_policy(tenant, &release.lineup, &source, signals)
    })
}

fn concluded(
    release: &ActiveRelease,
    facts: &Facts,
    rules: Vec<Timed<RuleRun>>,
    policy: impl FnOnce(&[ScoredSignal]) -> Timed<PolicyRun>,
) -> Evaluated {
    let mut elapsed = Vec::with_capacity(rules.len() + 1);
    let mut runs = Vec::with_capacity(rules.len());
    for timed in rules {
        elapsed.push((timed.run.module.clone(), timed.elapsed));
        runs.push(timed.run);
    }
    let weighed = weigh(facts, &runs, &release.weights);
    let policy = policy(&weighed.counted);
    elapsed.push((policy.run.module.clone(), policy.elapsed));
    let record = DecisionRecord::new(facts, release.number, runs, weighed, policy.run);
    Evaluated { record, elapsed }
}

/// The record of a moment that no module could judge: each run says so, and
/// the tenant's default applies.
fn unheard(release: &ActiveRelease, facts: &Facts) -> DecisionRecord {
    fn failed<A>(module: &Ready) -> ModuleRun<A> {
        ModuleRun {
            module: module.declaration().name.clone(),
            digest: module.digest(),
            reads: Vec::new(),
            answer: Err(ModuleFailure::Quarantined),
            fuel: 0,
        }
    }
    let rules: Vec<_> = release
        .lineup
        .rules()
        .iter()
        .map(|rule| failed(rule))
        .collect();
    let weighed = weigh(facts, &rules, &release.weights);
    let policy = failed(release.lineup.policy());
    DecisionRecord::new(facts, release.number, rules, weighed, policy)
}
