//! Numbers that are on the Business App, too, as they are shown. Nothing here is
//! a customer's: a discrepancy says where its message stands.

use std::{collections::BTreeMap, sync::Arc};

use baton_domain::{
    compare::Message,
    ids::{MessageId, NumberId},
};
use baton_store::{
    Comparison, ComparisonSource, ComparisonState, Discrepancy, NumberSync, Phase, Tenant,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What WhatsApp told of a number's past.
#[derive(Serialize, ToSchema)]
pub struct SyncView {
    /// Meta's `phone_number_id`.
    number: String,
    /// What the merchant is called.
    merchant: String,
    /// IANA name of the merchant's time zone, in which exported chats are read.
    timezone: String,
    /// Since when messages come by themselves; what is newer and comes by history
    /// alone was lost.
    #[schema(value_type = Option<String>, format = DateTime)]
    receives_since: Option<Timestamp>,
    /// When something of it came last.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_at: Option<Timestamp>,
    /// How much of the history is there, as WhatsApp says: 100 when complete.
    percent: Option<u32>,
    /// When the merchant declined to share the history.
    #[schema(value_type = Option<String>, format = DateTime)]
    declined_at: Option<Timestamp>,
    /// Messages of the history, of all phases.
    messages: u64,
    /// Phases: 0 is the last day, 1 goes to day 90, 2 to day 180.
    phases: Vec<PhaseView>,
    /// When a contact of the address book was told of last.
    #[schema(value_type = Option<String>, format = DateTime)]
    contact_at: Option<Timestamp>,
    /// When one was taken out of it last, which changes nothing here.
    #[schema(value_type = Option<String>, format = DateTime)]
    contact_removed_at: Option<Timestamp>,
}

/// A phase of the history.
#[derive(Serialize, ToSchema)]
pub struct PhaseView {
    /// Its number.
    phase: u32,
    /// Chunks that came, each once.
    chunks: u64,
    /// Messages in them.
    messages: u64,
}

impl SyncView {
    /// What is known of `number`, which may be nothing.
    pub fn of(tenant: &Tenant, number: &NumberId, sync: Option<NumberSync>) -> Self {
        let receives_since = sync.as_ref().map(|it| it.receives_since);
        let sync = sync.unwrap_or_else(|| NumberSync::new(Timestamp::UNIX_EPOCH));
        let phase = |(phase, Phase { chunks }): (&u32, &Phase)| PhaseView {
            phase: *phase,
            chunks: chunks.len() as u64,
            messages: chunks.values().sum(),
        };
        let phases: Vec<PhaseView> = sync.phases.iter().map(phase).collect();
        Self {
            number: number.to_string(),
            merchant: tenant.name.to_string(),
            timezone: tenant.timezone.clone(),
            receives_since,
            last_at: sync.last_at,
            percent: sync.percent,
            declined_at: sync.declined_at,
            messages: phases.iter().map(|it| it.messages).sum(),
            phases,
            contact_at: sync.contact_at,
            contact_removed_at: sync.contact_removed_at,
        }
    }
}

/// What is to be compared.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewComparison {
    /// The App's messages, in any order. Between a customer's first and last
    /// all are wanted: what is here and not among them counts as missing there.
    pub messages: Vec<AppMessage>,
    /// Whether what is missing here is taken over.
    #[serde(default)]
    pub import: bool,
}

/// A message as the Business App has it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AppMessage {
    /// The customer's phone number with the country code.
    #[serde(default)]
    pub phone: Option<String>,
    /// The customer's business-scoped user id; one of both is wanted.
    #[serde(default)]
    pub user_id: Option<String>,
    /// WhatsApp's id; exported chats have none.
    #[serde(default)]
    pub id: Option<String>,
    /// Who wrote it.
    from: Side,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// WhatsApp's type: `text` when absent.
    #[serde(default = "text", rename = "type")]
    kind: Arc<str>,
    /// Its text or caption.
    #[serde(default)]
    pub text: Option<Arc<str>>,
    /// Whether the text was edited.
    #[serde(default)]
    edited: bool,
    /// Whether it was taken back.
    #[serde(default)]
    revoked: bool,
}

fn text() -> Arc<str> {
    "text".into()
}

/// Who wrote a message.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The customer.
    Customer,
    /// The business.
    Business,
}

impl Side {
    fn of(is_inbound: bool) -> Self {
        if is_inbound {
            Self::Customer
        } else {
            Self::Business
        }
    }
}

impl AppMessage {
    /// The message as it is compared.
    pub fn told(self, id: Option<MessageId>) -> Message {
        Message {
            id,
            is_inbound: self.from == Side::Customer,
            at: self.at,
            kind: self.kind,
            text: self.text,
            is_edited: self.edited,
            is_revoked: self.revoked,
        }
    }
}

/// A comparison.
#[derive(Serialize, ToSchema)]
pub struct ComparisonView {
    /// Its id.
    id: String,
    /// Meta's `phone_number_id`.
    number: String,
    /// `history`, told by WhatsApp, or `messages` that somebody sent.
    #[schema(value_type = String)]
    source: ComparisonSource,
    /// `open` while what arrives is held against it, `done`, or
    /// `not_available`.
    #[schema(value_type = String)]
    state: ComparisonState,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// When it ended, or will.
    #[schema(value_type = String, format = DateTime)]
    ends_at: Timestamp,
    /// Why it is not available, as a stable code.
    why: Option<Arc<str>>,
    /// What to do about it.
    next: Option<&'static str>,
    /// Messages of the App that were compared.
    compared: u64,
    /// Of them, messages that are here.
    matched: u64,
    /// Messages that left by the Cloud API and that the App does not show, which
    /// is as it should be.
    sent_by_us: u64,
    /// Messages that were taken over.
    imported: u64,
    /// How many discrepancies there are.
    discrepancies: u64,
    /// The same by cause.
    counts: BTreeMap<&'static str, u64>,
    /// The first of them; absent in a list of comparisons.
    #[serde(skip_serializing_if = "Option::is_none")]
    found: Option<Vec<DiscrepancyView>>,
}

/// A message that is not the same on both sides.
#[derive(Serialize, ToSchema)]
pub struct DiscrepancyView {
    /// What it is, as a stable code.
    cause: &'static str,
    /// The same in plain words.
    what: &'static str,
    /// When the message was written.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who wrote it.
    from: Side,
    /// Baton's id of the customer, when there is one.
    customer: Option<String>,
    /// Where it stands in the customer's log, when it does.
    version: Option<u64>,
    /// Where it stood in what was sent, from 0, when it did.
    place: Option<u64>,
}

/// What to do when there is no history to compare with.
const EXPORT: &str = "export the chats from the Business App and compare them: baton audit-sync";

impl ComparisonView {
    /// With its discrepancies.
    pub fn whole(mut comparison: Comparison) -> Self {
        let found = std::mem::take(&mut comparison.found);
        let found = found.into_iter().map(DiscrepancyView::from).collect();
        Self {
            found: Some(found),
            ..Self::row(comparison)
        }
    }

    /// Without them.
    pub fn row(comparison: Comparison) -> Self {
        let is_lacking = comparison.state == ComparisonState::NotAvailable;
        let counts = comparison.counts.iter();
        Self {
            id: comparison.id.to_string(),
            number: comparison.number.to_string(),
            source: comparison.source,
            state: comparison.state,
            started_at: comparison.started_at,
            ends_at: comparison.ends_at,
            next: is_lacking.then_some(EXPORT),
            compared: comparison.compared,
            matched: comparison.matched,
            sent_by_us: comparison.sent_by_us,
            imported: comparison.imported,
            discrepancies: comparison.discrepancies(),
            counts: counts
                .map(|(cause, count)| (cause.name(), *count))
                .collect(),
            found: None,
            why: comparison.why,
        }
    }
}

impl From<Discrepancy> for DiscrepancyView {
    fn from(found: Discrepancy) -> Self {
        Self {
            cause: found.cause.name(),
            what: found.cause.label(),
            at: found.at,
            from: Side::of(found.is_inbound),
            customer: found.customer.map(String::from),
            version: found.version,
            place: found.place,
        }
    }
}
