//! Tenants whose releases are in memory, ready to run: those in use, within a
//! limit of memory. A tenant that is not there is made ready when it is first
//! needed, by whoever needs it first; whoever has no time to wait goes on
//! without, and the work that it leaves goes on from where it stands.
//!
//! **Invariant:** what is ready follows from the [`ActiveRollout`] that it is
//! held by, so that letting it go and making it again changes no decision.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, Weak,
        atomic::{AtomicU64, Ordering},
    },
};

use baton_domain::limits::RESIDENT_TENANTS_MAX;
use baton_store::{Store, StoreError};

use super::{ActiveRollout, ModuleLibrary, ReadyRollout};

/// Tenants that are ready.
#[derive(Debug)]
pub struct Residents {
    bytes_max: u64,
    /// A clock that ticks with each use.
    uses: AtomicU64,
    held: Mutex<HashMap<usize, Held>>,
    loads: AtomicU64,
    evictions: AtomicU64,
}

#[derive(Debug)]
struct Held {
    /// Gone with the directory that it was in.
    rollout: Weak<ActiveRollout>,
    bytes: u64,
}

/// What became of tenants since the host started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResidentCounts {
    /// Tenants that are ready.
    pub tenants: u64,
    /// Memory that they take, about; modules that several have count for each.
    pub bytes: u64,
    /// Tenants that were made ready.
    pub loads: u64,
    /// Tenants that made room for others.
    pub evictions: u64,
}

impl Residents {
    /// Nobody yet; room for `bytes_max`.
    pub fn new(bytes_max: u64) -> Self {
        Self {
            bytes_max,
            uses: AtomicU64::new(0),
            held: Mutex::default(),
            loads: AtomicU64::new(0),
            evictions: AtomicU64::new(0),
        }
    }

    /// The releases of the rollout, if they are ready.
    pub fn at_hand(&self, rollout: &ActiveRollout) -> Option<Arc<ReadyRollout>> {
        rollout.at_hand(self.tick())
    }

    /// The releases of the rollout, made ready if need be. Whoever gives up
    /// waiting loses nothing of what was compiled meanwhile.
    ///
    /// # Errors
    /// The store's.
    pub async fn ready(
        &self,
        rollout: &Arc<ActiveRollout>,
        library: &ModuleLibrary,
        store: &dyn Store,
    ) -> Result<Arc<ReadyRollout>, StoreError> {
        if let Some(ready) = self.at_hand(rollout) {
            return Ok(ready);
        }
        let _alone = rollout.preparing().lock().await;
        if let Some(ready) = self.at_hand(rollout) {
            return Ok(ready);
        }
        let ready = Arc::new(rollout.prepare(library, store).await?);
        self.loads.fetch_add(1, Ordering::Relaxed);
        self.hold(rollout, ready.clone());
        Ok(ready)
    }

    /// What there is.
    pub fn counts(&self) -> ResidentCounts {
        let mut held = self.held();
        forget_gone(&mut held);
        ResidentCounts {
            tenants: held.len() as u64,
            bytes: held.values().map(|it| it.bytes).sum(),
            loads: self.loads.load(Ordering::Relaxed),
            evictions: self.evictions.load(Ordering::Relaxed),
        }
    }

    /// Holds them, and lets others go until all fit: a single one that does
    /// not fit stays, since it is in use.
    fn hold(&self, rollout: &Arc<ActiveRollout>, ready: Arc<ReadyRollout>) {
        let mut held = self.held();
        forget_gone(&mut held);
        let own = address(rollout);
        let bytes = ready.bytes;
        let room = |held: &HashMap<usize, Held>| {
            let taken: u64 = held.values().map(|it| it.bytes).sum();
            held.len() < RESIDENT_TENANTS_MAX && taken + bytes <= self.bytes_max
        };
        held.remove(&own);
        while !held.is_empty() && !room(&held) {
            let used = |it: &Held| it.rollout.upgrade().map_or(0, |it| it.last_used());
            let oldest = held.iter().min_by_key(|(_, it)| used(it));
            let Some(gone) = oldest.map(|(at, _)| *at).and_then(|at| held.remove(&at)) else {
                break;
            };
            if let Some(rollout) = gone.rollout.upgrade() {
                rollout.let_go();
            }
            self.evictions.fetch_add(1, Ordering::Relaxed);
        }
        rollout.hold(ready, self.tick());
        let rollout = Arc::downgrade(rollout);
        held.insert(own, Held { rollout, bytes });
    }

    fn tick(&self) -> u64 {
        self.uses.fetch_add(1, Ordering::Relaxed)
    }

    fn held(&self) -> MutexGuard<'_, HashMap<usize, Held>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What tells a rollout from others for as long as a [`Weak`] of it is held.
fn address(rollout: &Arc<ActiveRollout>) -> usize {
    Arc::as_ptr(rollout).addr()
}

/// Rollouts that nobody has any more have let their releases go themselves.
fn forget_gone(held: &mut HashMap<usize, Held>) {
    held.retain(|_, it| it.rollout.strong_count() > 0);
}
