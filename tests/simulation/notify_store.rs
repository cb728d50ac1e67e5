//! Endpoints and flags, as one simulated host sees them.

use std::ops::Range;

use async_trait::async_trait;
use baton_domain::{
    ids::{EndpointId, TenantId},
    week::Week,
};
use baton_store::{
    CommitError, Document, Endpoint, FlagCount, NotificationSettings, NotifyStore, StoreError,
};

use crate::store::SimStore;

#[async_trait]
impl NotifyStore for SimStore {
    async fn endpoints(&self, tenant: &TenantId) -> Result<Vec<Document<Endpoint>>, StoreError> {
        self.disk.endpoints(tenant).await
    }

    async fn put_endpoint(
        &self,
        tenant: &TenantId,
        endpoint: Document<Endpoint>,
    ) -> Result<(), CommitError> {
        self.disk.put_endpoint(tenant, endpoint).await
    }

    async fn remove_endpoint(
        &self,
        tenant: &TenantId,
        endpoint: &EndpointId,
        revision: u64,
    ) -> Result<(), CommitError> {
        self.disk.remove_endpoint(tenant, endpoint, revision).await
    }

    async fn notification_settings(
        &self,
        tenant: &TenantId,
    ) -> Result<Document<NotificationSettings>, StoreError> {
        self.disk.notification_settings(tenant).await
    }

    async fn put_notification_settings(
        &self,
        tenant: &TenantId,
        settings: Document<NotificationSettings>,
    ) -> Result<(), CommitError> {
        self.disk.put_notification_settings(tenant, settings).await
    }

    async fn flag_counts(
        &self,
        tenant: &TenantId,
        weeks: Range<Week>,
    ) -> Result<Vec<FlagCount>, StoreError> {
        self.disk.flag_counts(tenant, weeks).await
    }
}
