//! States of customers who were busy lately, bounded by their size. They are
//! used only at the version that the head tells, so another's commit makes an
//! entry useless, never wrong.

use std::sync::Arc;

use baton_domain::{limits::HOT_STATES_BYTES_MAX, state::CustomerState};
use quick_cache::{Weighter, sync::Cache};

use super::{customer::Head, key::Who, seal::Cipher};

/// A state in memory takes about this many times its stored size.
const MEMORY_FACTOR: u64 = 3;
const ENTRY_BYTES: u64 = 512;

/// A state at a version.
#[derive(Clone)]
pub(crate) struct HotState {
    /// As it was at the same version.
    pub(crate) head: Arc<Head>,
    pub(crate) state: Arc<CustomerState>,
    pub(crate) cipher: Cipher,
    /// Its stored size, about.
    pub(crate) bytes: usize,
}

#[derive(Clone)]
struct BySize;

impl Weighter<Who, HotState> for BySize {
    fn weight(&self, _: &Who, hot: &HotState) -> u64 {
        hot.bytes as u64 * MEMORY_FACTOR + ENTRY_BYTES
    }
}

/// The states.
pub(crate) struct Hot(Cache<Who, HotState, BySize>);

impl Hot {
    pub(crate) fn new() -> Self {
        let states = HOT_STATES_BYTES_MAX / (16 * 1024);
        Self(Cache::with_weighter(
            states as usize,
            HOT_STATES_BYTES_MAX,
            BySize,
        ))
    }

    pub(crate) fn get(&self, who: &Who, version: u64) -> Option<HotState> {
        self.0.get(who).filter(|hot| hot.head.version == version)
    }

    pub(crate) fn put(&self, who: &Who, hot: HotState) {
        self.0.insert(who.clone(), hot);
    }

    pub(crate) fn forget(&self, who: &Who) {
        self.0.remove(who);
    }
}
