//! Decisions: what a policy wants, before and after the host's invariants.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// Who should have the next step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The bot goes on.
    Stay,
    /// People take over.
    HandOff,
}

/// What a policy answered, within the limits of the contract. The team and
/// tier are names as the module wrote them; they need not exist.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Stay or hand off.
    pub outcome: Outcome,
    /// Team, when the policy names one.
    pub team: Option<Arc<str>>,
    /// Tier, when the policy names one.
    pub tier: Option<Arc<str>>,
    /// Labels, the headline first.
    pub tags: Vec<Arc<str>>,
    /// Why, most important first.
    pub reasons: Vec<Arc<str>>,
    /// What to do next.
    pub next_step: Option<Arc<str>>,
    /// 0 (whenever) to 100 (now).
    pub priority: u8,
    /// Pairs that this version of the contract does not define.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<(Arc<str>, Arc<str>)>,
}
