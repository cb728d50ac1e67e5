//! What starts a follow-up, and what takes it back.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::{
    event::OrderStatus,
    named::{by_name, named},
};

named! {
    /// What a follow-up waits after.
    #[derive(Serialize, Deserialize)]
    #[serde(try_from = "String", into = "String")]
    Trigger, UnknownTrigger, "trigger of follow-ups";
    Placed "placed" "An order was placed.";
    Paid "paid" "An order was paid.";
    Shipped "shipped" "An order is on its way.";
    Delivered "delivered" "An order arrived.";
    Refunded "refunded" "Money for an order went back.";
    Cancelled "cancelled" "An order will not happen.";
    Basket "basket" "A basket changed for the last time and is not paid.";
    LastOrder "last-order" "An order was bought, and none after it.";
    Booking "booking" "The day of a booking comes; waited before it, not after.";
    Attended "attended" "A booking was attended.";
}

named! {
    /// What takes a follow-up back while it waits.
    #[derive(Serialize, Deserialize)]
    #[serde(try_from = "String", into = "String")]
    Canceller, UnknownCanceller, "canceller of follow-ups";
    Reply "reply" "The customer wrote.";
    Takeover "takeover" "People had the conversation.";
    OptOut "opt-out" "The customer wants no marketing.";
    Refund "refund" "The order was cancelled, or all of its value went back.";
    Order "order" "The customer ordered something else.";
}

impl Trigger {
    /// The status of an order that it waits after, when it does.
    pub fn order_status(self) -> Option<OrderStatus> {
        Some(match self {
            Self::Placed => OrderStatus::Placed,
            Self::Paid => OrderStatus::Paid,
            Self::Shipped => OrderStatus::Shipped,
            Self::Delivered => OrderStatus::Delivered,
            Self::Refunded => OrderStatus::Refunded,
            Self::Cancelled => OrderStatus::Cancelled,
            Self::Basket | Self::LastOrder | Self::Booking | Self::Attended => return None,
        })
    }

    /// Whether it wants the customer to buy. A nudge is dropped while people own
    /// the conversation; news of what was bought waits for their return.
    pub fn is_nudge(self) -> bool {
        matches!(self, Self::Basket | Self::LastOrder)
    }

    /// What takes it back unless the tenant says otherwise. News of what was
    /// bought or booked is owed also to who wrote meanwhile; a nudge is not.
    pub fn usually_cancelled_by(self) -> BTreeSet<Canceller> {
        use Canceller::{OptOut, Order, Refund, Reply, Takeover};
        let usual: &[Canceller] = match self {
            Self::Placed | Self::Paid | Self::Shipped => &[Refund],
            // A word after it arrived, such as asking for a review, is no news: it
            // is not owed to whom people had to help, or who wants no more. A
            // reply to something else ends nothing.
            Self::Delivered => &[Takeover, OptOut, Refund],
            // They are about just that.
            Self::Refunded | Self::Cancelled => &[],
            Self::Basket => &[Reply, Takeover, OptOut, Order],
            Self::LastOrder => &[Reply, Takeover, OptOut, Refund, Order],
            Self::Booking | Self::Attended => &[],
        };
        usual.iter().copied().collect()
    }
}

by_name!(Trigger, UnknownTrigger);
by_name!(Canceller, UnknownCanceller);
