//! The audit of a tenant: rows in a chain. Each tells the hash of the one before
//! it, over what is stored of that one, sealed as it lies there: nothing that
//! is erased elsewhere breaks it. The last hash stands in a sealed row of its
//! own, so that the end of the chain cannot be cut off either.

use std::{collections::BTreeSet, sync::Arc};

use baton_domain::{
    ids::{CustomerId, TenantId},
    limit,
    limits::{AUDIT_AT_ONCE_MAX, AUDIT_ROWS_SEEN_MAX, LIST_ITEMS_MAX},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    Shared,
    draft::Draft,
    key::{Key, Parts, Who, area, list_of},
    record::{decode, encode, pack, unpack},
    rows::after_prefix,
    seal::split,
};
use crate::{
    Page,
    audit::{AuditEntry, AuditQuery, Audited},
    error::{CommitError, StoreError},
};

/// Where a tenant's chain ends.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct ChainHead {
    /// Entries so far.
    pub(crate) count: u64,
    /// The hash of the last, in hexadecimal.
    pub(crate) hash: String,
}

pub(crate) fn head_key(tenant: &TenantId) -> Vec<u8> {
    list_of(area::AUDIT_HEAD, tenant).done()
}

pub(crate) fn entry_key(tenant: &TenantId, place: u64) -> Vec<u8> {
    list_of(area::AUDIT, tenant).number(place).done()
}

/// Entries about a customer, the latest first.
pub(crate) fn about_key(who: &Who, place: u64) -> Vec<u8> {
    about(who).number(!place).done()
}

fn about(who: &Who) -> Key {
    list_of(area::AUDIT_ABOUT, &who.tenant).text(who.customer.as_str())
}

/// The tenant and the place that the key of an entry names.
pub(crate) fn place_of(key: &[u8]) -> Result<(TenantId, u64), StoreError> {
    let mut parts = Parts::of(key);
    Ok((parts.tenant()?, parts.number()?))
}

/// The hash of an entry, over the key of its row and all that is stored there.
pub(crate) fn hash_of(key: &[u8], record: &[u8]) -> Result<String, StoreError> {
    let mut hash = Sha256::new();
    hash.update((key.len() as u64).to_be_bytes());
    hash.update(key);
    hash.update(unpack(key, record)?);
    Ok(hex::encode(hash.finalize()))
}

/// The hash that an entry tells of the one before it.
pub(crate) fn before(key: &[u8], record: &[u8]) -> Result<String, StoreError> {
    decode(key, split(key, record)?.0)
}

impl Shared {
    /// Appends entries to a tenant's chain.
    pub(super) fn chain(
        &self,
        draft: &mut Draft<'_>,
        tenant: &TenantId,
        entries: &[AuditEntry],
    ) -> Result<(), StoreError> {
        if entries.is_empty() {
            return Ok(());
        }
        let (host, entropy) = (&self.keyring.host, &*self.options.entropy);
        let head_key = head_key(tenant);
        let mut head = match draft.get(&head_key)? {
            Some(record) => host.unpack::<ChainHead>(&head_key, &record)?,
            None => ChainHead::default(),
        };
        for entry in entries {
            head.count += 1;
            let key = entry_key(tenant, head.count);
            let record = host.pack(entropy, &key, &encode(&head.hash)?, entry)?;
            head.hash = hash_of(&key, &record)?;
            draft.set(key, record);
            if let Some(customer) = &entry.customer {
                draft.mark(about_key(&Who::new(tenant, customer), head.count));
            }
        }
        let record = host.pack(entropy, &head_key, &[], &head)?;
        draft.set(head_key, record);
        Ok(())
    }

    /// What [`crate::PeopleStore::audit`] does.
    pub(crate) async fn audit(
        self: &Arc<Self>,
        tenant: &TenantId,
        entries: Vec<AuditEntry>,
    ) -> Result<(), CommitError> {
        if entries.len() > AUDIT_AT_ONCE_MAX {
            let (what, limit) = ("entries of the audit at once", limit!(AUDIT_AT_ONCE_MAX));
            return Err(StoreError::OverLimit { what, limit }.into());
        }
        let (shared, tenant) = (self.clone(), tenant.clone());
        let write = move |draft: &mut Draft<'_>| Ok(shared.chain(draft, &tenant, &entries)?);
        self.committer.run(Vec::new(), write).await
    }

    /// What [`crate::PeopleStore::audited`] does.
    pub(crate) fn audited(
        &self,
        tenant: &TenantId,
        query: &AuditQuery,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Audited>, StoreError> {
        let before = after.map(|text| text.parse::<u64>().map_err(|_| StoreError::BadCursor));
        let limit = limit.min(LIST_ITEMS_MAX);
        let before = before.transpose()?.unwrap_or(u64::MAX);
        let places = match &query.customer {
            Some(customer) => self.places_about(tenant, customer, before)?,
            None => self.places_before(tenant, before)?,
        };
        let may_be_more = places.len() == AUDIT_ROWS_SEEN_MAX;
        let mut page = Page {
            items: Vec::new(),
            next: None,
        };
        let mut last = None;
        for place in places {
            if page.items.len() == limit {
                page.next = last;
                return Ok(page);
            }
            last = Some(place.to_string());
            let key = entry_key(tenant, place);
            let Some(record) = self.rows.get(&key)? else {
                continue;
            };
            let entry: AuditEntry = self.keyring.host.unpack(&key, &record)?;
            if query.wants(&entry) {
                page.items.push(Audited { place, entry });
            }
        }
        page.next = last.filter(|_| may_be_more);
        Ok(page)
    }

    /// Places before `before`, the latest first.
    fn places_before(&self, tenant: &TenantId, before: u64) -> Result<Vec<u64>, StoreError> {
        let key = head_key(tenant);
        let Some(record) = self.rows.get(&key)? else {
            return Ok(Vec::new());
        };
        let head: ChainHead = self.keyring.host.unpack(&key, &record)?;
        let last = head.count.min(before.saturating_sub(1));
        Ok((1..=last).rev().take(AUDIT_ROWS_SEEN_MAX).collect())
    }

    /// Places of entries about a customer and those who were merged.
    fn places_about(
        &self,
        tenant: &TenantId,
        customer: &CustomerId,
        before: u64,
    ) -> Result<Vec<u64>, StoreError> {
        let asked = Who::new(tenant, customer);
        let older = self.rows.get(&asked.alias())?;
        let older = older.map(|it| super::record::unpack_plain(&asked.alias(), &it));
        let whole = match older.transpose()? {
            Some(older) => asked.other(&older),
            None => asked,
        };
        let mut ids = vec![whole.customer.clone()];
        for (key, _) in self
            .rows
            .with_prefix(&whole.absorbed().done(), LIST_ITEMS_MAX)?
        {
            let mut parts = Parts::of(&key);
            let (_tenant, _older) = (parts.tenant()?, parts.customer()?);
            ids.push(parts.customer()?);
        }
        let mut places = BTreeSet::new();
        for id in ids {
            let who = whole.other(&id);
            let from = about_key(&who, before.saturating_sub(1));
            let end = after_prefix(&about(&who).done());
            for (key, _) in self.rows.scan(&from, &end, AUDIT_ROWS_SEEN_MAX)? {
                let mut parts = Parts::of(&key);
                let (_tenant, _customer) = (parts.tenant()?, parts.customer()?);
                places.insert(!parts.number()?);
            }
        }
        Ok(places.into_iter().rev().take(AUDIT_ROWS_SEEN_MAX).collect())
    }
}

/// The row that finds an entry by its customer.
pub(crate) fn about_row(who: &Who, place: u64) -> (Vec<u8>, Vec<u8>) {
    let key = about_key(who, place);
    let record = pack(&key, &[]);
    (key, record)
}
