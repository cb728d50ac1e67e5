//! Evaluations that did not fit into the time before the answer. The event is
//! durable; this finishes what it calls for.

use std::{sync::Arc, time::Duration};

use baton_domain::{
    event::Event,
    facts::Facts,
    ids::CustomerId,
    limits::{
        COMMIT_TRIES_MAX, DEFERRED_EVALUATION_SECONDS_MAX, EVALUATION_TRIES_MAX,
        RELEASE_WAIT_SECONDS, RELEASE_WAITS_MAX,
    },
    occasion::Occasion,
};
use baton_store::{
    CommitError, LeasedWork, NewWork, StoreError, Work, WorkChange, WorkKey, WorkKind,
};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, timeout};

use super::{Change, Refused};
use crate::{
    directory::ActiveTenant,
    evaluation::{ActiveRelease, Ask, Cause, Evaluated, When},
    host::Host,
};

/// Payload of a deferred evaluation.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Deferred {
    /// The event, as it stands in the customer's log. A copy, since a merge
    /// gives it another place.
    pub(super) event: Event,
    /// Of what it is the evaluation.
    pub(super) cause: Cause,
    /// How often it waited for the tenant's releases in vain.
    #[serde(default)]
    pub(super) waits: u32,
}

impl Deferred {
    pub(super) fn payload(&self) -> serde_json::Value {
        // Strings, numbers and enums only: this cannot fail.
        serde_json::to_value(self).unwrap_or_default()
    }

    /// The work of waiting once more, a little later: not a try of the
    /// evaluation, which has not begun.
    fn once_more(self, host: &Host, work: &Work) -> NewWork {
        let waits = self.waits + 1;
        let key = work.key.0.split("/wait-").next().unwrap_or_default();
        let later = SignedDuration::from_secs(RELEASE_WAIT_SECONDS);
        NewWork {
            key: WorkKey(format!("{key}/wait-{waits}").into()),
            kind: WorkKind::Evaluate,
            due_at: host.clock.now() + later,
            payload: Self { waits, ..self }.payload(),
        }
    }
}

/// Finishes a deferred evaluation: decides on what the customer's state is
/// now. A lost lease leaves it to the next holder.
///
/// # Errors
/// [`Refused`]; the row is due again when its lease ends.
pub async fn finish_evaluation(host: &Host, leased: LeasedWork) -> Result<(), Refused> {
    for _ in 0..COMMIT_TRIES_MAX {
        let Some(change) = decided(host, &leased).await? else {
            return Ok(());
        };
        match change.commit(host).await {
            Ok(_) | Err(CommitError::LeaseLost) => return Ok(()),
            Err(CommitError::Store(error)) => return Err(error.into()),
            Err(_changed_meanwhile) => {}
        }
    }
    Err(Refused::Contended)
}

/// The change that settles the row; `None` when it must wait, or nobody is
/// left to decide on.
async fn decided(host: &Host, leased: &LeasedWork) -> Result<Option<Change>, Refused> {
    let work = &leased.work;
    let directory = host.directory();
    let Some(tenant) = directory.tenant(&work.tenant) else {
        return Ok(None);
    };
    let Some(loaded) = host.store.load(&work.tenant, &work.customer, &[]).await? else {
        return Ok(None);
    };
    let mut change = Change::onto(host, tenant.clone(), loaded).await?;
    let deferred = serde_json::from_value::<Deferred>(work.payload.clone()).ok();
    if let Some(deferred) = deferred
        && let Some(occasion) = Occasion::of(&deferred.event, change.state())
    {
        let release = release(host, tenant, change.customer(), deferred.waits).await?;
        let settled = match release {
            Some(release) => {
                let occasion = (occasion, deferred.cause, work.tries);
                decide(host, tenant, &mut change, occasion, &release).await
            }
            None => {
                change.add_work(WorkChange::Add(deferred.once_more(host, work)));
                true
            }
        };
        if !settled {
            return Ok(None);
        }
    }
    change.add_work(WorkChange::Done(leased.lease.clone()));
    Ok(Some(change))
}

/// Decides on the occasion; `false` when it must wait.
async fn decide(
    host: &Host,
    tenant: &ActiveTenant,
    change: &mut Change,
    (occasion, cause, tries): (Occasion, Cause, u32),
    release: &Arc<ActiveRelease>,
) -> bool {
    let number = occasion.number.clone();
    let facts = Facts::new(change.state().clone(), occasion, tenant.profile.clone());
    // Known only now when the release was not ready before the answer.
    if !release.can_judge(&facts) {
        return true;
    }
    let evaluated = if tries > EVALUATION_TRIES_MAX {
        tracing::error!(tenant = %tenant.document.id, "an evaluation never ended: the default applies");
        Evaluated::unheard(release, &facts)
    } else {
        let patience = Duration::from_secs(DEFERRED_EVALUATION_SECONDS_MAX);
        let ask = Ask {
            tenant,
            customer: change.customer(),
            release,
            facts: facts.clone(),
            cause,
            when: When::AfterAnswer,
            deadline: Instant::now() + patience,
            now: host.clock.now(),
        };
        let Some(evaluated) = host.evaluators.evaluate(ask).await else {
            return false;
        };
        evaluated
    };
    host.metrics.evaluated("finished", &evaluated);
    change.decided_on(host, (Some(facts), cause), number, evaluated);
    true
}

/// The release that decides on the customer; `None` when it is not ready soon
/// and this should stand aside for others. Once it did so too often, it is one
/// that cannot run.
async fn release(
    host: &Host,
    tenant: &ActiveTenant,
    customer: &CustomerId,
    waits: u32,
) -> Result<Option<Arc<ActiveRelease>>, StoreError> {
    let rollout = &tenant.rollout;
    let patience = Duration::from_secs(RELEASE_WAIT_SECONDS.unsigned_abs());
    if let Ok(ready) = timeout(patience, host.releases_of(tenant)).await {
        return Ok(Some(ready?.release_of(rollout, customer).clone()));
    }
    if waits < RELEASE_WAITS_MAX {
        return Ok(None);
    }
    tracing::error!(tenant = %tenant.document.id, "its releases are never ready: the default applies");
    let unready = rollout.unready(&host.library, &*host.store, customer);
    Ok(Some(Arc::new(unready.await?)))
}
