//! The way through the house, top to bottom:
//!
//! ```text
//! raw bytes ─ verify ─▶ VerifiedBody ─ parse ─▶ updates ─ sort ─▶ one parcel a customer
//!    for each parcel, customers in parallel:
//!       load      state, version, what is known already
//!       fold      state = fold(state, event)
//!       evaluate  facts ▶ rules ▶ policy ▶ decision     (within the time budget)
//!       commit    events, state, work, identities       (one batch, one sync)
//! 200 only after every commit is durable
//! ```

mod care;
mod change;
mod deferred;
mod follow_ups;
mod history;
mod sort;

use std::{collections::HashSet, sync::Arc};

use baton_domain::{event::Event, ids::CustomerId};
use baton_store::{
    Appended, AuditEntry, CommitError, Identity, Link, Loaded, Quarantined, StoreError,
};
use baton_whatsapp::{
    signature::{SignatureError, sign, verify},
    webhook::parse,
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use tokio::time::Instant;

pub use care::{CareDue, escalate, reassign, requeue, start_deadlines};
pub use change::Change;
pub use deferred::finish_evaluation;
pub use follow_ups::FollowUpDue;
pub use history::{message_identity, past_item};

use crate::{
    accept::Shed,
    coexist,
    directory::{ActiveApp, ActiveTenant},
    host::Host,
    numbers,
};
use baton_domain::limits::{COMMIT_TRIES_MAX, CUSTOMERS_AT_ONCE_MAX};

/// Why a webhook was not taken. Nothing of it was acknowledged.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The signature does not hold; nothing was looked at.
    #[error(transparent)]
    Signature(#[from] SignatureError),
    /// The store failed; WhatsApp will send it again.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Too much is in work; WhatsApp will send it again.
    #[error(transparent)]
    Shed(#[from] Shed),
    /// Others kept changing the same customer.
    #[error("the customer was changed by others {COMMIT_TRIES_MAX} times in a row")]
    Contended,
}

/// What belongs to one customer, to be committed in one piece.
pub struct Parcel {
    /// Whose customer.
    pub tenant: Arc<ActiveTenant>,
    /// How the customer is found.
    pub customer: CustomerKey,
    /// The name that the customer chose on WhatsApp.
    pub display_name: Option<Arc<str>>,
    /// What happened, each with what tells a redelivery from news.
    pub items: Vec<Item>,
    /// Who tells it, when it is a person or a key.
    pub by: Option<AuditEntry>,
}

/// How a customer is found.
pub enum CustomerKey {
    /// By any of these.
    Links(Vec<Link>),
    /// By Baton's own id.
    Id(CustomerId),
}

/// Something that happened.
#[derive(Default)]
pub struct Item {
    /// What tells a redelivery from news; `None` when nothing can.
    pub identity: Option<Identity>,
    /// Under which it may be known already, without being remembered so: a
    /// message of the past that came when it was written.
    pub unless: Vec<Identity>,
    /// Whether it comes with each repetition of something else, and is kept
    /// when it tells more than is known.
    pub is_hint: bool,
    /// It, as events.
    pub events: Vec<Event>,
}

/// Takes one webhook POST: when this returns `Ok`, everything in it is durable.
///
/// # Errors
/// [`Refused`]; what was committed before stays, and a redelivery changes
/// nothing more of it.
pub async fn take_webhook(
    host: &Host,
    app: &ActiveApp,
    raw: Bytes,
    signature: Option<&[u8]>,
) -> Result<(), Refused> {
    let body = verify(raw, signature, &app.secrets)?;
    let delivery = match parse(&body) {
        Ok(delivery) => delivery,
        Err(not_webhook) => return sort::quarantine_body(host, app, &body, &not_webhook).await,
    };
    if delivery.is_only_statuses() {
        host.door.statuses()?;
    }
    let sorted = sort::into_parcels(host, app, &delivery);
    let taken = take_parcels(host, sorted.parcels).await;
    numbers::learn(host, sorted.told).await?;
    sort::quarantine_unplaced(host, app, &delivery, sorted.unplaced).await?;
    taken?;
    // After the commits: what was not known before is in the logs by now.
    coexist::note(host, sorted.syncs).await
}

/// Takes a body from the quarantine once more. Returns whether all of it found
/// its place; if not, it should stay.
///
/// # Errors
/// [`Refused`].
pub async fn redrive(host: &Host, item: &Quarantined) -> Result<bool, Refused> {
    let directory = host.directory();
    let Some(app) = directory.app(&item.app) else {
        return Ok(false);
    };
    // It was verified when it came; its app's secret may be another by now.
    let raw = Bytes::from(item.body.clone());
    let signature = sign(&raw, &app.secret);
    let body = verify(raw, Some(signature.as_bytes()), &app.secrets)?;
    let Ok(delivery) = parse(&body) else {
        return Ok(false);
    };
    let sorted = sort::into_parcels(host, app, &delivery);
    numbers::learn(host, sorted.told).await?;
    take_parcels(host, sorted.parcels).await?;
    coexist::note(host, sorted.syncs).await?;
    Ok(sorted.unplaced.is_empty())
}

/// Customers in parallel, each in order. Every parcel is taken to its end: one
/// that cannot be is told afterwards and never costs the others.
async fn take_parcels(host: &Host, parcels: Vec<Parcel>) -> Result<(), Refused> {
    let deadline = evaluation_deadline(host);
    // Nearly every delivery is about one customer.
    let parcels = match <[Parcel; 1]>::try_from(parcels) {
        Ok([parcel]) => return take_parcel(host, parcel, deadline).await.map(drop),
        Err(parcels) => parcels,
    };
    let taken = parcels
        .into_iter()
        .map(|parcel| take_parcel(host, parcel, deadline));
    let taken: Vec<_> = stream::iter(taken)
        .buffer_unordered(CUSTOMERS_AT_ONCE_MAX)
        .collect()
        .await;
    taken.into_iter().try_for_each(|taken| taken.map(drop))
}

/// Until when rules may run before the answer.
pub fn evaluation_deadline(host: &Host) -> Instant {
    Instant::now() + std::time::Duration::from_millis(host.config.evaluation.budget_ms)
}

/// Commits what belongs to one customer. When someone else changed the
/// customer meanwhile, everything is done again on the new state. Redeliveries
/// are few, so everything counts as news first: the commit refuses what was
/// committed before, and only then it is looked up which items that are.
///
/// # Errors
/// [`Refused`].
pub async fn take_parcel(
    host: &Host,
    parcel: Parcel,
    deadline: Instant,
) -> Result<Option<Taken>, Refused> {
    // What may be known under another identity is asked for at once: the commit
    // would not refuse it.
    let mut is_redelivered = parcel.items.iter().any(|it| !it.unless.is_empty());
    for _ in 0..COMMIT_TRIES_MAX {
        let Some(loaded) = load(host, &parcel, is_redelivered).await? else {
            return Ok(None);
        };
        let news = news(&parcel.items, &loaded.known);
        let placed = (news.len(), parcel.items.len());
        let mut change = Change::onto(host, parcel.tenant.clone(), loaded).await?;
        if !news.is_empty() {
            change.introduce(host, &parcel.customer, parcel.display_name.as_ref());
            if news.iter().any(|item| !item.unless.is_empty()) {
                change.reached_by_past(host, &parcel.customer);
            }
        }
        for item in news {
            change.remember(item.identity.as_ref());
            for event in &item.events {
                if item.is_hint && change.knows(event) {
                    continue;
                }
                change.happen(host, event.clone(), deadline).await;
            }
        }
        parcel.by.iter().cloned().for_each(|by| change.by(by));
        let customer = change.customer().clone();
        if change.is_empty() {
            host.metrics.placed(placed);
            return Ok(Some(Taken {
                customer,
                appended: None,
            }));
        }
        match change.commit(host).await {
            Ok(appended) => {
                host.metrics.placed(placed);
                return Ok(Some(Taken {
                    customer,
                    appended: Some(appended),
                }));
            }
            Err(CommitError::Store(error)) => return Err(error.into()),
            Err(CommitError::Duplicate) => is_redelivered = true,
            Err(_changed_meanwhile) => {}
        }
    }
    Err(Refused::Contended)
}

/// The items that are new: neither committed before, nor told twice in this
/// parcel. `known` tells of each that has an identity, in order, as far as it
/// was asked.
fn news<'p>(items: &'p [Item], known: &[bool]) -> Vec<&'p Item> {
    let mut known = known.iter();
    let mut told = HashSet::new();
    let is_news = |item: &&'p Item| {
        // Each answer belongs to one of them, so all are taken.
        let known = known.by_ref().take(asked_of(item).count());
        let is_known = known.filter(|it| **it).count() > 0;
        let is_told = item.unless.iter().any(|it| told.contains(it));
        let is_first = item.identity.iter().all(|it| told.insert(it));
        !is_known && !is_told && is_first
    };
    items.iter().filter(is_news).collect()
}

/// What an item may be known under.
fn asked_of(item: &Item) -> impl Iterator<Item = &Identity> {
    item.identity.iter().chain(&item.unless)
}

/// What became of a parcel.
pub struct Taken {
    /// The customer.
    pub customer: CustomerId,
    /// What was appended; `None` when all of it was known.
    pub appended: Option<Appended>,
}

/// The customer, and when `asks` which items were committed before.
async fn load(host: &Host, parcel: &Parcel, asks: bool) -> Result<Option<Loaded>, StoreError> {
    let tenant = &parcel.tenant.document.id;
    let items = if asks { &parcel.items[..] } else { &[] };
    let identities: Vec<Identity> = items.iter().flat_map(asked_of).cloned().collect();
    match &parcel.customer {
        CustomerKey::Links(links) => host
            .store
            .resolve(tenant, links, &identities)
            .await
            .map(Some),
        CustomerKey::Id(id) => host.store.load(tenant, id, &identities).await,
    }
}
