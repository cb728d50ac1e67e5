//! What people do beside taking and giving back.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ids::{AgentId, OwnerEpoch},
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
