//! Evaluations that did not fit into the time before the answer. The event is
//! durable; this finishes what it calls for.

use std::time::Duration;

use baton_domain::{
    event::Event,
    facts::Facts,
    limits::{COMMIT_TRIES_MAX, DEFERRED_EVALUATION_SECONDS_MAX, EVALUATION_TRIES_MAX},
    occasion::Occasion,
};
use baton_store::{CommitError, LeasedWork, WorkChange};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{Change, Refused};
use crate::{
    evaluation::{Ask, Cause, Evaluated, When},
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
}

impl Deferred {
    pub(super) fn payload(&self) -> serde_json::Value {
        // Strings, numbers and enums only: this cannot fail.
        serde_json::to_value(self).unwrap_or_default()
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
    if let Some(Deferred { event, cause }) = deferred
        && let Some(occasion) = Occasion::of(&event, change.state())
    {
        let number = occasion.number.clone();
        let facts = Facts::new(change.state().clone(), occasion, tenant.profile.clone());
        let release = tenant.rollout.release_of(&work.tenant, change.customer());
        let evaluated = if work.tries > EVALUATION_TRIES_MAX {
            tracing::error!(tenant = %work.tenant, "an evaluation never ended: the default applies");
            Evaluated::unheard(release, &facts)
        } else {
            let patience = Duration::from_secs(DEFERRED_EVALUATION_SECONDS_MAX);
            let deadline = Instant::now() + patience;
            let ask = Ask {
                tenant,
                customer: change.customer(),
                release,
                facts: facts.clone(),
                cause,
                when: When::AfterAnswer,
                deadline,
                now: host.clock.now(),
            };
            let Some(evaluated) = host.evaluators.evaluate(ask).await else {
                return Ok(None);
            };
            evaluated
        };
        host.metrics.evaluated("finished", &evaluated);
        change.decided_on(host, (Some(facts), cause), number, evaluated);
    }
    change.add_work(WorkChange::Done(leased.lease.clone()));
    Ok(Some(change))
}
