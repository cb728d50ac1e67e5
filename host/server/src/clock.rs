//! Time, passed in. `main` owns the clock; everything else asks it.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// Tells the time and waits for it.
#[async_trait]
pub trait Clock: Send + Sync + 'static {
    /// Now.
    fn now(&self) -> Timestamp;

    /// Returns when it is `at`, or soon after; at once when that is past. May
    /// return early when the clock was set: look at the time again.
    async fn until(&self, at: Timestamp);
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the clock that is passed in"
    )]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn until(&self, at: Timestamp) {
        let wait = at.duration_since(self.now());
        tokio::time::sleep(bounded(wait)).await;
    }
}

/// A clock that remembers the latest time that it told, so that somebody notices
/// when it was set back, however short it was ahead.
pub struct WatchedClock {
    inner: Arc<dyn Clock>,
    latest_seconds: AtomicI64,
}

impl WatchedClock {
    /// Watches a clock.
    pub fn new(inner: Arc<dyn Clock>) -> Self {
        let latest_seconds = AtomicI64::new(i64::MIN);
        Self {
            inner,
            latest_seconds,
        }
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        let now = self.inner.now();
        // Mostly a look: it changes once a second.
        if now.as_second() > self.latest_seconds.load(Ordering::Relaxed) {
            self.latest_seconds
                .fetch_max(now.as_second(), Ordering::Relaxed);
        }
        now
    }

    /// As [`Clock::until`].
    pub async fn until(&self, at: Timestamp) {
        self.inner.until(at).await;
    }

    /// What time it is, when it told more than `by` later than that since it was
    /// last asked.
    pub fn set_back(&self, by: SignedDuration) -> Option<Timestamp> {
        let now = self.inner.now();
        let latest = self.latest_seconds.load(Ordering::Relaxed);
        if latest.saturating_sub(now.as_second()) <= by.as_secs() {
            return None;
        }
        self.latest_seconds
            .store(now.as_second(), Ordering::Relaxed);
        Some(now)
    }
}

#[async_trait]
impl Clock for WatchedClock {
    fn now(&self) -> Timestamp {
        self.now()
    }

    async fn until(&self, at: Timestamp) {
        self.inner.until(at).await;
    }
}

/// A clock for demonstrations: starts at a given time and runs at a given
/// speed, which may change on the way.
#[derive(Debug)]
pub struct ScaledClock {
    leg: Mutex<Leg>,
    changed: tokio::sync::Notify,
}

/// A stretch of time at one speed.
#[derive(Debug, Clone, Copy)]
struct Leg {
    from: Timestamp,
    since: Instant,
    speed: u32,
}

impl Leg {
    fn now(&self) -> Timestamp {
        let passed = self.since.elapsed().saturating_mul(self.speed);
        let passed = SignedDuration::try_from(passed).unwrap_or(SignedDuration::MAX);
        self.from.saturating_add(passed).unwrap_or(Timestamp::MAX)
    }
}

impl ScaledClock {
    /// A clock that shows `start` now and runs `speed` times as fast as the
    /// machine's.
    pub fn new(start: Timestamp, speed: u32) -> Arc<Self> {
        let leg = Leg {
            from: start,
            since: Instant::now(),
            speed,
        };
        Arc::new(Self {
            leg: Mutex::new(leg),
            changed: tokio::sync::Notify::new(),
        })
    }

    /// From now on, runs `speed` times as fast as the machine's clock.
    pub fn set_speed(&self, speed: u32) {
        {
            let mut leg = self.leg();
            *leg = Leg {
                from: leg.now(),
                since: Instant::now(),
                speed,
            };
        }
        self.changed.notify_waiters();
    }

    fn leg(&self) -> std::sync::MutexGuard<'_, Leg> {
        self.leg
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[async_trait]
impl Clock for ScaledClock {
    fn now(&self) -> Timestamp {
        self.leg().now()
    }

    async fn until(&self, at: Timestamp) {
        let changed = self.changed.notified();
        let leg = *self.leg();
        let wait = bounded(at.duration_since(leg.now())) / leg.speed.max(1);
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = changed => {}
        }
    }
}

/// A clock that stands still until it is set: for tests.
#[derive(Debug)]
pub struct ManualClock {
    milliseconds: AtomicI64,
    changed: tokio::sync::Notify,
}

impl ManualClock {
    /// A clock that shows `start`.
    pub fn new(start: Timestamp) -> Arc<Self> {
        let milliseconds = AtomicI64::new(start.as_millisecond());
        Arc::new(Self {
            milliseconds,
            changed: tokio::sync::Notify::new(),
        })
    }

    /// Sets the clock, forward or back.
    pub fn set(&self, to: Timestamp) {
        self.milliseconds
            .store(to.as_millisecond(), Ordering::SeqCst);
        self.changed.notify_waiters();
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        let milliseconds = self.milliseconds.load(Ordering::SeqCst);
        Timestamp::from_millisecond(milliseconds).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    async fn until(&self, at: Timestamp) {
        let changed = self.changed.notified();
        if self.now() < at {
            changed.await;
        }
    }
}

/// Waits are cut, so that a clock that was set is noticed.
fn bounded(wait: SignedDuration) -> Duration {
    const LONGEST: Duration = Duration::from_secs(60);
    Duration::try_from(wait)
        .unwrap_or(Duration::ZERO)
        .min(LONGEST)
}
