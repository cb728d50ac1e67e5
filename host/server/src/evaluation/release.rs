//! One occasion, from facts to a decision: rules, what is spent, the policy,
//! the host's own invariants.

use std::{sync::Arc, time::Duration};

use baton_domain::{
    decide::{DecisionRecord, PolicyRun, RuleRun, Terms, weigh},
    facts::Facts,
    ids::{CustomerId, ModuleName, ReleaseNumber, TenantId},
    module::{FieldSource, ModuleFailure, ModuleRun},
    release::{Guardrails, Tripped},
    signal::ScoredSignal,
};
use baton_sandbox::{Lineup, Memo, Ready, Timed, run_one_rule, run_policy, run_rules};
use jiff::Timestamp;

use super::thread_time::ThreadTime;
use crate::releases::{Breakers, Health, Trip};

/// A release in force: its modules, ready to run, on which terms they are
/// heard, and how they fare.
#[derive(Debug)]
pub struct ActiveRelease {
    /// Its number.
    pub number: ReleaseNumber,
    /// Its modules.
    pub lineup: Lineup,
    /// On which terms they are heard.
    pub terms: Terms,
    /// How they fare.
    pub health: Arc<Health>,
}

/// A decision, and how long it took to come about.
#[derive(Debug)]
pub struct Evaluated {
    /// The decision with all it rests on.
    pub record: DecisionRecord,
    /// Wall-clock time of each module; not part of the record, since a replay
    /// need not reproduce it.
    pub elapsed: Vec<(ModuleName, Duration)>,
    /// Computing time of all of it, on its thread: instances, modules, policy
    /// and record. What others cause is not in it: waiting for an evaluator,
    /// and standing aside while something else runs. Neither is waiting for
    /// the tenant's own evaluations, each of which is counted itself.
    pub took: Duration,
    /// Why the release must be taken back, if it must.
    pub tripped: Option<Tripped>,
}

impl Evaluated {
    /// What a moment comes to that no module could judge.
    pub fn unheard(release: &ActiveRelease, facts: &Facts) -> Self {
        Self {
            record: unheard(release, facts),
            elapsed: Vec::new(),
            took: Duration::ZERO,
            tripped: None,
        }
    }

    /// Whether any module was asked.
    pub fn is_heard(&self) -> bool {
        !self.elapsed.is_empty()
    }

    /// The release to be taken back, if it must.
    pub fn trip(&self, tenant: &TenantId) -> Option<Trip> {
        self.tripped.map(|tripped| Trip {
            tenant: tenant.clone(),
            release: self.record.release,
            tripped,
        })
    }

    /// Whether a module failed by itself. What was taken from it, by a revoked
    /// grant or by a host that died, says nothing of the release.
    fn has_failed(&self) -> bool {
        let is_own = |failure: &ModuleFailure| {
            let is_taken = matches!(
                failure,
                ModuleFailure::NotGranted(_) | ModuleFailure::Quarantined
            );
            !is_taken
        };
        let rules = self.record.rules.iter();
        let mut of_rules = rules.filter_map(|run| run.answer.as_ref().err());
        let of_policy = self.record.policy.answer.as_ref().err();
        of_rules.any(is_own) || of_policy.is_some_and(is_own)
    }
}

impl ActiveRelease {
    /// A release that nothing is known of yet.
    pub fn new(number: ReleaseNumber, lineup: Lineup, terms: Terms) -> Self {
        Self {
            number,
            lineup,
            terms,
            health: Arc::default(),
        }
    }

    /// The same, whose health is known from before.
    #[must_use]
    pub fn watched(self, health: Arc<Health>) -> Self {
        Self { health, ..self }
    }

    /// Whether there is anything to decide on: a rule that may notice
    /// something, or a customer who asks for a person.
    pub fn can_judge(&self, facts: &Facts) -> bool {
        !self.lineup.rules().is_empty() || facts.asks_for_person()
    }
}

/// Runs the release on the moment. Runs guest code: call it on a thread of
/// the evaluator pool.
pub fn evaluate(release: &ActiveRelease, facts: &Arc<Facts>) -> Evaluated {
    let began = ThreadTime::now();
    let source: Arc<dyn FieldSource> = facts.clone();
    let rules = run_rules(&release.lineup, &source);
    let mut evaluated = concluded(release, facts, rules, |signals| {
        run_policy(&release.lineup, &source, signals)
    });
    evaluated.took = began.passed();
    evaluated
}

/// How a tenant's release runs.
pub(super) struct Running<'r> {
    pub(super) tenant: &'r TenantId,
    pub(super) customer: &'r CustomerId,
    pub(super) release: &'r ActiveRelease,
    /// Runs that need not be made; `None` when the tenant wants all made.
    pub(super) memo: Option<&'r Memo>,
    pub(super) breakers: &'r Breakers,
    pub(super) guardrails: &'r Guardrails,
    pub(super) now: Timestamp,
}

impl Running<'_> {
    /// As [`evaluate`], without the runs that are known, and without modules
    /// that are suspended; how they fare is noted.
    pub(super) fn evaluate(&self, facts: &Arc<Facts>) -> Evaluated {
        let began = ThreadTime::now();
        let source: Arc<dyn FieldSource> = facts.clone();
        let lineup = &self.release.lineup;
        let rules = lineup.rules().iter();
        let rules = rules.map(|rule| self.rule(rule, &source)).collect();
        let mut evaluated = concluded(self.release, facts, rules, |signals| {
            self.policy(&source, signals)
        });
        evaluated.took = began.passed();
        let (failed, health) = (evaluated.has_failed(), &self.release.health);
        evaluated.tripped = health.note(self.guardrails, failed, evaluated.took);
        evaluated
    }

    fn rule(&self, rule: &Ready, source: &Arc<dyn FieldSource>) -> Timed<RuleRun> {
        let timed = self.admitted(rule).unwrap_or_else(|| match self.memo {
            Some(memo) => memo.run_rule(self.tenant.as_str(), rule, source),
            None => run_one_rule(rule, source),
        });
        let signals = timed.run.answer.as_ref().map_or(0, Vec::len);
        self.noted(timed, rule, signals)
    }

    fn policy(&self, source: &Arc<dyn FieldSource>, signals: &[ScoredSignal]) -> Timed<PolicyRun> {
        let lineup = &self.release.lineup;
        let policy = lineup.policy();
        let timed = self.admitted(policy).unwrap_or_else(|| match self.memo {
            Some(memo) => memo.run_policy(self.tenant.as_str(), lineup, source, signals),
            None => run_policy(lineup, source, signals),
        });
        self.noted(timed, policy, 0)
    }

    /// What a suspended module comes to; `None` for one that may run.
    fn admitted<A>(&self, module: &Ready) -> Option<Timed<ModuleRun<A>>> {
        let digest = module.digest();
        let is_admitted = self.breakers.admits(self.tenant, digest, self.now);
        (!is_admitted).then(|| Timed {
            run: module.not_run(ModuleFailure::Suspended),
            elapsed: Duration::ZERO,
            is_skipped: false,
        })
    }

    fn noted<A>(
        &self,
        timed: Timed<ModuleRun<A>>,
        module: &Ready,
        signals: usize,
    ) -> Timed<ModuleRun<A>> {
        let run = &timed.run;
        let ran = !matches!(
            run.answer,
            Err(ModuleFailure::Suspended | ModuleFailure::NotGranted(_))
        );
        if ran && !timed.is_skipped {
            let failed = run.answer.is_err();
            let breakers = self.breakers;
            if breakers.note(self.tenant, run.digest, failed, self.now) {
                let release = self.release.number.0;
                tracing::warn!(tenant = %self.tenant, module = %run.module, release, "a module is suspended: it does nothing but fail");
            }
        }
        let about = (self.customer, self.now);
        let counts = (signals, module.tier().fuel_max());
        self.release.health.stats.ran(&timed, counts, about);
        timed
    }
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
    let weighed = weigh(facts, &runs, &release.terms);
    let policy = policy(&weighed.counted);
    elapsed.push((policy.run.module.clone(), policy.elapsed));
    let named = (release.number, &release.terms);
    let record = DecisionRecord::new(facts, named, runs, weighed, policy.run);
    Evaluated {
        record,
        elapsed,
        took: Duration::ZERO,
        tripped: None,
    }
}

/// The record of a moment that no module could judge: each run says so, and
/// the tenant's default applies.
fn unheard(release: &ActiveRelease, facts: &Facts) -> DecisionRecord {
    let rules: Vec<_> = release
        .lineup
        .rules()
        .iter()
        .map(|rule| rule.not_run(ModuleFailure::Quarantined))
        .collect();
    let weighed = weigh(facts, &rules, &release.terms);
    let policy = release.lineup.policy();
    let policy = policy.not_run(ModuleFailure::Quarantined);
    let named = (release.number, &release.terms);
    DecisionRecord::new(facts, named, rules, weighed, policy)
}
