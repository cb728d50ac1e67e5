//! Numbers of a store whose writes fail.

use async_trait::async_trait;
use baton_domain::{
    ids::{NumberId, TenantId},
    number::NumberRecord,
};
use baton_store::{AuditEntry, CommitError, Document, NumberStore, StoreError};

use crate::faulty::FaultyStore;

#[async_trait]
impl NumberStore for FaultyStore {
    async fn numbers(&self, tenant: &TenantId) -> Result<Vec<Document<NumberRecord>>, StoreError> {
        self.read()?.numbers(tenant).await
    }

    async fn put_number(
        &self,
        tenant: &TenantId,
        number: Document<NumberRecord>,
        instead: Option<&NumberId>,
        entry: Option<AuditEntry>,
    ) -> Result<(), CommitError> {
        self.write(self.inner.put_number(tenant, number, instead, entry))
            .await
    }
}
