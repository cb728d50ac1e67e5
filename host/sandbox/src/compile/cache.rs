//! Machine code on disk, so that a module is compiled once and not at every
//! start.
//!
//! A file is named after what was compiled and by what: the module's digest
//! and the engine's compatibility hash, which covers wasmtime's full version
//! (its artefacts say only the major one, and a stale one would survive a
//! security patch). It begins with a code of authentication over name and
//! content, since whoever can write machine code here could run it in the host.
//! A file that fails the check is removed and made anew.

use std::{
    fs::{self, File},
    hash::Hash,
    io::{self, Read, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::PathBuf,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::SystemTime,
};

use baton_domain::{
    ids::ModuleDigest,
    limits::{ARTEFACT_BYTES_MAX, ARTEFACT_CACHE_BYTES_MAX},
};
use hmac::{Hmac, KeyInit, Mac};
use rustix::fs::{Timespec, Timestamps, UTIME_NOW, futimens};
use sha2::{Digest, Sha256};
use siphasher::sip128::{Hasher128, SipHasher13};
use wasmtime::component::Component;

use super::artefact::Artefact;
use crate::engine::Sandbox;

/// Bytes of the code of authentication.
const MAC_BYTES: usize = 32;
/// How the name of an artefact ends, and of one that is being written.
const EXTENSION: &str = "artefact";
const UNFINISHED: &str = "unfinished";

/// Machine code on disk, within [`ARTEFACT_CACHE_BYTES_MAX`]: what was not
/// used for longest goes first.
pub struct ArtefactCache {
    folder: PathBuf,
    key: [u8; 32],
    bytes_max: u64,
    writing: Mutex<u64>,
    found: AtomicU64,
    missed: AtomicU64,
    removed: AtomicU64,
    unwritten: AtomicU64,
    is_told: AtomicBool,
    complaint: Mutex<Option<CacheUnusable>>,
}

/// What the cache did since it was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CacheCounts {
    /// Modules that were loaded instead of compiled.
    pub found: u64,
    /// Modules that were not there.
    pub missed: u64,
    /// Files that were damaged, foreign or of another engine, and removed.
    pub removed: u64,
    /// Artefacts that could not be written; the module runs all the same.
    pub unwritten: u64,
}

/// The folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot keep compiled modules in {}; give the host a folder that it may write", .folder.display())]
pub struct CacheUnusable {
    folder: PathBuf,
    #[source]
    source: io::Error,
}

impl ArtefactCache {
    /// Opens the cache in `folder`, which is made if need be. `key` is secret
    /// and stays the same from start to start; under another one every file
    /// is foreign.
    ///
    /// # Errors
    /// [`CacheUnusable`] when the folder cannot be made or written.
    pub fn open(folder: impl Into<PathBuf>, key: [u8; 32]) -> Result<Self, CacheUnusable> {
        Self::open_with(folder.into(), key, ARTEFACT_CACHE_BYTES_MAX)
    }

    /// The same with room for `bytes_max`.
    ///
    /// # Errors
    /// As [`ArtefactCache::open`].
    pub fn open_with(
        folder: PathBuf,
        key: [u8; 32],
        bytes_max: u64,
    ) -> Result<Self, CacheUnusable> {
        let unusable = |source| CacheUnusable {
            folder: folder.clone(),
            source,
        };
        let made = fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&folder);
        made.map_err(unusable)?;
        let cache = Self {
            folder: folder.clone(),
            key,
            bytes_max,
            writing: Mutex::new(0),
            found: AtomicU64::new(0),
            missed: AtomicU64::new(0),
            removed: AtomicU64::new(0),
            unwritten: AtomicU64::new(0),
            is_told: AtomicBool::new(false),
            complaint: Mutex::new(None),
        };
        cache.remove_unfinished().map_err(unusable)?;
        Ok(cache)
    }

    /// What happened so far.
    pub fn counts(&self) -> CacheCounts {
        CacheCounts {
            found: self.found.load(Ordering::Relaxed),
            missed: self.missed.load(Ordering::Relaxed),
            removed: self.removed.load(Ordering::Relaxed),
            unwritten: self.unwritten.load(Ordering::Relaxed),
        }
    }

    /// Why nothing could be written, once, for the log of whoever may mend it.
    pub fn take_complaint(&self) -> Option<CacheUnusable> {
        self.complaint().take()
    }

    fn complaint(&self) -> MutexGuard<'_, Option<CacheUnusable>> {
        self.complaint
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    fn unusable(&self, source: io::Error) -> CacheUnusable {
        let folder = self.folder.clone();
        CacheUnusable { folder, source }
    }

    /// Where the module's artefact lies once it was compiled.
    pub fn path(&self, digest: ModuleDigest, sandbox: &Sandbox) -> PathBuf {
        self.folder.join(Name::of(digest, sandbox).file())
    }

    /// The module, if it is here and everything about it is right.
    pub(super) fn load(&self, digest: ModuleDigest, sandbox: &Sandbox) -> Option<Component> {
        let name = Name::of(digest, sandbox);
        let path = self.folder.join(name.file());
        let Ok(file) = File::open(&path) else {
            count(&self.missed);
            return None;
        };
        let artefact = self.read(&name, &file);
        if let Some(component) = artefact.and_then(|it| it.load(sandbox).ok()) {
            // Without it the file only looks older than it is.
            let _ = futimens(&file, &now());
            count(&self.found);
            return Some(component);
        }
        // What cannot be removed is replaced.
        let _ = fs::remove_file(&path);
        count(&self.removed);
        None
    }

    /// Keeps an artefact. One that cannot be written is compiled again next
    /// time.
    pub(super) fn keep(&self, digest: ModuleDigest, sandbox: &Sandbox, artefact: &Artefact) {
        let name = Name::of(digest, sandbox);
        let mut writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        *writing += 1;
        let kept = self
            .write(&name, artefact, *writing)
            .and_then(|()| self.make_room());
        if let Err(error) = kept {
            count(&self.unwritten);
            // The first alone: each module that comes would say the same.
            if !self.is_told.swap(true, Ordering::Relaxed) {
                let mut complaint = self.complaint();
                *complaint = Some(self.unusable(error));
            }
        }
    }

    fn read(&self, name: &Name, file: &File) -> Option<Artefact> {
        let longest = ARTEFACT_BYTES_MAX + MAC_BYTES as u64;
        let mut bytes = Vec::new();
        file.take(longest + 1).read_to_end(&mut bytes).ok()?;
        if bytes.len() as u64 > longest {
            return None;
        }
        let (code, artefact) = bytes.split_at_checked(MAC_BYTES)?;
        let mut mac = self.mac(name)?;
        mac.update(artefact);
        mac.verify_slice(code).ok()?;
        Some(Artefact::vouched_from(bytes, MAC_BYTES))
    }

    /// Beside its place, then at once: a crash leaves no half of a file there.
    fn write(&self, name: &Name, artefact: &Artefact, number: u64) -> io::Result<()> {
        let mut mac = self.mac(name).ok_or(io::ErrorKind::InvalidInput)?;
        mac.update(artefact.bytes());
        let beside = format!("{}-{number}.{UNFINISHED}", std::process::id());
        let beside = self.folder.join(beside);
        let written = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&beside)
            .and_then(|mut file| {
                file.write_all(&mac.finalize().into_bytes())?;
                file.write_all(artefact.bytes())
            })
            .and_then(|()| fs::rename(&beside, self.folder.join(name.file())));
        if written.is_err() {
            let _ = fs::remove_file(&beside);
        }
        written
    }

    /// Removes what was not used for longest until the rest fits.
    fn make_room(&self) -> io::Result<()> {
        let mut files: Vec<(SystemTime, PathBuf, u64)> = Vec::new();
        for path in self.files(EXTENSION)? {
            let about = fs::metadata(&path)?;
            files.push((about.modified()?, path, about.len()));
        }
        files.sort();
        let mut bytes: u64 = files.iter().map(|(_, _, bytes)| bytes).sum();
        for (_, path, freed) in files {
            if bytes <= self.bytes_max {
                break;
            }
            fs::remove_file(path)?;
            bytes -= freed;
        }
        Ok(())
    }

    /// What a host that was killed left behind. Another one that writes here
    /// at this moment compiles once more.
    fn remove_unfinished(&self) -> io::Result<()> {
        self.files(UNFINISHED)?.iter().try_for_each(fs::remove_file)
    }

    fn files(&self, extension: &str) -> io::Result<Vec<PathBuf>> {
        let mut files = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|it| it == extension) {
                files.push(path);
            }
        }
        Ok(files)
    }

    fn mac(&self, name: &Name) -> Option<Hmac<Sha256>> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.key).ok()?;
        mac.update(&name.0);
        Some(mac)
    }
}

impl std::fmt::Debug for ArtefactCache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ArtefactCache")
            .field("folder", &self.folder)
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}

/// What was compiled, and by what.
struct Name([u8; 32]);

impl Name {
    fn of(digest: ModuleDigest, sandbox: &Sandbox) -> Self {
        let mut engine = SipHasher13::new();
        sandbox
            .engine()
            .precompile_compatibility_hash()
            .hash(&mut engine);
        let mut hash = Sha256::new_with_prefix(digest.as_bytes());
        hash.update(engine.finish128().as_bytes());
        Self(hash.finalize().into())
    }

    fn file(&self) -> String {
        // 32 bytes have a name as digits already.
        format!("{}.{EXTENSION}", ModuleDigest::new(self.0))
    }
}

fn now() -> Timestamps {
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: UTIME_NOW,
    };
    Timestamps {
        last_access: now,
        last_modification: now,
    }
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
