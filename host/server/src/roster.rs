//! A tenant's people in memory: who they are, which roles there are, and whose
//! token is whose.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use baton_domain::{
    assign,
    ids::{AgentId, RoleName, TenantId},
    people::{Access, Agent, Principal, Role, TrainingPolicy, stock_role, stock_roles},
};
use baton_store::{Document, KeyHash, PersonalToken, Store, StoreError};
use jiff::Timestamp;

/// The people of one tenant.
#[derive(Debug, Default)]
pub struct Roster {
    agents: BTreeMap<AgentId, Document<Agent>>,
    roles: BTreeMap<RoleName, Document<Role>>,
    tokens: Vec<Document<PersonalToken>>,
    /// Where among them the one of a hash is.
    by_hash: HashMap<KeyHash, usize>,
}

impl Roster {
    /// Reads them from the store.
    ///
    /// # Errors
    /// The store's.
    pub async fn load(store: &dyn Store, tenant: &TenantId) -> Result<Arc<Self>, StoreError> {
        let agents = store.agents(tenant).await?.into_iter();
        let roles = store.roles(tenant).await?.into_iter();
        let tokens = store.personal_tokens(tenant).await?;
        let places = tokens.iter().enumerate();
        Ok(Arc::new(Self {
            agents: agents.map(|it| (it.body.id.clone(), it)).collect(),
            roles: roles.map(|it| (it.body.name.clone(), it)).collect(),
            by_hash: places.map(|(at, it)| (it.body.hash, at)).collect(),
            tokens,
        }))
    }

    /// Everybody, by id.
    pub fn agents(&self) -> impl Iterator<Item = &Document<Agent>> {
        self.agents.values()
    }

    /// One of them.
    pub fn agent(&self, id: &AgentId) -> Option<&Document<Agent>> {
        self.agents.get(id)
    }

    /// The roles that the tenant defines, by name.
    pub fn own_roles(&self) -> impl Iterator<Item = &Document<Role>> {
        self.roles.values()
    }

    /// Every role: stock roles at revision 0, then the tenant's.
    pub fn roles(&self) -> impl Iterator<Item = Document<Role>> {
        let stock = stock_roles().into_iter();
        let stock = stock.map(|body| Document { revision: 0, body });
        stock.chain(self.roles.values().cloned())
    }

    /// The role of this name: a stock role, or one of the tenant's.
    pub fn role(&self, name: &RoleName) -> Option<Role> {
        let own = || self.roles.get(name).map(|it| it.body.clone());
        stock_role(name).or_else(own)
    }

    /// All tokens.
    pub fn tokens(&self) -> &[Document<PersonalToken>] {
        &self.tokens
    }

    /// The tokens of one of them.
    pub fn tokens_of(&self, agent: &AgentId) -> impl Iterator<Item = &Document<PersonalToken>> {
        let agent = agent.clone();
        self.tokens.iter().filter(move |it| it.body.agent == agent)
    }

    /// Everybody with a role, as far as assigning needs them, under what the
    /// tenant wants them to have learnt.
    pub fn for_assigning(&self, training: TrainingPolicy) -> assign::Roster {
        let members = self.agents.values().filter_map(|agent| {
            let role = self.role(&agent.body.role)?;
            Some(assign::Member::new(agent.body.clone(), &role))
        });
        assign::Roster::new(members.collect(), training)
    }

    /// What whoever shows this token may see and do at `now`; `None` when it
    /// holds no more, or its owner is frozen or gone.
    pub fn access_by(&self, hash: &KeyHash, now: Timestamp) -> Option<Access> {
        let token = &self.tokens.get(*self.by_hash.get(hash)?)?.body;
        let is_over = token.expires_at.is_some_and(|at| now >= at);
        if token.is_revoked || is_over {
            return None;
        }
        let agent = &self.agents.get(&token.agent)?.body;
        if agent.is_frozen {
            return None;
        }
        let role = self.role(&agent.role)?;
        let who = Principal::Person(agent.id.clone());
        Some(Access::of_authenticated(who, &role))
    }
}
