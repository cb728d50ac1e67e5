//! Documents of the directory: sealed under the host's key, since they hold
//! secrets, and numbered, so that two people cannot overwrite each other.

use std::sync::Arc;

use baton_domain::{
    ids::TenantId,
    limit,
    limits::{DIRECTORY_DOCUMENT_BYTES_MAX, DIRECTORY_DOCUMENTS_MAX, Limit},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    Shared,
    draft::Draft,
    key::{Key, area},
    record::{damaged, decode},
    seal::split,
};
use crate::{
    audit::AuditEntry,
    directory::{ApiKey, App, Document, KeyHash, Role, Tenant},
    error::{CommitError, StoreError},
};

/// An API key as it is stored.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredApiKey {
    name: String,
    hash: [u8; 32],
    tenant: TenantId,
    role: Role,
    expires_at: Option<Timestamp>,
    is_revoked: bool,
}

impl From<ApiKey> for StoredApiKey {
    fn from(key: ApiKey) -> Self {
        let ApiKey {
            name,
            hash: KeyHash(hash),
            tenant,
            role,
            expires_at,
            is_revoked,
        } = key;
        Self {
            name,
            hash,
            tenant,
            role,
            expires_at,
            is_revoked,
        }
    }
}

impl From<StoredApiKey> for ApiKey {
    fn from(key: StoredApiKey) -> Self {
        let StoredApiKey {
            name,
            hash,
            tenant,
            role,
            expires_at,
            is_revoked,
        } = key;
        Self {
            name,
            hash: KeyHash(hash),
            tenant,
            role,
            expires_at,
            is_revoked,
        }
    }
}

/// The row that notices foreign keys.
pub(crate) fn keys_key() -> Vec<u8> {
    Key::new(area::META).text("keys").done()
}

fn tenant_key(tenant: &TenantId) -> Vec<u8> {
    Key::new(area::TENANT).text(tenant.as_str()).done()
}

/// Where a document goes.
pub(super) struct Put {
    pub(super) key: Vec<u8>,
    /// The document that makes room for it.
    pub(super) instead: Option<Vec<u8>>,
    /// What the keys of its kind begin with.
    pub(super) among: Vec<u8>,
    /// How many there may be of its kind.
    pub(super) max: Limit,
}

impl Put {
    /// One of `max` whose keys begin with `among`.
    pub(super) fn one_of(max: Limit, among: Vec<u8>, key: Vec<u8>) -> Self {
        Self {
            key,
            instead: None,
            among,
            max,
        }
    }

    /// One of the whole host's.
    pub(super) fn of_all(key: Vec<u8>) -> Self {
        Self::one_of(limit!(DIRECTORY_DOCUMENTS_MAX), key[..1].to_vec(), key)
    }

    /// In the place of another, when there is one to make room.
    pub(super) fn instead_of(mut self, key: Option<Vec<u8>>) -> Self {
        self.instead = key;
        self
    }
}

impl Draft<'_> {
    /// Refuses when the document at `key` was not written `revision` times.
    pub(super) fn check_revision(&self, key: &[u8], revision: u64) -> Result<(), CommitError> {
        let found = match self.get(key)? {
            Some(record) => decode(key, split(key, &record)?.0)?,
            None => 0_u64,
        };
        if found == revision {
            Ok(())
        } else {
            Err(CommitError::Stale)
        }
    }
}

impl Shared {
    pub(super) fn read_document<T: DeserializeOwned>(
        &self,
        key: &[u8],
        record: &[u8],
    ) -> Result<Document<T>, StoreError> {
        let (plain, sealed) = split(key, record)?;
        let revision = decode(key, plain)?;
        Ok(Document {
            revision,
            body: self.keyring.host.open(key, (plain, sealed))?,
        })
    }

    pub(super) fn document_at<T: DeserializeOwned>(
        &self,
        key: &[u8],
    ) -> Result<Option<Document<T>>, StoreError> {
        let record = self.rows.get(key)?;
        record
            .map(|record| self.read_document(key, &record))
            .transpose()
    }

    fn documents<T: DeserializeOwned>(&self, area: u8) -> Result<Vec<Document<T>>, StoreError> {
        self.documents_under(&[area], DIRECTORY_DOCUMENTS_MAX)
    }

    pub(super) fn documents_under<T: DeserializeOwned>(
        &self,
        prefix: &[u8],
        max: usize,
    ) -> Result<Vec<Document<T>>, StoreError> {
        let rows = self.rows.with_prefix(prefix, max)?;
        rows.iter()
            .map(|(key, record)| self.read_document(key, record))
            .collect()
    }

    /// Writes a document, conditional on the revision read.
    pub(super) async fn put_document<T: Serialize>(
        self: &Arc<Self>,
        put: Put,
        document: Document<T>,
    ) -> Result<(), CommitError> {
        let next = document.revision + 1;
        self.write_document(put, document, next, None).await
    }

    /// The same, as revision `next`.
    pub(super) async fn put_document_as<T: Serialize>(
        self: &Arc<Self>,
        put: Put,
        document: Document<T>,
        next: u64,
    ) -> Result<(), CommitError> {
        self.write_document(put, document, next, None).await
    }

    /// Writes a document, and with it who did so.
    pub(super) async fn put_audited<T: Serialize>(
        self: &Arc<Self>,
        put: Put,
        document: Document<T>,
        by: Option<(TenantId, AuditEntry)>,
    ) -> Result<(), CommitError> {
        let next = document.revision + 1;
        self.write_document(put, document, next, by).await
    }

    async fn write_document<T: Serialize>(
        self: &Arc<Self>,
        put: Put,
        document: Document<T>,
        next: u64,
        by: Option<(TenantId, AuditEntry)>,
    ) -> Result<(), CommitError> {
        let Document { revision, body } = document;
        let Put {
            key,
            instead,
            among,
            max,
        } = put;
        let record = self.sealed(&key, next, &body)?;
        let over = |what, limit| Err(StoreError::OverLimit { what, limit }.into());
        if record.len() > DIRECTORY_DOCUMENT_BYTES_MAX {
            return over("bytes of a document", limit!(DIRECTORY_DOCUMENT_BYTES_MAX));
        }
        let shared = self.clone();
        let write = move |draft: &mut Draft<'_>| {
            draft.check_revision(&key, revision)?;
            let is_full = revision == 0 && draft.with_prefix(&among, max.1)?.len() == max.1;
            if is_full && instead.is_none() {
                return over("documents of a kind", max);
            }
            instead.into_iter().for_each(|key| draft.remove(key));
            draft.set(key, record);
            if let Some((tenant, entry)) = by {
                shared.chain(draft, &tenant, &[entry])?;
            }
            Ok(())
        };
        self.committer.run(Vec::new(), write).await
    }

    /// Removes a document and what begins with `with`, and tells who did so.
    pub(super) async fn remove_document(
        self: &Arc<Self>,
        key: Vec<u8>,
        with: Option<Vec<u8>>,
        revision: u64,
        (tenant, entry): (TenantId, AuditEntry),
    ) -> Result<(), CommitError> {
        let shared = self.clone();
        let write = move |draft: &mut Draft<'_>| {
            draft.check_revision(&key, revision)?;
            // A change scans before it writes.
            let rows = match &with {
                Some(with) => draft.with_prefix(with, DIRECTORY_DOCUMENTS_MAX)?,
                None => Vec::new(),
            };
            rows.into_iter().for_each(|(key, _)| draft.remove(key));
            draft.remove(key);
            Ok(shared.chain(draft, &tenant, &[entry])?)
        };
        self.committer.run(Vec::new(), write).await
    }

    pub(crate) fn tenant(&self, tenant: &TenantId) -> Result<Option<Document<Tenant>>, StoreError> {
        self.document_at(&tenant_key(tenant))
    }

    pub(crate) async fn put_tenant(
        self: &Arc<Self>,
        tenant: Document<Tenant>,
        entry: Option<AuditEntry>,
    ) -> Result<(), CommitError> {
        let put = Put::of_all(tenant_key(&tenant.body.id));
        let by = entry.map(|entry| (tenant.body.id.clone(), entry));
        self.put_audited(put, tenant, by).await
    }

    pub(crate) fn tenants(&self) -> Result<Vec<Document<Tenant>>, StoreError> {
        self.documents(area::TENANT)
    }

    pub(crate) fn apps(&self) -> Result<Vec<Document<App>>, StoreError> {
        self.documents(area::APP)
    }

    pub(crate) async fn put_app(self: &Arc<Self>, app: Document<App>) -> Result<(), CommitError> {
        let key = Key::new(area::APP).text(&app.body.name).done();
        self.put_document(Put::of_all(key), app).await
    }

    pub(crate) fn api_keys(&self) -> Result<Vec<Document<ApiKey>>, StoreError> {
        let stored = self.documents::<StoredApiKey>(area::API_KEY)?;
        let open = |Document { revision, body }| Document {
            revision,
            body: ApiKey::from(body),
        };
        Ok(stored.into_iter().map(open).collect())
    }

    pub(crate) async fn put_api_key(
        self: &Arc<Self>,
        document: Document<ApiKey>,
        entry: Option<AuditEntry>,
    ) -> Result<(), CommitError> {
        let Document { revision, body } = document;
        let by = entry.map(|entry| (body.tenant.clone(), entry));
        let hash = self.keyring.indexer.hash(&[b"api-key", b"", &body.hash.0]);
        let key = Key::new(area::API_KEY).bytes(&hash.0).done();
        let body = StoredApiKey::from(body);
        self.put_audited(Put::of_all(key), Document { revision, body }, by)
            .await
    }

    /// Notices a keys file that belongs to other rows before anything is
    /// written under it.
    pub(crate) fn check_keys(&self) -> Result<(), StoreError> {
        let key = keys_key();
        match self.rows.get(&key)? {
            Some(record) => {
                let opened = self.keyring.host.unpack::<String>(&key, &record);
                opened
                    .map(|_| ())
                    .map_err(|_| damaged(&key, "belongs to another keys file"))
            }
            None => {
                let entropy = &*self.options.entropy;
                let record = self.keyring.host.pack(entropy, &key, &[], &"these keys")?;
                let mut batch = super::rows::Batch::default();
                batch.set(key, Some(record));
                self.rows.apply(&batch)?;
                self.rows.sync()
            }
        }
    }
}
