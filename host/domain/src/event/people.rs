//! What people do beside taking and giving back.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{AgentId, ModuleDigest, ModuleName, OwnerEpoch, ReleaseNumber},
    people::{FieldSet, Principal},
};

/// Somebody may see fields of this conversation that their role lacks, for a
/// while.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldGranted {
    /// Who may.
    pub agent: AgentId,
    /// Which fields.
    pub fields: FieldSet,
    /// Why, in words.
    pub reason: Arc<str>,
    /// Until when.
    pub until: Timestamp,
    /// Who granted it.
    pub by: Principal,
}

/// The conversation passed from one of the tenant's people to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reassigned {
    /// The epoch it was decided under; under another it changes nothing.
    pub epoch: OwnerEpoch,
    /// Who had it; when somebody else has it, it changes nothing.
    pub from: AgentId,
    /// Who has it now.
    pub to: AgentId,
    /// Who said so.
    pub by: Principal,
}

/// What was wrong with a handoff.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FlagKind {
    /// A person should have come sooner.
    TooLate,
    /// The bot could have gone on.
    TooEarly,
    /// Something was missing that the person needed.
    MissingContext,
    /// Somebody else should have had it.
    WrongPerson,
}

impl FlagKind {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::TooLate,
        Self::TooEarly,
        Self::MissingContext,
        Self::WrongPerson,
    ];

    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooLate => "too-late",
            Self::TooEarly => "too-early",
            Self::MissingContext => "missing-context",
            Self::WrongPerson => "wrong-person",
        }
    }
}

/// Which bytes of a rule.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RuleVersion {
    /// What the rule calls itself.
    pub module: ModuleName,
    /// Which bytes.
    pub digest: ModuleDigest,
}

/// Somebody says that a handoff was not as it should have been.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandoffFlagged {
    /// Where the decision stood in the customer's log when it was flagged; a
    /// merge gives it another place.
    pub decision: u64,
    /// When it was decided: flags count in the week of the handoff.
    pub decided_at: Timestamp,
    /// The release that decided.
    pub release: ReleaseNumber,
    /// The rules whose signals led to it.
    #[serde(default)]
    pub rules: Vec<RuleVersion>,
    /// What was wrong.
    pub flag: FlagKind,
    /// More of it, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Arc<str>>,
    /// Who says so.
    pub by: Principal,
    /// Whether the handoff was flagged before: then it counts as flagged
    /// already, and only the kind is news.
    #[serde(default)]
    pub again: bool,
}
