//! Events: immutable facts appended to a customer's log.
//!
//! Their serde form is what the store seals and keeps, so it only ever grows:
//! new variants, and new members with a default. A test in `tests` keeps one
//! stored event of every kind that was ever written.

mod commerce;
mod duty;
mod follow_up;
mod message;
mod ownership;
mod people;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use commerce::{
    BasketChanged, BookingChanged, DeliveryEstimated, NameSource, OrderChanged, OrderStatus,
    PaymentChanged, PaymentStatus, ProfileChanged,
};
pub use duty::{
    Escalated, EscalationCause, NextStepSet, NoteKind, NoteTaken, Promised, QueueAlert,
    QueueReason, Requeued,
};
pub use follow_up::{FollowUpSkipped, MarketingCapped};
pub use message::{
    Author, BotAnswered, BotMissed, Called, EchoReceived, FATE_UNKNOWN, InboundMessage,
    MessageEdited, MessageRevoked, NO_MESSAGE_ID, PastMessage, Receipt, ReceiptStatus, SendKey,
    SendOutcome, SendQueued, SendResolved,
};
pub use ownership::{Claimed, HandedOff, Resolved, Returned, Tagged, TimerFired};
pub use people::{FieldGranted, FlagKind, HandoffFlagged, Reassigned, RuleVersion};

use crate::{decide::DecisionRecord, ids::NumberId};

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When it happened, by the clock of whoever told us.
    pub at: Timestamp,
    /// The business number whose conversation it belongs to; `None` for what
    /// concerns the customer as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<NumberId>,
    /// What happened.
    #[serde(flatten)]
    pub body: EventBody,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum EventBody {
    /// The customer wrote.
    MessageReceived(InboundMessage),
    /// The customer edited an earlier message.
    MessageEdited(MessageEdited),
    /// The customer took an earlier message back.
    MessageRevoked(MessageRevoked),
    /// A person wrote on the WhatsApp Business App.
    EchoReceived(EchoReceived),
    /// A message from before Baton, by history sync. Never an occasion.
    PastMessage(PastMessage),
    /// The customer called by voice.
    Called(Called),
    /// WhatsApp told how far one of our messages got.
    Receipt(Receipt),
    /// A message to the customer was put into the outbox.
    SendQueued(SendQueued),
    /// What became of it.
    SendResolved(SendResolved),
    /// The bot says that it answered.
    BotAnswered(BotAnswered),
    /// The bot says that it could not answer.
    BotMissed(BotMissed),
    /// The merchant or WhatsApp told who the customer is.
    ProfileChanged(ProfileChanged),
    /// What the customer is about to buy changed.
    BasketChanged(BasketChanged),
    /// An order was placed, paid, shipped, ...
    OrderChanged(OrderChanged),
    /// A payment succeeded, failed or waits.
    PaymentChanged(PaymentChanged),
    /// When it is expected to arrive.
    DeliveryEstimated(DeliveryEstimated),
    /// A booking was made or changed.
    BookingChanged(BookingChanged),
    /// Rules and policy looked at a moment.
    Decided(Box<DecisionRecord>),
    /// A shadow release looked at the same moment, without effect.
    Shadowed(Box<DecisionRecord>),
    /// The conversation passed from the bot to people.
    HandedOff(HandedOff),
    /// A person took the next step.
    Claimed(Claimed),
    /// People gave the conversation back to the bot.
    Returned(Returned),
    /// The episode is over.
    Resolved(Resolved),
    /// Tags were put on the episode.
    Tagged(Tagged),
    /// A declared deadline passed.
    TimerFired(TimerFired),
    /// Somebody may see more of the conversation for a while.
    FieldGranted(FieldGranted),
    /// The conversation passed from one person to another.
    Reassigned(Reassigned),
    /// A conversation went to the next tier, or to the operator.
    Escalated(Escalated),
    /// A conversation went back into the queue of its team.
    Requeued(Requeued),
    /// The next step was taken, put off, or named anew.
    NextStepSet(NextStepSet),
    /// Somebody wrote down what the next person should know.
    NoteTaken(NoteTaken),
    /// Somebody says that a handoff was not as it should have been.
    HandoffFlagged(HandoffFlagged),
    /// A follow-up was due and not owed.
    FollowUpSkipped(FollowUpSkipped),
    /// WhatsApp takes no more marketing for the customer for now.
    MarketingCapped(MarketingCapped),
}
