//! The part of the store that is about people.

use async_trait::async_trait;
use baton_domain::{
    ids::{AgentId, RoleName, TenantId},
    people::{Agent, Role},
};
use baton_store::{
    AuditEntry, AuditQuery, Audited, CommitError, Document, Page, PeopleStore, PersonalToken,
    StoreError,
};

use crate::store::SimStore;

#[async_trait]
impl PeopleStore for SimStore {
    async fn agents(&self, tenant: &TenantId) -> Result<Vec<Document<Agent>>, StoreError> {
        self.wait().await?;
        self.disk.agents(tenant).await
    }

    async fn roles(&self, tenant: &TenantId) -> Result<Vec<Document<Role>>, StoreError> {
        self.wait().await?;
        self.disk.roles(tenant).await
    }

    async fn personal_tokens(
        &self,
        tenant: &TenantId,
    ) -> Result<Vec<Document<PersonalToken>>, StoreError> {
        self.wait().await?;
        self.disk.personal_tokens(tenant).await
    }

    async fn put_agent(
        &self,
        tenant: &TenantId,
        agent: Document<Agent>,
        entry: AuditEntry,
    ) -> Result<(), CommitError> {
        self.disk.put_agent(tenant, agent, entry).await
    }

    async fn remove_agent(
        &self,
        tenant: &TenantId,
        agent: &AgentId,
        revision: u64,
        entry: AuditEntry,
    ) -> Result<(), CommitError> {
        self.disk.remove_agent(tenant, agent, revision, entry).await
    }

    async fn put_role(
        &self,
        tenant: &TenantId,
        role: Document<Role>,
        entry: AuditEntry,
    ) -> Result<(), CommitError> {
        self.disk.put_role(tenant, role, entry).await
    }

    async fn remove_role(
        &self,
        tenant: &TenantId,
        role: &RoleName,
        revision: u64,
        entry: AuditEntry,
    ) -> Result<(), CommitError> {
        self.disk.remove_role(tenant, role, revision, entry).await
    }

    async fn put_personal_token(
        &self,
        tenant: &TenantId,
        token: Document<PersonalToken>,
        entry: AuditEntry,
    ) -> Result<(), CommitError> {
        self.disk.put_personal_token(tenant, token, entry).await
    }

    async fn audit(&self, tenant: &TenantId, entries: Vec<AuditEntry>) -> Result<(), StoreError> {
        self.wait().await?;
        self.disk.audit(tenant, entries).await
    }

    async fn audited(
        &self,
        tenant: &TenantId,
        query: &AuditQuery,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Audited>, StoreError> {
        self.wait().await?;
        self.disk.audited(tenant, query, after, limit).await
    }
}
