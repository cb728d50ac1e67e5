//! Faults for tests: the n-th write of the backend or of a small file fails,
//! before it did anything, halfway, or after it did everything. A hidden seam:
//! nothing but [`super::Options::with_faults`] leads here.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use super::{
    Backend,
    rows::{Batch, Row, Rows},
    side_file::SideFile,
};
use crate::error::StoreError;

/// How much of a write happens before it fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Nothing.
    None,
    /// Half of what is appended to a small file; nothing of a batch, which is
    /// atomic.
    Half,
    /// All of it: only the answer is lost.
    All,
}

/// Which write fails.
#[derive(Debug)]
pub struct Faults {
    /// Writes until the one that fails; 0 once it did.
    left: AtomicUsize,
    extent: Extent,
}

impl Faults {
    /// The `nth` write from now fails, counted from 1.
    pub fn at(nth: usize, extent: Extent) -> Arc<Self> {
        let left = AtomicUsize::new(nth);
        Arc::new(Self { left, extent })
    }

    /// Whether the write that was to fail did.
    pub fn has_fired(&self) -> bool {
        self.left.load(Ordering::SeqCst) == 0
    }

    /// How far this write gets, when it is the one.
    fn strike(&self) -> Option<Extent> {
        let count = |left: usize| left.checked_sub(1);
        let before = self
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, count);
        (before == Ok(1)).then_some(self.extent)
    }
}

fn injected() -> io::Error {
    io::Error::other("an injected fault")
}

fn failed() -> StoreError {
    StoreError::Backend {
        doing: "writing",
        source: injected().into(),
    }
}

/// The backend with faults.
pub(super) fn wrap(backend: Backend, faults: &Arc<Faults>) -> Backend {
    let Backend {
        rows,
        keys,
        erasures,
        has_committer_thread,
    } = backend;
    let side = |file| Faulty {
        inner: file,
        faults: faults.clone(),
    };
    Backend {
        rows: Arc::new(Faulty {
            inner: rows,
            faults: faults.clone(),
        }),
        keys: Box::new(side(keys)),
        erasures: Box::new(side(erasures)),
        has_committer_thread,
    }
}

struct Faulty<T> {
    inner: T,
    faults: Arc<Faults>,
}

impl Faulty<Arc<dyn Rows>> {
    fn write(&self, write: impl Fn() -> Result<(), StoreError>) -> Result<(), StoreError> {
        match self.faults.strike() {
            None => write(),
            Some(Extent::None | Extent::Half) => Err(failed()),
            Some(Extent::All) => write().and(Err(failed())),
        }
    }
}

impl Rows for Faulty<Arc<dyn Rows>> {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.inner.get(key)
    }

    fn scan(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        self.inner.scan(from, to, limit)
    }

    fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        self.write(|| self.inner.apply(batch))
    }

    fn sync(&self) -> Result<(), StoreError> {
        self.write(|| self.inner.sync())
    }
}

impl SideFile for Faulty<Box<dyn SideFile>> {
    fn length(&self) -> io::Result<u64> {
        self.inner.length()
    }

    fn read_at(&self, offset: u64, bytes: &mut [u8]) -> io::Result<()> {
        self.inner.read_at(offset, bytes)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let written = match self.faults.strike() {
            None => return self.inner.append(bytes),
            Some(Extent::None) => 0,
            Some(Extent::Half) => bytes.len() / 2,
            Some(Extent::All) => bytes.len(),
        };
        self.inner.append(&bytes[..written])?;
        Err(injected())
    }

    fn truncate(&mut self, length: u64) -> io::Result<()> {
        match self.faults.strike() {
            None => self.inner.truncate(length),
            Some(Extent::None | Extent::Half) => Err(injected()),
            Some(Extent::All) => self.inner.truncate(length).and(Err(injected())),
        }
    }

    fn patch(&mut self, patches: &[(u64, Vec<u8>)]) -> io::Result<()> {
        match self.faults.strike() {
            None => self.inner.patch(patches),
            Some(Extent::None | Extent::Half) => Err(injected()),
            Some(Extent::All) => self.inner.patch(patches).and(Err(injected())),
        }
    }
}
