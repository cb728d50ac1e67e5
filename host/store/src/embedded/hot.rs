//! States of customers who were busy lately, bounded by their size. They are
//! used only at the version that the head tells, so another's commit makes an
//! entry useless, never wrong.
//!
//! Whoever is about to change a state takes it out, since a shared one would
//! have to be copied; the commit puts the new one in its place.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use baton_domain::{limits::HOT_STATES_BYTES_MAX, state::CustomerState};
use quick_cache::{Weighter, sync::Cache};

use super::{customer::Head, key::Who, seal::Cipher, told::Told};

/// A state in memory takes about this many times its stored size.
const MEMORY_FACTOR: u64 = 3;
const ENTRY_BYTES: u64 = 512;

/// A state at a version.
pub(crate) struct HotState {
    pub(crate) state: Arc<CustomerState>,
    pub(crate) under: Under,
}

/// What else is known of the customer at that version.
#[derive(Clone)]
pub(crate) struct Under {
    pub(crate) head: Arc<Head>,
    pub(crate) cipher: Cipher,
    /// The stored size of the state, about.
    pub(crate) bytes: usize,
    /// What was told before; `None` when that is not known.
    pub(crate) told: Option<Arc<Told>>,
}

/// An entry; it stays when its content becomes another of the same weight.
struct Slot {
    weight: u64,
    now: Mutex<Content>,
}

struct Content {
    under: Under,
    /// `None` while somebody changes it.
    state: Option<Arc<CustomerState>>,
}

impl Slot {
    fn now(&self) -> MutexGuard<'_, Content> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Clone)]
struct ByWeight;

impl Weighter<Who, Arc<Slot>> for ByWeight {
    fn weight(&self, _: &Who, slot: &Arc<Slot>) -> u64 {
        slot.weight
    }
}

/// Rounded up, so that a state that grows a little weighs the same.
fn weight(bytes: usize) -> u64 {
    bytes.next_power_of_two() as u64 * MEMORY_FACTOR + ENTRY_BYTES
}

/// The states.
pub(crate) struct Hot(Cache<Who, Arc<Slot>, ByWeight>);

impl Hot {
    pub(crate) fn new() -> Self {
        let states = HOT_STATES_BYTES_MAX / (16 * 1024);
        Self(Cache::with_weighter(
            states as usize,
            HOT_STATES_BYTES_MAX,
            ByWeight,
        ))
    }

    /// What is known of the customer at this version.
    pub(crate) fn under(&self, who: &Who, version: u64) -> Option<Under> {
        let slot = self.0.get(who)?;
        let now = slot.now();
        (now.under.head.version == version).then(|| now.under.clone())
    }

    /// The state at this version; `to_change` takes it out.
    pub(crate) fn state(
        &self,
        who: &Who,
        version: u64,
        to_change: bool,
    ) -> Option<Arc<CustomerState>> {
        let slot = self.0.get(who)?;
        let mut now = slot.now();
        if now.under.head.version != version {
            None
        } else if to_change {
            now.state.take()
        } else {
            now.state.clone()
        }
    }

    /// Keeps a state, unless a later one is there.
    pub(crate) fn put(&self, who: &Who, HotState { state, under }: HotState) {
        let told = under.told.as_ref().map_or(0, |told| told.bytes());
        let weight = weight(under.bytes + told);
        if let Some(slot) = self.0.get(who) {
            let mut now = slot.now();
            if now.under.head.version > under.head.version {
                return;
            }
            if slot.weight == weight {
                let state = Some(state);
                *now = Content { under, state };
                return;
            }
        }
        let state = Some(state);
        let now = Mutex::new(Content { under, state });
        self.0.insert(who.clone(), Arc::new(Slot { weight, now }));
    }

    pub(crate) fn forget(&self, who: &Who) {
        self.0.remove(who);
    }
}
