//! Records of a number, read and written as one change each: once more when
//! others wrote meanwhile.

use std::hash::{DefaultHasher, Hash, Hasher};

use baton_domain::{
    compare::Cause,
    ids::{ComparisonId, NumberId, TenantId},
    limits::{COMMIT_TRIES_MAX, COMPARISONS_MAX},
};
use baton_store::{
    AuditEntry, CommitError, Comparison, ComparisonState, Document, NumberSync, Tenant,
};
use jiff::Timestamp;
use tokio::sync::{Mutex, MutexGuard};

use crate::{host::Host, pipeline::Refused};

/// Chunks of a history come many at once, and all change the record of their
/// number: on one host they wait for each other instead of trying again. A lock
/// for some numbers each, so that a number seldom waits for another.
#[derive(Default)]
pub struct PastLocks([Mutex<()>; 32]);

impl PastLocks {
    async fn of(&self, number: &NumberId) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        number.hash(&mut hasher);
        let place = hasher.finish() % self.0.len() as u64;
        self.0[place as usize].lock().await
    }
}

/// Notes of each number of a tenant that its messages come from now on, unless
/// that is known.
///
/// # Errors
/// [`Refused`].
pub async fn begin(host: &Host, tenant: &Tenant) -> Result<(), Refused> {
    for number in &tenant.numbers {
        if host
            .store
            .number_sync(&tenant.id, &number.id)
            .await?
            .is_none()
        {
            change_sync(host, &tenant.id, &number.id, |_| {}).await?;
        }
    }
    Ok(())
}

/// Changes what is known of a number's past.
pub(super) async fn change_sync(
    host: &Host,
    tenant: &TenantId,
    number: &NumberId,
    change: impl Fn(&mut NumberSync),
) -> Result<NumberSync, Refused> {
    let _changing = host.past_changes.of(number).await;
    for _ in 0..COMMIT_TRIES_MAX {
        let found = host.store.number_sync(tenant, number).await?;
        let Document { revision, mut body } = found.unwrap_or_else(|| Document {
            revision: 0,
            body: NumberSync::new(host.clock.now()),
        });
        change(&mut body);
        let written = Document {
            revision,
            body: body.clone(),
        };
        match host.store.put_number_sync(tenant, number, written).await {
            Ok(()) => return Ok(body),
            Err(CommitError::Store(error)) => return Err(error.into()),
            Err(_changed_meanwhile) => {}
        }
    }
    Err(Refused::Contended)
}

/// A comparison that was changed.
pub(super) struct Changed {
    /// As it was; `None` when it is new.
    before: Option<Comparison>,
    /// As it is.
    pub(super) after: Comparison,
}

impl Changed {
    /// What was found by the change, with how many of each.
    pub(super) fn found(&self) -> impl Iterator<Item = (Cause, u64)> {
        let before = |cause| self.before.as_ref().and_then(|it| it.counts.get(cause));
        let counts = self.after.counts.iter();
        counts.map(move |(cause, count)| (*cause, count - before(cause).copied().unwrap_or(0)))
    }
}

/// Changes the comparison that `find` picks of all, or makes the one that it
/// makes; nothing when it finds none.
pub(super) async fn change_comparison(
    host: &Host,
    (tenant, number): (&TenantId, &NumberId),
    entry: Option<AuditEntry>,
    find: impl Fn(&[Document<Comparison>]) -> Option<Document<Comparison>>,
) -> Result<Option<Changed>, Refused> {
    let _changing = host.past_changes.of(number).await;
    for _ in 0..COMMIT_TRIES_MAX {
        let all = host.store.comparisons(tenant, number).await?;
        let Some(changed) = find(&all) else {
            return Ok(None);
        };
        let instead = room_for(&all, &changed, host.clock.now());
        let before = all.iter().find(|it| it.body.id == changed.body.id);
        let told = Changed {
            before: before.map(|it| it.body.clone()),
            after: changed.body.clone(),
        };
        let put = host
            .store
            .put_comparison(tenant, changed, instead.as_ref(), entry.clone());
        match put.await {
            Ok(()) => return Ok(Some(told)),
            Err(CommitError::Store(error)) => return Err(error.into()),
            Err(_changed_meanwhile) => {}
        }
    }
    Err(Refused::Contended)
}

/// The oldest that is over, when a new one needs its room. Those of the month
/// stay: they tell that it was compared.
fn room_for(
    all: &[Document<Comparison>],
    new: &Document<Comparison>,
    now: Timestamp,
) -> Option<ComparisonId> {
    if new.revision > 0 || all.len() < COMPARISONS_MAX {
        return None;
    }
    let is_over = |it: &&Document<Comparison>| !it.body.is_open(now) && it.body.asked_at.is_none();
    let oldest = |it: &&Document<Comparison>| it.body.started_at;
    let over = all.iter().filter(is_over).min_by_key(oldest);
    let oldest = over.or_else(|| all.iter().min_by_key(oldest));
    oldest.map(|it| it.body.id.clone())
}

/// An id that none of `all` has: the second, and a number behind it when that is
/// taken.
pub(super) fn fresh_id(all: &[Document<Comparison>], at: Timestamp) -> Option<ComparisonId> {
    let second = at.strftime("%Y%m%dt%H%M%Sz").to_string();
    let numbered = (2..=COMPARISONS_MAX + 1).map(|number| format!("{second}-{number}"));
    let ids = std::iter::once(second.clone()).chain(numbered);
    let mut ids = ids.filter_map(|id| ComparisonId::parse(&id).ok());
    ids.find(|id| all.iter().all(|it| it.body.id != *id))
}

/// Whether it came to its end with something to show.
pub(super) fn end(comparison: &mut Comparison, why: Option<&str>) {
    comparison.state = match why {
        None => ComparisonState::Done,
        Some(_) => ComparisonState::NotAvailable,
    };
    comparison.why = why.map(Into::into);
}
