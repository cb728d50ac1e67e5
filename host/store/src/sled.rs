//! The durable sibling: one tree of sled 0.34.7 in a folder.
//!
//! ```text
//! DIR/lock       held while a process has the store open
//! DIR/keys       the keys, outside of every export
//! DIR/erasures   who was erased, outside of every export
//! DIR/rows/      sled
//! ```
//!
//! What sled needs to be trusted, measured and read from its source:
//! - A kill while it recovers leaves `snap.*.generating`, which the next start
//!   mistakes for a snapshot and fails on for ever. It was never authoritative,
//!   so it is deleted before sled looks.
//! - `flush` ends in `sync_file_range`, which neither commits metadata nor
//!   empties the device's cache. So every batch ends with `sync_data` on sled's
//!   log file, opened a second time.
//! - Batches are atomic within one tree: there is one tree, and one
//!   `apply_batch` makes a batch.

mod import;

use std::{
    fs::{self, File},
    io,
    path::Path,
    sync::Arc,
    time::Duration,
};

use baton_domain::limits::BACKEND_CACHE_BYTES_MAX;

use crate::{
    doctor::Examination,
    embedded::{
        self, Backend, Embedded, Options, Shared,
        rows::{Batch, Row, Rows},
        side_file::{DiskFile, sync_directory},
    },
    error::StoreError,
};

pub use import::SmallFiles;

/// How long sled may take to let go of its files after it was closed.
const RELEASE_WAIT_MS_MAX: u64 = 10_000;
const RELEASE_WAIT_MS: u64 = 2;

/// The durable store in a folder.
pub type SledStore = Embedded<Folder>;

/// Marks the store in a folder.
pub struct Folder;

fn backend(doing: &'static str) -> impl Fn(Box<dyn std::error::Error + Send + Sync>) -> StoreError {
    move |source| StoreError::Backend { doing, source }
}

fn io_error(doing: &'static str) -> impl Fn(io::Error) -> StoreError {
    move |source| backend(doing)(source.into())
}

fn sled_error(doing: &'static str) -> impl Fn(::sled::Error) -> StoreError {
    move |error| match error {
        ::sled::Error::Corruption { .. } => StoreError::Damaged {
            what: format!("sled, while {doing}: {error}"),
        },
        error => backend(doing)(error.into()),
    }
}

impl SledStore {
    /// Opens the store in `folder`, or makes it.
    ///
    /// # Errors
    /// [`StoreError::Locked`] when another process has it open;
    /// [`StoreError::Damaged`] when keys and rows do not belong together, or
    /// sled finds its files corrupt; [`StoreError::Backend`] when the disk
    /// fails.
    pub fn open(folder: impl AsRef<Path>, options: Options) -> Result<Self, StoreError> {
        let folder = folder.as_ref();
        let doing = io_error("opening the store");
        let rows = folder.join("rows");
        fs::create_dir_all(&rows).map_err(&doing)?;
        // Before anything is swept: it may be another's.
        let lock = lock(folder)?;
        sweep(&rows).map_err(&doing)?;
        let keys = DiskFile::open(folder.join("keys")).map_err(&doing)?;
        let erasures = DiskFile::open(folder.join("erasures")).map_err(&doing)?;
        let backend = Backend {
            rows: Arc::new(SledRows::open(&rows, lock)?),
            keys: Box::new(keys),
            erasures: Box::new(erasures),
            has_committer_thread: true,
        };
        sync_directory(&rows)
            .and_then(|()| sync_directory(folder))
            .map_err(&doing)?;
        Ok(Self {
            shared: Shared::open(backend, options)?,
            backend: Folder,
        })
    }
}

impl SledStore {
    /// Examines the store in `folder`, which nobody must have open, and changes
    /// nothing of it. `progress` is told of the rows looked at so far.
    ///
    /// # Errors
    /// When there is no store, or it cannot be read at all; what is merely
    /// wrong is a finding.
    pub fn examine(
        folder: impl AsRef<Path>,
        options: &Options,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Examination, StoreError> {
        let folder = folder.as_ref();
        let rows = folder.join("rows");
        let doing = io_error("looking for a store (a host that never ran has none yet)");
        fs::metadata(rows.join("db")).map_err(&doing)?;
        let lock = lock(folder)?;
        // sled itself would mistake them for the rows.
        sweep(&rows).map_err(&doing)?;
        let rows = SledRows::open(&rows, lock)?;
        embedded::examine(&rows, folder, options, progress)
    }
}

fn lock(folder: &Path) -> Result<File, StoreError> {
    let doing = io_error("locking the store's folder");
    let file = File::create(folder.join("lock")).map_err(&doing)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(fs::TryLockError::WouldBlock) => Err(StoreError::Locked {
            folder: folder.display().to_string(),
        }),
        Err(fs::TryLockError::Error(error)) => Err(doing(error)),
    }
}

/// Deletes snapshots that a crash left half written.
fn sweep(rows: &Path) -> io::Result<()> {
    for entry in fs::read_dir(rows)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("snap.") && name.ends_with(".generating") {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Fields in the order in which they are dropped: the lock goes last.
struct SledRows {
    tree: ::sled::Tree,
    /// Keeps sled open.
    _db: ::sled::Db,
    /// Sled's log file, to be synced.
    log: File,
    /// Keeps other processes out of the folder.
    _lock: File,
}

impl SledRows {
    fn open(folder: &Path, lock: File) -> Result<Self, StoreError> {
        let config = ::sled::Config::new()
            .path(folder)
            .cache_capacity(BACKEND_CACHE_BYTES_MAX)
            .flush_every_ms(None);
        let db = open_released(&config).map_err(sled_error("opening its files"))?;
        let doing = io_error("opening the log file for syncs");
        let log = File::options()
            .read(true)
            .write(true)
            .open(folder.join("db"))
            .map_err(doing)?;
        Ok(Self {
            tree: (*db).clone(),
            _db: db,
            log,
            _lock: lock,
        })
    }
}

/// Opens sled, whose own lock the last one who had it may hold for a moment
/// longer: its threads end after the handle was dropped. Nobody else can hold
/// it, since the folder's lock is ours.
fn open_released(config: &::sled::Config) -> ::sled::Result<::sled::Db> {
    let mut waits = RELEASE_WAIT_MS_MAX / RELEASE_WAIT_MS;
    loop {
        match config.open() {
            Err(::sled::Error::Io(error)) if waits > 0 && is_lock(&error) => waits -= 1,
            opened => return opened,
        }
        std::thread::sleep(Duration::from_millis(RELEASE_WAIT_MS));
    }
}

/// sled makes an error of its own of it, of which only the text tells.
fn is_lock(error: &io::Error) -> bool {
    error.to_string().contains("could not acquire lock")
}

impl Rows for SledRows {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let value = self.tree.get(key).map_err(sled_error("reading a row"))?;
        Ok(value.map(|value| value.to_vec()))
    }

    fn scan(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        if from >= to {
            return Ok(Vec::new());
        }
        let rows = self.tree.range(from..to).take(limit);
        rows.map(|row| row.map(|(key, value)| (key.to_vec(), value.to_vec())))
            .collect::<Result<_, _>>()
            .map_err(sled_error("reading rows"))
    }

    fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        let mut changes = ::sled::Batch::default();
        for (key, value) in batch.iter() {
            match value {
                Some(value) => changes.insert(key.as_slice(), value.as_slice()),
                None => changes.remove(key.as_slice()),
            }
        }
        self.tree
            .apply_batch(changes)
            .map_err(sled_error("applying a batch"))
    }

    fn sync(&self) -> Result<(), StoreError> {
        self.tree.flush().map_err(sled_error("flushing"))?;
        self.log
            .sync_data()
            .map_err(io_error("syncing the log file"))
    }
}
