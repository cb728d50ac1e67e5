//! The audit in an export: each chain as it ended at one moment.

use baton_domain::limits::LIST_ITEMS_MAX;

use super::{
    Writing,
    line::{Line, Sealed},
};
use crate::{
    embedded::{
        Shared,
        audit::{ChainHead, entry_key, place_of},
        key::{Parts, area},
        record::damaged,
        rows::after_prefix,
    },
    error::StoreError,
};

impl Shared {
    pub(super) async fn export_audit(&self, writing: &mut Writing) -> Result<(), StoreError> {
        let mut from = vec![area::AUDIT_HEAD];
        let end = after_prefix(&from);
        while let Some((key, record)) = self.rows.scan(&from, &end, 1)?.pop() {
            from = key.iter().copied().chain([0]).collect();
            let tenant = Parts::of(&key).tenant()?;
            let head: ChainHead = self.keyring.host.unpack(&key, &record)?;
            let line = Line::AuditHead {
                tenant: tenant.clone(),
                record: Sealed::of(&key, &record)?,
            };
            writing.line(&line).await?;
            let (mut told, after) = (0, entry_key(&tenant, head.count + 1));
            while told < head.count {
                let from = entry_key(&tenant, told + 1);
                let rows = self.rows.scan(&from, &after, LIST_ITEMS_MAX)?;
                if rows.is_empty() {
                    return Err(damaged(&from, "is missing from the audit"));
                }
                for (key, record) in rows {
                    told = place_of(&key)?.1;
                    let line = Line::Audit {
                        tenant: tenant.clone(),
                        place: told,
                        record: Sealed::of(&key, &record)?,
                    };
                    writing.counts.audited += 1;
                    writing.line(&line).await?;
                }
            }
        }
        Ok(())
    }
}
