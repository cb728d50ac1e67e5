//! Numbers that are on the Business App, of a store whose writes fail.

use async_trait::async_trait;
use baton_domain::ids::{ComparisonId, NumberId, TenantId};
use baton_store::{
    AuditEntry, CoexistStore, CommitError, Comparison, Document, NumberSync, StoreError,
};

use crate::faulty::FaultyStore;

#[async_trait]
impl CoexistStore for FaultyStore {
    async fn number_sync(
        &self,
        tenant: &TenantId,
        number: &NumberId,
    ) -> Result<Option<Document<NumberSync>>, StoreError> {
        self.read()?.number_sync(tenant, number).await
    }

    async fn put_number_sync(
        &self,
        tenant: &TenantId,
        number: &NumberId,
        sync: Document<NumberSync>,
    ) -> Result<(), CommitError> {
        self.write(self.inner.put_number_sync(tenant, number, sync))
            .await
    }

    async fn comparisons(
        &self,
        tenant: &TenantId,
        number: &NumberId,
    ) -> Result<Vec<Document<Comparison>>, StoreError> {
        self.read()?.comparisons(tenant, number).await
    }

    async fn put_comparison(
        &self,
        tenant: &TenantId,
        comparison: Document<Comparison>,
        instead: Option<&ComparisonId>,
        entry: Option<AuditEntry>,
    ) -> Result<(), CommitError> {
        self.write(
            self.inner
                .put_comparison(tenant, comparison, instead, entry),
        )
        .await
    }
}
