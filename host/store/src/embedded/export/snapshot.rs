//! Customers as they stood at one moment. What changes with a commit is read in
//! a turn of the committer, while nothing is written: the head, the work and
//! the identities. Events never change, so they are read afterwards.

use std::sync::Arc;

use baton_domain::{ids::CustomerId, limits::EXPORT_ROWS_A_TURN};

use super::line::{CustomerLine, Merged};
use crate::{
    embedded::{
        Shared,
        absorb::AbsorbedKey,
        customer::Head,
        draft::Draft,
        key::{Parts, Who, part},
        record::unpack_plain,
        rows::{Row, after_prefix},
        seal::IndexHash,
        trait_impl::unopposed,
    },
    error::StoreError,
};

/// A customer at one moment, but for the log.
pub(crate) struct Snapshot {
    pub(crate) line: CustomerLine,
    /// Key and record.
    pub(crate) work: Vec<Row>,
    /// Each with its generation, for those that are kept for a month.
    pub(crate) identities: Vec<(Option<u32>, IndexHash)>,
}

/// A customer, or why nothing can be said of it.
pub(crate) type Found = (Who, Result<Snapshot, StoreError>);

/// Some customers, and where the next ones start.
pub(crate) struct Turn {
    pub(crate) found: Vec<Found>,
    pub(crate) next: Option<Vec<u8>>,
}

impl Shared {
    /// Customers from the key `from` on, as they stand now; some at once.
    pub(crate) async fn snapshots(self: &Arc<Self>, from: Vec<u8>) -> Result<Turn, StoreError> {
        let shared = self.clone();
        let read = move |_: &mut Draft<'_>| Ok(shared.read_snapshots(from)?);
        self.committer
            .run(Vec::new(), read)
            .await
            .map_err(unopposed)
    }

    /// One customer as it stands now; `None` when it is not there.
    pub(crate) async fn snapshot(self: &Arc<Self>, who: Who) -> Result<Option<Found>, StoreError> {
        let shared = self.clone();
        let read = move |_: &mut Draft<'_>| {
            if shared.erasures.contains(&who) || shared.rows.get(&who.head())?.is_none() {
                return Ok(None);
            }
            let snapshot = shared.read_snapshot(&who, &mut 0)?;
            Ok(Some((who, snapshot)))
        };
        self.committer
            .run(Vec::new(), read)
            .await
            .map_err(unopposed)
    }

    fn read_snapshots(&self, mut from: Vec<u8>) -> Result<Turn, StoreError> {
        let end = after_prefix(&from[..1]);
        let (mut found, mut read) = (Vec::new(), 0);
        while read < EXPORT_ROWS_A_TURN {
            let Some((key, _)) = self.rows.scan(&from, &end, 1)?.pop() else {
                return Ok(Turn { found, next: None });
            };
            let mut parts = Parts::of(&key);
            let (tenant, customer) = (parts.tenant()?, parts.customer()?);
            let who = Who { tenant, customer };
            from = after_prefix(&who.rows().done());
            read += 1;
            // What is left of an erasure is nobody's.
            if !self.erasures.contains(&who) {
                let snapshot = self.read_snapshot(&who, &mut read)?;
                found.push((who, snapshot));
            }
        }
        Ok(Turn {
            found,
            next: Some(from),
        })
    }

    /// The outer error is the backend's, the inner one tells of damage.
    fn read_snapshot(
        &self,
        who: &Who,
        read: &mut usize,
    ) -> Result<Result<Snapshot, StoreError>, StoreError> {
        match self.try_read_snapshot(who, read) {
            Err(error @ StoreError::Damaged { .. }) => Ok(Err(error)),
            other => other.map(Ok),
        }
    }

    fn try_read_snapshot(&self, who: &Who, read: &mut usize) -> Result<Snapshot, StoreError> {
        let key = who.head();
        let head = self.rows.get(&key)?;
        let head: Head = match head {
            Some(record) => unpack_plain(&key, &record)?,
            None => return Err(super::super::record::damaged(&key, "is missing")),
        };
        let merged = self.merged_into(who)?;
        let work = self
            .rows
            .with_prefix(&who.part(part::WORK).done(), usize::MAX)?;
        let identities = self.identities_of(who, usize::MAX)?;
        *read += work.len() + identities.len() + merged.len();
        let line = CustomerLine {
            tenant: who.tenant.clone(),
            customer: who.customer.clone(),
            slot: head.slot,
            version: head.version,
            links: head.links,
            conversations: head.conversations,
            merged,
        };
        Ok(Snapshot {
            line,
            work,
            identities,
        })
    }

    fn merged_into(&self, who: &Who) -> Result<Vec<Merged>, StoreError> {
        let rows = self.rows.with_prefix(&who.absorbed().done(), usize::MAX)?;
        let merged = |(key, record): &Row| {
            let mut parts = Parts::of(key);
            let (_tenant, _older) = (parts.tenant()?, parts.customer()?);
            let customer: CustomerId = parts.customer()?;
            let AbsorbedKey { slot } = unpack_plain(key, record)?;
            Ok(Merged { customer, slot })
        };
        rows.iter().map(merged).collect()
    }
}
