//! Documents of a tenant's people. Their rows are named by keyed hashes: an id
//! that a person goes by is often that person's name.

use std::sync::Arc;

use baton_domain::{
    ids::{AgentId, RoleName, TenantId},
    limit,
    limits::{AGENT_TOKENS_MAX, TENANT_AGENTS_MAX, TENANT_ROLES_MAX},
    people::{Agent, Role},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Shared,
    directory::Put,
    key::{Key, area, list_of},
};
use crate::{
    audit::AuditEntry,
    directory::{Document, KeyHash},
    error::{CommitError, StoreError},
    people::PersonalToken,
};

/// A token as it is stored.
#[derive(Serialize, Deserialize)]
pub(crate) struct StoredToken {
    agent: AgentId,
    name: String,
    hash: [u8; 32],
    made_at: Timestamp,
    expires_at: Option<Timestamp>,
    is_revoked: bool,
}

impl From<PersonalToken> for StoredToken {
    fn from(token: PersonalToken) -> Self {
        let PersonalToken {
            agent,
            name,
            hash: KeyHash(hash),
            made_at,
            expires_at,
            is_revoked,
        } = token;
        Self {
            agent,
            name,
            hash,
            made_at,
            expires_at,
            is_revoked,
        }
    }
}

impl From<StoredToken> for PersonalToken {
    fn from(token: StoredToken) -> Self {
        let StoredToken {
            agent,
            name,
            hash,
            made_at,
            expires_at,
            is_revoked,
        } = token;
        Self {
            agent,
            name,
            hash: KeyHash(hash),
            made_at,
            expires_at,
            is_revoked,
        }
    }
}

fn role_key(tenant: &TenantId, role: &RoleName) -> Vec<u8> {
    list_of(area::ROLE, tenant).text(role.as_str()).done()
}

impl Shared {
    fn of_agent(&self, area: u8, tenant: &TenantId, agent: &AgentId) -> Key {
        let (tenant_bytes, agent) = (tenant.as_str().as_bytes(), agent.as_str().as_bytes());
        let hash = self.keyring.indexer.hash(&[b"agent", tenant_bytes, agent]);
        list_of(area, tenant).bytes(&hash.0)
    }

    pub(crate) fn agents(&self, tenant: &TenantId) -> Result<Vec<Document<Agent>>, StoreError> {
        self.documents_under(&list_of(area::AGENT, tenant).done(), TENANT_AGENTS_MAX)
    }

    pub(crate) async fn put_agent(
        self: &Arc<Self>,
        tenant: &TenantId,
        agent: Document<Agent>,
        entry: AuditEntry,
    ) -> Result<(), CommitError> {
        let key = self.of_agent(area::AGENT, tenant, &agent.body.id).done();
        let all = list_of(area::AGENT, tenant).done();
        let put = Put::one_of(limit!(TENANT_AGENTS_MAX), all, key);
        self.put_audited(put, agent, Some((tenant.clone(), entry)))
            .await
    }

    pub(crate) async fn remove_agent(
        self: &Arc<Self>,
        tenant: &TenantId,
        agent: &AgentId,
        revision: u64,
        entry: AuditEntry,
    ) -> Result<(), CommitError> {
        let key = self.of_agent(area::AGENT, tenant, agent).done();
        let tokens = self.of_agent(area::TOKEN, tenant, agent).done();
        self.remove_document(key, Some(tokens), revision, (tenant.clone(), entry))
            .await
    }

    pub(crate) fn roles(&self, tenant: &TenantId) -> Result<Vec<Document<Role>>, StoreError> {
        self.documents_under(&list_of(area::ROLE, tenant).done(), TENANT_ROLES_MAX)
    }

    pub(crate) async fn put_role(
        self: &Arc<Self>,
        tenant: &TenantId,
        role: Document<Role>,
        entry: AuditEntry,
    ) -> Result<(), CommitError> {
        let key = role_key(tenant, &role.body.name);
        let put = Put::one_of(
            limit!(TENANT_ROLES_MAX),
            list_of(area::ROLE, tenant).done(),
            key,
        );
        self.put_audited(put, role, Some((tenant.clone(), entry)))
            .await
    }

    pub(crate) async fn remove_role(
        self: &Arc<Self>,
        tenant: &TenantId,
        role: &RoleName,
        revision: u64,
        entry: AuditEntry,
    ) -> Result<(), CommitError> {
        let key = role_key(tenant, role);
        self.remove_document(key, None, revision, (tenant.clone(), entry))
            .await
    }

    pub(crate) fn personal_tokens(
        &self,
        tenant: &TenantId,
    ) -> Result<Vec<Document<PersonalToken>>, StoreError> {
        let prefix = list_of(area::TOKEN, tenant).done();
        let most = TENANT_AGENTS_MAX * AGENT_TOKENS_MAX;
        let stored = self.documents_under::<StoredToken>(&prefix, most)?;
        let open = |Document { revision, body }| Document {
            revision,
            body: PersonalToken::from(body),
        };
        Ok(stored.into_iter().map(open).collect())
    }

    pub(crate) async fn put_personal_token(
        self: &Arc<Self>,
        tenant: &TenantId,
        document: Document<PersonalToken>,
        entry: AuditEntry,
    ) -> Result<(), CommitError> {
        let Document { revision, body } = document;
        let among = self.of_agent(area::TOKEN, tenant, &body.agent);
        let name = body.name.as_bytes();
        let name = self.keyring.indexer.hash(&[b"token", b"", name]);
        let key = among.clone().bytes(&name.0).done();
        let put = Put::one_of(limit!(AGENT_TOKENS_MAX), among.done(), key);
        let body = StoredToken::from(body);
        let document = Document { revision, body };
        self.put_audited(put, document, Some((tenant.clone(), entry)))
            .await
    }
}
