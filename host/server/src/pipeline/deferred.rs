//! Evaluations that did not fit into the time before the answer. The event is
//! durable; this finishes what it calls for.

use std::time::Duration;

use baton_domain::{
    facts::Facts,
    limits::{COMMIT_TRIES_MAX, DEFERRED_EVALUATION_SECONDS_MAX},
    occasion::Occasion,
};
use baton_store::{CommitError, LeasedWork, Version, WorkChange};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{Change, Refused};
use crate::host::Host;

/// Payload of a deferred evaluation.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Deferred {
    /// Place of the event in the customer's log.
    pub(super) version: u64,
}

impl Deferred {
    pub(super) fn payload(&self) -> serde_json::Value {
        serde_json::json!({ "version": self.version })
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
    let event = match serde_json::from_value::<Deferred>(work.payload.clone()) {
        Ok(Deferred { version }) => {
            let from = Version(version);
            host.store
                .events(&work.tenant, change.customer(), from, 1)
                .await?
                .pop()
        }
        Err(_) => None,
    };
    if let Some(stored) = event
        && let Some(occasion) = Occasion::of(&stored.event, change.state())
    {
        let patience = Duration::from_secs(DEFERRED_EVALUATION_SECONDS_MAX);
        let number = occasion.number.clone();
        let facts = Facts::new(change.state().clone(), occasion, tenant.profile.clone());
        let Some(evaluated) = change
            .evaluate(host, facts, Instant::now() + patience)
            .await
        else {
            return Ok(None);
        };
        change.decide(host.clock.now(), number, evaluated.record);
    }
    change.add_work(WorkChange::Done(leased.lease.clone()));
    Ok(Some(change))
}
