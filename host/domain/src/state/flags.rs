//! Handoffs of one conversation that somebody found fault with.

use serde::{Deserialize, Serialize};

use crate::{
    event::{FlagKind, HandoffFlagged},
    limits::CONVERSATION_FLAGS_MAX,
    people::Principal,
};

/// One flag.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flag {
    /// Where the decision stood in the log.
    pub decision: u64,
    /// What was wrong.
    pub flag: FlagKind,
    /// Who says so.
    pub by: Principal,
}

/// The latest flags of a conversation, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Flags(Vec<Flag>);

impl Flags {
    pub(super) fn add(&mut self, flagged: &HandoffFlagged) {
        let flag = Flag {
            decision: flagged.decision,
            flag: flagged.flag,
            by: flagged.by.clone(),
        };
        if self.0.contains(&flag) {
            return;
        }
        if self.0.len() >= CONVERSATION_FLAGS_MAX {
            self.0.remove(0);
        }
        self.0.push(flag);
    }

    /// The flags of the decision that stands at `decision`.
    pub fn of(&self, decision: u64) -> impl Iterator<Item = &Flag> {
        self.0.iter().filter(move |it| it.decision == decision)
    }
}
