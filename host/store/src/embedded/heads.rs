//! Heads and links of customers who were busy lately, in memory. Only what is
//! applied to the rows gets here, in the same order, before the committer looks
//! again; a reader may see for a moment what was there before. It is read in
//! their stead, which saves finding and decoding them.

use std::sync::Arc;

use baton_domain::{
    ids::CustomerId,
    limits::{HOT_HEADS_MAX, HOT_LINKS_MAX},
};
use quick_cache::sync::Cache;

use super::{
    customer::Head,
    key::{area, part},
    rows::Batch,
};

/// What a change wrote, beside the rows that say the same.
#[derive(Debug, Clone)]
pub(crate) enum Note {
    /// The head of a customer.
    Head(Arc<Head>),
    /// Whom a link names.
    Link(CustomerId),
}

/// The heads and links, by the keys of their rows.
pub(crate) struct Heads {
    heads: Cache<Vec<u8>, Arc<Head>>,
    links: Cache<Vec<u8>, CustomerId>,
}

impl Heads {
    pub(crate) fn new() -> Self {
        Self {
            heads: Cache::new(HOT_HEADS_MAX),
            links: Cache::new(HOT_LINKS_MAX),
        }
    }

    /// The head in the row of this key, if it is known.
    pub(crate) fn head(&self, key: &[u8]) -> Option<Arc<Head>> {
        self.heads.get(key)
    }

    /// Whom the link in the row of this key names, if it is known.
    pub(crate) fn link(&self, key: &[u8]) -> Option<CustomerId> {
        self.links.get(key)
    }

    /// A batch was applied: what it says of heads and links holds now, and
    /// whatever else it did to such a row makes it unknown.
    pub(crate) fn applied(&self, batch: &Batch) {
        for (key, note) in batch.notes() {
            match (note, key.first(), key.last()) {
                (Some(Note::Head(head)), ..) => self.heads.insert(key.clone(), head.clone()),
                (Some(Note::Link(customer)), ..) => {
                    self.links.insert(key.clone(), customer.clone());
                }
                (None, Some(&area::CUSTOMER), Some(&part::HEAD)) => drop(self.heads.remove(key)),
                (None, Some(&area::LINK), _) => drop(self.links.remove(key)),
                _ => {}
            }
        }
    }
}
