//! Changes of work within a commit.

use jiff::Timestamp;

use super::{
    Shared,
    draft::Draft,
    key::Who,
    seal::{Cipher, IndexHash},
    work_row::{Open, Plain, WorkRow, read, seal, unlist, write},
};
use crate::{
    error::{CommitError, StoreError},
    work::{Lease, NewWork, Stage, WorkChange, WorkKey, WorkKind},
};

/// A change whose work is sealed and whose key is hashed: ready to be made.
pub(crate) struct PreparedChange {
    hash: IndexHash,
    at: Timestamp,
    change: Prepared,
}

enum Prepared {
    Add {
        kind: WorkKind,
        due_at: Timestamp,
        sealed: Vec<u8>,
        again: bool,
    },
    Cancel,
    Dismiss,
    Done {
        lease: u64,
    },
    Moved {
        lease: u64,
        stage: Stage,
        due_at: Timestamp,
        keep: bool,
    },
}

impl Shared {
    pub(crate) fn work_hash(&self, who: &Who, key: &WorkKey) -> IndexHash {
        let parts = [
            b"work".as_slice(),
            who.tenant.as_str().as_bytes(),
            key.0.as_bytes(),
        ];
        self.keyring.indexer.hash(&parts)
    }

    /// Seals and hashes, before the committer is asked.
    pub(crate) fn prepare_work(
        &self,
        who: &Who,
        cipher: &Cipher,
        at: Timestamp,
        change: &WorkChange,
    ) -> Result<PreparedChange, StoreError> {
        let add = |new: &NewWork, again| {
            let (kind, due_at) = (new.kind, new.due_at);
            let place = who.work(self.work_hash(who, &new.key));
            let entropy = &*self.options.entropy;
            let sealed = seal(entropy, cipher, &place, &new.key, &new.payload)?;
            Ok::<_, StoreError>(Prepared::Add {
                kind,
                due_at,
                sealed,
                again,
            })
        };
        let (key, change) = match change {
            WorkChange::Add(new) => (&new.key, add(new, false)?),
            WorkChange::Reschedule(new) => (&new.key, add(new, true)?),
            WorkChange::Cancel(key) => (key, Prepared::Cancel),
            WorkChange::Dismiss(key) => (key, Prepared::Dismiss),
            WorkChange::Done(Lease { key, number }) => (key, Prepared::Done { lease: *number }),
            WorkChange::Moved {
                lease: Lease { key, number },
                stage,
                due_at,
                keep,
            } => {
                let (stage, due_at, keep) = (stage.clone(), *due_at, *keep);
                (
                    key,
                    Prepared::Moved {
                        lease: *number,
                        stage,
                        due_at,
                        keep,
                    },
                )
            }
        };
        Ok(PreparedChange {
            hash: self.work_hash(who, key),
            at,
            change,
        })
    }
}

impl PreparedChange {
    /// Makes the change.
    ///
    /// # Errors
    /// [`CommitError::LeaseLost`].
    pub(crate) fn make(self, draft: &mut Draft<'_>, who: &Who) -> Result<(), CommitError> {
        let (hash, at) = (self.hash, self.at);
        let row = read(draft, who, hash)?;
        let was = row.as_ref().map(|row| row.plain.clone());
        let next = match self.change {
            Prepared::Add {
                kind,
                due_at,
                sealed,
                again,
            } => added(was.as_ref(), again, kind, (due_at, at))
                .map(|plain| WorkRow { plain, sealed }),
            Prepared::Cancel => waiting(was.as_ref())
                .map(|open| WorkRow::over(Plain::Cancelled { lease: open.lease })),
            Prepared::Dismiss => dead(was.as_ref()).map(|_| WorkRow::over(Plain::Done)),
            Prepared::Done { lease } => {
                held(was.as_ref(), lease)?;
                Some(WorkRow::over(Plain::Done))
            }
            Prepared::Moved {
                lease,
                stage,
                due_at,
                keep,
            } => {
                let open = held(was.as_ref(), lease)?;
                let is_held = keep && !matches!(stage, Stage::Dead { .. });
                let moved = Open {
                    due_at,
                    shown_at: due_at,
                    placed_at: at,
                    stage,
                    is_held,
                    ..open.clone()
                };
                row.map(|row| WorkRow {
                    plain: Plain::Open(moved),
                    ..row
                })
            }
        };
        if let Some(next) = next {
            if let Some(was) = &was {
                unlist(draft, who, hash, was);
            }
            write(draft, who, hash, &next)?;
        }
        Ok(())
    }
}

/// What an add or a reschedule makes of a row; `None` when nothing changes.
fn added(
    was: Option<&Plain>,
    again: bool,
    kind: WorkKind,
    (due_at, placed_at): (Timestamp, Timestamp),
) -> Option<Plain> {
    let (tries, lease) = match was {
        None => (0, 0),
        Some(Plain::Cancelled { lease }) if again => (0, *lease),
        // The number goes on, so that whoever holds it loses the lease.
        Some(Plain::Open(open)) if again && open.stage == Stage::Waiting => {
            (open.tries, open.lease)
        }
        Some(_) => return None,
    };
    let (stage, shown_at, is_held) = (Stage::Waiting, due_at, false);
    Some(Plain::Open(Open {
        kind,
        due_at,
        shown_at,
        placed_at,
        tries,
        stage,
        lease,
        is_held,
    }))
}

fn waiting(was: Option<&Plain>) -> Option<&Open> {
    match was {
        Some(Plain::Open(open)) if open.stage == Stage::Waiting => Some(open),
        _ => None,
    }
}

fn dead(was: Option<&Plain>) -> Option<&Open> {
    match was {
        Some(Plain::Open(open)) if matches!(open.stage, Stage::Dead { .. }) => Some(open),
        _ => None,
    }
}

/// The row, when the lease is its latest and has not ended.
fn held(was: Option<&Plain>, lease: u64) -> Result<&Open, CommitError> {
    match was {
        Some(Plain::Open(open)) if open.is_held && open.lease == lease => Ok(open),
        _ => Err(CommitError::LeaseLost),
    }
}
