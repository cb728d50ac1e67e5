//! Notices that were given up, sent once more.

use std::sync::Arc;

use baton_domain::{
    ids::{CustomerId, EndpointId},
    limits::{COMMIT_TRIES_MAX, REPLAYED_AT_ONCE_MAX},
};
use baton_store::{
    AuditEntry, CommitError, Stage, StoreError, Work, WorkChange, WorkKey, WorkKind,
};
use jiff::Timestamp;

use super::delivery::{Delivery, Recipient};
use crate::{
    directory::ActiveTenant,
    host::Host,
    pipeline::{Change, Refused},
};

/// What was replayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    /// How many notices.
    pub count: usize,
    /// Where to go on; `None` when there are no more.
    pub next: Option<String>,
}

/// Why a notice is not replayed.
#[derive(Debug, thiserror::Error)]
pub enum NotReplayed {
    /// There is no such dead letter.
    #[error("there is no such dead letter")]
    Missing,
    /// It is a message to a customer.
    #[error("a message to a customer is never sent a second time")]
    NotNotice,
    /// The store failed, or others kept changing the customer.
    #[error(transparent)]
    Refused(#[from] Refused),
}

impl From<StoreError> for NotReplayed {
    fn from(error: StoreError) -> Self {
        Self::Refused(error.into())
    }
}

/// Sends notices to an endpoint once more that happened since `since` and were
/// given up; as many as one request may, from where the last one ended.
///
/// # Errors
/// [`Refused`]; what was replayed before stays so.
pub async fn replay_endpoint(
    host: &Host,
    tenant: &Arc<ActiveTenant>,
    endpoint: &EndpointId,
    since: Timestamp,
    after: Option<&str>,
    by: &AuditEntry,
) -> Result<Replayed, Refused> {
    let id = &tenant.document.id;
    // The latest first: what died before `since` happened before it.
    let letters = host
        .store
        .dead_letters(id, after, REPLAYED_AT_ONCE_MAX)
        .await?;
    let mut replayed = Replayed {
        count: 0,
        next: letters.next,
    };
    for letter in letters.items {
        let Stage::Dead { at, .. } = &letter.stage else {
            continue;
        };
        if *at < since {
            replayed.next = None;
            break;
        }
        let Some(delivery) = notice(&letter) else {
            continue;
        };
        let is_theirs =
            matches!(&delivery.to, Recipient::Webhook { endpoint: it } if it == endpoint);
        if is_theirs && delivery.notice.at >= since {
            again(host, tenant, &letter, delivery, by).await?;
            replayed.count += 1;
        }
    }
    Ok(replayed)
}

/// Sends one notice once more.
///
/// # Errors
/// [`NotReplayed`].
pub async fn replay_one(
    host: &Host,
    tenant: &Arc<ActiveTenant>,
    customer: &CustomerId,
    key: &WorkKey,
    by: &AuditEntry,
) -> Result<(), NotReplayed> {
    let id = &tenant.document.id;
    let letter = host.store.work(id, customer, key).await?;
    let is_dead = |it: &Work| matches!(it.stage, Stage::Dead { .. });
    let letter = letter.filter(is_dead).ok_or(NotReplayed::Missing)?;
    let delivery = notice(&letter).ok_or(NotReplayed::NotNotice)?;
    Ok(again(host, tenant, &letter, delivery, by).await?)
}

fn notice(letter: &Work) -> Option<Delivery> {
    let is_notice = letter.kind == WorkKind::Notify;
    let delivery = serde_json::from_value(letter.payload.clone());
    delivery.ok().filter(|_| is_notice)
}

/// Takes the dead letter away and puts a fresh row in its place, in one commit
/// with who does so.
async fn again(
    host: &Host,
    tenant: &Arc<ActiveTenant>,
    letter: &Work,
    delivery: Delivery,
    by: &AuditEntry,
) -> Result<(), Refused> {
    let next = Delivery {
        failures: 0,
        replays: delivery.replays.saturating_add(1),
        ..delivery
    };
    for _ in 0..COMMIT_TRIES_MAX {
        let loaded = host.store.load(&letter.tenant, &letter.customer, &[]).await;
        let loaded = match loaded {
            Ok(Some(loaded)) => loaded,
            // The letter went with the customer.
            Ok(None) | Err(StoreError::Erased) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let mut change = Change::onto(host, tenant.clone(), loaded).await?;
        change.by(by.clone());
        change.add_work(WorkChange::Dismiss(letter.key.clone()));
        change.add_work(WorkChange::Add(next.work(host.clock.now())));
        match change.commit(host).await {
            Ok(_) => return Ok(()),
            Err(CommitError::Store(error)) => return Err(error.into()),
            Err(_changed_meanwhile) => {}
        }
    }
    Err(Refused::Contended)
}
