//! Numbers that are on the Business App, as one simulated host sees them.

use async_trait::async_trait;
use baton_domain::ids::{ComparisonId, NumberId, TenantId};
use baton_store::{
    AuditEntry, CoexistStore, CommitError, Comparison, Document, NumberSync, StoreError,
};

use crate::store::SimStore;

#[async_trait]
impl CoexistStore for SimStore {
    async fn number_sync(
        &self,
        tenant: &TenantId,
        number: &NumberId,
    ) -> Result<Option<Document<NumberSync>>, StoreError> {
        self.disk.number_sync(tenant, number).await
    }

    async fn put_number_sync(
        &self,
        tenant: &TenantId,
        number: &NumberId,
        sync: Document<NumberSync>,
    ) -> Result<(), CommitError> {
        self.disk.put_number_sync(tenant, number, sync).await
    }

    async fn comparisons(
        &self,
        tenant: &TenantId,
        number: &NumberId,
    ) -> Result<Vec<Document<Comparison>>, StoreError> {
        self.disk.comparisons(tenant, number).await
    }

    async fn put_comparison(
        &self,
        tenant: &TenantId,
        comparison: Document<Comparison>,
        instead: Option<&ComparisonId>,
        entry: Option<AuditEntry>,
    ) -> Result<(), CommitError> {
        self.disk
            .put_comparison(tenant, comparison, instead, entry)
            .await
    }
}
