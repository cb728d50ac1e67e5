//! How decisions come about: the release on the moment, on threads of their
//! own, within what the tenant may use, and never a third time when the host
//! died of it twice.

mod budget;
mod release;
mod stats;
mod suspects;
mod thread_time;

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::Arc,
};

use baton_domain::{
    decide::DecisionRecord,
    facts::Facts,
    ids::{CustomerId, TenantId},
    limits::{EVALUATION_KILLS_MAX, TENANT_EVALUATION_MS_PER_SECOND},
};
use baton_sandbox::{EvaluatorPool, Memo, MemoCounts, Urgency};
use jiff::Timestamp;
use tokio::time::Instant;

pub use release::{ActiveRelease, Evaluated, evaluate};
pub use stats::{ModuleStats, Spread, Stats};
pub use suspects::{Cause, Suspects, SuspectsError};

use self::{budget::Budgets, release::Running};
use crate::{directory::ActiveTenant, releases::Breakers};

/// Whoever evaluates.
pub struct Evaluators {
    pool: EvaluatorPool,
    /// Threads that stand aside, for tenants whose evaluations take long.
    aside: Option<EvaluatorPool>,
    memo: Arc<Memo>,
    budgets: Arc<Budgets>,
    suspects: Arc<Suspects>,
    breakers: Arc<Breakers>,
}

/// An evaluation that is wanted.
pub struct Ask<'a> {
    /// For whom.
    pub tenant: &'a ActiveTenant,
    /// On whom.
    pub customer: &'a CustomerId,
    /// By which release.
    pub release: &'a Arc<ActiveRelease>,
    /// What the moment knows.
    pub facts: Facts,
    /// Of what it is the evaluation.
    pub cause: Cause,
    /// Whether a webhook waits for it.
    pub when: When,
    /// Until when it is of use.
    pub deadline: Instant,
    /// What time it is.
    pub now: Timestamp,
}

/// Whose turn an evaluation takes. Two tenants of one hash share theirs.
fn turn_of(tenant: &TenantId) -> u64 {
    let mut hasher = DefaultHasher::new();
    tenant.hash(&mut hasher);
    hasher.finish()
}

/// Whether a webhook waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// Before the answer: only within the tenant's budget.
    BeforeAnswer,
    /// After it.
    AfterAnswer,
}

impl Evaluators {
    /// Evaluators on the threads of `pool`. What ran when the host died is in
    /// `suspects`; `seed` is random.
    pub fn new(pool: EvaluatorPool, suspects: Suspects, seed: [u8; 16]) -> Self {
        Self {
            budgets: Arc::new(Budgets::new(
                pool.threads(),
                TENANT_EVALUATION_MS_PER_SECOND,
            )),
            pool,
            aside: None,
            memo: Arc::new(Memo::new(seed)),
            suspects: Arc::new(suspects),
            breakers: Arc::default(),
        }
    }

    /// Gives each tenant `ms_per_second` of computing time for each thread.
    #[must_use]
    pub fn with_tenant_budget(mut self, ms_per_second: u32) -> Self {
        self.budgets = Arc::new(Budgets::new(self.pool.threads(), ms_per_second));
        self
    }

    /// Tenants whose evaluations take long have theirs made on the threads of
    /// `pool`, which stand aside.
    #[must_use]
    pub fn with_slow_ones_on(mut self, pool: EvaluatorPool) -> Self {
        self.aside = Some(pool);
        self
    }

    /// What tells the evaluation of an event from others, also after a
    /// restart.
    pub fn cause(&self, tenant: &TenantId, event: &[u8]) -> Cause {
        self.suspects.cause(tenant, event)
    }

    /// The decision on what is asked. `None` when it must be made later: the time or
    /// the tenant's budget is used up, every evaluator is busy, or the host
    /// died while it was made before.
    pub async fn evaluate(&self, ask: Ask<'_>) -> Option<Evaluated> {
        let (id, deadline) = (&ask.tenant.document.id, ask.deadline);
        let is_inline = ask.when == When::BeforeAnswer;
        let kills = self.suspects.kills(ask.cause);
        if kills >= EVALUATION_KILLS_MAX {
            tracing::error!(tenant = %id, kills, "an evaluation is quarantined: the host died of it");
            return Some(Evaluated::unheard(ask.release, &ask.facts));
        }
        let now = Instant::now();
        let standing = self.budgets.standing(id, now);
        if now >= deadline || (is_inline && (kills > 0 || !standing.has_left)) {
            return None;
        }
        let urgency = match ask.when {
            When::BeforeAnswer => Urgency::Now,
            When::AfterAnswer => Urgency::Later,
        };
        let aside = self.aside.as_ref();
        let aside = aside.filter(|_| standing.is_slow);
        let job = self.job(ask);
        let pool = aside.unwrap_or(&self.pool);
        let pending = pool.run_for(turn_of(id), urgency, job).ok()?;
        tokio::time::timeout_at(deadline, pending).await.ok()?.ok()
    }

    /// What runs on a thread of the pool.
    fn job(&self, ask: Ask<'_>) -> impl FnOnce() -> Evaluated + Send + 'static + use<> {
        let Ask {
            tenant, cause, now, ..
        } = ask;
        let (release, facts) = (ask.release.clone(), Arc::new(ask.facts));
        let customer = ask.customer.clone();
        let guardrails = tenant.rollout.document.body.guardrails;
        let breakers = self.breakers.clone();
        let (id, skips) = (tenant.document.id.clone(), tenant.document.skip_unchanged);
        let (memo, budgets) = (self.memo.clone(), self.budgets.clone());
        let suspects = self.suspects.clone();
        let span = tracing::debug_span!("evaluate", tenant = %id);
        move || {
            let _in = span.entered();
            let noted = suspects.begin(cause);
            let running = Running {
                tenant: &id,
                customer: &customer,
                release: &release,
                memo: skips.then_some(&*memo),
                breakers: &breakers,
                guardrails: &guardrails,
                now,
            };
            let evaluated = running.evaluate(&facts);
            drop(noted);
            tell_failures(&evaluated);
            budgets.spend(&id, evaluated.took, Instant::now());
            suspects.acquit(cause);
            evaluated
        }
    }

    /// How many runs of modules were spared, and how many were made.
    pub fn memo_counts(&self) -> MemoCounts {
        self.memo.counts()
    }

    /// Evaluations that wait for a thread.
    pub fn waiting(&self) -> usize {
        let aside = self.aside.as_ref().map_or(0, EvaluatorPool::waiting);
        self.pool.waiting() + aside
    }
}

/// By name and code alone: what a module says of its failure may quote what it
/// read.
fn tell_failures(evaluated: &Evaluated) {
    let DecisionRecord { rules, policy, .. } = &evaluated.record;
    let rules = rules
        .iter()
        .map(|run| (&run.module, run.answer.as_ref().err()));
    let policy = (&policy.module, policy.answer.as_ref().err());
    for (module, failure) in rules.chain([policy]) {
        if let Some(failure) = failure {
            tracing::warn!(%module, code = failure.code(), "a module failed");
        }
    }
}
