//! What a release may do wrong before it is taken back by itself.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::limits::{EVALUATION_WALL_MS_MAX, GUARDRAIL_WINDOW_MAX, GUARDRAIL_WINDOW_MIN};

/// Thresholds of one tenant. They count among so many evaluations, so that
/// they mean the same in a busy hour and a quiet one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guardrails {
    /// Whether anything is taken back by itself.
    pub enabled: bool,
    /// Evaluations among which it is counted.
    pub window: u32,
    /// Percent of them in which a module may fail.
    pub failed_percent: u32,
    /// Milliseconds of computing that one evaluation may take, all together.
    pub slow_ms: u64,
    /// Percent of them that may take longer.
    pub slow_percent: u32,
}

impl Default for Guardrails {
    fn default() -> Self {
        Self {
            enabled: true,
            window: 200,
            failed_percent: 5,
            slow_ms: 20,
            slow_percent: 10,
        }
    }
}

/// Why thresholds cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidGuardrails {
    /// The window is too short or too long.
    #[error(
        "guardrails.window is {0}; {GUARDRAIL_WINDOW_MIN} to {GUARDRAIL_WINDOW_MAX} are allowed"
    )]
    Window(u32),
    /// More than all of them.
    #[error("guardrails.{0} is over 100 percent")]
    Percent(&'static str),
    /// No evaluation takes that long.
    #[error("guardrails.slow_ms is {0}; 1 to {max} are allowed", max = EVALUATION_WALL_MS_MAX * 10)]
    Slow(u64),
}

impl Guardrails {
    /// Checks that the thresholds mean something.
    ///
    /// # Errors
    /// [`InvalidGuardrails`].
    pub fn validate(&self) -> Result<(), InvalidGuardrails> {
        let windows = GUARDRAIL_WINDOW_MIN..=GUARDRAIL_WINDOW_MAX;
        if !windows.contains(&self.window) {
            return Err(InvalidGuardrails::Window(self.window));
        }
        for (name, percent) in [
            ("failed_percent", self.failed_percent),
            ("slow_percent", self.slow_percent),
        ] {
            if percent > 100 {
                return Err(InvalidGuardrails::Percent(name));
            }
        }
        if !(1..=EVALUATION_WALL_MS_MAX * 10).contains(&self.slow_ms) {
            return Err(InvalidGuardrails::Slow(self.slow_ms));
        }
        Ok(())
    }

    /// How many of a window `percent` are.
    fn allowed(&self, percent: u32) -> u32 {
        u32::try_from(u64::from(self.window) * u64::from(percent) / 100).unwrap_or(u32::MAX)
    }
}

/// What went wrong too often.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tripped {
    /// Modules failed.
    Failures {
        /// In so many evaluations.
        count: u32,
        /// Of so many.
        of: u32,
    },
    /// Evaluations took too long.
    Slow {
        /// So many.
        count: u32,
        /// Of so many.
        of: u32,
        /// Longer than this.
        ms: u64,
    },
}

impl fmt::Display for Tripped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failures { count, of } => {
                write!(f, "modules failed in {count} of {of} evaluations")
            }
            Self::Slow { count, of, ms } => {
                write!(f, "{count} of {of} evaluations took longer than {ms} ms")
            }
        }
    }
}

/// Counts how a release fares.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Watch {
    evaluations: u32,
    failed: u32,
    slow: u32,
}

impl Watch {
    /// Tells of one evaluation. Answers as soon as more of the window went
    /// wrong than may, without waiting for its end; what is answered once is
    /// not answered again until as much went wrong anew.
    pub fn note(&mut self, limits: &Guardrails, failed: bool, took_ms: u64) -> Option<Tripped> {
        self.evaluations += 1;
        self.failed += u32::from(failed);
        self.slow += u32::from(took_ms > limits.slow_ms);
        let of = self.evaluations;
        let tripped = if self.failed > limits.allowed(limits.failed_percent) {
            Some(Tripped::Failures {
                count: self.failed,
                of,
            })
        } else if self.slow > limits.allowed(limits.slow_percent) {
            Some(Tripped::Slow {
                count: self.slow,
                of,
                ms: limits.slow_ms,
            })
        } else {
            None
        };
        if tripped.is_some() || self.evaluations >= limits.window {
            *self = Self::default();
        }
        tripped.filter(|_| limits.enabled)
    }
}
