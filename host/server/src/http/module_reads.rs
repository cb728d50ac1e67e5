//! What modules read of a customer, from the decisions in the log: the oldest
//! first, a bounded part of the log at a time.

use baton_domain::{
    event::EventBody,
    ids::CustomerId,
    limits::{AUDIT_EVENTS_AT_ONCE, AUDIT_EVENTS_SEEN_MAX, AUDIT_MODULE_READS_MAX},
};
use baton_store::{AuditQuery, StoreError, StoredEvent, Version};

use super::{auth::Scope, error::Answer, view::ModuleReadView};
use crate::host::Host;

/// What was found in a part of a log.
#[derive(Debug, Default)]
pub struct ModuleReads {
    /// The reads.
    pub reads: Vec<ModuleReadView>,
    /// Where to go on, when there may be more.
    pub next: Option<Version>,
}

/// What modules read of the customer, by the log from `from` on.
///
/// # Errors
/// The store's.
pub async fn module_reads(
    host: &Host,
    scope: &Scope,
    (customer, mut from): (&CustomerId, Version),
    query: &AuditQuery,
) -> Answer<ModuleReads> {
    let mut found = ModuleReads::default();
    // A decision is dated by the host that made it, so nothing is in the log
    // from later on. Other events may be dated otherwise, and the logs of two
    // who turned out to be one lie in one, so that dates tell no place in it.
    if query.from.is_some_and(|it| it > host.clock.now()) {
        return Ok(found);
    }
    let tenant = &scope.tenant.document.id;
    let mut left = AUDIT_EVENTS_SEEN_MAX;
    while left > 0 {
        let count = left.min(AUDIT_EVENTS_AT_ONCE);
        let page = host.store.events(tenant, customer, from, count).await;
        let events = match page {
            Ok(events) => events,
            // What was read of whoever was erased went with the key.
            Err(StoreError::Erased) => return Ok(found),
            Err(error) => return Err(error.into()),
        };
        let Some(last) = events.last() else {
            return Ok(found);
        };
        from = Version(last.version.0 + 1);
        left = left.saturating_sub(events.len());
        for stored in events {
            if !found.takes(customer, &stored, query) {
                found.next = Some(stored.version);
                return Ok(found);
            }
        }
    }
    found.next = Some(from);
    Ok(found)
}

impl ModuleReads {
    /// Takes in what was read for one event, when there is room for all of it.
    fn takes(&mut self, customer: &CustomerId, stored: &StoredEvent, query: &AuditQuery) -> bool {
        let at = stored.event.at;
        let is_in_time =
            query.from.is_none_or(|from| at >= from) && query.until.is_none_or(|until| at < until);
        let (EventBody::Decided(record) | EventBody::Shadowed(record)) = &stored.event.body else {
            return true;
        };
        if !is_in_time {
            return true;
        }
        let place = (customer, stored.version, at);
        let reads = ModuleReadView::all(place, record, query.field);
        let has_room = self.reads.len() + reads.len() <= AUDIT_MODULE_READS_MAX;
        if has_room {
            self.reads.extend(reads);
        }
        has_room
    }
}
