//! Suspends a module that does nothing but fail, so that it costs no time.

use jiff::{SignedDuration, Timestamp};

use crate::limits::{BREAKER_FAILURES, BREAKER_SECONDS};

/// The circuit breaker of one module: open after [`BREAKER_FAILURES`] failures
/// in a row; after [`BREAKER_SECONDS`] one run shows whether it has recovered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Breaker {
    failures: u32,
    open_until: Option<Timestamp>,
}

impl Breaker {
    /// Whether the module may run at `now`. When its time is over, the answer
    /// is yes once, and no to all others until that run is told of or as much
    /// time has passed again.
    pub fn admits(&mut self, now: Timestamp) -> bool {
        match self.open_until {
            None => true,
            Some(until) if now < until => false,
            Some(_) => {
                self.open(now);
                true
            }
        }
    }

    /// Tells how a run went. Whether the module is suspended by it, which it
    /// was not before.
    pub fn note(&mut self, failed: bool, now: Timestamp) -> bool {
        if !failed {
            *self = Self::default();
            return false;
        }
        self.failures = self.failures.saturating_add(1);
        let was_open = self.open_until.is_some();
        if self.failures >= BREAKER_FAILURES {
            self.open(now);
        }
        !was_open && self.open_until.is_some()
    }

    fn open(&mut self, now: Timestamp) {
        let rest = SignedDuration::from_secs(BREAKER_SECONDS);
        self.open_until = Some(now.checked_add(rest).unwrap_or(Timestamp::MAX));
    }
}
