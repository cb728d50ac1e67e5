//! What people owe a customer, and how it passes among them.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{AgentId, OwnerEpoch, TeamName, TierName};

/// By when something is promised. What is `None` is not promised, and nobody
/// is reminded of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Promised {
    /// The first word of a person to the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_reply: Option<Timestamp>,
    /// The next step, taken or put off.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_step: Option<Timestamp>,
}

impl Promised {
    /// Whether nothing is.
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }
}

/// Why nobody could take a conversation when it was handed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QueueReason {
    /// Nobody who may take it works there at all.
    Nobody,
    /// Those who may take it are off.
    Closed,
    /// All who work now have as many conversations as they can.
    Busy,
    /// Nothing can be said on the number, which is frozen.
    NumberFrozen,
}

impl QueueReason {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Closed => "closed",
            Self::Busy => "busy",
            Self::NumberFrozen => "number_frozen",
        }
    }
}

/// That nobody could take a conversation, which somebody should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueAlert {
    /// Why.
    pub why: QueueReason,
    /// When somebody may be expected to: the next opening, or by how fast
    /// conversations ended lately. `None` when nothing tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_at: Option<Timestamp>,
}

/// Why a conversation went up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EscalationCause {
    /// Nobody answered the customer in time.
    FirstReplyLate,
    /// The next step was not taken in time.
    NextStepLate,
    /// Somebody asked for it.
    Asked,
}

impl EscalationCause {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FirstReplyLate => "first_reply_late",
            Self::NextStepLate => "next_step_late",
            Self::Asked => "asked",
        }
    }
}

/// A conversation went to the next tier, or from the last to the operator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalated {
    /// The epoch it was decided under; under another it changes nothing.
    pub epoch: OwnerEpoch,
    /// The count of promises it was decided under; under another it changes
    /// nothing.
    pub promise: u32,
    /// Why.
    pub cause: EscalationCause,
    /// The team, which stays.
    pub team: TeamName,
    /// The tier that has it now; `None` with the operator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<TierName>,
    /// Whether it is with the operator now.
    #[serde(default)]
    pub to_operator: bool,
    /// To whom, when someone was available.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentId>,
    /// That nobody was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueAlert>,
    /// What is promised from now on.
    #[serde(default, skip_serializing_if = "Promised::is_none")]
    pub promised: Promised,
    /// Who asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<AgentId>,
    /// What they say of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Arc<str>>,
}

/// A conversation went back into the queue of its team: whoever had it cannot
/// go on, and nobody else was available.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Requeued {
    /// The epoch it was decided under; under another it changes nothing.
    pub epoch: OwnerEpoch,
    /// The team that has the next step.
    pub team: TeamName,
    /// The tier of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<TierName>,
    /// That nobody was available.
    pub queue: QueueAlert,
    /// Stable code of why: `agent_frozen`, `number_frozen`, `asked`, ...
    pub why: Arc<str>,
}

/// The next step was taken, put off, or named anew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextStepSet {
    /// The epoch that whoever says so saw; under another it changes nothing.
    pub epoch: OwnerEpoch,
    /// The count of promises that whoever says so saw; under another it
    /// changes nothing.
    pub promise: u32,
    /// Whether it is done: nothing more is owed for now.
    #[serde(default)]
    pub closed: bool,
    /// What it is; as before when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what: Option<Arc<str>>,
    /// By when. Nobody is reminded without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// Who says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<AgentId>,
}

/// What a note is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoteKind {
    /// What qualifies the customer as a buyer.
    Lead,
    /// Anything else that the next person should know.
    Care,
}

/// Somebody wrote down what the next person should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoteTaken {
    /// What it is about.
    pub about: NoteKind,
    /// What it says.
    pub text: Arc<str>,
    /// Who wrote it, when it was one of the tenant's people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<AgentId>,
    /// By what name a system is known that wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<Arc<str>>,
}
