//! The store as one host sees it: the real one in memory, with waits and
//! failures around each call, and the oracle behind each change.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use baton_domain::{
    ids::{CustomerId, ModuleDigest, ReleaseNumber, TenantId},
    release::{Release, Rollout},
};
use baton_store::{
    ApiKey, App, Appended, AuditEntry, Commit, CommitError, ConversationRow, Document, EventRow,
    Exported, Grants, Identity, Inbox, LeasedWork, Link, Listed, Loaded, MemoryStore, Page,
    QuarantineId, QuarantineSize, Quarantined, ReleaseStore, Store, StoreError, StoredEvent,
    StoredModule, Tenant, Version, Work, WorkKey, WorkKind,
};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::mpsc::Sender;

use crate::sim::Sim;

/// The store of one host.
pub struct SimStore {
    pub sim: Arc<Sim>,
    pub disk: Arc<MemoryStore>,
    pub host: u32,
    /// Set when the disk failed; nothing works from then on, until a restart.
    pub is_broken: Arc<AtomicBool>,
}

fn failed() -> StoreError {
    StoreError::Backend {
        doing: "simulating",
        source: "the seed says so".into(),
    }
}

impl SimStore {
    /// Lets others run, now and then for long. An error when the disk failed.
    pub(crate) async fn wait(&self) -> Result<(), StoreError> {
        if self.sim.goes_wrong(self.sim.plan.rates.slow_store) {
            self.sim.pause(500).await;
        } else if self.sim.chance(0.5) {
            tokio::time::sleep(Duration::ZERO).await;
        }
        if self.is_broken.load(Ordering::SeqCst) {
            return Err(failed());
        }
        Ok(())
    }

    /// Whether the disk fails now. One host has the disk to itself, and what it
    /// cannot write it never writes; of several, one lost a connection.
    fn breaks(&self) -> bool {
        let breaks = self.sim.goes_wrong(self.sim.plan.rates.failed_commit);
        if breaks {
            self.sim.oracle().tally.count("commits failed");
        }
        if breaks && self.sim.plan.hosts == 1 {
            self.is_broken.store(true, Ordering::SeqCst);
        }
        breaks
    }
}

/// Calls that change nothing.
macro_rules! read {
    ($self:ident . $name:ident ( $($argument:expr),* )) => {{
        $self.wait().await?;
        let answer = $self.disk.$name($($argument),*).await;
        $self.wait().await?;
        answer
    }};
}

#[async_trait]
impl ReleaseStore for SimStore {
    async fn add_module(
        &self,
        tenant: &TenantId,
        module: StoredModule,
        bytes: Arc<[u8]>,
    ) -> Result<bool, StoreError> {
        self.disk.add_module(tenant, module, bytes).await
    }

    async fn modules(&self, tenant: &TenantId) -> Result<Vec<StoredModule>, StoreError> {
        read!(self.modules(tenant))
    }

    async fn module(
        &self,
        tenant: &TenantId,
        digest: &ModuleDigest,
    ) -> Result<Option<StoredModule>, StoreError> {
        read!(self.module(tenant, digest))
    }

    async fn module_bytes(
        &self,
        tenant: &TenantId,
        digest: &ModuleDigest,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        read!(self.module_bytes(tenant, digest))
    }

    async fn grants(&self, tenant: &TenantId) -> Result<Vec<Document<Grants>>, StoreError> {
        read!(self.grants(tenant))
    }

    async fn put_grants(
        &self,
        tenant: &TenantId,
        grants: Document<Grants>,
    ) -> Result<(), CommitError> {
        self.disk.put_grants(tenant, grants).await
    }

    async fn note_grants(
        &self,
        tenant: &TenantId,
        grants: Document<Grants>,
    ) -> Result<(), CommitError> {
        self.disk.note_grants(tenant, grants).await
    }

    async fn releases(
        &self,
        tenant: &TenantId,
        before: Option<ReleaseNumber>,
        limit: usize,
    ) -> Result<Vec<Release>, StoreError> {
        read!(self.releases(tenant, before, limit))
    }

    async fn made_release(
        &self,
        tenant: &TenantId,
        number: ReleaseNumber,
    ) -> Result<Option<Release>, StoreError> {
        read!(self.made_release(tenant, number))
    }

    async fn rollout(&self, tenant: &TenantId) -> Result<Document<Rollout>, StoreError> {
        read!(self.rollout(tenant))
    }

    async fn put_rollout(
        &self,
        tenant: &TenantId,
        rollout: Document<Rollout>,
        made: Option<Release>,
    ) -> Result<(), CommitError> {
        self.disk.put_rollout(tenant, rollout, made).await
    }
}

#[async_trait]
impl Store for SimStore {
    async fn resolve(
        &self,
        tenant: &TenantId,
        links: &[Link],
        dedupe: &[Identity],
    ) -> Result<Loaded, StoreError> {
        read!(self.resolve(tenant, links, dedupe))
    }

    async fn find(&self, tenant: &TenantId, links: &[Link]) -> Result<Option<Loaded>, StoreError> {
        read!(self.find(tenant, links))
    }

    async fn load(
        &self,
        tenant: &TenantId,
        customer: &CustomerId,
        dedupe: &[Identity],
    ) -> Result<Option<Loaded>, StoreError> {
        read!(self.load(tenant, customer, dedupe))
    }

    async fn commit(&self, commit: Commit) -> Result<Appended, CommitError> {
        self.wait().await?;
        let is_lost = self.breaks();
        if is_lost && self.sim.chance(0.5) {
            self.sim
                .note(|| format!("host {}: a commit is lost", self.host));
            return Err(failed().into());
        }
        let result = self.disk.commit(commit.clone()).await;
        if let Err(error) = &result {
            self.sim.oracle().tally.refused(error);
        } else {
            self.sim.note(|| crate::oracle::line(self.host, &commit));
            self.sim.oracle().committed(&commit);
        }
        if is_lost {
            self.sim
                .note(|| format!("host {}: a commit is not answered", self.host));
            return Err(failed().into());
        }
        // The commit is durable, whoever is still there to hear of it.
        self.wait().await?;
        result
    }

    async fn events(
        &self,
        tenant: &TenantId,
        customer: &CustomerId,
        from: Version,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        read!(self.events(tenant, customer, from, limit))
    }

    async fn due(
        &self,
        kind: WorkKind,
        now: Timestamp,
        lease_for: SignedDuration,
        limit: usize,
    ) -> Result<Vec<LeasedWork>, StoreError> {
        self.wait().await?;
        let leased = self.disk.due(kind, now, lease_for, limit).await?;
        for one in &leased {
            let (key, number) = (&one.work.key.0, one.lease.number);
            self.sim
                .note(|| format!("host {}: leases {key} as {number}", self.host));
            self.sim.oracle().leased(one, now, lease_for);
        }
        self.wait().await?;
        Ok(leased)
    }

    async fn next_due(&self, kind: WorkKind) -> Result<Option<Timestamp>, StoreError> {
        read!(self.next_due(kind))
    }

    async fn work(
        &self,
        tenant: &TenantId,
        customer: &CustomerId,
        key: &WorkKey,
    ) -> Result<Option<Work>, StoreError> {
        read!(self.work(tenant, customer, key))
    }

    async fn dead_letters(
        &self,
        tenant: &TenantId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Work>, StoreError> {
        read!(self.dead_letters(tenant, after, limit))
    }

    async fn customers(
        &self,
        tenant: &TenantId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<CustomerId>, StoreError> {
        read!(self.customers(tenant, after, limit))
    }

    async fn conversations(
        &self,
        tenant: &TenantId,
        inbox: Inbox<'_>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<ConversationRow>, StoreError> {
        read!(self.conversations(tenant, inbox, after, limit))
    }

    async fn listed(
        &self,
        tenant: &TenantId,
        listed: Listed,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<EventRow>, StoreError> {
        read!(self.listed(tenant, listed, after, limit))
    }

    async fn tenant(&self, tenant: &TenantId) -> Result<Option<Document<Tenant>>, StoreError> {
        self.disk.tenant(tenant).await
    }

    async fn put_tenant(
        &self,
        tenant: Document<Tenant>,
        entry: Option<AuditEntry>,
    ) -> Result<(), CommitError> {
        self.disk.put_tenant(tenant, entry).await
    }

    async fn tenants(&self) -> Result<Vec<Document<Tenant>>, StoreError> {
        read!(self.tenants())
    }

    async fn apps(&self) -> Result<Vec<Document<App>>, StoreError> {
        read!(self.apps())
    }

    async fn put_app(&self, app: Document<App>) -> Result<(), CommitError> {
        self.disk.put_app(app).await
    }

    async fn api_keys(&self) -> Result<Vec<Document<ApiKey>>, StoreError> {
        read!(self.api_keys())
    }

    async fn put_api_key(
        &self,
        key: Document<ApiKey>,
        entry: Option<AuditEntry>,
    ) -> Result<(), CommitError> {
        self.disk.put_api_key(key, entry).await
    }

    async fn quarantine(&self, item: Quarantined) -> Result<QuarantineId, StoreError> {
        read!(self.quarantine(item))
    }

    async fn quarantined(
        &self,
        after: Option<QuarantineId>,
        limit: usize,
    ) -> Result<Vec<(QuarantineId, Quarantined)>, StoreError> {
        read!(self.quarantined(after, limit))
    }

    async fn quarantine_size(&self) -> Result<QuarantineSize, StoreError> {
        read!(self.quarantine_size())
    }

    async fn release(&self, id: QuarantineId) -> Result<(), StoreError> {
        read!(self.release(id))
    }

    async fn erase(&self, tenant: &TenantId, customer: &CustomerId) -> Result<bool, StoreError> {
        read!(self.erase(tenant, customer))
    }

    async fn sweep(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError> {
        read!(self.sweep(now, limit))
    }

    async fn clock_set_back(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.wait().await?;
        let moved = self.disk.clock_set_back(now).await?;
        self.sim
            .note(|| format!("host {}: {moved} wait anew from {now}", self.host));
        self.sim.oracle().clock_set_back(now, moved);
        self.wait().await?;
        Ok(moved)
    }

    async fn export(&self, at: Timestamp, to: Sender<Vec<u8>>) -> Result<Exported, StoreError> {
        read!(self.export(at, to))
    }

    async fn failed(&self) {
        self.disk.failed().await;
    }

    async fn close(&self) {
        self.disk.close().await;
    }
}
