//! Evaluations that were running when the host died. Guest code cannot end the
//! process, but a bug of the engine or a machine without memory can, and WhatsApp
//! would deliver the same message again for a week. So each evaluation is noted
//! in a file while it runs. What is noted there when the host starts ran when it
//! died: once, and it is made after the answer; twice, and it is not made any
//! more: the tenant's default applies.
//!
//! The notes need to outlive the process and not the machine, so they are
//! written and not synced: about a microsecond an evaluation.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    hash::Hasher,
    io,
    os::unix::fs::{FileExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use baton_domain::{
    ids::TenantId,
    limits::{EVALUATION_THREADS_MAX, SUSPECTS_MAX},
};
use serde::{Deserialize, Serialize};
use siphasher::sip128::{Hasher128, SipHasher24};

/// A keyed hash of what is evaluated for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cause(u128);

impl From<Cause> for String {
    fn from(cause: Cause) -> Self {
        format!("{:032x}", cause.0)
    }
}

impl TryFrom<String> for Cause {
    type Error = std::num::ParseIntError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        u128::from_str_radix(&text, 16).map(Self)
    }
}

/// The file of notes cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("cannot use {path}, the notes of running evaluations")]
pub struct SuspectsError {
    path: PathBuf,
    #[source]
    source: io::Error,
}

const KEY_BYTES: usize = 16;
const NOTE_BYTES: usize = 16;
const NO_NOTE: [u8; NOTE_BYTES] = [0; NOTE_BYTES];

/// What ran when the host died, and what runs now.
pub struct Suspects {
    key: [u8; KEY_BYTES],
    notes: Option<File>,
    /// Where the suspects are kept.
    list: Option<PathBuf>,
    free: Mutex<Vec<usize>>,
    kills: Mutex<BTreeMap<Cause, u32>>,
}

impl Suspects {
    /// Nobody is suspected and nothing is noted: where there is no disk.
    pub fn none() -> Self {
        Self {
            key: [0; KEY_BYTES],
            notes: None,
            list: None,
            free: Mutex::default(),
            kills: Mutex::default(),
        }
    }

    /// Reads what ran when the host died from the files `evaluating` and
    /// `suspects` of `folder`. Whoever holds the store's lock may call it.
    /// `new_key` is random; it serves when there is no file yet.
    ///
    /// # Errors
    /// The file system's.
    pub fn open(folder: &Path, new_key: [u8; KEY_BYTES]) -> Result<Self, SuspectsError> {
        let notes = folder.join("evaluating");
        let list = folder.join("suspects");
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| SuspectsError { path, source }
        };
        let before = match fs::read(&notes) {
            Ok(before) => before,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(failed(&notes)(error)),
        };
        let mut kills = read_list(&list).map_err(failed(&list))?;
        let (key, ran) = before
            .split_at_checked(KEY_BYTES)
            .unwrap_or((&new_key, &[]));
        let ran = ran.as_chunks::<NOTE_BYTES>().0.iter();
        for note in ran.filter(|note| **note != NO_NOTE) {
            let cause = Cause(u128::from_be_bytes(*note));
            let count: &mut u32 = kills.entry(cause).or_default();
            *count += 1;
            tracing::warn!(
                kills = *count,
                "an evaluation was running when the host died"
            );
        }
        while kills.len() > SUSPECTS_MAX {
            kills.pop_first();
        }
        // The list first: a crash in between counts a kill twice, which defers
        // or quarantines early, where the other order would forget it.
        write_list(&list, &kills).map_err(failed(&list))?;
        let mut fresh = key.to_vec();
        fresh.resize(KEY_BYTES + EVALUATION_THREADS_MAX * NOTE_BYTES, 0);
        // It holds a key, which is the owner's alone.
        let file = File::options()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&notes)
            .and_then(|file| file.write_all_at(&fresh, 0).map(|()| file));
        Ok(Self {
            key: fresh[..KEY_BYTES].try_into().unwrap_or(new_key),
            notes: Some(file.map_err(failed(&notes))?),
            list: Some(list),
            free: Mutex::new((0..EVALUATION_THREADS_MAX).collect()),
            kills: Mutex::new(kills),
        })
    }

    /// What tells the evaluation of an event of `tenant` from others.
    pub(super) fn cause(&self, tenant: &TenantId, event: &[u8]) -> Cause {
        let mut hasher = SipHasher24::new_with_key(&self.key);
        hasher.write(tenant.as_str().as_bytes());
        hasher.write_u8(0xff);
        hasher.write(event);
        // No cause looks like an empty note.
        Cause(hasher.finish128().as_u128() | 1)
    }

    /// How often the host died while this ran.
    pub(super) fn kills(&self, cause: Cause) -> u32 {
        lock(&self.kills).get(&cause).copied().unwrap_or_default()
    }

    /// Notes that it runs, until the answer is dropped.
    pub(super) fn begin(&self, cause: Cause) -> Running<'_> {
        let note = self.notes.as_ref().and_then(|_| lock(&self.free).pop());
        if let Some(note) = note {
            self.write(note, cause.0.to_be_bytes());
        }
        Running {
            suspects: self,
            note,
        }
    }

    /// It ran to its end: nothing is held against it any more.
    pub(super) fn acquit(&self, cause: Cause) {
        let mut kills = lock(&self.kills);
        if kills.remove(&cause).is_some()
            && let Some(list) = &self.list
            && let Err(error) = write_list(list, &kills)
        {
            tracing::warn!(%error, "the list of suspects is not written");
        }
    }

    fn write(&self, note: usize, bytes: [u8; NOTE_BYTES]) {
        let at = KEY_BYTES + note * NOTE_BYTES;
        let Some(notes) = &self.notes else { return };
        // Without the note this evaluation is made once more than it should
        // be after a crash; without the evaluation a customer waits.
        if let Err(error) = notes.write_all_at(&bytes, at as u64) {
            tracing::warn!(%error, "a running evaluation is not noted");
        }
    }
}

/// The note of an evaluation that runs.
pub(super) struct Running<'s> {
    suspects: &'s Suspects,
    note: Option<usize>,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        if let Some(note) = self.note {
            self.suspects.write(note, NO_NOTE);
            lock(&self.suspects.free).push(note);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One line a suspect: the hash, and how often.
fn read_list(path: &Path) -> io::Result<BTreeMap<Cause, u32>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error),
    };
    let line = |line: &str| {
        let (cause, kills) = line.split_once(' ')?;
        let cause = Cause::try_from(cause.to_owned()).ok()?;
        Some((cause, kills.parse().ok()?))
    };
    Ok(text.lines().filter_map(line).collect())
}

fn write_list(path: &Path, kills: &BTreeMap<Cause, u32>) -> io::Result<()> {
    if kills.is_empty() && !path.exists() {
        return Ok(());
    }
    let line = |(cause, kills): (&Cause, &u32)| format!("{} {kills}\n", String::from(*cause));
    let text: String = kills.iter().map(line).collect();
    let beside = path.with_extension("new");
    fs::write(&beside, text)?;
    fs::rename(beside, path)
}
