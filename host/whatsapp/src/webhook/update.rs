//! What a webhook says, item by item.

use std::{fmt, sync::Arc};

use baton_domain::{ids::NumberId, money::Money};
use bytes::Bytes;
use jiff::Timestamp;

use super::{
    identity::Identity,
    message::{Edit, HistoryMessage, Message, Revoke},
    notice::{AutomaticEvent, Call, ContactSync, Handover, HistoryProgress, Notice, Preference},
    status::{Payment, Status},
};
use crate::address::CustomerAddress;

/// Everything that one webhook POST carries, in its order. No item is left
/// out: what could not be understood is there as [`Content::Unknown`] or
/// [`Content::Unreadable`].
#[derive(Debug)]
pub struct Delivery {
    /// One update an item.
    pub updates: Vec<Update>,
    /// The body that they were read from.
    pub(super) body: Bytes,
}

impl Delivery {
    /// Whether it tells of nothing but how messages of ours got on. Of all that
    /// comes this can best come again later.
    pub fn is_only_statuses(&self) -> bool {
        let is_status = |update: &Update| matches!(update.content, Content::Status(_));
        !self.updates.is_empty() && self.updates.iter().all(is_status)
    }
}

/// One item of a webhook.
#[derive(Debug, Clone)]
pub struct Update {
    /// The WhatsApp Business Account (`entry[].id`).
    pub account: Option<Arc<str>>,
    /// The business number (`metadata.phone_number_id`), by which the tenant
    /// is found. Missing on updates about a whole account, and on broken ones.
    pub number: Option<NumberId>,
    /// The webhook field, such as `messages` or `smb_message_echoes`.
    pub field: Arc<str>,
    /// When it happened by WhatsApp's clock: the item's own time, or else the
    /// time of its entry. `None` when neither is there: take the time of
    /// arrival.
    pub occurred_at: Option<Timestamp>,
    /// Where the customer is reached, if the item is about one.
    pub address: Option<CustomerAddress>,
    /// What tells a redelivery from news.
    pub identity: Identity,
    /// What happened.
    pub content: Content,
    /// The item as it was sent.
    pub raw: RawJson,
}

/// What happened.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// A customer wrote to the business.
    Message(Message),
    /// A person wrote to the customer on the Business App.
    Echo(Message),
    /// Someone changed an earlier message.
    Edit(Edit),
    /// Someone took an earlier message back. May come before its original.
    Revoke(Revoke),
    /// A customer wrote while another app of the merchant has the
    /// conversation (`standby`): to be seen, not to be answered.
    Standby(Message),
    /// The customer's phone number or user id changed. The update's address is
    /// the old one.
    AddressChanged(AddressChange),
    /// A message of ours got on, or failed.
    Status(Status),
    /// A payment asked for by an order-details message got on, or failed.
    Payment(Payment),
    /// A message of the past, from the Business App. Never triggers anything.
    History(HistoryMessage),
    /// How far a history synchronisation has come.
    HistoryProgress(HistoryProgress),
    /// The merchant does not share the history (error 2593109).
    HistoryDeclined(Problem),
    /// A contact of the Business App's address book.
    ContactSync(ContactSync),
    /// The customer wants marketing messages, or no more.
    Preference(Preference),
    /// A voice call. One from the customer opens the service window.
    Call(Call),
    /// An event that WhatsApp saw by itself, such as a purchase.
    AutomaticEvent(AutomaticEvent),
    /// Control of a conversation passed between apps.
    Handover(Handover),
    /// News about a template, a number or the account.
    Notice(Notice),
    /// An error of WhatsApp's own, outside any message.
    Problem(Problem),
    /// Of a field or kind that this version does not know.
    Unknown(Unknown),
    /// Of a known kind and not readable as such.
    Unreadable(Unreadable),
}

/// The customer is now reached elsewhere. Whoever had the old address is the
/// same person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddressChange {
    /// The new address; what it does not name has not changed.
    pub new: CustomerAddress,
    /// `user_changed_number` or `user_changed_user_id`.
    pub kind: Arc<str>,
}

/// An error object (WhatsApp documentation, "Error codes").
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Problem {
    /// The code; 0 when it is missing.
    pub code: i64,
    /// What it is called.
    pub title: Option<String>,
    /// What happened, in `message` or `error_data.details`.
    pub details: Option<String>,
}

/// An item that this version does not know. Kept and acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    /// The list that it stood in, or the field when it is a whole value.
    pub list: Arc<str>,
    /// Its `type` or `event`, when it has one.
    pub kind: Option<Arc<str>>,
}

/// An item that ought to be readable and is not. Kept and acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// The list that it stood in, or the field when it is a whole value.
    pub list: Arc<str>,
    /// Its `type`, when that could be read.
    pub kind: Option<Arc<str>>,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What is wrong with an item.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Not of the documented shape.
    #[error("not of the documented shape: {0}")]
    Shape(String),
    /// It does not say which business number it is about.
    #[error("names no business number")]
    NoNumber,
    /// It has no id, or one that cannot be an id.
    #[error("has no usable id")]
    NoId,
    /// It names neither a phone number nor a user id.
    #[error("names no customer")]
    NoAddress,
    /// A list is something else than a list.
    #[error("is not a list")]
    NotList,
    /// An entry is something else than an object.
    #[error("is not an object")]
    NotObject,
    /// An entry without changes, a change without a value, a thread without
    /// messages.
    #[error("is empty")]
    Empty,
}

impl Fault {
    /// A stable code for metrics and the quarantine.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Shape(_) => "shape",
            Self::NoNumber => "no_number",
            Self::NoId => "no_id",
            Self::NoAddress => "no_address",
            Self::NotList => "not_a_list",
            Self::NotObject => "not_an_object",
            Self::Empty => "empty",
        }
    }
}

/// A piece of the verified body, shared with it and not copied. It keeps the
/// whole body in memory: copy [`RawJson::as_str`] to keep it for long.
/// Personal data: `Debug` shows the size only.
#[derive(Clone, PartialEq, Eq)]
pub struct RawJson(Bytes);

impl RawJson {
    /// Shares the part of `body` that `text` lies in.
    pub(super) fn share(body: &Bytes, text: &str) -> Self {
        Self(body.slice_ref(text.as_bytes()))
    }

    /// The JSON text, as it was sent.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("cut at the borders of a str")
    }
}

impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawJson({} bytes)", self.0.len())
    }
}

/// An amount as sent, and as money when its currency and size allow.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Amount {
    /// The amount, if it could be read.
    pub money: Option<Money>,
    /// The digits as sent, for people.
    pub text: String,
}
