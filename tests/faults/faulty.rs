//! A store whose n-th write fails: before it did anything, or after it did
//! everything, so that only the answer is lost. It may be well again at once,
//! or stay broken until the host is started anew.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use async_trait::async_trait;
use baton_domain::{
    ids::{CustomerId, ModuleDigest, ReleaseNumber, TenantId},
    release::{Release, Rollout},
};
use baton_store::{
    ApiKey, App, Appended, AuditEntry, Commit, CommitError, ConversationRow, Document, EventRow,
    Exported, Grants, Identity, Inbox, LeasedWork, Link, Listed, Loaded, Page, QuarantineId,
    QuarantineSize, Quarantined, ReleaseStore, Store, StoreError, StoredEvent, StoredModule,
    Tenant, Version, Work, WorkKey, WorkKind,
};
use jiff::{SignedDuration, Timestamp};
use tokio::sync::{mpsc::Sender, watch};

/// How a write fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// Whether it is done all the same.
    pub is_done: bool,
    /// Whether the store stays broken.
    pub is_lasting: bool,
}

pub struct FaultyStore {
    pub(crate) inner: Arc<dyn Store>,
    /// Writes until the one that fails; 0 when none is to.
    left: AtomicUsize,
    is_done: AtomicBool,
    is_lasting: AtomicBool,
    is_broken: watch::Sender<bool>,
}

fn failed() -> StoreError {
    StoreError::Backend {
        doing: "making a change durable",
        source: "an injected fault".into(),
    }
}

impl FaultyStore {
    pub fn new(inner: Arc<dyn Store>) -> Arc<Self> {
        Arc::new(Self {
            inner,
            left: AtomicUsize::new(0),
            is_done: AtomicBool::new(false),
            is_lasting: AtomicBool::new(false),
            is_broken: watch::Sender::new(false),
        })
    }

    /// The `nth` write from now fails like this.
    pub fn arm(&self, nth: usize, fault: Fault) {
        self.is_done.store(fault.is_done, Ordering::SeqCst);
        self.is_lasting.store(fault.is_lasting, Ordering::SeqCst);
        self.left.store(nth, Ordering::SeqCst);
    }

    /// No write fails any more. Returns whether the armed one did.
    pub fn disarm(&self) -> bool {
        self.left.swap(0, Ordering::SeqCst) == 0
    }

    pub fn is_broken(&self) -> bool {
        *self.is_broken.borrow()
    }

    /// As after a restart.
    pub fn mend(&self) {
        self.is_broken.send_replace(false);
    }

    pub(crate) fn read(&self) -> Result<&dyn Store, StoreError> {
        if self.is_broken() {
            return Err(failed());
        }
        Ok(&*self.inner)
    }

    /// Does `write`, unless this is the one that fails.
    pub(crate) async fn write<T, E: From<StoreError>>(
        &self,
        write: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        self.read()?;
        let count = |left: usize| left.checked_sub(1);
        let before = self
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, count);
        if before != Ok(1) {
            return write.await;
        }
        if self.is_done.load(Ordering::SeqCst) {
            // Whatever it came to, nobody hears of it.
            let _ = write.await;
        }
        if self.is_lasting.load(Ordering::SeqCst) {
            self.is_broken.send_replace(true);
        }
        Err(failed().into())
    }
}

#[async_trait]
impl ReleaseStore for FaultyStore {
    async fn add_module(
        &self,
        tenant: &TenantId,
        module: StoredModule,
        bytes: Arc<[u8]>,
    ) -> Result<bool, StoreError> {
        self.write(self.inner.add_module(tenant, module, bytes))
            .await
    }

    async fn modules(&self, tenant: &TenantId) -> Result<Vec<StoredModule>, StoreError> {
        self.read()?.modules(tenant).await
    }

    async fn module(
        &self,
        tenant: &TenantId,
        digest: &ModuleDigest,
    ) -> Result<Option<StoredModule>, StoreError> {
        self.read()?.module(tenant, digest).await
    }

    async fn module_bytes(
        &self,
        tenant: &TenantId,
        digest: &ModuleDigest,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        self.read()?.module_bytes(tenant, digest).await
    }

    async fn grants(&self, tenant: &TenantId) -> Result<Vec<Document<Grants>>, StoreError> {
        self.read()?.grants(tenant).await
    }

    async fn put_grants(
        &self,
        tenant: &TenantId,
        grants: Document<Grants>,
    ) -> Result<(), CommitError> {
        self.write(self.inner.put_grants(tenant, grants)).await
    }

    async fn note_grants(
        &self,
        tenant: &TenantId,
        grants: Document<Grants>,
    ) -> Result<(), CommitError> {
        self.write(self.inner.note_grants(tenant, grants)).await
    }

    async fn releases(
        &self,
        tenant: &TenantId,
        before: Option<ReleaseNumber>,
        limit: usize,
    ) -> Result<Vec<Release>, StoreError> {
        self.read()?.releases(tenant, before, limit).await
    }

    async fn made_release(
        &self,
        tenant: &TenantId,
        number: ReleaseNumber,
    ) -> Result<Option<Release>, StoreError> {
        self.read()?.made_release(tenant, number).await
    }

    async fn rollout(&self, tenant: &TenantId) -> Result<Document<Rollout>, StoreError> {
        self.read()?.rollout(tenant).await
    }

    async fn put_rollout(
        &self,
        tenant: &TenantId,
        rollout: Document<Rollout>,
        made: Option<Release>,
    ) -> Result<(), CommitError> {
        self.write(self.inner.put_rollout(tenant, rollout, made))
            .await
    }
}

#[async_trait]
impl Store for FaultyStore {
    async fn resolve(
        &self,
        tenant: &TenantId,
        links: &[Link],
        dedupe: &[Identity],
    ) -> Result<Loaded, StoreError> {
        self.read()?.resolve(tenant, links, dedupe).await
    }

    async fn find(&self, tenant: &TenantId, links: &[Link]) -> Result<Option<Loaded>, StoreError> {
        self.read()?.find(tenant, links).await
    }

    async fn load(
        &self,
        tenant: &TenantId,
        customer: &CustomerId,
        dedupe: &[Identity],
    ) -> Result<Option<Loaded>, StoreError> {
        self.read()?.load(tenant, customer, dedupe).await
    }

    async fn commit(&self, commit: Commit) -> Result<Appended, CommitError> {
        self.write(self.inner.commit(commit)).await
    }

    async fn events(
        &self,
        tenant: &TenantId,
        customer: &CustomerId,
        from: Version,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        self.read()?.events(tenant, customer, from, limit).await
    }

    async fn due(
        &self,
        kind: WorkKind,
        now: Timestamp,
        lease_for: SignedDuration,
        limit: usize,
    ) -> Result<Vec<LeasedWork>, StoreError> {
        // Looking for work that is not there writes nothing.
        match self.read()?.next_due(kind).await? {
            Some(at) if at <= now => {
                self.write(self.inner.due(kind, now, lease_for, limit))
                    .await
            }
            _ => Ok(Vec::new()),
        }
    }

    async fn next_due(&self, kind: WorkKind) -> Result<Option<Timestamp>, StoreError> {
        self.read()?.next_due(kind).await
    }

    async fn work(
        &self,
        tenant: &TenantId,
        customer: &CustomerId,
        key: &WorkKey,
    ) -> Result<Option<Work>, StoreError> {
        self.read()?.work(tenant, customer, key).await
    }

    async fn dead_letters(
        &self,
        tenant: &TenantId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Work>, StoreError> {
        self.read()?.dead_letters(tenant, after, limit).await
    }

    async fn customers(
        &self,
        tenant: &TenantId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<CustomerId>, StoreError> {
        self.read()?.customers(tenant, after, limit).await
    }

    async fn conversations(
        &self,
        tenant: &TenantId,
        inbox: Inbox<'_>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<ConversationRow>, StoreError> {
        self.read()?
            .conversations(tenant, inbox, after, limit)
            .await
    }

    async fn listed(
        &self,
        tenant: &TenantId,
        listed: Listed,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<EventRow>, StoreError> {
        self.read()?.listed(tenant, listed, after, limit).await
    }

    async fn tenant(&self, tenant: &TenantId) -> Result<Option<Document<Tenant>>, StoreError> {
        self.read()?.tenant(tenant).await
    }

    async fn put_tenant(
        &self,
        tenant: Document<Tenant>,
        entry: Option<AuditEntry>,
    ) -> Result<(), CommitError> {
        self.write(self.inner.put_tenant(tenant, entry)).await
    }

    async fn tenants(&self) -> Result<Vec<Document<Tenant>>, StoreError> {
        self.read()?.tenants().await
    }

    async fn apps(&self) -> Result<Vec<Document<App>>, StoreError> {
        self.read()?.apps().await
    }

    async fn put_app(&self, app: Document<App>) -> Result<(), CommitError> {
        self.write(self.inner.put_app(app)).await
    }

    async fn api_keys(&self) -> Result<Vec<Document<ApiKey>>, StoreError> {
        self.read()?.api_keys().await
    }

    async fn put_api_key(
        &self,
        key: Document<ApiKey>,
        entry: Option<AuditEntry>,
    ) -> Result<(), CommitError> {
        self.write(self.inner.put_api_key(key, entry)).await
    }

    async fn quarantine(&self, item: Quarantined) -> Result<QuarantineId, StoreError> {
        self.write(self.inner.quarantine(item)).await
    }

    async fn quarantined(
        &self,
        after: Option<QuarantineId>,
        limit: usize,
    ) -> Result<Vec<(QuarantineId, Quarantined)>, StoreError> {
        self.read()?.quarantined(after, limit).await
    }

    async fn quarantine_size(&self) -> Result<QuarantineSize, StoreError> {
        self.read()?.quarantine_size().await
    }

    async fn release(&self, id: QuarantineId) -> Result<(), StoreError> {
        self.write(self.inner.release(id)).await
    }

    async fn erase(&self, tenant: &TenantId, customer: &CustomerId) -> Result<bool, StoreError> {
        self.write(self.inner.erase(tenant, customer)).await
    }

    async fn sweep(&self, now: Timestamp, limit: usize) -> Result<usize, StoreError> {
        self.read()?.sweep(now, limit).await
    }

    async fn clock_set_back(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.read()?.clock_set_back(now).await
    }

    async fn export(&self, at: Timestamp, to: Sender<Vec<u8>>) -> Result<Exported, StoreError> {
        self.read()?.export(at, to).await
    }

    async fn failed(&self) {
        let mut broken = self.is_broken.subscribe();
        // An error means that the sender is gone; it is ours.
        let _ = broken.wait_for(|is_broken| *is_broken).await;
    }

    /// What is inside outlives the host, as a disk does.
    async fn close(&self) {}
}
