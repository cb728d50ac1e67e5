//! Identities of what was committed, so that a redelivery changes nothing.
//!
//! Those that live as long as their customer lie among the customer's rows.
//! The others lie in generations: a new one starts when the present one is
//! [`IDENTITY_DAYS_MIN`] days old, both are asked, and the one before is
//! removed row by row. So no row needs a date, and a sweep reads only what it
//! removes.

use baton_domain::limits::{IDENTITY_DAYS_MIN, LIST_ITEMS_MAX};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Shared,
    draft::Draft,
    key::{Key, Parts, Who, area, generation_of_identities, part},
    record::unpack_plain,
    seal::IndexHash,
};
use crate::{
    commit::Keep,
    error::{CommitError, StoreError},
};

/// The present generation.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
pub(crate) struct Generation {
    pub(crate) number: u32,
    started_at: Option<Timestamp>,
}

pub(crate) fn generation_key() -> Vec<u8> {
    Key::new(area::META).text("generation").done()
}

/// Where an identity may lie; it is written at the first.
pub(crate) fn keys(
    who: &Who,
    keep: Keep,
    identity: IndexHash,
    generation: Generation,
) -> Vec<Vec<u8>> {
    let of = |generation| who.passing(generation).bytes(&identity.0).done();
    match (keep, generation.number) {
        (Keep::Forever, _) => vec![who.identity(identity)],
        (Keep::Month, 0) => vec![of(0)],
        (Keep::Month, number) => vec![of(number), of(number - 1)],
    }
}

impl Generation {
    /// The generation at `now`, when it is another.
    fn after(self, now: Timestamp) -> Option<Self> {
        let month = SignedDuration::from_hours(24 * IDENTITY_DAYS_MIN);
        match self.started_at {
            None => Some(Self {
                started_at: Some(now),
                ..self
            }),
            Some(started_at) if now.duration_since(started_at) >= month => Some(Self {
                number: self.number + 1,
                started_at: Some(now),
            }),
            Some(_) => None,
        }
    }
}

pub(crate) fn generation(draft: &Draft<'_>) -> Result<Generation, StoreError> {
    Ok(draft.get_plain(&generation_key())?.unwrap_or_default())
}

impl Shared {
    pub(crate) fn generation(&self) -> Result<Generation, StoreError> {
        let key = generation_key();
        let record = self.rows.get(&key)?;
        record.map_or(Ok(Generation::default()), |record| {
            unpack_plain(&key, &record)
        })
    }

    /// The identities of a customer, at most about `limit`, each with its
    /// generation if it is kept for a month.
    pub(crate) fn identities_of(
        &self,
        who: &Who,
        limit: usize,
    ) -> Result<Vec<(Option<u32>, IndexHash)>, StoreError> {
        let present = self.generation()?.number;
        let lasting = (None, who.part(part::IDENTITY).done());
        let passing = (present.saturating_sub(1)..=present)
            .map(|generation| (Some(generation), who.passing(generation).done()));
        let mut identities = Vec::new();
        for (generation, prefix) in std::iter::once(lasting).chain(passing) {
            for (key, _) in self.rows.with_prefix(&prefix, limit)? {
                identities.push((generation, Parts::at_end(&key).hash()?));
            }
        }
        Ok(identities)
    }

    /// What [`crate::Store::sweep`] does.
    pub(crate) async fn sweep(&self, now: Timestamp, limit: usize) -> Result<usize, CommitError> {
        if self.generation()?.after(now).is_some() {
            let next = move |draft: &mut Draft<'_>| {
                if let Some(next) = generation(draft)?.after(now) {
                    draft.set_plain(generation_key(), &next)?;
                }
                Ok(())
            };
            self.committer.run(Vec::new(), next).await?;
        }
        let Some(oldest_kept) = self.generation()?.number.checked_sub(1) else {
            return Ok(0);
        };
        let limit = limit.min(LIST_ITEMS_MAX);
        let (from, to) = (
            generation_of_identities(0).done(),
            generation_of_identities(oldest_kept),
        );
        let outlived = self.rows.scan(&from, &to.done(), limit)?;
        let count = outlived.len();
        if count > 0 {
            let remove = move |draft: &mut Draft<'_>| {
                outlived.into_iter().for_each(|(key, _)| draft.remove(key));
                Ok(())
            };
            self.committer.run(Vec::new(), remove).await?;
        }
        Ok(count)
    }
}
