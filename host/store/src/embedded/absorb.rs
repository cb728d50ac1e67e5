//! A merge: the younger customer becomes the older one.
//!
//! The commit carries the younger's events and the joined state. What moves
//! here is what only the store knows: links, identities, and work, which is
//! opened and sealed anew under the older customer's key. The younger's log,
//! state and list rows go; its id stays as an alias, and its key stays on
//! record, to be destroyed when the older customer is erased.

use std::sync::Arc;

use baton_domain::{ids::CustomerId, limit, limits::COMMIT_ROWS_MAX};
use serde::{Deserialize, Serialize};

use super::{
    Shared,
    customer::{Head, mark_of, version_of},
    draft::Draft,
    identities,
    inbox::{self, listed_key},
    key::{Parts, Who, part},
    record::unpack_plain,
    rows::Row,
    seal::{Cipher, IndexHash},
    work_row::{Plain, WorkRow, read, unlist, write},
};
use crate::{
    commit::Version,
    error::{CommitError, StoreError},
    work::Stage,
};

/// A log, its identities and its work.
const MOVED_ROWS_MAX: usize = 3 * COMMIT_ROWS_MAX;

/// What stays on record of a customer who was merged.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct AbsorbedKey {
    pub(crate) slot: u64,
}

/// The younger customer of a commit.
pub(crate) struct Absorbed {
    shared: Arc<Shared>,
    pub(crate) who: Who,
    expected: Version,
    theirs: Cipher,
    ours: Cipher,
}

/// All that the rows hold of the younger customer.
pub(crate) struct Found<'a> {
    by: &'a Absorbed,
    head: Arc<Head>,
    rows: Vec<Row>,
    passing: Vec<Row>,
    aliases: Vec<Row>,
}

impl Shared {
    pub(crate) fn prepare_absorb(
        self: &Arc<Self>,
        older: &Who,
        younger: &CustomerId,
        expected: Version,
        ours: &Cipher,
    ) -> Result<Absorbed, CommitError> {
        let who = older.other(younger);
        let gone = || CommitError::Conflict {
            customer: younger.clone(),
            found: Version(0),
        };
        let theirs = self
            .cipher(&who)?
            .filter(|_| who != *older)
            .ok_or_else(gone)?;
        Ok(Absorbed {
            shared: self.clone(),
            who,
            expected,
            theirs,
            ours: ours.clone(),
        })
    }
}

/// Reads the younger customer, who must be as it was loaded.
pub(crate) fn read_all<'a>(
    draft: &mut Draft<'_>,
    by: &'a Absorbed,
) -> Result<Found<'a>, CommitError> {
    let head = draft.head(&by.who)?;
    let found = Version(head.as_ref().map_or(0, |head| head.version));
    let conflict = || CommitError::Conflict {
        customer: by.who.customer.clone(),
        found,
    };
    if by.shared.erasures.contains(&by.who) || found != by.expected {
        return Err(conflict());
    }
    let head = head.ok_or_else(conflict)?;
    let mut all = |prefix: Vec<u8>| {
        let rows = draft.with_prefix(&prefix, MOVED_ROWS_MAX)?;
        let (what, limit) = ("rows of a customer to be merged", limit!(MOVED_ROWS_MAX));
        if rows.len() < limit.1 {
            Ok(rows)
        } else {
            Err(StoreError::OverLimit { what, limit })
        }
    };
    let rows = all(by.who.rows().done())?;
    let aliases = all(by.who.absorbed().done())?;
    let generation = by.shared.generation()?.number;
    let mut passing = all(by.who.passing(generation).done())?;
    if let Some(before) = generation.checked_sub(1) {
        passing.extend(all(by.who.passing(before).done())?);
    }
    Ok(Found {
        by,
        head,
        rows,
        passing,
        aliases,
    })
}

impl Found<'_> {
    /// By what the younger customer was found.
    pub(crate) fn links(&self) -> Vec<IndexHash> {
        self.head.links.clone()
    }

    /// Moves what moves and removes the rest.
    pub(crate) fn write(self, draft: &mut Draft<'_>, older: &Who) -> Result<(), CommitError> {
        let younger = &self.by.who;
        self.by.shared.merges.note(older);
        inbox::take_off(draft, younger, &self.head.conversations);
        let prefix = younger.rows().done().len();
        for (key, record) in &self.rows {
            let tail = &key[prefix.min(key.len())..];
            match tail.first() {
                Some(&part::EVENT) => {
                    if let Some((list, at)) = mark_of(key, record)? {
                        let version = Version(version_of(key)?);
                        draft.remove(listed_key(younger, list, at, version));
                    }
                }
                Some(&part::IDENTITY) => {
                    draft.mark(older.rows().bytes(tail).done());
                }
                Some(&part::WORK) => self.move_work(draft, older, key, record)?,
                _ => {}
            }
            draft.remove(key.clone());
        }
        self.move_passing(draft, older)?;
        self.write_aliases(draft, older).map_err(CommitError::from)
    }

    /// Moves a row of work, unless the older customer has the same. What was
    /// done for one of the two is done: what waits for the other gives way.
    fn move_work(
        &self,
        draft: &mut Draft<'_>,
        older: &Who,
        key: &[u8],
        record: &[u8],
    ) -> Result<(), StoreError> {
        let younger = &self.by.who;
        let hash = Parts::at_end(key).hash()?;
        let row = WorkRow::parse(key, record)?;
        unlist(draft, younger, hash, &row.plain);
        if let Some(kept) = read(draft, older, hash)? {
            let waits = matches!(&kept.plain, Plain::Open(it) if it.stage == Stage::Waiting);
            if !waits || row.plain != Plain::Done {
                return Ok(());
            }
            unlist(draft, older, hash, &kept.plain);
        }
        let sealed = match &row.plain {
            Plain::Open(_) => {
                let (from, to) = (key, older.work(hash));
                let Absorbed {
                    shared,
                    theirs,
                    ours,
                    ..
                } = self.by;
                row.reseal(&*shared.options.entropy, (theirs, from), (ours, &to))?
            }
            Plain::Done | Plain::Cancelled { .. } => Vec::new(),
        };
        write(
            draft,
            older,
            hash,
            &WorkRow {
                plain: row.plain,
                sealed,
            },
        )
    }

    fn move_passing(&self, draft: &mut Draft<'_>, older: &Who) -> Result<(), StoreError> {
        let generation = identities::generation(draft)?.number;
        for (key, _) in &self.passing {
            let hash = Parts::at_end(key).hash()?;
            draft.remove(key.clone());
            // Into the present generation: kept longer, never shorter.
            draft.mark(older.passing(generation).bytes(&hash.0).done());
        }
        Ok(())
    }

    /// The younger, and whoever was merged into it before, are the older now.
    fn write_aliases(&self, draft: &mut Draft<'_>, older: &Who) -> Result<(), StoreError> {
        let younger = &self.by.who;
        let mut merged = vec![(younger.customer.clone(), self.head.slot)];
        for (key, record) in &self.aliases {
            let mut parts = Parts::of(key);
            let (_tenant, _older) = (parts.tenant()?, parts.customer()?);
            let AbsorbedKey { slot } = unpack_plain(key, record)?;
            merged.push((parts.customer()?, slot));
            draft.remove(key.clone());
        }
        for (customer, slot) in merged {
            draft.set_plain(older.other(&customer).alias(), &older.customer)?;
            let key = older.absorbed().text(customer.as_str()).done();
            draft.set_plain(key, &AbsorbedKey { slot })?;
        }
        Ok(())
    }
}
