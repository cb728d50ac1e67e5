//! Computing time of the thread that asks.

use std::time::Duration;

use rustix::time::{ClockId, Timespec, clock_gettime};

/// How much this thread had computed at a moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct ThreadTime(Timespec);

impl ThreadTime {
    pub(super) fn now() -> Self {
        Self(clock_gettime(ClockId::ThreadCPUTime))
    }

    /// What was computed since; to be asked on the same thread.
    pub(super) fn passed(self) -> Duration {
        let whole = |it: Timespec| {
            let seconds = u64::try_from(it.tv_sec).unwrap_or(0);
            let nanos = u32::try_from(it.tv_nsec).unwrap_or(0);
            Duration::new(seconds, nanos)
        };
        whole(Self::now().0).saturating_sub(whole(self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn computing_counts_and_waiting_does_not() {
        let began = ThreadTime::now();
        std::thread::scope(|scope| {
            // Another thread's computing is not this one's.
            scope.spawn(|| compute(50));
        });
        let waited = began.passed();
        compute(50);
        assert!(began.passed() - waited > waited, "{waited:?}");
    }

    /// Computes on this thread for so many milliseconds of its own.
    fn compute(ms: u64) {
        let began = ThreadTime::now();
        while began.passed() < Duration::from_millis(ms) {
            std::hint::black_box((0..1_000).sum::<u64>());
        }
    }
}
