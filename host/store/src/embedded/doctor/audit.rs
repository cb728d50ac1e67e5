//! The audit: every chain followed from its first entry to its end.

use std::collections::HashMap;

use baton_domain::ids::TenantId;

use super::Examiner;
use crate::{
    audit::AuditEntry,
    doctor::Problem,
    embedded::{
        audit::{ChainHead, about_key, before, entry_key, hash_of, place_of},
        key::{Parts, Who, area},
    },
    error::StoreError,
};

impl Examiner<'_> {
    pub(super) fn check_audit(&mut self) -> Result<(), StoreError> {
        let mut ends: HashMap<TenantId, ChainHead> = HashMap::new();
        self.each(&[area::AUDIT], |this, key, record| {
            this.found.counts.audited += 1;
            this.check_entry(key, record, &mut ends)
        })?;
        self.each(&[area::AUDIT_HEAD], |this, key, record| {
            this.check_end(key, record, &mut ends)
        })?;
        // Whose end is missing altogether.
        for tenant in ends.into_keys() {
            let key = entry_key(&tenant, 0);
            let what = "begins a chain whose end is missing";
            self.note_row(Problem::AuditBroken, &key, what);
        }
        self.each(&[area::AUDIT_ABOUT], Self::check_about)
    }

    fn check_entry(
        &mut self,
        key: &[u8],
        record: &[u8],
        ends: &mut HashMap<TenantId, ChainHead>,
    ) -> Result<(), StoreError> {
        let read = self.read(key, || {
            let (tenant, place) = place_of(key)?;
            Ok((tenant, place, before(key, record)?, hash_of(key, record)?))
        })?;
        let Some((tenant, place, told, hash)) = read else {
            return Ok(());
        };
        let end = ends.entry(tenant.clone()).or_default();
        let follows = place == end.count + 1 && told == end.hash;
        *end = ChainHead { count: place, hash };
        if !follows {
            let what = "does not follow the entry before it: one was changed or removed";
            self.note_row(Problem::AuditBroken, key, what);
        }
        let Some(keyring) = &self.keyring else {
            return Ok(());
        };
        let host = keyring.host.clone();
        let entry = self.read(key, || host.unpack::<AuditEntry>(key, record))?;
        let customer = entry.and_then(|entry| entry.customer);
        if let Some(customer) = customer
            && self
                .get(&about_key(&Who::new(&tenant, &customer), place))?
                .is_none()
        {
            let what = "is not found by its customer";
            self.note_row(Problem::ListMissing, key, what);
        }
        Ok(())
    }

    fn check_end(
        &mut self,
        key: &[u8],
        record: &[u8],
        ends: &mut HashMap<TenantId, ChainHead>,
    ) -> Result<(), StoreError> {
        let tenant = self.read(key, || Parts::of(key).tenant())?;
        let there = tenant.and_then(|tenant| ends.remove(&tenant));
        let Some(keyring) = &self.keyring else {
            return Ok(());
        };
        let host = keyring.host.clone();
        let told = self.read(key, || host.unpack::<ChainHead>(key, record))?;
        if told.is_some_and(|told| told != there.unwrap_or_default()) {
            let what = "tells of another end of the audit than there is";
            self.note_row(Problem::AuditBroken, key, what);
        }
        Ok(())
    }

    fn check_about(&mut self, key: &[u8], _: &[u8]) -> Result<(), StoreError> {
        let entry = self.read(key, || {
            let mut parts = Parts::of(key);
            let (tenant, _customer) = (parts.tenant()?, parts.customer()?);
            Ok(entry_key(&tenant, !parts.number()?))
        })?;
        if let Some(entry) = entry
            && self.rows.get(&entry)?.is_none()
        {
            let what = "names an entry of the audit that is not there";
            self.note_row(Problem::ListStray, key, what);
        }
        Ok(())
    }
}
