//! Signals: what rules notice.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::ids::ModuleName;

/// A score from 0 to 1; never NaN.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Score(f64);

/// The number is not a score.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("a score is a number from 0 to 1, found {0}")]
pub struct InvalidScore(f64);

impl Score {
    /// No weight at all.
    pub const ZERO: Self = Self(0.0);
    /// Full weight.
    pub const ONE: Self = Self(1.0);

    /// Checks the range.
    ///
    /// # Errors
    /// [`InvalidScore`] outside 0 to 1 and for NaN.
    pub fn new(score: f64) -> Result<Self, InvalidScore> {
        if (0.0..=1.0).contains(&score) {
            Ok(Self(score))
        } else {
            Err(InvalidScore(score))
        }
    }

    /// The number.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Score {
    type Error = InvalidScore;
    fn try_from(score: f64) -> Result<Self, InvalidScore> {
        Self::new(score)
    }
}

impl From<Score> for f64 {
    fn from(score: Score) -> Self {
        score.0
    }
}

/// Something a rule noticed that bears on revenue.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Signal {
    /// One of the module's declared names.
    pub name: Arc<str>,
    /// How sure and how serious.
    pub score: Score,
    /// Why, for the agent; free text of the module.
    pub reason: Arc<str>,
    /// One of the module's declared tags.
    pub tag: Option<Arc<str>>,
    /// One of the module's declared next steps.
    pub next_step: Option<Arc<str>>,
    /// Pairs that this version of the contract does not define.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extra: Vec<(Arc<str>, Arc<str>)>,
}

/// A signal on its way to the policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ScoredSignal {
    /// Who emitted it.
    pub module: ModuleName,
    /// What it says.
    pub signal: Signal,
    /// The weight that the release gives the module.
    pub weight: Score,
}
