//! The part of the store that is about people, with the same faults.

use async_trait::async_trait;
use baton_domain::{
    ids::{AgentId, RoleName, TenantId},
    people::{Agent, Role},
};
use baton_store::{
    AuditEntry, AuditQuery, Audited, CommitError, Document, Page, PeopleStore, PersonalToken,
    StoreError,
};

use crate::faulty::FaultyStore;

#[async_trait]
impl PeopleStore for FaultyStore {
    async fn agents(&self, tenant: &TenantId) -> Result<Vec<Document<Agent>>, StoreError> {
        self.read()?.agents(tenant).await
    }

    async fn roles(&self, tenant: &TenantId) -> Result<Vec<Document<Role>>, StoreError> {
        self.read()?.roles(tenant).await
    }

    async fn personal_tokens(
        &self,
        tenant: &TenantId,
    ) -> Result<Vec<Document<PersonalToken>>, StoreError> {
        self.read()?.personal_tokens(tenant).await
    }

    async fn put_agent(
        &self,
        tenant: &TenantId,
        agent: Document<Agent>,
        entry: AuditEntry,
    ) -> Result<(), CommitError> {
        self.write(self.inner.put_agent(tenant, agent, entry)).await
    }

    async fn remove_agent(
        &self,
        tenant: &TenantId,
        agent: &AgentId,
        revision: u64,
        entry: AuditEntry,
    ) -> Result<(), CommitError> {
        self.write(self.inner.remove_agent(tenant, agent, revision, entry))
            .await
    }

    async fn put_role(
        &self,
        tenant: &TenantId,
        role: Document<Role>,
        entry: AuditEntry,
    ) -> Result<(), CommitError> {
        self.write(self.inner.put_role(tenant, role, entry)).await
    }

    async fn remove_role(
        &self,
        tenant: &TenantId,
        role: &RoleName,
        revision: u64,
        entry: AuditEntry,
    ) -> Result<(), CommitError> {
        self.write(self.inner.remove_role(tenant, role, revision, entry))
            .await
    }

    async fn put_personal_token(
        &self,
        tenant: &TenantId,
        token: Document<PersonalToken>,
        entry: AuditEntry,
    ) -> Result<(), CommitError> {
        self.write(self.inner.put_personal_token(tenant, token, entry))
            .await
    }

    async fn audit(&self, tenant: &TenantId, entries: Vec<AuditEntry>) -> Result<(), StoreError> {
        self.write(self.inner.audit(tenant, entries)).await
    }

    async fn audited(
        &self,
        tenant: &TenantId,
        query: &AuditQuery,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Audited>, StoreError> {
        self.read()?.audited(tenant, query, after, limit).await
    }
}
