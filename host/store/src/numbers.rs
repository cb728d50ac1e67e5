//! What is kept of business numbers, beside what their tenants wrote of them.

use async_trait::async_trait;
use baton_domain::{
    ids::{NumberId, TenantId},
    number::NumberRecord,
};

use crate::{
    AuditEntry,
    directory::Document,
    error::{CommitError, StoreError},
};

/// What Baton keeps of a tenant's numbers.
#[async_trait]
pub trait NumberStore: Send + Sync + 'static {
    /// All numbers of a tenant of which something is known, by id.
    async fn numbers(&self, tenant: &TenantId) -> Result<Vec<Document<NumberRecord>>, StoreError>;
    /// Writes what is known of one, conditional on the revision read (0 for a
    /// new one), and with it who did so; nobody does when WhatsApp told it.
    /// `instead` is forgotten with it, to make room.
    ///
    /// # Errors
    /// [`CommitError::Stale`]; [`StoreError::OverLimit`] for one too many.
    async fn put_number(
        &self,
        tenant: &TenantId,
        number: Document<NumberRecord>,
        instead: Option<&NumberId>,
        entry: Option<AuditEntry>,
    ) -> Result<(), CommitError>;
}
