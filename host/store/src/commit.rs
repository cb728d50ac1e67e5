//! One change to one customer.

use std::sync::Arc;

use baton_domain::{
    event::Event,
    ids::{CustomerId, TenantId},
    state::CustomerState,
};
use jiff::Timestamp;

use crate::{audit::AuditEntry, work::WorkChange};

/// How many events a customer's log holds; the version of the state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u64);

/// Something a customer is found by. Kept as a keyed hash only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Link {
    /// Phone number, digits with the country code.
    Phone(Arc<str>),
    /// WhatsApp's business-scoped user id.
    UserId(Arc<str>),
    /// The merchant's own id of the customer.
    External(Arc<str>),
}

/// What makes a redelivery recognisable: canonical bytes that are the same
/// each time. Kept as a keyed hash, for one customer.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    /// The canonical bytes.
    pub bytes: Vec<u8>,
    /// For how long it is kept. The same bytes kept otherwise are another
    /// identity.
    pub keep: Keep,
}

/// For how long an identity is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Keep {
    /// As long as the customer: messages, echoes, items of the history.
    Forever,
    /// At least [`IDENTITY_DAYS_MIN`] days: everything else.
    ///
    /// [`IDENTITY_DAYS_MIN`]: baton_domain::limits::IDENTITY_DAYS_MIN
    Month,
}

impl Identity {
    /// An identity that is kept as long as the customer.
    pub fn forever(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: bytes.into(),
            keep: Keep::Forever,
        }
    }

    /// An identity that is kept for a month.
    pub fn month(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            bytes: bytes.into(),
            keep: Keep::Month,
        }
    }
}

/// A customer as loaded.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// Who.
    pub customer: CustomerId,
    /// Events in the log.
    pub version: Version,
    /// Their fold.
    pub state: Arc<CustomerState>,
    /// For each identity asked about, in order, whether it was committed
    /// before. What is known is durable.
    pub known: Vec<bool>,
    /// A younger customer whom the links also name, to be merged; when there
    /// are several, one of them.
    pub absorbs: Option<CustomerId>,
}

/// One atomic change.
#[derive(Debug, Clone)]
pub struct Commit {
    /// Of which tenant.
    pub tenant: TenantId,
    /// Of which customer.
    pub customer: CustomerId,
    /// When it is made, by the clock of whoever makes it; waits of its work
    /// count from here when the clock turns out to have been ahead.
    pub at: Timestamp,
    /// The version that was loaded.
    pub expected: Version,
    /// What happened, in order.
    pub events: Vec<Event>,
    /// The state after them.
    pub state: Arc<CustomerState>,
    /// Identities that must be new, and are known from now on.
    pub dedupe: Vec<Identity>,
    /// What the customer is found by from now on. One that names another
    /// customer, other than the one absorbed, is a conflict.
    pub links: Vec<Link>,
    /// The younger customer who becomes this one: links, identities and work
    /// move, the id stays as an alias. `events` and `state` already hold the
    /// younger log, and its version must be the one given.
    pub absorb: Option<(CustomerId, Version)>,
    /// Work to add, change or settle.
    pub work: Vec<WorkChange>,
    /// Who does it, when it is a person or a key; durable with the rest.
    pub audit: Vec<AuditEntry>,
}

/// What a commit made durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// The version after it.
    pub version: Version,
}

/// An event of a log.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredEvent {
    /// Its place, from 1.
    pub version: Version,
    /// What happened.
    pub event: Event,
}
