//! Records: the form of every stored value.
//!
//! `format (1 byte) | crc32 of key and body (4 bytes, little-endian) | body`
//!
//! The checksum covers the key, so that a record which a damaged index served
//! under another key is noticed. A body is plain (nothing personal in it) or
//! `length of the plain part (4 bytes) | plain part | sealed part`.

use serde::{Serialize, de::DeserializeOwned};

use super::key::describe;
use crate::error::StoreError;

/// Raised with every change to how a body is written.
const FORMAT: u8 = 1;
const HEAD_BYTES: usize = 5;
/// Most records are shorter.
pub(crate) const EXPECTED_BYTES: usize = 512;

fn checksum(key: &[u8], body: &[u8]) -> [u8; 4] {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(key);
    hasher.update(body);
    hasher.finalize().to_le_bytes()
}

/// The record of `body` at `key`.
pub(crate) fn pack(key: &[u8], body: &[u8]) -> Vec<u8> {
    let mut record = Vec::with_capacity(HEAD_BYTES + body.len());
    record.push(FORMAT);
    record.extend(checksum(key, body));
    record.extend(body);
    record
}

/// A record that is written in one piece, its checksum last.
pub(crate) struct Writing(Vec<u8>);

impl Writing {
    /// A record whose body will be about `bytes` long.
    pub(crate) fn begin(bytes: usize) -> Self {
        let mut record = Vec::with_capacity(HEAD_BYTES + bytes);
        record.push(FORMAT);
        record.extend([0; HEAD_BYTES - 1]);
        Self(record)
    }

    /// Appends to the body.
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    /// Appends a value, and tells from where on it lies in the record.
    pub(crate) fn encode<T: Serialize>(&mut self, value: &T) -> Result<usize, StoreError> {
        let from = self.0.len();
        serde_json::to_writer(&mut self.0, value).map_err(not_encoded)?;
        Ok(from)
    }

    /// What lies in the record from `from` on.
    pub(crate) fn since(&mut self, from: usize) -> &mut [u8] {
        &mut self.0[from..]
    }

    /// The record, at `key`.
    pub(crate) fn finish(mut self, key: &[u8]) -> Vec<u8> {
        let (head, body) = self.0.split_at_mut(HEAD_BYTES);
        head[1..].copy_from_slice(&checksum(key, body));
        self.0
    }
}

fn not_encoded(source: serde_json::Error) -> StoreError {
    StoreError::Backend {
        doing: "encoding a record",
        source: source.into(),
    }
}

/// The error for a record that cannot be read.
pub(crate) fn damaged(key: &[u8], how: &str) -> StoreError {
    StoreError::Damaged {
        what: format!("{} {how}", describe(key)),
    }
}

/// The body of the record at `key`.
pub(crate) fn unpack<'r>(key: &[u8], record: &'r [u8]) -> Result<&'r [u8], StoreError> {
    let Some((head, body)) = record.split_at_checked(HEAD_BYTES) else {
        return Err(damaged(key, "is too short"));
    };
    if head[0] != FORMAT {
        return Err(damaged(key, "has a format that this version does not know"));
    }
    if head[1..] != checksum(key, body) {
        return Err(damaged(key, "does not match its checksum"));
    }
    Ok(body)
}

/// The record of a value in which nothing is personal.
pub(crate) fn pack_plain<T: Serialize>(key: &[u8], value: &T) -> Result<Vec<u8>, StoreError> {
    let mut record = Writing::begin(EXPECTED_BYTES);
    record.encode(value)?;
    Ok(record.finish(key))
}

/// The value of such a record.
pub(crate) fn unpack_plain<T: DeserializeOwned>(
    key: &[u8],
    record: &[u8],
) -> Result<T, StoreError> {
    decode(key, unpack(key, record)?)
}

/// How values become bytes: JSON. The domain's types flatten and tag their
/// enums, so the form must describe itself. MessagePack with names was measured
/// beside it (a state of 30 messages: 6.5 KB against 7.3, written in 8 µs
/// against 17, read in 19 against 25; an event: 231 bytes against 259, read in
/// 1.0 µs against 1.2). With a state stored every sixteenth event that is about
/// 1 µs a commit, which does not pay for a second form beside the export's.
pub(crate) fn encode<T: Serialize>(value: &T) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(value).map_err(not_encoded)
}

/// The value of the bytes at `key`.
pub(crate) fn decode<T: DeserializeOwned>(key: &[u8], bytes: &[u8]) -> Result<T, StoreError> {
    // The source is dropped: serde quotes what it could not read.
    serde_json::from_slice(bytes).map_err(|_| damaged(key, "cannot be read"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_change_of_a_record_is_noticed() {
        let record = pack(b"key", b"body");
        assert_eq!(unpack(b"key", &record).expect("it is whole"), b"body");
        assert!(unpack(b"kez", &record).is_err(), "under another key");
        for bit in 0..record.len() * 8 {
            let mut flipped = record.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            assert!(unpack(b"key", &flipped).is_err(), "bit {bit}");
        }
        for length in 0..record.len() {
            assert!(unpack(b"key", &record[..length]).is_err(), "{length} bytes");
        }
    }
}
