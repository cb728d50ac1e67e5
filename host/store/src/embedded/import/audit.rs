//! The audit of an export: each chain is followed from its first entry to the
//! end that it tells of.

use baton_domain::ids::TenantId;

use super::Import;
use crate::{
    audit::AuditEntry,
    embedded::{
        audit::{ChainHead, about_row, before, entry_key, hash_of, head_key},
        export::line::Sealed,
        key::Who,
        record::damaged,
    },
    error::StoreError,
    export::ImportError,
};

/// A chain that is being read.
pub(super) struct Chain {
    tenant: TenantId,
    end: ChainHead,
    read: ChainHead,
}

impl Import<'_> {
    pub(super) fn audit_head(
        &mut self,
        tenant: TenantId,
        record: &Sealed,
    ) -> Result<(), ImportError> {
        self.finish_chain()?;
        let key = head_key(&tenant);
        let record = record.record(&key)?;
        let end = self.target.keyring.host.unpack(&key, &record)?;
        self.batch.set(key, Some(record));
        self.chain = Some(Chain {
            tenant,
            end,
            read: ChainHead::default(),
        });
        Ok(())
    }

    pub(super) fn audit_entry(
        &mut self,
        tenant: &TenantId,
        place: u64,
        record: &Sealed,
    ) -> Result<(), ImportError> {
        let key = entry_key(tenant, place);
        let record = record.record(&key)?;
        let entry: AuditEntry = self.target.keyring.host.unpack(&key, &record)?;
        let chain = self.chain.as_mut().filter(|it| it.tenant == *tenant);
        let Some(Chain { read, .. }) = chain else {
            return Err(damaged(&key, "belongs to no chain of the audit").into());
        };
        if place != read.count + 1 || before(&key, &record)? != read.hash {
            return Err(damaged(&key, "does not follow the entry before it").into());
        }
        *read = ChainHead {
            count: place,
            hash: hash_of(&key, &record)?,
        };
        if let Some(customer) = &entry.customer {
            let (key, record) = about_row(&Who::new(tenant, customer), place);
            self.batch.set(key, Some(record));
        }
        self.imported.read.audited += 1;
        self.batch.set(key, Some(record));
        Ok(())
    }

    /// Whether the chain ends as it tells.
    pub(super) fn finish_chain(&mut self) -> Result<(), StoreError> {
        match self.chain.take() {
            Some(Chain { tenant, end, read }) if end != read => Err(damaged(
                &head_key(&tenant),
                "tells of another end of the audit than there is",
            )),
            _ => Ok(()),
        }
    }
}
