//! The sibling in memory: for tests and simulations. The same code as the
//! durable one, but changes are made by whoever commits, one after the other,
//! so that a seed always gives the same run.

use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{Arc, PoisonError, RwLock},
};

use crate::{
    embedded::{
        Backend, Embedded, Options, Shared,
        rows::{Batch, Row, Rows},
        side_file::MemoryFile,
    },
    error::StoreError,
};

/// A store in memory.
pub type MemoryStore = Embedded<Disk>;

/// What outlives a [`MemoryStore`], as a disk outlives a process.
#[derive(Clone, Default)]
pub struct Disk {
    rows: Arc<MemoryRows>,
    keys: MemoryFile,
    erasures: MemoryFile,
}

impl MemoryStore {
    /// An empty store.
    ///
    /// # Errors
    /// [`StoreError::Backend`] when the entropy fails.
    pub fn new(options: Options) -> Result<Self, StoreError> {
        Self::open(Disk::default(), options)
    }

    /// The store after a crash and a restart: what was committed is there, and
    /// nothing else. The store it is made from must not be used any more.
    ///
    /// # Errors
    /// As [`MemoryStore::new`]; [`StoreError::Damaged`] when rows are.
    pub fn reopened(&self, options: Options) -> Result<Self, StoreError> {
        Self::open(self.backend.clone(), options)
    }

    fn open(disk: Disk, options: Options) -> Result<Self, StoreError> {
        let backend = Backend {
            rows: disk.rows.clone(),
            keys: Box::new(disk.keys.clone()),
            erasures: Box::new(disk.erasures.clone()),
            has_committer_thread: false,
        };
        Ok(Self {
            shared: Shared::open(backend, options)?,
            backend: disk,
        })
    }
}

/// Rows in a tree.
#[derive(Default)]
pub(crate) struct MemoryRows(RwLock<BTreeMap<Vec<u8>, Vec<u8>>>);

impl MemoryRows {
    fn read<T>(&self, read: impl FnOnce(&BTreeMap<Vec<u8>, Vec<u8>>) -> T) -> T {
        read(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

fn bounds<'k>(from: &'k [u8], to: &'k [u8]) -> (Bound<&'k [u8]>, Bound<&'k [u8]>) {
    // A range that ends before it starts is empty here and a panic there.
    (Bound::Included(from), Bound::Excluded(to.max(from)))
}

impl Rows for MemoryRows {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.read(|rows| rows.get(key).cloned()))
    }

    fn scan(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        let row = |(key, value): (&Vec<u8>, &Vec<u8>)| (key.clone(), value.clone());
        Ok(self.read(|rows| {
            rows.range::<[u8], _>(bounds(from, to))
                .take(limit)
                .map(row)
                .collect()
        }))
    }

    fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        let mut rows = self.0.write().unwrap_or_else(PoisonError::into_inner);
        for (key, value) in batch.iter() {
            match value {
                Some(value) => rows.insert(key.clone(), value.clone()),
                None => rows.remove(key),
            };
        }
        Ok(())
    }

    fn sync(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
