//! Rows of business numbers: documents with a revision, sealed under the host's
//! key.

use async_trait::async_trait;
use baton_domain::{
    ids::{NumberId, TenantId},
    limit,
    limits::TENANT_NUMBERS_MAX,
    number::NumberRecord,
};

use super::{
    Embedded,
    directory::Put,
    key::{area, list_of},
};
use crate::{
    audit::AuditEntry,
    directory::Document,
    error::{CommitError, StoreError},
    numbers::NumberStore,
};

#[async_trait]
impl<B: Send + Sync + 'static> NumberStore for Embedded<B> {
    async fn numbers(&self, tenant: &TenantId) -> Result<Vec<Document<NumberRecord>>, StoreError> {
        let all = list_of(area::NUMBER, tenant).done();
        self.whole(self.shared.documents_under(&all, TENANT_NUMBERS_MAX))
    }

    async fn put_number(
        &self,
        tenant: &TenantId,
        number: Document<NumberRecord>,
        instead: Option<&NumberId>,
        entry: Option<AuditEntry>,
    ) -> Result<(), CommitError> {
        let all = list_of(area::NUMBER, tenant);
        let key_of = |id: &NumberId| all.clone().text(id.as_str()).done();
        let key = key_of(&number.body.id);
        let put = Put::one_of(limit!(TENANT_NUMBERS_MAX), all.clone().done(), key);
        let put = put.instead_of(instead.map(key_of));
        let by = entry.map(|it| (tenant.clone(), it));
        self.shared.put_audited(put, number, by).await
    }
}
