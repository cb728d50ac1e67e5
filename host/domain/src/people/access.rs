//! Who asks, and what they may see and do.

use std::{collections::BTreeSet, fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{Action, FieldSet, Role};
use crate::{
    field::Field,
    ids::{AgentId, EndpointId, ModuleName, RoleName},
};

/// Somebody or something that reads or acts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "is", content = "id", rename_all = "snake_case")]
pub enum Principal {
    /// One of the tenant's people.
    Person(AgentId),
    /// A system with an API key, by what people call the key.
    Key(Arc<str>),
    /// A module.
    Module(ModuleName),
    /// Another system that is told of what happens.
    Endpoint(EndpointId),
    /// Baton itself, or who runs it.
    Host,
}

impl fmt::Display for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(agent) => write!(f, "person:{agent}"),
            Self::Key(name) => write!(f, "key:{name}"),
            Self::Module(name) => write!(f, "module:{name}"),
            Self::Endpoint(id) => write!(f, "endpoint:{id}"),
            Self::Host => f.write_str("host"),
        }
    }
}

/// What somebody who has shown who they are may see and do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    who: Principal,
    role: RoleName,
    fields: FieldSet,
    actions: BTreeSet<Action>,
}

impl Access {
    /// What `who` may see and do in `role`, once a credential has shown that
    /// it is them: authentication is the only caller outside of tests.
    pub fn of_authenticated(who: Principal, role: &Role) -> Self {
        Self {
            who,
            role: role.name.clone(),
            fields: role.fields,
            actions: role.actions.clone(),
        }
    }

    /// Who it is.
    pub fn who(&self) -> &Principal {
        &self.who
    }

    /// The person, when it is one.
    pub fn agent(&self) -> Option<&AgentId> {
        match &self.who {
            Principal::Person(agent) => Some(agent),
            _ => None,
        }
    }

    /// In which role.
    pub fn role(&self) -> &RoleName {
        &self.role
    }

    /// The fields that the role holds, without grants for one conversation.
    pub fn fields(&self) -> FieldSet {
        self.fields
    }

    /// Whether the role holds `field`.
    pub fn sees(&self, field: Field) -> bool {
        self.fields.contains(field)
    }

    /// Whether the role allows `action`.
    pub fn may(&self, action: Action) -> bool {
        self.actions.contains(&action)
    }
}
