//! A machine's clock in the simulation: the world's time, shifted. It jumps
//! when the seed says so, forward or back.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use baton::clock::Clock;
use jiff::{SignedDuration, Timestamp};
use tokio::{sync::Notify, time::Instant};

/// When every simulation begins.
pub const EPOCH: &str = "2026-11-24T02:30:00Z";

/// The world's time, which only goes forward.
#[derive(Debug, Clone, Copy)]
pub struct WorldTime {
    began: Instant,
    epoch: Timestamp,
}

impl WorldTime {
    /// Begins now.
    pub fn begin() -> Self {
        Self {
            began: Instant::now(),
            epoch: EPOCH.parse().expect("a time"),
        }
    }

    /// Since the beginning.
    pub fn elapsed(self) -> Duration {
        self.began.elapsed()
    }

    /// What a right clock shows.
    pub fn now(self) -> Timestamp {
        let elapsed = SignedDuration::try_from(self.elapsed()).expect("a short run");
        self.epoch + elapsed
    }
}

/// The clock of one machine.
pub struct MachineClock {
    world: WorldTime,
    ahead_ms: AtomicI64,
    changed: Notify,
}

impl MachineClock {
    /// A clock that is right.
    pub fn new(world: WorldTime) -> Self {
        Self {
            world,
            ahead_ms: AtomicI64::new(0),
            changed: Notify::new(),
        }
    }

    /// Sets it forward, or back.
    pub fn jump(&self, by_ms: i64) {
        self.ahead_ms.fetch_add(by_ms, Ordering::SeqCst);
        self.changed.notify_waiters();
    }

    /// How far it is ahead.
    pub fn ahead_ms(&self) -> i64 {
        self.ahead_ms.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl Clock for MachineClock {
    fn now(&self) -> Timestamp {
        self.world.now() + SignedDuration::from_millis(self.ahead_ms())
    }

    async fn until(&self, at: Timestamp) {
        let changed = self.changed.notified();
        let wait = Duration::try_from(at.duration_since(self.now())).unwrap_or_default();
        // Whichever comes first; nothing is lost of the other.
        let waits =
            futures_util::future::select(Box::pin(tokio::time::sleep(wait)), Box::pin(changed));
        waits.await;
    }
}
