//! What is kept of a tenant's people: who they are, the roles that the tenant
//! defines, their tokens, and what everybody read and did.

use async_trait::async_trait;
use baton_domain::{
    ids::{AgentId, RoleName, TenantId},
    people::{Agent, Role},
};
use jiff::Timestamp;

use crate::{
    Page,
    audit::{AuditEntry, AuditQuery, Audited},
    directory::{Document, KeyHash},
    error::{CommitError, StoreError},
};

/// A token by which one of the tenant's people signs in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonalToken {
    /// Whose.
    pub agent: AgentId,
    /// What they call it; one of each name.
    pub name: String,
    /// SHA-256 of the token; the token itself is not kept.
    pub hash: KeyHash,
    /// When it was made.
    pub made_at: Timestamp,
    /// When it stops to hold.
    pub expires_at: Option<Timestamp>,
    /// Whether it was revoked.
    pub is_revoked: bool,
}

/// What Baton keeps of a tenant's people. Every change is durable together with
/// the entry that tells who made it.
#[async_trait]
pub trait PeopleStore: Send + Sync + 'static {
    /// All people of a tenant.
    async fn agents(&self, tenant: &TenantId) -> Result<Vec<Document<Agent>>, StoreError>;
    /// Writes one of them, conditional on the revision read (0 for a new one).
    ///
    /// # Errors
    /// [`CommitError::Stale`]; [`StoreError::OverLimit`] for one too many.
    async fn put_agent(
        &self,
        tenant: &TenantId,
        agent: Document<Agent>,
        entry: AuditEntry,
    ) -> Result<(), CommitError>;
    /// Removes one of them with all tokens, conditional on the revision read.
    async fn remove_agent(
        &self,
        tenant: &TenantId,
        agent: &AgentId,
        revision: u64,
        entry: AuditEntry,
    ) -> Result<(), CommitError>;

    /// The roles that a tenant defines, by name.
    async fn roles(&self, tenant: &TenantId) -> Result<Vec<Document<Role>>, StoreError>;
    /// Writes a role, conditional on the revision read.
    async fn put_role(
        &self,
        tenant: &TenantId,
        role: Document<Role>,
        entry: AuditEntry,
    ) -> Result<(), CommitError>;
    /// Removes a role, conditional on the revision read.
    async fn remove_role(
        &self,
        tenant: &TenantId,
        role: &RoleName,
        revision: u64,
        entry: AuditEntry,
    ) -> Result<(), CommitError>;

    /// All tokens of a tenant's people.
    async fn personal_tokens(
        &self,
        tenant: &TenantId,
    ) -> Result<Vec<Document<PersonalToken>>, StoreError>;
    /// Writes a token, conditional on the revision read.
    async fn put_personal_token(
        &self,
        tenant: &TenantId,
        token: Document<PersonalToken>,
        entry: AuditEntry,
    ) -> Result<(), CommitError>;

    /// Appends to the audit; returns when it is durable.
    async fn audit(&self, tenant: &TenantId, entries: Vec<AuditEntry>) -> Result<(), StoreError>;
    /// What the audit says, the latest first. A page may end before it is full,
    /// when it took many entries to find those few.
    ///
    /// # Errors
    /// [`StoreError::BadCursor`].
    async fn audited(
        &self,
        tenant: &TenantId,
        query: &AuditQuery,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Audited>, StoreError>;
}
