//! Documents of the directory: sealed under the host's key, since they hold
//! secrets, and numbered, so that two people cannot overwrite each other.

use std::sync::Arc;

use baton_domain::{
    ids::TenantId,
    limits::{DIRECTORY_DOCUMENT_BYTES_MAX, DIRECTORY_DOCUMENTS_MAX},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use super::{
    Shared,
    draft::Draft,
    key::{Key, area},
    record::{damaged, decode, encode},
    seal::split,
};
use crate::{
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

impl Shared {
    fn read_document<T: DeserializeOwned>(
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

    fn documents<T: DeserializeOwned>(&self, area: u8) -> Result<Vec<Document<T>>, StoreError> {
        let rows = self.rows.with_prefix(&[area], DIRECTORY_DOCUMENTS_MAX)?;
        rows.iter()
            .map(|(key, record)| self.read_document(key, record))
            .collect()
    }

    async fn put_document<T: Serialize>(
        self: &Arc<Self>,
        key: Vec<u8>,
        document: Document<T>,
    ) -> Result<(), CommitError> {
        let Document { revision, body } = document;
        let plain = encode(&(revision + 1))?;
        let record = self
            .keyring
            .host
            .pack(&*self.options.entropy, &key, &plain, &body)?;
        let over = |what, max| Err(StoreError::OverLimit { what, max }.into());
        if record.len() > DIRECTORY_DOCUMENT_BYTES_MAX {
            return over("bytes of a document", DIRECTORY_DOCUMENT_BYTES_MAX);
        }
        let write = move |draft: &mut Draft<'_>| {
            let found = match draft.get(&key)? {
                Some(record) => decode(&key, split(&key, &record)?.0)?,
                None => 0_u64,
            };
            if found != revision {
                return Err(CommitError::Stale);
            }
            if revision == 0
                && draft.with_prefix(&key[..1], DIRECTORY_DOCUMENTS_MAX)?.len()
                    == DIRECTORY_DOCUMENTS_MAX
            {
                return over("documents of a kind", DIRECTORY_DOCUMENTS_MAX);
            }
            draft.set(key, record);
            Ok(())
        };
        self.committer.run(Vec::new(), write).await
    }

    pub(crate) fn tenant(&self, tenant: &TenantId) -> Result<Option<Document<Tenant>>, StoreError> {
        let key = tenant_key(tenant);
        self.rows
            .get(&key)?
            .map(|record| self.read_document(&key, &record))
            .transpose()
    }

    pub(crate) async fn put_tenant(
        self: &Arc<Self>,
        tenant: Document<Tenant>,
    ) -> Result<(), CommitError> {
        self.put_document(tenant_key(&tenant.body.id), tenant).await
    }

    pub(crate) fn tenants(&self) -> Result<Vec<Document<Tenant>>, StoreError> {
        self.documents(area::TENANT)
    }

    pub(crate) fn apps(&self) -> Result<Vec<Document<App>>, StoreError> {
        self.documents(area::APP)
    }

    pub(crate) async fn put_app(self: &Arc<Self>, app: Document<App>) -> Result<(), CommitError> {
        self.put_document(Key::new(area::APP).text(&app.body.name).done(), app)
            .await
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
    ) -> Result<(), CommitError> {
        let Document { revision, body } = document;
        let hash = self.keyring.indexer.hash(&[b"api-key", b"", &body.hash.0]);
        let key = Key::new(area::API_KEY).bytes(&hash.0).done();
        self.put_document(
            key,
            Document {
                revision,
                body: StoredApiKey::from(body),
            },
        )
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
