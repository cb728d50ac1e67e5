//! Occasions: the moments at which rules run (contract point 9). On what the
//! customer says, on what the bot could or could not answer, and on what
//! changes about buying; never on statuses, echoes, history or Baton's own
//! events.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    event::{Event, EventBody, InboundMessage},
    ids::NumberId,
    state::CustomerState,
};

/// What made the rules run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs, reason = "each is described in wit/v1, occasion.kind")]
pub enum OccasionKind {
    Message,
    BotAnswered,
    BotMissed,
    Basket,
    Payment,
    Order,
    Delivery,
    Booking,
    Timer,
}

impl OccasionKind {
    /// As in the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::BotAnswered => "bot-answered",
            Self::BotMissed => "bot-missed",
            Self::Basket => "basket",
            Self::Payment => "payment",
            Self::Order => "order",
            Self::Delivery => "delivery",
            Self::Booking => "booking",
            Self::Timer => "timer",
        }
    }
}

/// A moment at which rules run.
#[derive(Debug, Clone, PartialEq)]
pub struct Occasion {
    /// What made them run.
    pub kind: OccasionKind,
    /// When.
    pub at: Timestamp,
    /// In which conversation.
    pub number: NumberId,
    /// The customer's message, when it was one.
    pub message: Option<Arc<InboundMessage>>,
}

impl Occasion {
    /// The occasion that `event` is, given the state after it; `None` when
    /// rules do not run, among it when there is no conversation to hand off.
    pub fn of(event: &Event, state: &CustomerState) -> Option<Self> {
        let kind = kind_of(&event.body)?;
        let number = event
            .number
            .as_ref()
            .or_else(|| state.latest_number())?
            .clone();
        state.conversation(&number)?;
        let message = match &event.body {
            EventBody::MessageReceived(message) => Some(Arc::new(message.clone())),
            _ => None,
        };
        Some(Self {
            kind,
            at: event.at,
            number,
            message,
        })
    }
}

fn kind_of(body: &EventBody) -> Option<OccasionKind> {
    match body {
        EventBody::MessageReceived(message) => message.is_content.then_some(OccasionKind::Message),
        EventBody::BotAnswered(_) => Some(OccasionKind::BotAnswered),
        EventBody::BotMissed(_) => Some(OccasionKind::BotMissed),
        EventBody::BasketChanged(_) => Some(OccasionKind::Basket),
        EventBody::PaymentChanged(_) => Some(OccasionKind::Payment),
        EventBody::OrderChanged(change) => (!change.imported).then_some(OccasionKind::Order),
        EventBody::DeliveryEstimated(_) => Some(OccasionKind::Delivery),
        EventBody::BookingChanged(_) => Some(OccasionKind::Booking),
        EventBody::TimerFired(timer) => {
            (timer.is_occasion && !timer.too_late).then_some(OccasionKind::Timer)
        }
        EventBody::MessageEdited(_)
        | EventBody::MessageRevoked(_)
        | EventBody::EchoReceived(_)
        | EventBody::PastMessage(_)
        | EventBody::Called(_)
        | EventBody::Receipt(_)
        | EventBody::SendQueued(_)
        | EventBody::SendResolved(_)
        | EventBody::ProfileChanged(_)
        | EventBody::Decided(_)
        | EventBody::Shadowed(_)
        | EventBody::HandedOff(_)
        | EventBody::Claimed(_)
        | EventBody::Returned(_)
        | EventBody::Resolved(_)
        | EventBody::Tagged(_)
        | EventBody::Escalated(_)
        | EventBody::Requeued(_)
        | EventBody::NextStepSet(_)
        | EventBody::NoteTaken(_)
        | EventBody::FieldGranted(_)
        | EventBody::Reassigned(_)
        | EventBody::HandoffFlagged(_)
        | EventBody::FollowUpSkipped(_)
        | EventBody::MarketingCapped(_) => None,
    }
}
