//! One row of work as it is stored, and what changes do to it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    draft::Draft,
    key::Who,
    record::{decode, encode, pack},
    seal::{Cipher, IndexHash, split},
};
use crate::{
    entropy::Entropy,
    error::StoreError,
    work::{Stage, Work, WorkKey, WorkKind},
};

/// The plain part of a row: when and how, never what. It changes with every
/// lease, so the sealed part is not bound to it, only to the row's key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "row", rename_all = "snake_case")]
pub(crate) enum Plain {
    /// To be done.
    Open(Open),
    /// Done or dismissed: never to be done again.
    Done,
    /// Taken back: only a reschedule brings it again.
    Cancelled {
        /// The last lease, so that its holder cannot settle what comes again.
        lease: u64,
    },
}

/// Where work to be done stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Open {
    pub(crate) kind: WorkKind,
    pub(crate) due_at: Timestamp,
    /// When it is due, or its lease ends: its place among due work.
    pub(crate) shown_at: Timestamp,
    /// When it was given that place, by the clock of whoever gave it.
    #[serde(default)]
    pub(crate) placed_at: Timestamp,
    pub(crate) tries: u32,
    pub(crate) stage: Stage,
    /// Counts the leases.
    pub(crate) lease: u64,
    pub(crate) is_held: bool,
}

/// The sealed part.
#[derive(Debug, Serialize, Deserialize)]
struct Secret<K, P> {
    key: K,
    payload: P,
}

/// A row.
#[derive(Debug, Clone)]
pub(crate) struct WorkRow {
    pub(crate) plain: Plain,
    /// Opaque here: nobody but its customer's key opens it.
    pub(crate) sealed: Vec<u8>,
}

impl WorkRow {
    /// A row that is done with.
    pub(crate) fn over(plain: Plain) -> Self {
        Self {
            plain,
            sealed: Vec::new(),
        }
    }

    pub(crate) fn parse(key: &[u8], record: &[u8]) -> Result<Self, StoreError> {
        let (plain, sealed) = split(key, record)?;
        Ok(Self {
            plain: decode(key, plain)?,
            sealed: sealed.to_vec(),
        })
    }

    pub(crate) fn pack(&self, key: &[u8]) -> Result<Vec<u8>, StoreError> {
        let plain = encode(&self.plain)?;
        let length = u32::try_from(plain.len()).unwrap_or(u32::MAX).to_be_bytes();
        Ok(pack(
            key,
            &[length.as_slice(), &plain, &self.sealed].concat(),
        ))
    }

    /// The sealed part, sealed anew under another key for another place.
    pub(crate) fn reseal(
        &self,
        entropy: &dyn Entropy,
        (theirs, from): (&Cipher, &[u8]),
        (ours, to): (&Cipher, &[u8]),
    ) -> Result<Vec<u8>, StoreError> {
        let secret: Secret<WorkKey, Value> = theirs.open(from, (&[], &self.sealed))?;
        seal(entropy, ours, to, &secret.key, &secret.payload)
    }

    /// The work, opened.
    pub(crate) fn open(
        &self,
        cipher: &Cipher,
        who: &Who,
        at: &[u8],
        open: &Open,
    ) -> Result<Work, StoreError> {
        let secret: Secret<WorkKey, Value> = cipher.open(at, (&[], &self.sealed))?;
        Ok(Work {
            tenant: who.tenant.clone(),
            customer: who.customer.clone(),
            key: secret.key,
            kind: open.kind,
            due_at: open.due_at,
            tries: open.tries,
            stage: open.stage.clone(),
            payload: secret.payload,
        })
    }
}

/// Seals what is to be done.
pub(crate) fn seal(
    entropy: &dyn Entropy,
    cipher: &Cipher,
    at: &[u8],
    key: &WorkKey,
    payload: &Value,
) -> Result<Vec<u8>, StoreError> {
    let record = cipher.pack(entropy, at, &[], &Secret { key, payload })?;
    Ok(split(at, &record)?.1.to_vec())
}

/// Reads a row in the making of a change.
pub(crate) fn read(
    draft: &Draft<'_>,
    who: &Who,
    hash: IndexHash,
) -> Result<Option<WorkRow>, StoreError> {
    let key = who.work(hash);
    draft
        .get(&key)?
        .map(|record| WorkRow::parse(&key, &record))
        .transpose()
}

/// Takes a row off the list of due work or of dead letters.
pub(crate) fn unlist(draft: &mut Draft<'_>, who: &Who, hash: IndexHash, row: &Plain) {
    if let Plain::Open(open) = row {
        draft.remove(list_key(who, hash, open));
    }
}

/// Where an open row is listed.
pub(crate) fn list_key(who: &Who, hash: IndexHash, open: &Open) -> Vec<u8> {
    match open.stage {
        Stage::Dead { at, .. } => who.dead(at, hash),
        Stage::Waiting | Stage::Begun { .. } => who.due(open.kind, open.shown_at, hash),
    }
}

/// Writes a row, and lists it when it is open.
pub(crate) fn write(
    draft: &mut Draft<'_>,
    who: &Who,
    hash: IndexHash,
    row: &WorkRow,
) -> Result<(), StoreError> {
    if let Plain::Open(open) = &row.plain {
        draft.mark(list_key(who, hash, open));
    }
    let key = who.work(hash);
    let record = row.pack(&key)?;
    draft.set(key, record);
    Ok(())
}
