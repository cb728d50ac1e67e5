//! What was taken over from the Business App, number by number, and how it
//! compared. No value of a customer's stands here, only the random id: an
//! erasure leaves nothing to find.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use async_trait::async_trait;
use baton_domain::{
    compare::Cause,
    ids::{ComparisonId, CustomerId, NumberId, TenantId},
    limits::DISCREPANCIES_MAX,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    AuditEntry,
    directory::Document,
    error::{CommitError, StoreError},
};

/// What WhatsApp told of a number's past, and of its address book.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberSync {
    /// Since when messages of the number come by themselves, as far as Baton
    /// knows: what is newer and was not known was lost.
    pub receives_since: Timestamp,
    /// When something of it came last.
    #[serde(default)]
    pub last_at: Option<Timestamp>,
    /// Phases of the history, by their number, in the latest run.
    #[serde(default)]
    pub phases: BTreeMap<u32, Phase>,
    /// How much of the history is there, as WhatsApp says: 100 when complete.
    #[serde(default)]
    pub percent: Option<u32>,
    /// When the merchant declined to share the history.
    #[serde(default)]
    pub declined_at: Option<Timestamp>,
    /// When a contact of the address book was told of last.
    #[serde(default)]
    pub contact_at: Option<Timestamp>,
    /// When one was taken out of it last, which changes nothing here.
    #[serde(default)]
    pub contact_removed_at: Option<Timestamp>,
}

impl NumberSync {
    /// Nothing was told yet, and messages come from `at` on.
    pub fn new(at: Timestamp) -> Self {
        Self {
            receives_since: at,
            last_at: None,
            phases: BTreeMap::new(),
            percent: None,
            declined_at: None,
            contact_at: None,
            contact_removed_at: None,
        }
    }
}

/// One phase of a history.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// Messages of each chunk, by its number.
    pub chunks: BTreeMap<u32, u64>,
}

/// A comparison of one number with the Business App.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    /// Its id.
    pub id: ComparisonId,
    /// The number.
    pub number: NumberId,
    /// What it was compared with.
    pub source: ComparisonSource,
    /// Where it stands.
    pub state: ComparisonState,
    /// When it began.
    pub started_at: Timestamp,
    /// When it ended, or will.
    pub ends_at: Timestamp,
    /// When WhatsApp was asked for the history, if it was.
    #[serde(default)]
    pub asked_at: Option<Timestamp>,
    /// Why it is not available.
    #[serde(default)]
    pub why: Option<Arc<str>>,
    /// Messages of the App.
    pub compared: u64,
    /// Messages that both have.
    pub matched: u64,
    /// Messages that left by the Cloud API and that the App does not show.
    pub sent_by_us: u64,
    /// Messages that were taken over.
    pub imported: u64,
    /// How many discrepancies there are.
    pub counts: BTreeMap<Cause, u64>,
    /// The first of them.
    pub found: Vec<Discrepancy>,
    /// Chunks of the history that are counted, by phase and number.
    #[serde(default)]
    pub chunks: BTreeSet<(u32, u32)>,
}

impl Comparison {
    /// One that begins at `at` and has found nothing yet.
    pub fn open(
        id: ComparisonId,
        number: NumberId,
        source: ComparisonSource,
        (at, ends_at): (Timestamp, Timestamp),
    ) -> Self {
        Self {
            id,
            number,
            source,
            state: ComparisonState::Open,
            started_at: at,
            ends_at,
            asked_at: None,
            why: None,
            compared: 0,
            matched: 0,
            sent_by_us: 0,
            imported: 0,
            counts: BTreeMap::new(),
            found: Vec::new(),
            chunks: BTreeSet::new(),
        }
    }

    /// Whether what arrives at `now` is still held against it.
    pub fn is_open(&self, now: Timestamp) -> bool {
        self.state == ComparisonState::Open && now < self.ends_at
    }

    /// Adds a discrepancy: counted, and listed as long as there is room. One that
    /// is listed already is not counted again.
    pub fn add(&mut self, found: Discrepancy) -> bool {
        if self.found.contains(&found) {
            return false;
        }
        *self.counts.entry(found.cause).or_default() += 1;
        if self.found.len() < DISCREPANCIES_MAX {
            self.found.push(found);
        }
        true
    }

    /// How many discrepancies there are.
    pub fn discrepancies(&self) -> u64 {
        self.counts.values().sum()
    }
}

/// What the number was compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComparisonSource {
    /// The history that WhatsApp told.
    History,
    /// Messages that somebody sent, such as those of exported chats.
    Messages,
}

/// Where a comparison stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ComparisonState {
    /// What arrives is still held against it.
    Open,
    /// It is over.
    Done,
    /// There was nothing to compare with.
    NotAvailable,
}

/// A message that is not the same on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Discrepancy {
    /// What it is.
    pub cause: Cause,
    /// When the message was written.
    pub at: Timestamp,
    /// Whether the customer wrote it.
    pub is_inbound: bool,
    /// Whose, when Baton knows the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerId>,
    /// Where it stands in the customer's log, when it does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
    /// Where it stood in what was sent, from 0, when it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<u64>,
}

/// What Baton keeps of numbers that are on the Business App, too.
#[async_trait]
pub trait CoexistStore: Send + Sync + 'static {
    /// What was told of a number's past; `None` as long as nothing was.
    async fn number_sync(
        &self,
        tenant: &TenantId,
        number: &NumberId,
    ) -> Result<Option<Document<NumberSync>>, StoreError>;
    /// Writes it, conditional on the revision read (0 for a new one).
    async fn put_number_sync(
        &self,
        tenant: &TenantId,
        number: &NumberId,
        sync: Document<NumberSync>,
    ) -> Result<(), CommitError>;

    /// All comparisons of a number, by id.
    async fn comparisons(
        &self,
        tenant: &TenantId,
        number: &NumberId,
    ) -> Result<Vec<Document<Comparison>>, StoreError>;
    /// Writes a comparison, conditional on the revision read (0 for a new one),
    /// in the place of `instead`, and with who asked for it.
    async fn put_comparison(
        &self,
        tenant: &TenantId,
        comparison: Document<Comparison>,
        instead: Option<&ComparisonId>,
        entry: Option<AuditEntry>,
    ) -> Result<(), CommitError>;
}
