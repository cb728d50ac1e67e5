//! Facts that the merchant's systems tell: who the customer is, what is in the
//! basket, how orders, payments, deliveries and bookings go, and what the bot
//! could or could not answer.

use std::sync::Arc;

use baton_domain::{
    event::{
        BasketChanged, BookingChanged, BotAnswered, BotMissed, DeliveryEstimated, Event, EventBody,
        OrderChanged, OrderStatus, PaymentChanged, PaymentStatus, ProfileChanged,
    },
    ids::{NumberId, OrderId, PaymentReference},
    limit,
    limits::{FOREIGN_ID_CHARS_MAX, MESSAGE_TEXT_CHARS_MAX, SHORT_TEXT_CHARS_MAX, TAGS_MAX},
};
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    Amount, InvalidValue, LineItem, bounded,
    money::{lines, optional_money},
};

/// One fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Fact {
    /// When it happened (RFC 3339); now when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub at: Option<Timestamp>,
    /// The business number it belongs to; the latest conversation when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    /// What happened.
    #[serde(flatten)]
    pub body: FactBody,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum FactBody {
    /// Who the customer is. What is absent stays as it was.
    Profile {
        /// Name.
        name: Option<String>,
        /// E-mail address.
        email: Option<String>,
        /// ISO 3166-1 alpha-2.
        country: Option<String>,
        /// ISO 639-1.
        language: Option<String>,
        /// Your labels, all of them.
        tags: Option<Vec<String>>,
        /// Whether marketing messages are allowed.
        marketing_consent: Option<bool>,
    },
    /// The basket as it is now.
    Basket {
        /// Your id of the basket or checkout.
        id: Option<String>,
        /// All its lines.
        #[serde(default)]
        lines: Vec<LineItem>,
        /// The quoted total; without it the lines are added up.
        total: Option<Amount>,
        /// `open`, `quoted`, `checkout-offered`, `checkout-started`, `paid` or
        /// `abandoned`.
        checkout_state: String,
    },
    /// An order was placed, paid, shipped, delivered, refunded or cancelled.
    Order {
        /// Your id.
        id: String,
        /// What it reached.
        #[schema(value_type = OrderStatusName)]
        status: OrderStatus,
        /// When it was placed.
        #[schema(value_type = Option<String>, format = DateTime)]
        placed_at: Option<Timestamp>,
        /// Net value: without discounts, tax and shipping.
        total: Option<Amount>,
        /// Refunded so far, all refunds together.
        refunded: Option<Amount>,
        /// What was ordered.
        #[serde(default)]
        lines: Vec<LineItem>,
        /// The basket it came from.
        basket: Option<String>,
        /// A past order, told after the fact: rules do not run, nothing is
        /// sent.
        #[serde(default)]
        imported: bool,
        /// Where the customer can follow the parcel.
        tracking: Option<String>,
    },
    /// A payment succeeded, failed or waits.
    Payment {
        /// Your reference.
        reference: String,
        /// The provider's id of the try.
        transaction: Option<String>,
        /// How it went.
        #[schema(value_type = PaymentStatusName)]
        status: PaymentStatus,
        /// For how much.
        amount: Option<Amount>,
        /// The provider's reason of a failure.
        reason: Option<String>,
    },
    /// When something is expected to arrive.
    Delivery {
        /// The order; the basket when absent.
        order: Option<String>,
        /// The last day on which it is expected.
        #[schema(value_type = String, format = Date)]
        latest: Date,
        /// `certain`, `likely`, `uncertain` or `missed`.
        certainty: String,
        /// Why it is not certain.
        reason: Option<String>,
    },
    /// A booking was made or changed.
    Booking {
        /// Your id.
        id: String,
        /// `requested`, `confirmed`, `cancelled` or `attended`.
        state: String,
        /// The day it is for.
        #[schema(value_type = Option<String>, format = Date)]
        date: Option<Date>,
        /// What it is worth.
        value: Option<Amount>,
    },
    /// The bot answered.
    BotAnswered {
        /// What it said, when it sent it by itself.
        text: Option<String>,
        /// What the customer wanted, in the bot's words.
        intent: Option<String>,
    },
    /// The bot could not answer.
    BotMissed {
        /// The question; the customer's last message when absent.
        question: Option<String>,
    },
}

/// What an order reached.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[allow(dead_code, reason = "describes what `OrderStatus` reads and writes")]
pub enum OrderStatusName {
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

/// How a payment went.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[allow(dead_code, reason = "describes what `PaymentStatus` reads and writes")]
pub enum PaymentStatusName {
    /// Not settled yet.
    Pending,
    /// It failed.
    Failed,
    /// The money is there.
    Captured,
}

impl Fact {
    /// The fact as an event, `now` being when it came.
    ///
    /// # Errors
    /// [`InvalidValue`] names the first value that cannot be taken.
    pub fn event(&self, now: Timestamp) -> Result<Event, InvalidValue> {
        let number = self.number.as_deref().map(NumberId::parse).transpose();
        let number = number.map_err(|error| InvalidValue::new("number", error))?;
        // A clock that runs ahead must not outrank what happens later.
        let at = self.at.map_or(now, |at| at.min(now));
        Ok(Event {
            at,
            number,
            body: self.body.event_body()?,
        })
    }
}

impl FactBody {
    fn event_body(&self) -> Result<EventBody, InvalidValue> {
        Ok(match self {
            Self::Profile { .. } => EventBody::ProfileChanged(self.profile()?),
            Self::Basket {
                id,
                lines: items,
                total,
                checkout_state,
            } => EventBody::BasketChanged(BasketChanged {
                id: short("id", id.as_ref())?,
                lines: lines(items)?,
                total: optional_money("total", total.as_ref())?,
                checkout_state: word("checkout_state", checkout_state)?,
            }),
            Self::Order { .. } => EventBody::OrderChanged(self.order()?),
            Self::Payment {
                reference,
                transaction,
                status,
                amount,
                reason,
            } => EventBody::PaymentChanged(PaymentChanged {
                reference: PaymentReference::parse(reference)
                    .map_err(|error| InvalidValue::new("reference", error))?,
                transaction: short("transaction", transaction.as_ref())?,
                status: *status,
                amount: optional_money("amount", amount.as_ref())?,
                reason: short("reason", reason.as_ref())?,
            }),
            Self::Delivery {
                order,
                latest,
                certainty,
                reason,
            } => EventBody::DeliveryEstimated(DeliveryEstimated {
                order: order.as_deref().map(order_id).transpose()?,
                latest: *latest,
                certainty: word("certainty", certainty)?,
                reason: short("reason", reason.as_ref())?,
            }),
            Self::Booking {
                id,
                state,
                date,
                value,
            } => EventBody::BookingChanged(BookingChanged {
                id: bounded("id", id, limit!(FOREIGN_ID_CHARS_MAX))?,
                state: word("state", state)?,
                date: *date,
                value: optional_money("value", value.as_ref())?,
            }),
            Self::BotAnswered { text, intent } => EventBody::BotAnswered(BotAnswered {
                id: None,
                text: long("text", text.as_ref())?,
                intent: short("intent", intent.as_ref())?,
            }),
            Self::BotMissed { question } => EventBody::BotMissed(BotMissed {
                question: long("question", question.as_ref())?,
            }),
        })
    }

    fn profile(&self) -> Result<ProfileChanged, InvalidValue> {
        let Self::Profile {
            name,
            email,
            country,
            language,
            tags,
            marketing_consent,
        } = self
        else {
            return Ok(ProfileChanged::default());
        };
        let count = tags.as_ref().map_or(0, Vec::len);
        if count > TAGS_MAX {
            let problem = format!("has {count}, at most {TAGS_MAX} are allowed");
            return Err(InvalidValue::over("tags", problem, limit!(TAGS_MAX)));
        }
        let tag = |tag: &String| bounded("tags", tag, limit!(SHORT_TEXT_CHARS_MAX));
        let tags = tags.as_ref().map(|tags| tags.iter().map(tag).collect());
        Ok(ProfileChanged {
            name: short("name", name.as_ref())?,
            email: short("email", email.as_ref())?,
            country: short("country", country.as_ref())?,
            language: short("language", language.as_ref())?,
            tags: tags.transpose()?,
            marketing_consent: *marketing_consent,
            ..ProfileChanged::default()
        })
    }

    fn order(&self) -> Result<OrderChanged, InvalidValue> {
        let Self::Order {
            id,
            status,
            placed_at,
            total,
            refunded,
            lines: items,
            basket,
            imported,
            tracking,
        } = self
        else {
            return Err(InvalidValue::new("type", "is not order"));
        };
        Ok(OrderChanged {
            id: order_id(id)?,
            status: *status,
            placed_at: *placed_at,
            total: optional_money("total", total.as_ref())?,
            refunded: optional_money("refunded", refunded.as_ref())?,
            lines: lines(items)?,
            basket: short("basket", basket.as_ref())?,
            imported: *imported,
            tracking: short("tracking", tracking.as_ref())?,
        })
    }
}

fn order_id(id: &str) -> Result<OrderId, InvalidValue> {
    OrderId::parse(id).map_err(|error| InvalidValue::new("order", error))
}

fn short(place: &'static str, text: Option<&String>) -> Result<Option<Arc<str>>, InvalidValue> {
    text.map(|text| bounded(place, text, limit!(SHORT_TEXT_CHARS_MAX)))
        .transpose()
}

fn long(place: &'static str, text: Option<&String>) -> Result<Option<Arc<str>>, InvalidValue> {
    text.map(|text| bounded(place, text, limit!(MESSAGE_TEXT_CHARS_MAX)))
        .transpose()
}

/// One of an open set of words, such as a state.
fn word(place: &'static str, text: &str) -> Result<Arc<str>, InvalidValue> {
    let is_word = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if text.is_empty() || !text.chars().all(is_word) {
        return Err(InvalidValue::new(
            place,
            "is a lower-case word, such as `uncertain`",
        ));
    }
    bounded(place, text, limit!(SHORT_TEXT_CHARS_MAX))
}
