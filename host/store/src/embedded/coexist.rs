//! Rows of what was taken over from the Business App: documents with a
//! revision, sealed under the host's key.

use std::sync::Arc;

use async_trait::async_trait;
use baton_domain::{
    ids::{ComparisonId, NumberId, TenantId},
    limit,
    limits::COMPARISONS_MAX,
};

use super::{
    Embedded, Shared,
    directory::Put,
    key::{Key, area},
};
use crate::{
    audit::AuditEntry,
    coexist::{CoexistStore, Comparison, NumberSync},
    directory::Document,
    error::{CommitError, StoreError},
};

fn sync_key(tenant: &TenantId, number: &NumberId) -> Vec<u8> {
    let key = Key::new(area::SYNC).text(tenant.as_str());
    key.text(number.as_str()).done()
}

fn comparisons_of(tenant: &TenantId, number: &NumberId) -> Key {
    let key = Key::new(area::COMPARISON).text(tenant.as_str());
    key.text(number.as_str())
}

impl Shared {
    async fn put_comparison(
        self: &Arc<Self>,
        tenant: &TenantId,
        comparison: Document<Comparison>,
        instead: Option<&ComparisonId>,
        entry: Option<AuditEntry>,
    ) -> Result<(), CommitError> {
        let all = comparisons_of(tenant, &comparison.body.number);
        let key_of = |id: &ComparisonId| all.clone().text(id.as_str()).done();
        let key = key_of(&comparison.body.id);
        let put = Put::one_of(limit!(COMPARISONS_MAX), all.clone().done(), key);
        let put = put.instead_of(instead.map(key_of));
        let by = entry.map(|it| (tenant.clone(), it));
        self.put_audited(put, comparison, by).await
    }
}

#[async_trait]
impl<B: Send + Sync + 'static> CoexistStore for Embedded<B> {
    async fn number_sync(
        &self,
        tenant: &TenantId,
        number: &NumberId,
    ) -> Result<Option<Document<NumberSync>>, StoreError> {
        self.whole(self.shared.document_at(&sync_key(tenant, number)))
    }

    async fn put_number_sync(
        &self,
        tenant: &TenantId,
        number: &NumberId,
        sync: Document<NumberSync>,
    ) -> Result<(), CommitError> {
        let put = Put::of_all(sync_key(tenant, number));
        self.shared.put_document(put, sync).await
    }

    async fn comparisons(
        &self,
        tenant: &TenantId,
        number: &NumberId,
    ) -> Result<Vec<Document<Comparison>>, StoreError> {
        let all = comparisons_of(tenant, number).done();
        self.whole(self.shared.documents_under(&all, COMPARISONS_MAX))
    }

    async fn put_comparison(
        &self,
        tenant: &TenantId,
        comparison: Document<Comparison>,
        instead: Option<&ComparisonId>,
        entry: Option<AuditEntry>,
    ) -> Result<(), CommitError> {
        let put = self
            .shared
            .put_comparison(tenant, comparison, instead, entry);
        put.await
    }
}
