//! The people of a tenant, as far as assigning needs them.

use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::{
    ids::AgentId,
    people::{Action, Agent, Role, TrainingPolicy, Unmet},
};

/// One of the tenant's people, and what their role makes of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub agent: Agent,
    /// Whether their role lets them take conversations.
    pub may_claim: bool,
    /// Whether they are the operator, who gets what nobody else took.
    pub is_operator: bool,
}

impl Member {
    /// Somebody in the role that is theirs.
    pub fn new(agent: Agent, role: &Role) -> Self {
        Self {
            may_claim: role.actions.contains(&Action::Claim),
            is_operator: agent.is_operator(),
            agent,
        }
    }

    /// Why they may take nothing; `None` when they may.
    pub fn lacks(&self, policy: &TrainingPolicy, today: Date) -> Option<Ineligible> {
        if self.agent.is_frozen {
            return Some(Ineligible::Frozen);
        }
        if !self.may_claim {
            return Some(Ineligible::Role);
        }
        let unmet = policy.unmet(&self.agent.training, today);
        (!unmet.is_empty()).then_some(Ineligible::Training(unmet))
    }
}

/// Why somebody may take nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ineligible {
    /// They are frozen.
    Frozen,
    /// Their role does not let them.
    Role,
    /// The tenant wants them to have learnt more.
    Training(Vec<Unmet>),
}

/// The people of a tenant.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Roster {
    members: BTreeMap<AgentId, Member>,
    training: TrainingPolicy,
}

impl Roster {
    /// These people, under what the tenant wants them to have learnt.
    pub fn new(members: Vec<Member>, training: TrainingPolicy) -> Self {
        let by_id = |it: Member| (it.agent.id.clone(), it);
        Self {
            members: members.into_iter().map(by_id).collect(),
            training,
        }
    }

    /// Whether nobody is in it: then nothing is assigned, and whoever knows
    /// the tenant's inbox takes what waits there.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Everybody, by id.
    pub fn members(&self) -> impl Iterator<Item = &Member> {
        self.members.values()
    }

    /// The one of this id.
    pub fn member(&self, id: &AgentId) -> Option<&Member> {
        self.members.get(id)
    }

    /// What they must have learnt.
    pub fn training(&self) -> &TrainingPolicy {
        &self.training
    }
}
