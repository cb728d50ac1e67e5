//! Sealing, and keyed hashes: the one place where personal values become
//! something that may lie on a disk.
//!
//! XChaCha20-Poly1305 with a random nonce of 24 bytes for every record. Random,
//! because no counter is safe here: a commit that lost its race was sealed for
//! the same place as the one that won, and a restored backup would start a
//! counter again. With 192 random bits two of 2^64 records share a nonce with a
//! probability of about 2^-65, so no nonce repeats under a key.
//!
//! The additional data is the whole key of the row (which names tenant,
//! customer and record) and the plain part of the record: a record that was
//! moved, or whose plain part was changed, does not open.

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, AeadInOut, Payload},
};
use hmac::{Hmac, Mac};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::Sha256;

use super::record::{EXPECTED_BYTES, Writing, damaged, decode, unpack};
use crate::{entropy::Entropy, error::StoreError};

const NONCE_BYTES: usize = 24;
const LENGTH_BYTES: usize = 4;

/// Seals and opens under one key.
#[derive(Clone)]
pub(crate) struct Cipher(XChaCha20Poly1305);

impl Cipher {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        Self(XChaCha20Poly1305::new(key.into()))
    }

    /// The record at `key` whose `plain` part anyone may read and whose
    /// `value` is sealed.
    pub(crate) fn pack<T: Serialize>(
        &self,
        entropy: &dyn Entropy,
        key: &[u8],
        plain: &[u8],
        value: &T,
    ) -> Result<Vec<u8>, StoreError> {
        let mut nonce = [0; NONCE_BYTES];
        entropy.fill(&mut nonce).map_err(backend)?;
        let mut record = Writing::begin(EXPECTED_BYTES);
        record.add(&length(plain));
        record.add(plain);
        record.add(&nonce);
        let from = record.encode(value)?;
        let tag = self.0.encrypt_inout_detached(
            &XNonce::from(nonce),
            &join(plain, key),
            record.since(from).into(),
        );
        record.add(&tag.map_err(backend)?);
        Ok(record.finish(key))
    }

    /// Opens what [`split`] gave as the sealed part.
    pub(crate) fn open<T: DeserializeOwned>(
        &self,
        key: &[u8],
        (plain, sealed): (&[u8], &[u8]),
    ) -> Result<T, StoreError> {
        let is_short = || damaged(key, "is too short");
        let (nonce, sealed) = sealed
            .split_first_chunk::<NONCE_BYTES>()
            .ok_or_else(is_short)?;
        let payload = Payload {
            msg: sealed,
            aad: &join(plain, key),
        };
        let opened = self.0.decrypt(&XNonce::from(*nonce), payload);
        let opened = opened.map_err(|_| damaged(key, "does not open under its key"))?;
        decode(key, &opened)
    }

    /// The value of a record with a plain part that does not matter here.
    pub(crate) fn unpack<T: DeserializeOwned>(
        &self,
        key: &[u8],
        record: &[u8],
    ) -> Result<T, StoreError> {
        self.open(key, split(key, record)?)
    }
}

fn backend(source: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError::Backend {
        doing: "sealing a record",
        source: source.into(),
    }
}

fn join(plain: &[u8], rest: &[u8]) -> Vec<u8> {
    [length(plain).as_slice(), plain, rest].concat()
}

fn length(plain: &[u8]) -> [u8; LENGTH_BYTES] {
    u32::try_from(plain.len()).unwrap_or(u32::MAX).to_be_bytes()
}

/// The plain and the sealed part of the record at `key`.
pub(crate) fn split<'r>(key: &[u8], record: &'r [u8]) -> Result<(&'r [u8], &'r [u8]), StoreError> {
    let is_short = || damaged(key, "is too short");
    let body = unpack(key, record)?;
    let (length, body) = body
        .split_first_chunk::<LENGTH_BYTES>()
        .ok_or_else(is_short)?;
    body.split_at_checked(u32::from_be_bytes(*length) as usize)
        .ok_or_else(is_short)
}

/// A keyed hash that stands for something personal in a key. As text: 32
/// hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct IndexHash(pub(crate) [u8; 16]);

impl From<IndexHash> for String {
    fn from(hash: IndexHash) -> Self {
        format!("{:032x}", u128::from_be_bytes(hash.0))
    }
}

impl TryFrom<String> for IndexHash {
    type Error = std::num::ParseIntError;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        u128::from_str_radix(&text, 16).map(|number| Self(number.to_be_bytes()))
    }
}

/// Makes keyed hashes: HMAC-SHA256, of which 16 bytes are kept.
#[derive(Clone)]
pub(crate) struct Indexer(Hmac<Sha256>);

impl Indexer {
    pub(crate) fn new(key: &[u8; 32]) -> Self {
        let any_length = "HMAC takes keys of any length";
        Self(Hmac::new_from_slice(key).expect(any_length))
    }

    /// The hash of `parts`, each behind its length. The first names what they
    /// are, the second the tenant: the same phone number hashes differently
    /// for two tenants.
    pub(crate) fn hash(&self, parts: &[&[u8]]) -> IndexHash {
        let mut mac = self.0.clone();
        for part in parts {
            mac.update(&(part.len() as u64).to_be_bytes());
            mac.update(part);
        }
        let full = mac.finalize().into_bytes();
        IndexHash(std::array::from_fn(|i| full[i]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entropy::SeededEntropy;

    #[test]
    fn a_record_opens_only_where_and_as_it_was_sealed() {
        let entropy = SeededEntropy::new(7);
        let cipher = Cipher::new(&[1; 32]);
        let record = cipher.pack(&entropy, b"here", b"plain", &"text").unwrap();
        assert_eq!(cipher.unpack::<String>(b"here", &record).unwrap(), "text");

        let pack = super::super::record::pack;
        let moved = pack(b"there", unpack(b"here", &record).unwrap());
        assert!(cipher.unpack::<String>(b"there", &moved).is_err());

        let (_, sealed) = split(b"here", &record).unwrap();
        let changed = pack(b"here", &join(b"pla1n", sealed));
        assert!(cipher.unpack::<String>(b"here", &changed).is_err());
        assert!(
            Cipher::new(&[2; 32])
                .unpack::<String>(b"here", &record)
                .is_err()
        );
    }

    #[test]
    fn two_seals_of_the_same_share_nothing() {
        let entropy = SeededEntropy::new(7);
        let cipher = Cipher::new(&[1; 32]);
        let pack = || cipher.pack(&entropy, b"here", b"", &"the same message");
        let sealed = |record: &[u8]| split(b"here", record).unwrap().1.to_vec();
        let (one, two) = (sealed(&pack().unwrap()), sealed(&pack().unwrap()));
        assert!(one.iter().zip(&two).filter(|(a, b)| a == b).count() < 8);
    }
}
