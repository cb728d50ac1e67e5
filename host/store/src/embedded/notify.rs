//! Rows of endpoints and of how people are told: documents with a revision,
//! sealed under the host's key.

use std::sync::Arc;

use baton_domain::{
    ids::{EndpointId, TenantId},
    limit,
    limits::ENDPOINTS_MAX,
};

use super::{
    Shared,
    directory::Put,
    key::{Key, area},
};
use crate::{
    audit::AuditEntry,
    directory::Document,
    error::{CommitError, StoreError},
    notify::{Endpoint, NotificationSettings},
};

fn endpoints_of(tenant: &TenantId) -> Key {
    Key::new(area::ENDPOINT).text(tenant.as_str())
}

fn settings_key(tenant: &TenantId) -> Vec<u8> {
    Key::new(area::NOTIFICATIONS).text(tenant.as_str()).done()
}

impl Shared {
    pub(crate) fn endpoints(
        &self,
        tenant: &TenantId,
    ) -> Result<Vec<Document<Endpoint>>, StoreError> {
        self.documents_under(&endpoints_of(tenant).done(), ENDPOINTS_MAX)
    }

    pub(crate) async fn put_endpoint(
        self: &Arc<Self>,
        tenant: &TenantId,
        endpoint: Document<Endpoint>,
        entry: Option<AuditEntry>,
    ) -> Result<(), CommitError> {
        let all = endpoints_of(tenant);
        let key = all.clone().text(endpoint.body.id.as_str()).done();
        let put = Put::one_of(limit!(ENDPOINTS_MAX), all.done(), key);
        let by = entry.map(|it| (tenant.clone(), it));
        self.put_audited(put, endpoint, by).await
    }

    pub(crate) async fn remove_endpoint(
        self: &Arc<Self>,
        tenant: &TenantId,
        endpoint: &EndpointId,
        revision: u64,
        entry: AuditEntry,
    ) -> Result<(), CommitError> {
        let key = endpoints_of(tenant).text(endpoint.as_str()).done();
        self.remove_document(key, None, revision, (tenant.clone(), entry))
            .await
    }

    pub(crate) fn notification_settings(
        &self,
        tenant: &TenantId,
    ) -> Result<Document<NotificationSettings>, StoreError> {
        let found = self.document_at(&settings_key(tenant))?;
        Ok(found.unwrap_or_else(|| Document {
            revision: 0,
            body: NotificationSettings::default(),
        }))
    }

    pub(crate) async fn put_notification_settings(
        self: &Arc<Self>,
        tenant: &TenantId,
        settings: Document<NotificationSettings>,
        entry: AuditEntry,
    ) -> Result<(), CommitError> {
        let put = Put::of_all(settings_key(tenant));
        self.put_audited(put, settings, Some((tenant.clone(), entry)))
            .await
    }
}
