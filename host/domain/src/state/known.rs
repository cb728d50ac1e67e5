//! What was last told about one thing.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A value with the time at which it was told. What is told later by its own
/// clock wins, however late the rest arrives, so that a redelivery of old news
/// never overwrites newer news. Of two told at the same instant the one that
/// arrives last wins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Known<T> {
    told: Option<(Timestamp, T)>,
}

impl<T> Default for Known<T> {
    fn default() -> Self {
        Self { told: None }
    }
}

impl<T> Known<T> {
    /// Takes `value`, told at `at`, unless something newer is known.
    pub(super) fn learn(&mut self, at: Timestamp, value: T) {
        if self.told.as_ref().is_none_or(|(since, _)| *since <= at) {
            self.told = Some((at, value));
        }
    }

    /// The value; `None` when it was never told.
    pub fn get(&self) -> Option<&T> {
        self.told.as_ref().map(|(_, value)| value)
    }

    /// Whether it was never told.
    pub fn is_none(&self) -> bool {
        self.told.is_none()
    }
}
