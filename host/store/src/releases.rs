//! Modules, grants and releases of a tenant. Modules and releases never
//! change; grants and the rollout are documents.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use async_trait::async_trait;
use baton_domain::{
    field::Field,
    ids::{ModuleDigest, ModuleName, ReleaseNumber, TenantId},
    limits::GRANT_UNUSED_DAYS,
    module::Declaration,
    release::{Release, Rollout},
};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    directory::Document,
    error::{CommitError, StoreError},
};

/// A module that a tenant has, without its bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StoredModule {
    /// SHA-256 of the bytes.
    pub digest: ModuleDigest,
    /// What it declares.
    pub declaration: Declaration,
    /// Every field that it can ever read.
    pub reads: BTreeSet<Field>,
    /// How many bytes it has.
    pub bytes: u64,
    /// When it was added.
    pub added_at: Timestamp,
    /// By whom: the name of a key.
    pub added_by: Arc<str>,
    /// Where it comes from.
    #[serde(default)]
    pub origin: Origin,
}

/// Where a module comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "snake_case")]
pub enum Origin {
    /// The tenant uploaded its bytes.
    #[default]
    Upload,
    /// The host's own pack.
    Pack,
    /// A package that a publisher signed.
    Package {
        /// What the publisher calls itself.
        publisher: Arc<str>,
        /// The publisher's ed25519 key, in hexadecimal.
        key: Arc<str>,
        /// The version that it gave the package.
        version: Arc<str>,
        /// Why it reads what it reads, in its words.
        #[serde(default)]
        why: BTreeMap<Field, Arc<str>>,
    },
}

/// What modules of one name may read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grants {
    /// Which modules.
    pub module: ModuleName,
    /// The fields.
    #[serde(default)]
    pub fields: BTreeMap<Field, Granted>,
}

/// When a field was granted, and by whom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Granted {
    /// When.
    pub at: Timestamp,
    /// By whom: the name of a key.
    pub by: Arc<str>,
    /// When a module read it last, to a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_read: Option<Timestamp>,
}

impl Granted {
    /// Whether nothing has used it for so long that it should be revoked.
    pub fn is_unused(&self, now: Timestamp) -> bool {
        let last = self.last_read.map_or(self.at, |read| read.max(self.at));
        now.duration_since(last) > SignedDuration::from_hours(24 * GRANT_UNUSED_DAYS)
    }
}

/// What Baton keeps of a tenant's modules and releases.
#[async_trait]
pub trait ReleaseStore: Send + Sync + 'static {
    /// Adds a module with its bytes; `false` when the tenant has it already.
    ///
    /// # Errors
    /// [`StoreError::OverLimit`] for one module too many.
    async fn add_module(
        &self,
        tenant: &TenantId,
        module: StoredModule,
        bytes: Arc<[u8]>,
    ) -> Result<bool, StoreError>;
    /// All modules of a tenant, by digest.
    async fn modules(&self, tenant: &TenantId) -> Result<Vec<StoredModule>, StoreError>;
    /// One of them.
    async fn module(
        &self,
        tenant: &TenantId,
        digest: &ModuleDigest,
    ) -> Result<Option<StoredModule>, StoreError>;
    /// The bytes of one of them.
    async fn module_bytes(
        &self,
        tenant: &TenantId,
        digest: &ModuleDigest,
    ) -> Result<Option<Vec<u8>>, StoreError>;

    /// All grants of a tenant, by module.
    async fn grants(&self, tenant: &TenantId) -> Result<Vec<Document<Grants>>, StoreError>;
    /// Writes grants, conditional on the revision read (0 for new ones).
    async fn put_grants(
        &self,
        tenant: &TenantId,
        grants: Document<Grants>,
    ) -> Result<(), CommitError>;
    /// Writes grants in which only notes changed, such as when fields were last
    /// read, conditional on the revision read, which stays: whoever read them
    /// may still write.
    async fn note_grants(
        &self,
        tenant: &TenantId,
        grants: Document<Grants>,
    ) -> Result<(), CommitError>;

    /// Releases of a tenant before the one of number `before`, the latest
    /// first.
    async fn releases(
        &self,
        tenant: &TenantId,
        before: Option<ReleaseNumber>,
        limit: usize,
    ) -> Result<Vec<Release>, StoreError>;
    /// One of them.
    async fn made_release(
        &self,
        tenant: &TenantId,
        number: ReleaseNumber,
    ) -> Result<Option<Release>, StoreError>;
    /// Where the releases of a tenant stand; revision 0 before anything moved.
    async fn rollout(&self, tenant: &TenantId) -> Result<Document<Rollout>, StoreError>;
    /// Writes it, conditional on the revision read, and with it the release
    /// that was made, if one was.
    async fn put_rollout(
        &self,
        tenant: &TenantId,
        rollout: Document<Rollout>,
        made: Option<Release>,
    ) -> Result<(), CommitError>;
}
