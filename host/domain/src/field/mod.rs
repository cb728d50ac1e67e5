//! The field catalogue: every datum that a module, a role or an integration
//! can be granted, one WIT function each.
//!
//! `wit/v1` is the source; a test in `tests` holds this table equal to it,
//! name by name and type by type.

mod value;

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

pub use value::{FieldValue, Line, OwnerSpan, PastOrder, Shape, ThreadMessage};

/// What a field tells about a person; decides how a grant is worded and which
/// stock roles hold it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sensitivity {
    /// Tells how a conversation goes, not who somebody is.
    Operational,
    /// Tells what somebody buys and how it goes.
    Commercial,
    /// What somebody wrote.
    Content,
    /// Identifies or reaches somebody.
    Identifying,
}

/// One row of the catalogue.
struct Row {
    name: &'static str,
    shape: Shape,
    sensitivity: Sensitivity,
    label: &'static str,
}

macro_rules! catalogue {
    ($($variant:ident $name:literal $shape:ident $sensitivity:ident $label:literal;)*) => {
        /// A field of the catalogue.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        #[repr(u8)]
        #[allow(missing_docs, reason = "each variant is described by its label and in wit/v1")]
        pub enum Field { $($variant),* }

        impl Field {
            /// Every field, in the order in which they came into the contract.
            pub const ALL: &'static [Field] = &[$(Field::$variant),*];

            fn row(self) -> &'static Row {
                const ROWS: &[Row] = &[$(Row {
                    name: $name,
                    shape: Shape::$shape,
                    sensitivity: Sensitivity::$sensitivity,
                    label: $label,
                }),*];
                &ROWS[self as usize]
            }
        }
    };
}

catalogue! {
    OccasionKind "occasion.kind" Text Operational "what made the rules run";
    OccasionTime "occasion.time" Seconds Operational "the exact time";
    OccasionDate "occasion.date" Text Operational "today's date";
    OccasionChannel "occasion.channel" Text Operational "the channel, such as WhatsApp";
    OccasionLanguage "occasion.language" Text Operational "the language of the conversation";
    MessageKind "message.kind" OptionalText Operational "the type of the customer's message";
    MessageText "message.text" OptionalText Content "the text of the customer's message, with numbers and addresses masked";
    MessageTextRaw "message.text-raw" OptionalText Identifying "the text of the customer's message, nothing masked";
    MessageButtonId "message.button-id" OptionalText Operational "the button that the customer tapped";
    MessageReferral "message.referral" OptionalText Commercial "the advertisement that the customer came from";
    MessageRecent "message.recent" Messages Content "the latest messages of both sides, masked";
    ConversationTurns "conversation.turns" Count Operational "how many messages the customer sent in this episode";
    ConversationFailedAnswers "conversation.failed-answers" Count Operational "how many questions in a row the bot failed";
    ConversationFailedQuestion "conversation.failed-question" OptionalText Content "the last question that the bot failed, masked";
    ConversationAgeHours "conversation.age-hours" Count Operational "how long this episode has been open";
    ConversationHandoffs "conversation.handoffs" Count Operational "how often this episode was handed to people";
    ConversationOwnerHistory "conversation.owner-history" Owners Operational "who had the next step in this episode";
    ConversationTags "conversation.tags" Texts Operational "the tags of this episode";
    BasketValue "basket.value" OptionalMoney Commercial "the value of the basket";
    BasketItems "basket.items" Lines Commercial "what is in the basket";
    BasketCheckoutState "basket.checkout-state" OptionalText Commercial "how far the checkout is";
    BasketAgeHours "basket.age-hours" OptionalCount Commercial "how old the basket is";
    PaymentFailures "payment.failures" Count Commercial "how many payments failed in a row";
    PaymentLastFailureReason "payment.last-failure-reason" OptionalText Commercial "why the last payment failed";
    PaymentLastFailureAmount "payment.last-failure-amount" OptionalMoney Commercial "what the last failed payment was for";
    PaymentLastFailureAgeHours "payment.last-failure-age-hours" OptionalCount Commercial "when the last payment failed";
    OrderCount "order.count" Count Commercial "how many orders the customer paid";
    OrderLast "order.last" OptionalOrder Commercial "the customer's last order";
    OrderDaysSinceLast "order.days-since-last" OptionalCount Commercial "how long ago the last order was";
    OrderUndelivered "order.undelivered" Count Commercial "how many orders are on their way";
    CustomerName "customer.name" OptionalText Identifying "the customer's name";
    CustomerPhone "customer.phone" OptionalText Identifying "the customer's phone number";
    CustomerEmail "customer.email" OptionalText Identifying "the customer's e-mail address";
    CustomerCountry "customer.country" OptionalText Commercial "the customer's country";
    CustomerLanguage "customer.language" OptionalText Commercial "the customer's preferred language";
    CustomerLifetimeValue "customer.lifetime-value" OptionalMoney Commercial "what the customer spent in all";
    CustomerAverageOrder "customer.average-order" OptionalMoney Commercial "the customer's average order";
    CustomerTags "customer.tags" Texts Commercial "the customer's tags";
    CustomerMarketingConsent "customer.marketing-consent" OptionalFlag Commercial "whether marketing messages are allowed";
    CustomerDaysKnown "customer.days-known" OptionalCount Commercial "how long the customer has been known";
    DeliveryPromisedDate "delivery.promised-date" OptionalText Commercial "the promised delivery date";
    DeliveryRequestedDate "delivery.requested-date" OptionalText Commercial "the date by which the customer wants it";
    DeliveryCertainty "delivery.certainty" OptionalText Commercial "how certain the delivery date is";
    DeliveryUncertaintyReason "delivery.uncertainty-reason" OptionalText Commercial "why the delivery date is not certain";
    BookingState "booking.state" OptionalText Commercial "the state of the booking";
    BookingDate "booking.date" OptionalText Commercial "the date of the booking";
    OrderRefunded "order.refunded" Count Commercial "how many orders were refunded";
}

impl Field {
    /// `interface.function`, as everywhere outside the code.
    pub fn name(self) -> &'static str {
        self.row().name
    }

    /// The WIT interface, such as `customer`.
    pub fn interface(self) -> &'static str {
        self.name()
            .split_once('.')
            .map_or("", |(interface, _)| interface)
    }

    /// The WIT function, such as `lifetime-value`.
    pub fn function(self) -> &'static str {
        self.name()
            .split_once('.')
            .map_or("", |(_, function)| function)
    }

    /// What a value of this field looks like.
    pub fn shape(self) -> Shape {
        self.row().shape
    }

    /// What it tells about a person.
    pub fn sensitivity(self) -> Sensitivity {
        self.row().sensitivity
    }

    /// In plain words, to complete "this module can read ...".
    pub fn label(self) -> &'static str {
        self.row().label
    }
}

/// There is no field of this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no field {0:?}")]
pub struct UnknownField(String);

impl FromStr for Field {
    type Err = UnknownField;
    fn from_str(name: &str) -> Result<Self, UnknownField> {
        let unknown = || UnknownField(name.chars().take(80).collect());
        Self::ALL
            .iter()
            .copied()
            .find(|field| field.name() == name)
            .ok_or_else(unknown)
    }
}

impl TryFrom<String> for Field {
    type Error = UnknownField;
    fn try_from(name: String) -> Result<Self, UnknownField> {
        name.parse()
    }
}

impl From<Field> for String {
    fn from(field: Field) -> Self {
        field.name().to_owned()
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_is_found_by_its_name() {
        for field in Field::ALL {
            assert_eq!(field.name().parse(), Ok(*field));
            assert!(!field.interface().is_empty() && !field.function().is_empty());
        }
        assert!("customer.shoe-size".parse::<Field>().is_err());
    }
}
