//! Keys of publishers: ed25519 (RFC 8032).

use std::fmt;

use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde::{Deserialize, Serialize};

/// The text is no key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a key has 64 hexadecimal digits")]
pub struct UnusableKey;

/// What a publisher's signatures are checked with. In JSON it is hexadecimal.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublisherKey([u8; 32]);

impl PublisherKey {
    /// Whether `signature` is of `message` and by this publisher.
    pub fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let key = UnparsedPublicKey::new(&ED25519, self.0);
        key.verify(message, signature).is_ok()
    }
}

fn parsed(text: &str) -> Result<[u8; 32], UnusableKey> {
    let bytes = hex::decode(text.trim()).map_err(|_| UnusableKey)?;
    bytes.try_into().map_err(|_| UnusableKey)
}

impl TryFrom<String> for PublisherKey {
    type Error = UnusableKey;

    fn try_from(text: String) -> Result<Self, UnusableKey> {
        parsed(&text).map(Self)
    }
}

impl From<PublisherKey> for String {
    fn from(key: PublisherKey) -> Self {
        key.to_string()
    }
}

impl fmt::Display for PublisherKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for PublisherKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// What a publisher signs with. Whoever has it is the publisher.
pub struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// The key of 32 random bytes.
    ///
    /// # Errors
    /// [`UnusableKey`] when they make no key.
    pub fn of_seed(seed: &[u8; 32]) -> Result<Self, UnusableKey> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed);
        pair.map(Self).map_err(|_| UnusableKey)
    }

    /// The key whose 32 random bytes stand in `text`, in hexadecimal.
    ///
    /// # Errors
    /// [`UnusableKey`].
    pub fn parse(text: &str) -> Result<Self, UnusableKey> {
        Self::of_seed(&parsed(text)?)
    }

    /// What its signatures are checked with.
    pub fn public(&self) -> PublisherKey {
        let mut bytes = [0; 32];
        let public = self.0.public_key();
        bytes.copy_from_slice(public.as_ref());
        PublisherKey(bytes)
    }

    /// Signs.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        let mut bytes = [0; 64];
        bytes.copy_from_slice(self.0.sign(message).as_ref());
        bytes
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SigningKey").field(&self.public()).finish()
    }
}
