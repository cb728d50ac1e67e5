//! The part of the trait that is about people.

use async_trait::async_trait;
use baton_domain::{
    ids::{AgentId, RoleName, TenantId},
    people::{Agent, Role},
};

use super::{Embedded, trait_impl::unopposed};
use crate::{
    Page,
    audit::{AuditEntry, AuditQuery, Audited},
    directory::Document,
    error::{CommitError, StoreError},
    people::{PeopleStore, PersonalToken},
};

#[async_trait]
impl<B: Send + Sync + 'static> PeopleStore for Embedded<B> {
    async fn agents(&self, tenant: &TenantId) -> Result<Vec<Document<Agent>>, StoreError> {
        self.whole(self.shared.agents(tenant))
    }

    async fn put_agent(
        &self,
        tenant: &TenantId,
        agent: Document<Agent>,
        entry: AuditEntry,
    ) -> Result<(), CommitError> {
        self.shared.put_agent(tenant, agent, entry).await
    }

    async fn remove_agent(
        &self,
        tenant: &TenantId,
        agent: &AgentId,
        revision: u64,
        entry: AuditEntry,
    ) -> Result<(), CommitError> {
        let removed = self.shared.remove_agent(tenant, agent, revision, entry);
        removed.await
    }

    async fn roles(&self, tenant: &TenantId) -> Result<Vec<Document<Role>>, StoreError> {
        self.whole(self.shared.roles(tenant))
    }

    async fn put_role(
        &self,
        tenant: &TenantId,
        role: Document<Role>,
        entry: AuditEntry,
    ) -> Result<(), CommitError> {
        self.shared.put_role(tenant, role, entry).await
    }

    async fn remove_role(
        &self,
        tenant: &TenantId,
        role: &RoleName,
        revision: u64,
        entry: AuditEntry,
    ) -> Result<(), CommitError> {
        let removed = self.shared.remove_role(tenant, role, revision, entry);
        removed.await
    }

    async fn personal_tokens(
        &self,
        tenant: &TenantId,
    ) -> Result<Vec<Document<PersonalToken>>, StoreError> {
        self.whole(self.shared.personal_tokens(tenant))
    }

    async fn put_personal_token(
        &self,
        tenant: &TenantId,
        token: Document<PersonalToken>,
        entry: AuditEntry,
    ) -> Result<(), CommitError> {
        self.shared.put_personal_token(tenant, token, entry).await
    }

    async fn audit(&self, tenant: &TenantId, entries: Vec<AuditEntry>) -> Result<(), StoreError> {
        let written = self.shared.audit(tenant, entries).await;
        written.map_err(unopposed)
    }

    async fn audited(
        &self,
        tenant: &TenantId,
        query: &AuditQuery,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Audited>, StoreError> {
        self.whole(self.shared.audited(tenant, query, after, limit))
    }
}
