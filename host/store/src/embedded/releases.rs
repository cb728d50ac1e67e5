//! Rows of modules, grants and releases. They hold nothing personal, and are
//! sealed all the same, under the host's key: what a merchant's rules are is
//! nobody else's business.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_STANDARD};
use baton_domain::{
    ids::{ModuleDigest, ReleaseNumber, TenantId},
    limit,
    limits::{SCRIPT_COMPONENT_BYTES_MAX, TENANT_MODULES_MAX, TENANT_RELEASES_MAX},
    release::{Release, Rollout},
};
use serde::Serialize;

use super::{
    Shared,
    directory::Put,
    draft::Draft,
    key::{Key, area},
    record::damaged,
    rows::after_prefix,
};
use crate::{
    directory::Document,
    error::{CommitError, StoreError},
    releases::{Grants, StoredModule},
};

fn of_tenant(area: u8, tenant: &TenantId) -> Key {
    Key::new(area).text(tenant.as_str())
}

fn module_key(tenant: &TenantId, digest: &ModuleDigest) -> Vec<u8> {
    let key = of_tenant(area::MODULE, tenant);
    key.bytes(digest.as_bytes()).done()
}

/// The same bytes lie there once, whoever has them.
fn bytes_key(digest: &ModuleDigest) -> Vec<u8> {
    Key::new(area::MODULE_BYTES).bytes(digest.as_bytes()).done()
}

/// Where the bytes of the module at `key` lie.
pub(super) fn bytes_of(key: &[u8]) -> Vec<u8> {
    let digest = &key[key.len().saturating_sub(32)..];
    Key::new(area::MODULE_BYTES).bytes(digest).done()
}

/// Later releases first.
fn release_key(tenant: &TenantId, ReleaseNumber(number): ReleaseNumber) -> Vec<u8> {
    let key = of_tenant(area::RELEASE, tenant);
    key.number(!u64::from(number)).done()
}

fn rollout_key(tenant: &TenantId) -> Vec<u8> {
    of_tenant(area::ROLLOUT, tenant).done()
}

impl Shared {
    pub(crate) async fn add_module(
        self: &Arc<Self>,
        tenant: &TenantId,
        module: StoredModule,
        bytes: &[u8],
    ) -> Result<bool, CommitError> {
        if bytes.len() > SCRIPT_COMPONENT_BYTES_MAX {
            let what = "bytes of a module";
            let limit = limit!(SCRIPT_COMPONENT_BYTES_MAX);
            return Err(StoreError::OverLimit { what, limit }.into());
        }
        let key = module_key(tenant, &module.digest);
        let record = self.sealed(&key, 1, &module)?;
        let bytes_key = bytes_key(&module.digest);
        let bytes = self.sealed(&bytes_key, 1, &BASE64_STANDARD.encode(bytes))?;
        let all = of_tenant(area::MODULE, tenant).done();
        let write = move |draft: &mut Draft<'_>| {
            let found = draft.with_prefix(&all, TENANT_MODULES_MAX)?;
            if found.iter().any(|(it, _)| *it == key) {
                return Ok(false);
            }
            if found.len() == TENANT_MODULES_MAX {
                let (what, limit) = ("modules of a tenant", limit!(TENANT_MODULES_MAX));
                return Err(StoreError::OverLimit { what, limit }.into());
            }
            if draft.get(&bytes_key)?.is_none() {
                draft.set(bytes_key, bytes);
            }
            draft.set(key, record);
            Ok(true)
        };
        self.committer.run(Vec::new(), write).await
    }

    pub(crate) fn modules(&self, tenant: &TenantId) -> Result<Vec<StoredModule>, StoreError> {
        let prefix = of_tenant(area::MODULE, tenant).done();
        let modules = self.documents_under(&prefix, TENANT_MODULES_MAX)?;
        Ok(modules.into_iter().map(|it| it.body).collect())
    }

    pub(crate) fn module(
        &self,
        tenant: &TenantId,
        digest: &ModuleDigest,
    ) -> Result<Option<StoredModule>, StoreError> {
        let found = self.document_at(&module_key(tenant, digest))?;
        Ok(found.map(|it| it.body))
    }

    pub(crate) fn module_bytes(
        &self,
        tenant: &TenantId,
        digest: &ModuleDigest,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        if self.rows.get(&module_key(tenant, digest))?.is_none() {
            return Ok(None);
        }
        let key = bytes_key(digest);
        let found = self.document_at::<String>(&key)?;
        let found = found.ok_or_else(|| damaged(&key, "is missing"))?;
        let bytes = BASE64_STANDARD.decode(found.body);
        bytes.map(Some).map_err(|_| damaged(&key, "is not base64"))
    }

    pub(crate) fn grants(&self, tenant: &TenantId) -> Result<Vec<Document<Grants>>, StoreError> {
        let prefix = of_tenant(area::GRANTS, tenant).done();
        self.documents_under(&prefix, TENANT_MODULES_MAX)
    }

    pub(crate) async fn put_grants(
        self: &Arc<Self>,
        tenant: &TenantId,
        grants: Document<Grants>,
        next: u64,
    ) -> Result<(), CommitError> {
        let all = of_tenant(area::GRANTS, tenant);
        let key = all.clone().text(grants.body.module.as_str()).done();
        let put = Put::one_of(limit!(TENANT_MODULES_MAX), all.done(), key);
        self.put_document_as(put, grants, next).await
    }

    pub(crate) fn releases(
        &self,
        tenant: &TenantId,
        before: Option<ReleaseNumber>,
        limit: usize,
    ) -> Result<Vec<Release>, StoreError> {
        let all = of_tenant(area::RELEASE, tenant).done();
        let from = match before {
            Some(ReleaseNumber(0)) => return Ok(Vec::new()),
            Some(ReleaseNumber(before)) => release_key(tenant, ReleaseNumber(before - 1)),
            None => all.clone(),
        };
        let rows = self.rows.scan(&from, &after_prefix(&all), limit)?;
        let open = |(key, record): &(Vec<u8>, Vec<u8>)| {
            let release = self.read_document::<Release>(key, record)?;
            Ok(release.body)
        };
        rows.iter().map(open).collect()
    }

    pub(crate) fn made_release(
        &self,
        tenant: &TenantId,
        number: ReleaseNumber,
    ) -> Result<Option<Release>, StoreError> {
        let found = self.document_at(&release_key(tenant, number))?;
        Ok(found.map(|it| it.body))
    }

    pub(crate) fn rollout(&self, tenant: &TenantId) -> Result<Document<Rollout>, StoreError> {
        let found = self.document_at(&rollout_key(tenant))?;
        Ok(found.unwrap_or_else(|| Document {
            revision: 0,
            body: Rollout::default(),
        }))
    }

    pub(crate) async fn put_rollout(
        self: &Arc<Self>,
        tenant: &TenantId,
        rollout: Document<Rollout>,
        made: Option<Release>,
    ) -> Result<(), CommitError> {
        let Document { revision, body } = rollout;
        let key = rollout_key(tenant);
        let record = self.sealed(&key, revision + 1, &body)?;
        let made = match made {
            Some(release) => Some(self.release_row(tenant, &release)?),
            None => None,
        };
        let all = of_tenant(area::RELEASE, tenant).done();
        let kept: Vec<_> = body
            .pointed_to()
            .map(|it| release_key(tenant, it))
            .collect();
        let write = move |draft: &mut Draft<'_>| {
            // A change scans before it writes.
            let rows = match &made {
                Some(_) => draft.with_prefix(&all, TENANT_RELEASES_MAX)?,
                None => Vec::new(),
            };
            draft.check_revision(&key, revision)?;
            if let Some((made, release)) = made {
                if draft.get(&made)?.is_some() {
                    return Err(CommitError::Stale);
                }
                if rows.len() == TENANT_RELEASES_MAX {
                    let old = rows.into_iter().rev().map(|(key, _)| key);
                    let old = old.into_iter().find(|key| !kept.contains(key));
                    old.into_iter().for_each(|key| draft.remove(key));
                }
                draft.set(made, release);
            }
            draft.set(key, record);
            Ok(())
        };
        self.committer.run(Vec::new(), write).await
    }

    fn release_row(
        &self,
        tenant: &TenantId,
        release: &Release,
    ) -> Result<(Vec<u8>, Vec<u8>), StoreError> {
        let key = release_key(tenant, release.number);
        let record = self.sealed(&key, 1, release)?;
        Ok((key, record))
    }

    /// A record of `body`, written for the `revision`th time.
    pub(super) fn sealed<T: Serialize>(
        &self,
        key: &[u8],
        revision: u64,
        body: &T,
    ) -> Result<Vec<u8>, StoreError> {
        let plain = super::record::encode(&revision)?;
        let host = &self.keyring.host;
        host.pack(&*self.options.entropy, key, &plain, body)
    }
}
