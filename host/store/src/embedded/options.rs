//! What a store is opened with.

use std::{sync::Arc, time::Duration};

use baton_domain::{
    limits::{QUARANTINE_BYTES_MAX, QUARANTINE_ITEMS_MAX},
    state::FOLD_VERSION,
};

use super::faults::Faults;
use crate::entropy::Entropy;

/// What a store is opened with, whichever it is.
#[derive(Clone)]
pub struct Options {
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) observer: Option<Arc<dyn Observer>>,
    pub(crate) faults: Option<Arc<Faults>>,
    pub(crate) fold_version: u32,
    pub(crate) quarantine_items_max: usize,
    pub(crate) quarantine_bytes_max: usize,
}

impl Options {
    /// Random ids, keys and nonces come from `entropy`.
    pub fn new(entropy: impl Entropy) -> Self {
        Self {
            entropy: Arc::new(entropy),
            observer: None,
            faults: None,
            fold_version: FOLD_VERSION,
            quarantine_items_max: QUARANTINE_ITEMS_MAX,
            quarantine_bytes_max: QUARANTINE_BYTES_MAX,
        }
    }

    /// Tells `observer` of every batch, after those who are told already.
    #[must_use]
    pub fn observed_by(mut self, observer: Arc<dyn Observer>) -> Self {
        self.observer = Some(match self.observer.take() {
            Some(before) => Arc::new(Both(before, observer)),
            None => observer,
        });
        self
    }

    /// Lets a write fail, in tests.
    #[doc(hidden)]
    #[must_use]
    pub fn with_faults(mut self, faults: Arc<Faults>) -> Self {
        self.faults = Some(faults);
        self
    }

    /// Stands in for another fold, in tests.
    #[doc(hidden)]
    #[must_use]
    pub fn with_fold_version(mut self, fold_version: u32) -> Self {
        self.fold_version = fold_version;
        self
    }
}

impl Options {
    /// A smaller quarantine, in tests.
    #[doc(hidden)]
    #[must_use]
    pub fn with_quarantine(mut self, items_max: usize, bytes_max: usize) -> Self {
        (self.quarantine_items_max, self.quarantine_bytes_max) = (items_max, bytes_max);
        self
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").finish_non_exhaustive()
    }
}

/// Is told what the committer does; for metrics. It runs on the committer's
/// thread, so it must be quick.
pub trait Observer: Send + Sync + 'static {
    /// A batch is durable.
    fn synced(&self, batch: &Synced);

    /// A row of it, as it lies on the disk; for benches that write the same.
    #[doc(hidden)]
    fn wrote(&self, _key: &[u8], _value: Option<&[u8]>) {}
}

/// Two observers.
struct Both(Arc<dyn Observer>, Arc<dyn Observer>);

impl Observer for Both {
    fn synced(&self, batch: &Synced) {
        self.0.synced(batch);
        self.1.synced(batch);
    }

    fn wrote(&self, key: &[u8], value: Option<&[u8]>) {
        self.0.wrote(key, value);
        self.1.wrote(key, value);
    }
}

/// A batch that is durable.
#[derive(Debug, Clone, Copy)]
pub struct Synced {
    /// Changes in it, those that were refused included.
    pub changes: usize,
    /// Bytes of keys and values.
    pub bytes: usize,
    /// From the first change of it until it was durable.
    pub took: Duration,
    /// How much of this the sync took.
    pub synced: Duration,
}
