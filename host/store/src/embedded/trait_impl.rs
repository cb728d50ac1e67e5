//! The trait, part by part.

use std::{ops::Range, sync::Arc};

use async_trait::async_trait;
use baton_domain::{
    ids::{CustomerId, EndpointId, ModuleDigest, ReleaseNumber, TenantId},
    release::{Release, Rollout},
    week::Week,
};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc::Sender;

use super::{Embedded, key::Who};
use crate::{
    AuditEntry, ConversationRow, EventRow, Inbox, Listed, Page, Store,
    commit::{Appended, Commit, Identity, Link, Loaded, StoredEvent, Version},
    directory::{ApiKey, App, Document, Tenant},
    error::{CommitError, StoreError},
    export::Exported,
    notify::{Endpoint, FlagCount, NotificationSettings, NotifyStore},
    quarantine::{QuarantineId, QuarantineSize, Quarantined},
    releases::{Grants, ReleaseStore, StoredModule},
    work::{LeasedWork, Work, WorkKey, WorkKind},
};

/// For changes that nothing can stand against.
pub(crate) fn unopposed(error: CommitError) -> StoreError {
    match error {
        CommitError::Store(error) => error,
        other => StoreError::Backend {
            doing: "making a change",
            source: other.into(),
        },
    }
}

impl<B> Embedded<B> {
    /// What was read, unless a write has failed: from then on it may be of rows
    /// that never became durable.
    pub(super) fn whole<T>(&self, read: Result<T, StoreError>) -> Result<T, StoreError> {
        self.shared.in_flight.is_whole()?;
        read
    }
}

#[async_trait]
impl<B: Send + Sync + 'static> Store for Embedded<B> {
    async fn resolve(
        &self,
        tenant: &TenantId,
        links: &[Link],
        dedupe: &[Identity],
    ) -> Result<Loaded, StoreError> {
        self.shared.resolve(tenant, links, dedupe).await
    }

    async fn find(&self, tenant: &TenantId, links: &[Link]) -> Result<Option<Loaded>, StoreError> {
        self.shared.find_named(tenant, links).await
    }

    async fn load(
        &self,
        tenant: &TenantId,
        customer: &CustomerId,
        dedupe: &[Identity],
    ) -> Result<Option<Loaded>, StoreError> {
        self.shared.load(&Who::new(tenant, customer), dedupe).await
    }

    async fn commit(&self, commit: Commit) -> Result<Appended, CommitError> {
        self.shared.commit(commit).await
    }

    async fn events(
        &self,
        tenant: &TenantId,
        customer: &CustomerId,
        from: Version,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.whole(self.shared.events(&Who::new(tenant, customer), from, limit))
    }

    async fn due(
        &self,
        kind: WorkKind,
        now: Timestamp,
        lease_for: SignedDuration,
        limit: usize,
    ) -> Result<Vec<LeasedWork>, StoreError> {
        self.shared.due(kind, now, lease_for, limit).await
    }

    async fn next_due(&self, kind: WorkKind) -> Result<Option<Timestamp>, StoreError> {
        self.whole(self.shared.next_due(kind))
    }

    async fn work(
        &self,
        tenant: &TenantId,
        customer: &CustomerId,
        key: &WorkKey,
    ) -> Result<Option<Work>, StoreError> {
        self.whole(self.shared.work(&Who::new(tenant, customer), key))
    }

    async fn dead_letters(
        &self,
        tenant: &TenantId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Work>, StoreError> {
        self.whole(self.shared.dead_letters(tenant, after, limit))
    }

    async fn customers(
        &self,
        tenant: &TenantId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<CustomerId>, StoreError> {
        self.whole(self.shared.customers(tenant, after, limit))
    }

    async fn conversations(
        &self,
        tenant: &TenantId,
        inbox: Inbox<'_>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<ConversationRow>, StoreError> {
        self.whole(self.shared.conversations(tenant, inbox, after, limit))
    }

    async fn listed(
        &self,
        tenant: &TenantId,
        listed: Listed,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<EventRow>, StoreError> {
        self.whole(self.shared.listed(tenant, listed, after, limit))
    }

    async fn tenant(&self, tenant: &TenantId) -> Result<Option<Document<Tenant>>, StoreError> {
        self.whole(self.shared.tenant(tenant))
    }

    async fn put_tenant(
        &self,
        tenant: Document<Tenant>,
        entry: Option<AuditEntry>,
    ) -> Result<(), CommitError> {
        self.shared.put_tenant(tenant, entry).await
    }

    async fn tenants(&self) -> Result<Vec<Document<Tenant>>, StoreError> {
        self.whole(self.shared.tenants())
    }

    async fn apps(&self) -> Result<Vec<Document<App>>, StoreError> {
        self.whole(self.shared.apps())
    }

    async fn put_app(&self, app: Document<App>) -> Result<(), CommitError> {
        self.shared.put_app(app).await
    }

    async fn api_keys(&self) -> Result<Vec<Document<ApiKey>>, StoreError> {
        self.whole(self.shared.api_keys())
    }

    async fn put_api_key(
        &self,
        key: Document<ApiKey>,
        entry: Option<AuditEntry>,
    ) -> Result<(), CommitError> {
        self.shared.put_api_key(key, entry).await
    }

    async fn quarantine(&self, item: Quarantined) -> Result<QuarantineId, StoreError> {
        self.shared.quarantine(item).await.map_err(unopposed)
    }

    async fn quarantine_size(&self) -> Result<QuarantineSize, StoreError> {
        self.whole(self.shared.quarantine_size())
    }

    async fn quarantined(
        &self,
        after: Option<QuarantineId>,
        limit: usize,
    ) -> Result<Vec<(QuarantineId, Quarantined)>, StoreError> {
        self.whole(self.shared.quarantined(after, limit))
    }

    async fn release(&self, id: QuarantineId) -> Result<(), StoreError> {
        self.shared.release(id).await.map_err(unopposed)
    }

    async fn erase(&self, tenant: &TenantId, customer: &CustomerId) -> Result<bool, StoreError> {
        self.shared
            .erase(&Who::new(tenant, customer))
            .await
            .map_err(unopposed)
    }

    async fn sweep(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError> {
        let swept = self.shared.sweep(now, limit).await;
        self.whole(swept.map_err(unopposed))
    }

    async fn clock_set_back(&self, now: Timestamp) -> Result<usize, StoreError> {
        let moved = self.shared.clock_set_back(now).await;
        self.whole(moved.map_err(unopposed))
    }

    async fn export(&self, at: Timestamp, to: Sender<Vec<u8>>) -> Result<Exported, StoreError> {
        let exported = self.shared.export(at, to).await;
        self.whole(exported)
    }

    async fn failed(&self) {
        self.shared.in_flight.failed().await;
    }

    async fn close(&self) {
        self.shared.committer.close().await;
    }
}

#[async_trait]
impl<B: Send + Sync + 'static> ReleaseStore for Embedded<B> {
    async fn add_module(
        &self,
        tenant: &TenantId,
        module: StoredModule,
        bytes: Arc<[u8]>,
    ) -> Result<bool, StoreError> {
        let added = self.shared.add_module(tenant, module, &bytes).await;
        added.map_err(unopposed)
    }

    async fn modules(&self, tenant: &TenantId) -> Result<Vec<StoredModule>, StoreError> {
        self.whole(self.shared.modules(tenant))
    }

    async fn module(
        &self,
        tenant: &TenantId,
        digest: &ModuleDigest,
    ) -> Result<Option<StoredModule>, StoreError> {
        self.whole(self.shared.module(tenant, digest))
    }

    async fn module_bytes(
        &self,
        tenant: &TenantId,
        digest: &ModuleDigest,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.whole(self.shared.module_bytes(tenant, digest))
    }

    async fn grants(&self, tenant: &TenantId) -> Result<Vec<Document<Grants>>, StoreError> {
        self.whole(self.shared.grants(tenant))
    }

    async fn put_grants(
        &self,
        tenant: &TenantId,
        grants: Document<Grants>,
    ) -> Result<(), CommitError> {
        let next = grants.revision + 1;
        self.shared.put_grants(tenant, grants, next).await
    }

    async fn note_grants(
        &self,
        tenant: &TenantId,
        grants: Document<Grants>,
    ) -> Result<(), CommitError> {
        let same = grants.revision;
        self.shared.put_grants(tenant, grants, same).await
    }

    async fn releases(
        &self,
        tenant: &TenantId,
        before: Option<ReleaseNumber>,
        limit: usize,
    ) -> Result<Vec<Release>, StoreError> {
        self.whole(self.shared.releases(tenant, before, limit))
    }

    async fn made_release(
        &self,
        tenant: &TenantId,
        number: ReleaseNumber,
    ) -> Result<Option<Release>, StoreError> {
        self.whole(self.shared.made_release(tenant, number))
    }

    async fn rollout(&self, tenant: &TenantId) -> Result<Document<Rollout>, StoreError> {
        self.whole(self.shared.rollout(tenant))
    }

    async fn put_rollout(
        &self,
        tenant: &TenantId,
        rollout: Document<Rollout>,
        made: Option<Release>,
    ) -> Result<(), CommitError> {
        self.shared.put_rollout(tenant, rollout, made).await
    }
}

#[async_trait]
impl<B: Send + Sync + 'static> NotifyStore for Embedded<B> {
    async fn endpoints(&self, tenant: &TenantId) -> Result<Vec<Document<Endpoint>>, StoreError> {
        self.whole(self.shared.endpoints(tenant))
    }

    async fn put_endpoint(
        &self,
        tenant: &TenantId,
        endpoint: Document<Endpoint>,
        entry: Option<AuditEntry>,
    ) -> Result<(), CommitError> {
        self.shared.put_endpoint(tenant, endpoint, entry).await
    }

    async fn remove_endpoint(
        &self,
        tenant: &TenantId,
        endpoint: &EndpointId,
        revision: u64,
        entry: AuditEntry,
    ) -> Result<(), CommitError> {
        self.shared
            .remove_endpoint(tenant, endpoint, revision, entry)
            .await
    }

    async fn notification_settings(
        &self,
        tenant: &TenantId,
    ) -> Result<Document<NotificationSettings>, StoreError> {
        self.whole(self.shared.notification_settings(tenant))
    }

    async fn put_notification_settings(
        &self,
        tenant: &TenantId,
        settings: Document<NotificationSettings>,
        entry: AuditEntry,
    ) -> Result<(), CommitError> {
        self.shared
            .put_notification_settings(tenant, settings, entry)
            .await
    }

    async fn flag_counts(
        &self,
        tenant: &TenantId,
        weeks: Range<Week>,
    ) -> Result<Vec<FlagCount>, StoreError> {
        self.whole(self.shared.flag_counts(tenant, weeks))
    }
}
