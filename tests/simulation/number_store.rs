//! Numbers, as one simulated host sees them.

use async_trait::async_trait;
use baton_domain::{
    ids::{NumberId, TenantId},
    number::NumberRecord,
};
use baton_store::{AuditEntry, CommitError, Document, NumberStore, StoreError};

use crate::store::SimStore;

#[async_trait]
impl NumberStore for SimStore {
    async fn numbers(&self, tenant: &TenantId) -> Result<Vec<Document<NumberRecord>>, StoreError> {
        self.wait().await?;
        self.disk.numbers(tenant).await
    }

    async fn put_number(
        &self,
        tenant: &TenantId,
        number: Document<NumberRecord>,
        instead: Option<&NumberId>,
        entry: Option<AuditEntry>,
    ) -> Result<(), CommitError> {
        self.wait().await?;
        self.disk.put_number(tenant, number, instead, entry).await
    }
}
