//! The shadow release: it looks at the moments that were decided, after the
//! fact, on threads that nobody waits for, and what it would have decided is
//! an event of its own. It never acts, and when there is too much to do it is
//! the first that is left undone.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use baton_domain::{
    decide::{Decision, DecisionRecord},
    event::{Event, EventBody},
    facts::Facts,
    ids::{CustomerId, NumberId, TenantId},
    limits::{COMMIT_TRIES_MAX, DEFERRED_EVALUATION_SECONDS_MAX, SHADOWS_WAITING_MAX},
};
use baton_store::CommitError;
use tokio::{
    sync::mpsc::{self, Receiver, Sender, error::TrySendError},
    time::{Instant, timeout},
};
use tokio_util::sync::CancellationToken;

use crate::{
    directory::ActiveTenant,
    evaluation::{Ask, Cause, When},
    host::Host,
    pipeline::Change,
    work::Loop,
};

/// A moment that was decided, for the shadow to look at.
pub struct ShadowJob {
    /// Whose.
    pub tenant: Arc<ActiveTenant>,
    /// Of whom.
    pub customer: CustomerId,
    /// In which conversation.
    pub number: NumberId,
    /// What the moment knew.
    pub facts: Facts,
    /// Of what it is the evaluation.
    pub cause: Cause,
    /// What was decided.
    pub decision: Decision,
}

/// Moments that wait for the shadow.
pub struct Shadows {
    to: Sender<ShadowJob>,
    from: Mutex<Option<Receiver<ShadowJob>>>,
}

impl Default for Shadows {
    fn default() -> Self {
        let (to, from) = mpsc::channel(SHADOWS_WAITING_MAX);
        let from = Mutex::new(Some(from));
        Self { to, from }
    }
}

impl Shadows {
    /// Hands a moment over; `false` when too many wait.
    pub fn push(&self, job: ShadowJob) -> bool {
        !matches!(self.to.try_send(job), Err(TrySendError::Full(_)))
    }

    /// Those that wait, for the one loop that takes them.
    pub(crate) fn take(&self) -> Option<Receiver<ShadowJob>> {
        let mut from = self.from.lock().unwrap_or_else(PoisonError::into_inner);
        from.take()
    }
}

/// Lets shadows look at what waits for them, until `shutdown`.
pub fn shadowing(
    host: &Arc<Host>,
    mut jobs: Receiver<ShadowJob>,
    shutdown: &CancellationToken,
) -> Loop {
    let (host, shutdown) = (host.clone(), shutdown.clone());
    Box::pin(async move {
        loop {
            let job = tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                job = jobs.recv() => job,
            };
            let Some(job) = job else { return };
            let outcome = look(&host, job).await;
            host.metrics.shadows.count(outcome);
        }
    })
}

/// Looks at one moment; what it came to, as the metrics name it.
async fn look(host: &Host, job: ShadowJob) -> &'static str {
    let ShadowJob {
        tenant,
        customer,
        number,
        facts,
        cause,
        decision,
    } = job;
    let patience = Duration::from_secs(DEFERRED_EVALUATION_SECONDS_MAX);
    let Ok(Ok(releases)) = timeout(patience, host.releases_of(&tenant)).await else {
        return "shed";
    };
    let Some(release) = releases.shadow() else {
        return "over";
    };
    let ask = Ask {
        tenant: &tenant,
        customer: &customer,
        release,
        facts,
        cause,
        when: When::AfterAnswer,
        deadline: Instant::now() + patience,
        now: host.clock.now(),
    };
    let Some(evaluated) = host.evaluators.evaluate(ask).await else {
        return "shed";
    };
    if let Some(trip) = evaluated.trip(&tenant.document.id) {
        host.trip(trip);
    }
    let is_same = is_same(&decision, &evaluated.record.decision);
    release.health.stats.compared(is_same);
    let id = &tenant.document.id;
    match record(host, id, &customer, number, evaluated.record).await {
        Ok(()) if is_same => "same",
        Ok(()) => "different",
        Err(error) => {
            tracing::warn!(tenant = %id, %customer, %error, "what the shadow decided is not written");
            "lost"
        }
    }
}

/// Whether the same would have been done.
fn is_same(one: &Decision, other: &Decision) -> bool {
    let done = |it: &Decision| {
        (
            it.outcome,
            it.team.clone(),
            it.tier.clone(),
            it.tags.clone(),
        )
    };
    done(one) == done(other)
}

async fn record(
    host: &Host,
    tenant: &TenantId,
    customer: &CustomerId,
    number: NumberId,
    record: DecisionRecord,
) -> Result<(), CommitError> {
    for _ in 0..COMMIT_TRIES_MAX {
        let directory = host.directory();
        let Some(tenant) = directory.tenant(tenant) else {
            return Ok(());
        };
        let id = &tenant.document.id;
        let Some(loaded) = host.store.load(id, customer, &[]).await? else {
            return Ok(());
        };
        let mut change = Change::onto(host, tenant.clone(), loaded).await?;
        change.append(Event {
            at: host.clock.now(),
            number: Some(number.clone()),
            body: EventBody::Shadowed(Box::new(record.clone())),
        });
        match change.commit(host).await {
            Ok(_) => return Ok(()),
            Err(CommitError::Store(error)) => return Err(error.into()),
            Err(_changed_meanwhile) => {}
        }
    }
    Err(CommitError::Stale)
}
