//! Erasure: the key is destroyed, so that what still lies on the disk (in the
//! backend's garbage, in old backups) says nothing; then the rows go.
//!
//! In this order, so that a crash anywhere leaves work that opening the store
//! finishes: put on the list of erasures, destroy the keys, remove the head
//! and what leads to it, remove the rest bit by bit.

use std::sync::{Arc, atomic::AtomicBool};

use super::{
    Shared,
    absorb::AbsorbedKey,
    customer::{mark_of, version_of},
    draft::Draft,
    identities,
    inbox::{self, listed_key},
    key::{Parts, Who, part},
    record::unpack_plain,
    rows::{Batch, Row},
    work_row::{WorkRow, unlist},
};
use crate::{
    commit::Version,
    error::{CommitError, StoreError},
};

/// Rows removed at once, so that others need not wait long.
const REMOVED_AT_ONCE: usize = 1_000;

impl Shared {
    /// What [`crate::Store::erase`] does.
    pub(crate) async fn erase(self: &Arc<Self>, who: &Who) -> Result<bool, CommitError> {
        let who = match self.find(who) {
            Ok(Some((who, _))) => who,
            Ok(None) => return Ok(false),
            // Erased before; perhaps a failure kept it from finishing.
            Err(StoreError::Erased) => who.clone(),
            Err(error) => return Err(error.into()),
        };
        if !self.erasures.contains(&who) {
            let (shared, of) = (self.clone(), who.clone());
            let begin = move |draft: &mut Draft<'_>| Ok(shared.begin_erasure(draft, &of)?);
            if !self.committer.run(vec![who.clone()], begin).await? {
                return Ok(false);
            }
            self.hot.forget(&who);
        }
        loop {
            let of = who.clone();
            let remove = move |draft: &mut Draft<'_>| Ok(remove_rows(draft, &of)?);
            if self.committer.run(Vec::new(), remove).await? == 0 {
                return Ok(true);
            }
        }
    }

    /// Finishes what a crash interrupted, and erases again what a restored
    /// backup brought back. Before anything else uses the rows.
    pub(crate) fn finish_erasures(&self) -> Result<(), StoreError> {
        for who in self.erasures.all() {
            while self.rows.with_prefix(&who.rows().done(), 1)?.len() == 1 {
                let (mut batch, has_failed) = (Batch::default(), AtomicBool::new(false));
                let mut draft = Draft::new(&*self.rows, &self.heads, &mut batch, &has_failed);
                self.begin_erasure(&mut draft, &who)?;
                draft.keep();
                let mut draft = Draft::new(&*self.rows, &self.heads, &mut batch, &has_failed);
                remove_rows(&mut draft, &who)?;
                draft.keep();
                self.rows.apply(&batch)?;
                self.heads.applied(&batch);
                self.rows.sync()?;
            }
        }
        Ok(())
    }

    /// Destroys the keys and removes what leads to the customer. Answers
    /// `false` when there is no such customer.
    fn begin_erasure(&self, draft: &mut Draft<'_>, who: &Who) -> Result<bool, StoreError> {
        let merged = draft.with_prefix(&who.absorbed().done(), usize::MAX)?;
        let Some(head) = draft.head(who)? else {
            return Ok(false);
        };
        let (mut erased, mut slots) = (vec![who.clone()], vec![head.slot]);
        for (key, record) in &merged {
            let mut parts = Parts::of(key);
            let (_tenant, _older) = (parts.tenant()?, parts.customer()?);
            erased.push(who.other(&parts.customer()?));
            slots.push(unpack_plain::<AbsorbedKey>(key, record)?.slot);
        }
        erased.retain(|who| !self.erasures.contains(who));
        self.erasures.add(&erased)?;
        self.keyring.destroy(&slots)?;
        head.links
            .iter()
            .for_each(|link| draft.remove(who.link(*link)));
        erased.iter().for_each(|who| draft.remove(who.alias()));
        merged.into_iter().for_each(|(key, _)| draft.remove(key));
        inbox::take_off(draft, who, &head.conversations);
        draft.remove(who.head());
        Ok(true)
    }
}

/// Removes some of the rows that are left of a customer without a head. Answers
/// how many.
pub(crate) fn remove_rows(draft: &mut Draft<'_>, who: &Who) -> Result<usize, StoreError> {
    let mut rows = draft.with_prefix(&who.rows().done(), REMOVED_AT_ONCE)?;
    if rows.is_empty() {
        let generation = identities::generation(draft)?.number;
        for generation in generation.saturating_sub(1)..=generation {
            let prefix = who.passing(generation).done();
            rows.extend(draft.with_prefix(&prefix, REMOVED_AT_ONCE)?);
        }
    }
    let count = rows.len();
    let prefix = who.rows().done().len();
    for row in rows {
        remove_listed(draft, who, prefix, &row);
        draft.remove(row.0);
    }
    Ok(count)
}

/// Takes what the row is about off the lists. A damaged row stands in none
/// that could still be found.
fn remove_listed(draft: &mut Draft<'_>, who: &Who, prefix: usize, (key, record): &Row) {
    match key.get(prefix) {
        Some(&part::EVENT) => {
            if let (Ok(Some((list, at))), Ok(version)) = (mark_of(key, record), version_of(key)) {
                draft.remove(listed_key(who, list, at, Version(version)));
            }
        }
        Some(&part::WORK) => {
            if let (Ok(row), Ok(hash)) = (WorkRow::parse(key, record), Parts::at_end(key).hash()) {
                unlist(draft, who, hash, &row.plain);
            }
        }
        _ => {}
    }
}
