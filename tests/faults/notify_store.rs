//! Endpoints and flags of a store whose writes fail.

use std::ops::Range;

use async_trait::async_trait;
use baton_domain::{
    ids::{EndpointId, TenantId},
    week::Week,
};
use baton_store::{
    AuditEntry, CommitError, Document, Endpoint, FlagCount, NotificationSettings, NotifyStore,
    StoreError,
};

use crate::faulty::FaultyStore;

#[async_trait]
impl NotifyStore for FaultyStore {
    async fn endpoints(&self, tenant: &TenantId) -> Result<Vec<Document<Endpoint>>, StoreError> {
        self.read()?.endpoints(tenant).await
    }

    async fn put_endpoint(
        &self,
        tenant: &TenantId,
        endpoint: Document<Endpoint>,
        entry: Option<AuditEntry>,
    ) -> Result<(), CommitError> {
        self.write(self.inner.put_endpoint(tenant, endpoint, entry))
            .await
    }

    async fn remove_endpoint(
        &self,
        tenant: &TenantId,
        endpoint: &EndpointId,
        revision: u64,
        entry: AuditEntry,
    ) -> Result<(), CommitError> {
        self.write(
            self.inner
                .remove_endpoint(tenant, endpoint, revision, entry),
        )
        .await
    }

    async fn notification_settings(
        &self,
        tenant: &TenantId,
    ) -> Result<Document<NotificationSettings>, StoreError> {
        self.read()?.notification_settings(tenant).await
    }

    async fn put_notification_settings(
        &self,
        tenant: &TenantId,
        settings: Document<NotificationSettings>,
        entry: AuditEntry,
    ) -> Result<(), CommitError> {
        self.write(
            self.inner
                .put_notification_settings(tenant, settings, entry),
        )
        .await
    }

    async fn flag_counts(
        &self,
        tenant: &TenantId,
        weeks: Range<Week>,
    ) -> Result<Vec<FlagCount>, StoreError> {
        self.read()?.flag_counts(tenant, weeks).await
    }
}
