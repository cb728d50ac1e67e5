//! Fields of one conversation that somebody may see for a while.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::bound;
use crate::{
    event::FieldGranted,
    ids::AgentId,
    limits::CONVERSATION_GRANTS_MAX,
    people::{FieldSet, Principal},
};

/// One grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// When it was made.
    pub at: Timestamp,
    /// Who may see more.
    pub agent: AgentId,
    /// What.
    pub fields: FieldSet,
    /// Why, in words.
    pub reason: Arc<str>,
    /// Until when; at that instant it holds no more.
    pub until: Timestamp,
    /// Who granted it.
    pub by: Principal,
}

/// The latest grants of a conversation, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Grants(Vec<Grant>);

impl Grants {
    pub(super) fn add(&mut self, at: Timestamp, granted: &FieldGranted) {
        // Those that are over make room first.
        if self.0.len() >= CONVERSATION_GRANTS_MAX {
            self.0.retain(|grant| grant.until > at);
        }
        if self.0.len() >= CONVERSATION_GRANTS_MAX {
            self.0.remove(0);
        }
        let FieldGranted {
            agent,
            fields,
            reason,
            until,
            by,
        } = granted.clone();
        self.0.push(Grant {
            at,
            agent,
            fields,
            reason: bound::short(&reason),
            until,
            by,
        });
    }

    /// Those that hold at `now`.
    pub fn holding(&self, now: Timestamp) -> impl Iterator<Item = &Grant> {
        self.0.iter().filter(move |grant| now < grant.until)
    }

    /// What `agent` may see at `now` beside what the role holds.
    pub fn fields_of(&self, agent: &AgentId, now: Timestamp) -> FieldSet {
        let theirs = self.holding(now).filter(|grant| grant.agent == *agent);
        theirs.fold(FieldSet::NONE, |all, grant| all.union(grant.fields))
    }
}
