//! One occasion, from facts to a decision: rules, what is spent, the policy,
//! the host's own invariants.

use std::{sync::Arc, time::Duration};

use baton_domain::{
    decide::{DecisionRecord, Weights, weigh},
    facts::Facts,
    ids::{ModuleName, ReleaseNumber},
    module::{FieldSource, ModuleFailure, ModuleRun},
};
use baton_sandbox::{Lineup, Ready, Timed, run_policy, run_rules};

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

/// Runs the release on the moment. Runs guest code: call it on a thread of
/// the evaluator pool.
pub fn evaluate(release: &ActiveRelease, facts: &Arc<Facts>) -> Evaluated {
    let source: Arc<dyn FieldSource> = facts.clone();
    let mut elapsed = Vec::new();
    let mut note = |module: &ModuleName, time| elapsed.push((module.clone(), time));
    let rules: Vec<_> = run_rules(&release.lineup, &source)
        .into_iter()
        .map(|Timed { run, elapsed }| {
            note(&run.module, elapsed);
            run
        })
        .collect();
    let weighed = weigh(facts, &rules, &release.weights);
    let policy = run_policy(&release.lineup, &source, &weighed.counted);
    note(&policy.run.module, policy.elapsed);
    let record = DecisionRecord::new(facts, release.number, rules, weighed, policy.run);
    Evaluated { record, elapsed }
}

/// The record of a moment that no module could judge: each run says so, and
/// the tenant's default applies.
pub fn unheard(release: &ActiveRelease, facts: &Facts) -> DecisionRecord {
    fn failed<A>(module: &Ready) -> ModuleRun<A> {
        ModuleRun {
            module: module.declaration().name.clone(),
            digest: module.digest(),
            reads: Vec::new(),
            answer: Err(ModuleFailure::Overran),
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
