//! What of a busy customer was told before, in memory: so that the committer
//! need not look for each new identity among the rows.
//!
//! It may hold too much and never too little. What is in it is looked for in the
//! rows all the same; what is not in it was never committed.

use std::sync::{Mutex, MutexGuard, PoisonError};

use baton_domain::limits::HOT_IDENTITIES_MAX;

use super::seal::IndexHash;

/// The identities of one customer, of both kinds; nothing once they are too
/// many.
pub(crate) struct Told(Mutex<Option<Vec<u64>>>);

/// A part of a keyed hash, which is as random as the whole.
fn short(identity: IndexHash) -> u64 {
    let [a, b, c, d, e, f, g, h, ..] = identity.0;
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

impl Told {
    /// Those in the rows, or `None` when they are too many: each identity there
    /// is when the version of the customer was read, and perhaps later ones.
    pub(crate) fn all(identities: impl IntoIterator<Item = IndexHash>) -> Option<Self> {
        let told = Self::none();
        identities.into_iter().for_each(|it| told.add(it));
        told.is_complete().then_some(told)
    }

    /// Those of a customer who is new.
    pub(crate) fn none() -> Self {
        Self(Mutex::new(Some(Vec::new())))
    }

    fn identities(&self) -> MutexGuard<'_, Option<Vec<u64>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_complete(&self) -> bool {
        self.identities().is_some()
    }

    /// Whether it was surely never committed.
    pub(crate) fn is_new(&self, identity: IndexHash) -> bool {
        let identities = self.identities();
        let known = identities.as_ref();
        known.is_some_and(|it| it.binary_search(&short(identity)).is_err())
    }

    /// Before it is committed.
    pub(crate) fn add(&self, identity: IndexHash) {
        let mut identities = self.identities();
        let Some(known) = identities.as_mut() else {
            return;
        };
        if known.len() == HOT_IDENTITIES_MAX {
            *identities = None;
        } else if let Err(place) = known.binary_search(&short(identity)) {
            known.insert(place, short(identity));
        }
    }

    /// What it takes, about.
    pub(crate) fn bytes(&self) -> usize {
        self.identities().as_ref().map_or(0, |it| it.len() * 8)
    }
}
