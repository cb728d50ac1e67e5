//! The state of a customer: the fold of all events, bounded. The log holds
//! what is dropped here, so an event costs the same in the first hour and the
//! tenth year.

mod advice;
mod bound;
mod care;
mod conversation;
mod flags;
mod fold;
mod grants;
mod known;
mod latest;
mod misses;
mod orders;
mod payments;
mod thread;
mod unasked;

use std::{collections::BTreeMap, sync::Arc};

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

pub use advice::{Advice, Advices};
pub use care::{Care, Ended, Escalation, Handoff, NextStep, Note, Promise, Rung};
pub use conversation::{Conversation, Episode, OwnerSince};
pub use flags::{Flag, Flags};
pub use fold::fold;
pub use grants::{Grant, Grants};
pub use known::Known;
pub use latest::Latest;
pub use orders::{Lifetime, Order, Orders};
pub use payments::{PaymentFailure, Payments};
pub use thread::{MessageNow, MessageRef, Thread, ThreadEntry};
pub use unasked::{Advert, Promotion, Skipped, Unasked};

use crate::{
    event::{NameSource, OrderStatus, ProfileChanged},
    field::Line,
    ids::{AgentId, NumberId, OrderId},
    money::Money,
};

/// Version of the fold. A stored state of another version is folded anew from
/// the log: raise it with every change to what [`fold`] makes of an event.
pub const FOLD_VERSION: u32 = 4;

/// Who the customer is, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Profile {
    /// Name.
    #[serde(skip_serializing_if = "Known::is_none")]
    pub name: Known<Arc<str>>,
    /// Who told it.
    #[serde(skip_serializing_if = "NameSource::is_merchant")]
    pub name_from: NameSource,
    /// Phone number, digits with the country code.
    #[serde(skip_serializing_if = "Known::is_none")]
    pub phone: Known<Arc<str>>,
    /// WhatsApp's business-scoped user id.
    #[serde(skip_serializing_if = "Known::is_none")]
    pub user_id: Known<Arc<str>>,
    /// E-mail address.
    #[serde(skip_serializing_if = "Known::is_none")]
    pub email: Known<Arc<str>>,
    /// ISO 3166-1 alpha-2.
    #[serde(skip_serializing_if = "Known::is_none")]
    pub country: Known<Arc<str>>,
    /// ISO 639-1.
    #[serde(skip_serializing_if = "Known::is_none")]
    pub language: Known<Arc<str>>,
    /// The merchant's labels.
    #[serde(skip_serializing_if = "Known::is_none")]
    pub tags: Known<Vec<Arc<str>>>,
    /// Whether marketing messages are allowed; unknown when never asked.
    #[serde(skip_serializing_if = "Known::is_none")]
    pub marketing_consent: Known<bool>,
}

impl Profile {
    /// Whether `change` says nothing new of the name: it tells none, or one of
    /// no more weight than the one that is known.
    pub fn knows_name(&self, change: &ProfileChanged) -> bool {
        let Some(told) = &change.name else {
            return true;
        };
        let Some(known) = self.name.get() else {
            return false;
        };
        let is_same = told == known && change.name_from == self.name_from;
        is_same || change.name_from < self.name_from
    }

    /// Takes the name that `change` tells, unless somebody of more weight told
    /// one.
    fn learn_name(&mut self, at: Timestamp, change: &ProfileChanged) {
        let Some(told) = &change.name else { return };
        let from = change.name_from;
        if !self.name.is_none() && from < self.name_from {
            return;
        }
        if from > self.name_from || self.name.is_none() {
            self.name = Known::default();
        }
        self.name_from = from;
        self.name.learn(at, bound::short(told));
    }
}

/// What the customer is about to buy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basket {
    /// When it was last told.
    pub at: Timestamp,
    /// Since when it is as it is: to tell it again changes nothing.
    pub changed_at: Timestamp,
    /// The merchant's id.
    pub id: Option<Arc<str>>,
    /// Its lines.
    pub lines: Vec<Line>,
    /// The quoted total.
    pub total: Option<Money>,
    told_state: Arc<str>,
    /// Whether an order that was paid came from it, which the merchant's next
    /// word on the basket may not tell.
    is_paid: bool,
}

impl Basket {
    /// How far the checkout is; `paid` once an order that came from it is.
    pub fn checkout_state(&self) -> Arc<str> {
        if self.is_paid {
            "paid".into()
        } else {
            self.told_state.clone()
        }
    }

    /// Whether it says the same, whenever it was told.
    fn is_as(&self, other: &Self) -> bool {
        let says = |it: &Self| (it.id.clone(), it.total.clone(), it.told_state.clone());
        self.lines == other.lines && says(self) == says(other)
    }

    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.value().is_none_or(|it| it.minor <= 0)
    }

    /// The quoted total, or the sum of the lines; `None` when it is empty or
    /// its lines are in several currencies.
    pub fn value(&self) -> Option<Money> {
        self.total.clone().or_else(|| {
            let mut values = self.lines.iter().map(|line| {
                let Money { minor, currency } = &line.unit_price;
                Money::new(minor.saturating_mul(line.quantity.into()), currency.clone())
            });
            let first = values.next()?;
            values.try_fold(first, |sum, value| sum.checked_add(&value))
        })
    }
}

/// When something is expected to arrive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delivery {
    /// When this was said.
    pub at: Timestamp,
    /// The order it is about.
    pub order: Option<OrderId>,
    /// The last day on which it is expected.
    pub latest: Date,
    /// `certain`, `likely`, `uncertain` or `missed`.
    pub certainty: Arc<str>,
    /// Why it is not certain.
    pub reason: Option<Arc<str>>,
}

/// An appointment, stay or reservation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Booking {
    /// When this was said.
    pub at: Timestamp,
    /// The merchant's id.
    pub id: Arc<str>,
    /// `requested`, `confirmed`, `cancelled` or `attended`.
    pub state: Arc<str>,
    /// The day it is for.
    pub date: Option<Date>,
}

/// All that Baton knows of a customer at once.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CustomerState {
    /// The earliest event.
    pub first_seen_at: Option<Timestamp>,
    /// Who it is.
    pub profile: Profile,
    /// What is about to be bought.
    pub basket: Option<Basket>,
    /// What was bought.
    pub orders: Orders,
    /// How paying went.
    pub payments: Payments,
    estimate: Option<Delivery>,
    /// Appointments.
    pub booking: Option<Booking>,
    last_paid: Option<PaidOrder>,
    last_delivered_at: Option<Timestamp>,
    /// When WhatsApp last said that the customer gets too much marketing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub marketing_capped_at: Option<Timestamp>,
    conversations: BTreeMap<NumberId, Conversation>,
}

/// The latest order that was paid, and the basket that it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct PaidOrder {
    at: Timestamp,
    basket: Option<Arc<str>>,
}

impl CustomerState {
    /// The conversation on this number, when there is one.
    pub fn conversation(&self, number: &NumberId) -> Option<&Conversation> {
        self.conversations.get(number)
    }

    /// All conversations.
    pub fn conversations(&self) -> impl Iterator<Item = (&NumberId, &Conversation)> {
        self.conversations.iter()
    }

    /// What was promised about delivery, until it arrived.
    pub fn delivery(&self) -> Option<&Delivery> {
        self.estimate
            .as_ref()
            .filter(|estimate| match &estimate.order {
                Some(order) => self
                    .orders
                    .order(order)
                    .is_none_or(|it| !it.has(OrderStatus::Delivered)),
                None => self.last_delivered_at.is_none_or(|at| at < estimate.at),
            })
    }

    /// Who of the tenant's people took care of the customer last, on whatever
    /// number.
    pub fn last_agent(&self) -> Option<&AgentId> {
        let last = self
            .conversations
            .values()
            .filter_map(|it| it.care.last_agent());
        last.max().map(|(_, agent)| agent)
    }

    /// The number on which the customer wrote last.
    pub fn latest_number(&self) -> Option<&NumberId> {
        let spoke = |(_, it): &(&NumberId, &Conversation)| it.last_inbound_at;
        let spoken = self.conversations.iter().filter(|it| spoke(it).is_some());
        spoken.max_by_key(spoke).map(|(number, _)| number)
    }
}
