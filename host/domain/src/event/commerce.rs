//! What the merchant's systems and WhatsApp tell about buying.

use std::sync::Arc;

use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};

use crate::{
    field::Line,
    ids::{OrderId, PaymentReference},
    money::Money,
};

/// Who the customer is. What is absent stays as it was.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProfileChanged {
    /// Name.
    pub name: Option<Arc<str>>,
    /// Who told the name.
    #[serde(skip_serializing_if = "NameSource::is_merchant")]
    pub name_from: NameSource,
    /// Phone number, digits with the country code.
    pub phone: Option<Arc<str>>,
    /// WhatsApp's business-scoped user id.
    pub user_id: Option<Arc<str>>,
    /// E-mail address.
    pub email: Option<Arc<str>>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<Arc<str>>,
    /// ISO 639-1.
    pub language: Option<Arc<str>>,
    /// The merchant's labels, all of them.
    pub tags: Option<Vec<Arc<str>>>,
    /// Whether marketing messages are allowed.
    pub marketing_consent: Option<bool>,
}

/// Who told a customer's name. A later one outranks an earlier one, whenever
/// it is told.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum NameSource {
    /// The customer, who may choose any.
    Customer,
    /// The address book of the Business App.
    Contacts,
    /// The merchant, in a fact.
    #[default]
    Merchant,
}

impl NameSource {
    /// Whether the merchant told it, as in all events that do not say.
    pub fn is_merchant(&self) -> bool {
        *self == Self::Merchant
    }
}

/// The basket as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BasketChanged {
    /// The merchant's id of the basket or checkout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Arc<str>>,
    /// All its lines.
    pub lines: Vec<Line>,
    /// The quoted total; without it the lines are added up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Money>,
    /// `open`, `quoted`, `checkout-offered`, ... (`wit/v1`,
    /// `basket.checkout-state`).
    pub checkout_state: Arc<str>,
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// The customer ordered.
    Placed,
    /// It is paid.
    Paid,
    /// It is on its way.
    Shipped,
    /// It arrived.
    Delivered,
    /// Money went back.
    Refunded,
    /// It will not happen.
    Cancelled,
}

impl OrderStatus {
    /// As in the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Placed => "placed",
            Self::Paid => "paid",
            Self::Shipped => "shipped",
            Self::Delivered => "delivered",
            Self::Refunded => "refunded",
            Self::Cancelled => "cancelled",
        }
    }
}

/// Something about an order. Statuses may come in any order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderChanged {
    /// The merchant's id.
    pub id: OrderId,
    /// What it reached.
    pub status: OrderStatus,
    /// When it was placed; the event's time when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placed_at: Option<Timestamp>,
    /// Net value: without discounts, tax and shipping.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub total: Option<Money>,
    /// Refunded so far, all refunds together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refunded: Option<Money>,
    /// What was ordered.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Line>,
    /// The basket it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basket: Option<Arc<str>>,
    /// Whether it is told after the fact, by an import: no occasion for rules
    /// or messages.
    #[serde(default)]
    pub imported: bool,
    /// Where the customer can follow the parcel.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking: Option<Arc<str>>,
}

/// How a payment went (WhatsApp: payment status webhooks).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// Not settled yet.
    Pending,
    /// It failed.
    Failed,
    /// The money is there.
    Captured,
}

/// Something about a payment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentChanged {
    /// The merchant's reference.
    pub reference: PaymentReference,
    /// The provider's id of the try.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transaction: Option<Arc<str>>,
    /// How it went.
    pub status: PaymentStatus,
    /// For how much.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<Money>,
    /// The provider's reason of a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Arc<str>>,
}

/// When something is expected to arrive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeliveryEstimated {
    /// The order it is about; the basket when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderId>,
    /// The last day on which it is expected.
    pub latest: Date,
    /// `certain`, `likely`, `uncertain` or `missed`.
    pub certainty: Arc<str>,
    /// Why it is not certain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Arc<str>>,
}

/// A booking was made or changed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BookingChanged {
    /// The merchant's id.
    pub id: Arc<str>,
    /// `requested`, `confirmed`, `cancelled` or `attended`.
    pub state: Arc<str>,
    /// The day it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date: Option<Date>,
    /// What it is worth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<Money>,
}
