//! The logical export, while the host runs: [`line`] has its form.
//!
//! **Each customer is whole and of one moment**, and no two need be of the
//! same: nothing in a customer's rows depends on another's. Customers who come
//! after they were passed are not in it, as if the export had been made before.
//! Merges join two customers, so [`merges`] keeps an eye on them.

mod audit;
pub(crate) mod line;
pub(crate) mod merges;
mod snapshot;

use std::sync::Arc;

use baton_domain::limits::{
    EVENTS_AT_ONCE_MAX, EXPORT_CHUNK_BYTES, EXPORT_DOCUMENTS_AT_ONCE, LIST_ITEMS_MAX,
};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc::Sender;

use self::{
    line::{Line, Sealed, VERSION},
    snapshot::{Found, Snapshot},
};
use super::{
    Shared,
    customer::version_of,
    directory::keys_key,
    key::{Key, Parts, Who, area},
    record::{damaged, encode},
    rows::after_prefix,
};
use crate::{commit::Version, error::StoreError, export::Exported};

/// Lines on their way out.
struct Writing {
    to: Sender<Vec<u8>>,
    waiting: Vec<u8>,
    hash: Sha256,
    lines: u64,
    counts: Exported,
}

impl Writing {
    async fn line(&mut self, line: &Line) -> Result<(), StoreError> {
        let from = self.waiting.len();
        self.waiting.extend(encode(line)?);
        self.waiting.push(b'\n');
        self.hash.update(&self.waiting[from..]);
        self.lines += 1;
        if self.waiting.len() >= EXPORT_CHUNK_BYTES {
            self.send().await?;
        }
        Ok(())
    }

    async fn send(&mut self) -> Result<(), StoreError> {
        let chunk = std::mem::take(&mut self.waiting);
        let sent = self.to.send(chunk).await;
        sent.map_err(|_| StoreError::Backend {
            doing: "exporting",
            source: "nobody reads the export any more".into(),
        })
    }

    async fn finish(mut self) -> Result<Exported, StoreError> {
        let end = Line::End {
            lines: self.lines + 1,
            counts: self.counts,
            sha256: hex::encode(self.hash.clone().finalize()),
        };
        self.line(&end).await?;
        self.send().await?;
        Ok(self.counts)
    }
}

impl Shared {
    /// What [`crate::Store::export`] does.
    pub(crate) async fn export(
        self: &Arc<Self>,
        at: Timestamp,
        to: Sender<Vec<u8>>,
    ) -> Result<Exported, StoreError> {
        let merges = self.merges.begin()?;
        let mut writing = Writing {
            to,
            waiting: Vec::new(),
            hash: Sha256::new(),
            lines: 0,
            counts: Exported::default(),
        };
        writing.line(&self.first_line(at)?).await?;
        self.export_documents(&mut writing).await?;
        let mut next = Some(Key::new(area::CUSTOMER).done());
        while let Some(from) = next {
            let turn = self.snapshots(from).await?;
            next = turn.next;
            for found in turn.found {
                self.export_found(&mut writing, found).await?;
            }
        }
        // Whoever is merged from here on was told of on their own.
        for who in merges.take() {
            if let Some(found) = self.snapshot(who).await? {
                self.export_found(&mut writing, found).await?;
            }
        }
        self.export_quarantine(&mut writing).await?;
        self.export_audit(&mut writing).await?;
        writing.finish().await
    }

    fn first_line(&self, at: Timestamp) -> Result<Line, StoreError> {
        let key = keys_key();
        let keys = self.rows.get(&key)?;
        let keys = keys.ok_or_else(|| damaged(&key, "is missing"))?;
        Ok(Line::BatonExport {
            version: VERSION,
            at,
            keys: Sealed::of(&key, &keys)?,
            generation: self.generation()?,
        })
    }

    async fn export_documents(&self, writing: &mut Writing) -> Result<(), StoreError> {
        for area in area::DOCUMENTS {
            let (mut from, end) = (vec![area], after_prefix(&[area]));
            loop {
                // The bytes of modules are large.
                let rows = self.rows.scan(&from, &end, EXPORT_DOCUMENTS_AT_ONCE)?;
                let Some((last, _)) = rows.last() else { break };
                from = last.iter().copied().chain([0]).collect();
                for (key, record) in rows {
                    let line = Line::Document {
                        row: hex::encode(&key),
                        record: Sealed::of(&key, &record)?,
                    };
                    writing.counts.documents += 1;
                    writing.line(&line).await?;
                }
            }
        }
        Ok(())
    }

    async fn export_found(
        &self,
        writing: &mut Writing,
        (who, snapshot): Found,
    ) -> Result<(), StoreError> {
        let told = match snapshot {
            Ok(snapshot) => self.export_customer(writing, &who, snapshot).await,
            Err(error) => Err(error),
        };
        match told {
            Err(error @ StoreError::Damaged { .. }) => {
                let (tenant, customer) = (who.tenant.clone(), who.customer.clone());
                if !self.is_gone(&who)? {
                    writing.counts.damaged += 1;
                    return writing.line(&Line::damaged(&who, &error)).await;
                }
                // Erased or merged between the two reads.
                writing.counts.withdrawn += 1;
                writing.line(&Line::Withdrawn { tenant, customer }).await
            }
            told => told,
        }
    }

    /// Whether a customer was erased, or merged into another.
    fn is_gone(&self, who: &Who) -> Result<bool, StoreError> {
        let is_merged = || Ok::<_, StoreError>(self.rows.get(&who.alias())?.is_some());
        Ok(self.erasures.contains(who) || is_merged()?)
    }

    async fn export_customer(
        &self,
        writing: &mut Writing,
        who: &Who,
        snapshot: Snapshot,
    ) -> Result<(), StoreError> {
        let Snapshot {
            line,
            work,
            identities,
        } = snapshot;
        let version = line.version;
        writing.counts.customers += 1;
        writing.line(&Line::Customer(line)).await?;
        self.export_events(writing, who, version).await?;
        for (key, record) in &work {
            let line = Line::Work {
                hash: Parts::at_end(key).hash()?,
                record: Sealed::of(key, record)?,
            };
            writing.counts.work += 1;
            writing.line(&line).await?;
        }
        for (generation, hash) in identities {
            writing.counts.identities += 1;
            writing.line(&Line::Identity { hash, generation }).await?;
        }
        Ok(())
    }

    async fn export_events(
        &self,
        writing: &mut Writing,
        who: &Who,
        version: u64,
    ) -> Result<(), StoreError> {
        let (mut told, end) = (0, who.event(Version(version + 1)));
        while told < version {
            let from = who.event(Version(told + 1));
            let rows = self.rows.scan(&from, &end, EVENTS_AT_ONCE_MAX)?;
            if rows.is_empty() {
                return Err(damaged(&from, "is missing"));
            }
            for (key, record) in rows {
                if version_of(&key)? != told + 1 {
                    return Err(damaged(&key, "follows a hole in the log"));
                }
                told += 1;
                let line = Line::Event {
                    version: told,
                    record: Sealed::of(&key, &record)?,
                };
                writing.counts.events += 1;
                writing.line(&line).await?;
            }
        }
        Ok(())
    }

    async fn export_quarantine(&self, writing: &mut Writing) -> Result<(), StoreError> {
        let mut from = vec![area::QUARANTINE];
        let end = after_prefix(&from);
        loop {
            let rows = self.rows.scan(&from, &end, LIST_ITEMS_MAX)?;
            let Some((last, _)) = rows.last() else {
                return Ok(());
            };
            from = last.iter().copied().chain([0]).collect();
            for (key, record) in rows {
                let line = Line::Quarantined {
                    id: Parts::of(&key).number()?,
                    record: Sealed::of(&key, &record)?,
                };
                writing.counts.quarantined += 1;
                writing.line(&line).await?;
            }
        }
    }
}
