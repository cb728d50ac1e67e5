//! By whom each member of an event is seen. What has no rule here is not given: a
//! new member or kind is seen once somebody has said by whom.

use crate::{event::EventBody, field::Field};

/// By whom a member is seen.
pub(super) enum Rule {
    /// By everybody who sees the log.
    Open,
    /// By who holds the field.
    Of(Field),
    /// A text of the field in which something may be typed.
    Typed(Field),
    /// What somebody wrote.
    Text,
    /// WhatsApp's id of a message.
    Id,
    /// The key of a send of ours.
    Key,
    /// What the customer waits to hear: said by the customer, or told by the bot
    /// that could not answer.
    Question,
    /// What could be answered, from what is known of delivery and orders.
    Suggestion,
    /// A module's own text.
    Words,
    /// What became of a send.
    Outcome,
    /// Signals that are not counted again.
    Spent,
    /// What a follow-up was about.
    About,
    /// Why it was not owed.
    Why,
    /// WhatsApp's code of why it did not arrive.
    ErrorCode,
}

use Rule::{
    About, ErrorCode, Id, Key, Of, Open, Outcome, Question, Spent, Suggestion, Text, Typed, Why,
    Words,
};

pub(super) type Rules = &'static [(&'static str, Rule)];

/// The rules of a kind. Without a wildcard, so that a new kind does not compile
/// until somebody has said by whom it is seen.
pub(super) fn rules(body: &EventBody) -> Rules {
    match body {
        EventBody::MessageReceived(_)
        | EventBody::MessageEdited(_)
        | EventBody::MessageRevoked(_)
        | EventBody::EchoReceived(_)
        | EventBody::PastMessage(_)
        | EventBody::Called(_)
        | EventBody::Receipt(_)
        | EventBody::SendQueued(_)
        | EventBody::SendResolved(_)
        | EventBody::BotAnswered(_)
        | EventBody::BotMissed(_) => of_messages(body),
        EventBody::ProfileChanged(_)
        | EventBody::BasketChanged(_)
        | EventBody::OrderChanged(_)
        | EventBody::PaymentChanged(_)
        | EventBody::DeliveryEstimated(_)
        | EventBody::BookingChanged(_) => of_commerce(body),
        // Whole, by rules of their own.
        EventBody::Decided(_) | EventBody::Shadowed(_) => &[],
        EventBody::HandedOff(_) => HANDED_OFF,
        EventBody::Claimed(_) => &[("epoch", Open), ("agent", Open)],
        EventBody::Returned(_) => &[
            ("epoch", Open),
            ("by", Open),
            ("note", Text),
            ("by_policy", Open),
        ],
        EventBody::Resolved(_) => &[("epoch", Open), ("episode", Open), ("by", Open)],
        EventBody::Tagged(_) => &[("episode", Open), ("tags", Of(Field::ConversationTags))],
        EventBody::TimerFired(_) => &[("timer", Open), ("too_late", Open), ("is_occasion", Open)],
        EventBody::FieldGranted(_) => &[
            ("agent", Open),
            ("fields", Open),
            ("reason", Text),
            ("until", Open),
            ("by", Open),
        ],
        EventBody::Reassigned(_) => &[("epoch", Open), ("from", Open), ("to", Open), ("by", Open)],
        EventBody::FollowUpSkipped(_) => &[("follow_up", Open), ("about", About), ("why", Why)],
        EventBody::MarketingCapped(_) => &[("send", Key)],
        EventBody::Escalated(_)
        | EventBody::Requeued(_)
        | EventBody::NextStepSet(_)
        | EventBody::NoteTaken(_)
        | EventBody::HandoffFlagged(_) => of_duties(body),
    }
}

fn of_duties(body: &EventBody) -> Rules {
    match body {
        EventBody::Escalated(_) => &[
            ("epoch", Open),
            ("promise", Open),
            ("cause", Open),
            ("team", Open),
            ("tier", Open),
            ("to_operator", Open),
            ("agent", Open),
            ("queue", Open),
            ("promised", Open),
            ("by", Open),
            ("note", Text),
        ],
        EventBody::Requeued(_) => &[
            ("epoch", Open),
            ("team", Open),
            ("tier", Open),
            ("queue", Open),
            ("why", Open),
        ],
        EventBody::NextStepSet(_) => &[
            ("epoch", Open),
            ("promise", Open),
            ("closed", Open),
            ("what", Text),
            ("due", Open),
            ("by", Open),
        ],
        EventBody::NoteTaken(_) => &[
            ("about", Open),
            ("text", Text),
            ("by", Open),
            ("source", Open),
        ],
        EventBody::HandoffFlagged(_) => &[
            ("decision", Open),
            ("decided_at", Open),
            ("release", Open),
            ("rules", Open),
            ("flag", Open),
            ("note", Text),
            ("by", Open),
            ("again", Open),
        ],
        _ => &[],
    }
}

/// A handoff: tags and the next step are declared words.
pub(super) const HANDED_OFF: Rules = &[
    ("epoch", Open),
    ("team", Open),
    ("tier", Open),
    ("agent", Open),
    ("tags", Of(Field::ConversationTags)),
    ("reasons", Words),
    ("next_step", Open),
    ("due", Open),
    ("priority", Open),
    ("because", Spent),
    ("read", Open),
    ("decided_at", Open),
    ("promised", Open),
    ("queue", Open),
    ("open_question", Question),
    ("suggested_reply", Suggestion),
];

/// What a suggested reply may tell.
pub(super) const SUGGESTED: &[Field] = &[
    Field::DeliveryPromisedDate,
    Field::DeliveryCertainty,
    Field::OrderLast,
    Field::OrderUndelivered,
];

fn of_messages(body: &EventBody) -> Rules {
    const KIND: (&str, Rule) = ("type", Of(Field::MessageKind));
    match body {
        EventBody::MessageReceived(_) => &[
            ("id", Id),
            KIND,
            ("text", Text),
            ("button_id", Of(Field::MessageButtonId)),
            ("referral", Of(Field::MessageReferral)),
            ("replies_to", Id),
            ("lines", Of(Field::BasketItems)),
            ("is_content", Open),
        ],
        EventBody::MessageEdited(_) => &[("original", Id), ("text", Text)],
        EventBody::MessageRevoked(_) => &[("original", Id)],
        EventBody::EchoReceived(_) => &[
            ("id", Id),
            KIND,
            ("text", Text),
            ("automatic", Open),
            ("while_frozen", Open),
        ],
        EventBody::PastMessage(_) => &[("id", Id), ("author", Open), KIND, ("text", Text)],
        EventBody::Called(_) => &[("id", Id)],
        EventBody::Receipt(_) => &[
            ("since", Open),
            ("message", Id),
            ("status", Open),
            ("send", Key),
            ("error", ErrorCode),
        ],
        EventBody::SendQueued(_) => &[
            ("send", Key),
            ("author", Open),
            KIND,
            ("text", Text),
            ("purpose", Open),
            ("is_marketing", Open),
            ("by", Open),
        ],
        EventBody::SendResolved(_) => &[
            ("send", Key),
            ("outcome", Outcome),
            ("message_kind", Open),
            ("text", Text),
        ],
        EventBody::BotAnswered(_) => &[("id", Id), ("text", Text), ("intent", Text)],
        EventBody::BotMissed(_) => &[("question", Typed(Field::ConversationFailedQuestion))],
        _ => &[],
    }
}

fn of_commerce(body: &EventBody) -> Rules {
    match body {
        EventBody::ProfileChanged(_) => &[
            ("name", Of(Field::CustomerName)),
            ("name_from", Of(Field::CustomerName)),
            ("phone", Of(Field::CustomerPhone)),
            // It reaches the customer as the number does.
            ("user_id", Of(Field::CustomerPhone)),
            ("email", Of(Field::CustomerEmail)),
            ("country", Of(Field::CustomerCountry)),
            ("language", Of(Field::CustomerLanguage)),
            ("tags", Of(Field::CustomerTags)),
            ("marketing_consent", Of(Field::CustomerMarketingConsent)),
        ],
        EventBody::BasketChanged(_) => &[
            ("id", Of(Field::BasketItems)),
            ("lines", Of(Field::BasketItems)),
            ("total", Of(Field::BasketValue)),
            ("checkout_state", Of(Field::BasketCheckoutState)),
        ],
        EventBody::OrderChanged(_) => &[
            ("id", Of(Field::OrderLast)),
            ("status", Of(Field::OrderLast)),
            ("placed_at", Of(Field::OrderLast)),
            ("total", Of(Field::OrderLast)),
            ("refunded", Of(Field::OrderLast)),
            ("lines", Of(Field::OrderLast)),
            ("basket", Of(Field::BasketItems)),
            ("imported", Open),
            ("tracking", Of(Field::OrderLast)),
        ],
        EventBody::PaymentChanged(_) => &[
            ("reference", Of(Field::PaymentFailures)),
            ("transaction", Of(Field::PaymentFailures)),
            ("status", Of(Field::PaymentFailures)),
            ("amount", Of(Field::PaymentLastFailureAmount)),
            ("reason", Typed(Field::PaymentLastFailureReason)),
        ],
        EventBody::DeliveryEstimated(_) => &[
            ("order", Of(Field::OrderLast)),
            ("latest", Of(Field::DeliveryPromisedDate)),
            ("certainty", Of(Field::DeliveryCertainty)),
            ("reason", Typed(Field::DeliveryUncertaintyReason)),
        ],
        EventBody::BookingChanged(_) => &[
            ("id", Of(Field::BookingState)),
            ("state", Of(Field::BookingState)),
            ("date", Of(Field::BookingDate)),
            ("value", Of(Field::BookingState)),
        ],
        _ => &[],
    }
}
