//! When granted fields were last read, so that grants which nothing uses can be
//! seen and revoked.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::{
    field::Field,
    ids::{ModuleName, TenantId},
};
use baton_store::{CommitError, Document, Granted, Grants};
use jiff::{SignedDuration, Timestamp};

use crate::{directory::ActiveTenant, host::Host};

/// Times are kept to a day: a document that changed with every event would
/// stand in the way of whoever writes it.
const KEPT_TO: SignedDuration = SignedDuration::from_hours(24);

/// Notes what modules of all tenants read since this was last done. What the
/// store does not take is noted the next time that it is read.
pub async fn note_use(host: &Host) {
    let directory = host.directory();
    for tenant in directory.tenants() {
        let reads = reads_of(tenant);
        if reads.is_empty() {
            continue;
        }
        let id = &tenant.document.id;
        if let Err(error) = note(host, id, &reads).await {
            tracing::warn!(tenant = %id, %error, "when granted fields were read is not noted");
        }
    }
}

fn reads_of(tenant: &ActiveTenant) -> BTreeMap<ModuleName, BTreeSet<Field>> {
    let mut reads: BTreeMap<ModuleName, BTreeSet<Field>> = BTreeMap::new();
    for (_, _, health) in tenant.rollout.standing() {
        for (module, fields) in health.stats.take_reads() {
            reads.entry(module).or_default().extend(fields);
        }
    }
    reads
}

async fn note(
    host: &Host,
    tenant: &TenantId,
    reads: &BTreeMap<ModuleName, BTreeSet<Field>>,
) -> Result<(), CommitError> {
    let now = host.clock.now();
    let _changing = host.directory_changes.lock().await;
    for document in host.store.grants(tenant).await? {
        let Document { revision, mut body } = document;
        let Some(fields) = reads.get(&body.module) else {
            continue;
        };
        if touch(&mut body, fields, now) {
            let document = Document { revision, body };
            host.store.note_grants(tenant, document).await?;
        }
    }
    Ok(())
}

/// Notes that `fields` were read; whether that is news.
fn touch(grants: &mut Grants, fields: &BTreeSet<Field>, now: Timestamp) -> bool {
    let is_old = |granted: &Granted| {
        let last = granted.last_read;
        last.is_none_or(|last| now.duration_since(last) >= KEPT_TO)
    };
    let mut is_news = false;
    for (field, granted) in &mut grants.fields {
        if fields.contains(field) && is_old(granted) {
            granted.last_read = Some(now);
            is_news = true;
        }
    }
    is_news
}
