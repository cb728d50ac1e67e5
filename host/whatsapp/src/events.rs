//! From WhatsApp's words to Baton's: the facts that an update adds to a
//! customer's log.
//!
//! What is about the account and not about a customer (notices, handovers,
//! problems, progress of a history) makes no event; the host acts on the
//! update itself.

use std::sync::Arc;

use baton_domain::{
    event::{
        Author, Called, EchoReceived, Event, EventBody, InboundMessage, MessageEdited,
        MessageRevoked, NameSource, PastMessage, PaymentChanged, PaymentStatus, ProfileChanged,
        Receipt, ReceiptStatus, SendKey,
    },
    field::Line,
    ids::MessageId,
    limits::{LINES_MAX, MESSAGE_TEXT_CHARS_MAX, SEND_KEY_CHARS_MAX},
};
use jiff::Timestamp;

use crate::{
    address::CustomerAddress,
    webhook::{
        Content, Update,
        message::{self, HistoryMessage, Message, MessageContent, Part, Referral},
        notice::Call,
        status::{Payment, PaymentState, State, Status},
    },
};

/// The events that `update` means for its customer, in their order. `now` is
/// the time of arrival: it stands in for a missing time, and no event is later
/// than it.
///
/// Echoes come with `automatic` false; which texts are automatic the tenant
/// knows.
pub fn events(update: &Update, now: Timestamp) -> Vec<Event> {
    let at = update.occurred_at.map_or(now, |at| at.min(now));
    let event = |body| Event {
        at,
        number: update.number.clone(),
        body,
    };
    let body = body(update, at);
    let address = learned_address(update).map(|change| Event {
        at,
        number: None,
        body: EventBody::ProfileChanged(change),
    });
    let receipt = past_receipt(update, at).map(EventBody::Receipt);
    let told = body.into_iter().chain(receipt).map(event);
    address.into_iter().chain(told).collect()
}

/// What the customer calls themselves, when the update tells. It is no event:
/// a name that anyone may choose must not replace the one that the merchant
/// knows, only stand in for it.
pub fn display_name(update: &Update) -> Option<&str> {
    match &update.content {
        Content::Message(message) | Content::Standby(message) => message
            .profile
            .name
            .as_deref()
            .or(message.profile.username.as_deref()),
        _ => None,
    }
}

/// Where the customer is reached from now on. Statuses and history tell
/// nothing that the messages themselves do not.
fn learned_address(update: &Update) -> Option<ProfileChanged> {
    match &update.content {
        Content::AddressChanged(change) => Some(reached_at(&change.new)),
        Content::ContactSync(contact) if contact.removed => None,
        Content::ContactSync(contact) => Some(ProfileChanged {
            name: contact.full_name.as_deref().map(bounded),
            name_from: NameSource::Contacts,
            ..reached_at(update.address.as_ref()?)
        }),
        Content::Preference(preference) => Some(ProfileChanged {
            marketing_consent: Some(preference.wants_marketing()?),
            ..reached_at(update.address.as_ref()?)
        }),
        Content::Message(_) | Content::Standby(_) | Content::Echo(_) | Content::Call(_) => {
            update.address.as_ref().map(reached_at)
        }
        _ => None,
    }
}

fn reached_at(address: &CustomerAddress) -> ProfileChanged {
    ProfileChanged {
        phone: address.phone().map(|phone| phone.as_str().into()),
        user_id: address.user_id().map(|user_id| user_id.as_str().into()),
        ..ProfileChanged::default()
    }
}

fn body(update: &Update, at: Timestamp) -> Option<EventBody> {
    match &update.content {
        Content::Message(message) => Some(inbound(message, calls_for_answer(&message.content))),
        // To be seen, and another app's to answer.
        Content::Standby(message) => Some(inbound(message, false)),
        Content::Echo(message) => Some(echo(message)),
        Content::Edit(edit) => Some(EventBody::MessageEdited(MessageEdited {
            original: edit.original.clone(),
            text: edit.content.as_ref().and_then(words),
        })),
        Content::Revoke(revoke) => {
            let original = revoke.original.clone();
            Some(EventBody::MessageRevoked(MessageRevoked { original }))
        }
        Content::Status(status) => receipt(status, at).map(EventBody::Receipt),
        Content::Payment(payment) => payment_changed(payment).map(EventBody::PaymentChanged),
        Content::History(message) => Some(past(message)),
        // A name, an address or a consent, told above.
        Content::AddressChanged(_) | Content::ContactSync(_) | Content::Preference(_) => None,
        Content::Call(call) if call.by_customer => called(call, at).map(EventBody::Called),
        // The business called, which opens nothing.
        Content::Call(_) => None,
        // WhatsApp's guess at a purchase, without an order's id: counted here,
        // it would be counted twice once the merchant tells of the order.
        Content::AutomaticEvent(_) => None,
        Content::HistoryProgress(_)
        | Content::HistoryDeclined(_)
        | Content::Handover(_)
        | Content::Notice(_)
        | Content::Problem(_)
        | Content::Unknown(_)
        | Content::Unreadable(_) => None,
    }
}

fn inbound(message: &Message, is_content: bool) -> EventBody {
    let content = &message.content;
    EventBody::MessageReceived(InboundMessage {
        id: message.id.clone(),
        kind: content.kind.clone(),
        text: words(content),
        button_id: content.button_id().map(bounded),
        referral: content.referral.as_deref().and_then(headline),
        replies_to: content
            .context
            .as_ref()
            .and_then(|context| context.message.clone()),
        lines: lines(content),
        is_content,
    })
}

/// Reactions are gestures, and `request_welcome` is WhatsApp's own notice that
/// a chat was opened. Whatever else a customer sends calls for an answer, also
/// what WhatsApp could not pass on.
fn calls_for_answer(content: &MessageContent) -> bool {
    !matches!(content.part, Part::Reaction(_)) && &*content.kind != "request_welcome"
}

fn echo(message: &Message) -> EventBody {
    EventBody::EchoReceived(EchoReceived {
        id: message.id.clone(),
        kind: message.content.kind.clone(),
        text: words(&message.content),
        automatic: false,
        while_frozen: false,
    })
}

fn past(message: &HistoryMessage) -> EventBody {
    EventBody::PastMessage(PastMessage {
        id: message.id.clone(),
        author: match message.author {
            message::Author::Customer => Author::Customer,
            message::Author::Business => Author::App,
        },
        message_kind: message.content.kind.clone(),
        text: words(&message.content),
    })
}

/// How far a message of the business had got by the time it was told of. What
/// is told of the customer's own tells nothing: it was written here.
fn past_receipt(update: &Update, at: Timestamp) -> Option<Receipt> {
    let Content::History(message) = &update.content else {
        return None;
    };
    if message.author != message::Author::Business {
        return None;
    }
    let status = match message.status.as_deref()?.to_ascii_lowercase().as_str() {
        "sent" => ReceiptStatus::Sent,
        "delivered" => ReceiptStatus::Delivered,
        "read" => ReceiptStatus::Read,
        "played" => ReceiptStatus::Played,
        "error" | "failed" => ReceiptStatus::Failed,
        _ => return None,
    };
    Some(Receipt {
        since: at,
        message: message.id.clone(),
        status,
        send: None,
        error: None,
    })
}

/// A call without an id is known by its second.
fn called(call: &Call, at: Timestamp) -> Option<Called> {
    let id = match &call.id {
        Some(id) => MessageId::parse(id),
        None => MessageId::parse(&format!("call.{}", at.as_second())),
    };
    Some(Called { id: id.ok()? })
}

/// What a message says, for people and rules: its words, or else the emoji,
/// the place or the answers that it consists of.
fn words(content: &MessageContent) -> Option<Arc<str>> {
    if let Some(text) = &content.text {
        return Some(bounded(text));
    }
    match &content.part {
        Part::Reaction(reaction) => reaction.emoji.as_deref().map(bounded),
        Part::Form(form) => form.response_json.as_deref().map(bounded),
        Part::Location(place) => {
            let named = [&place.name, &place.address];
            let degrees = [&place.latitude, &place.longitude];
            let told = if named.iter().any(|it| it.is_some()) {
                named
            } else {
                degrees
            };
            let told: Vec<&str> = told.into_iter().flatten().map(String::as_str).collect();
            Some(bounded(&told.join(", ")))
        }
        Part::None | Part::Choice(_) | Part::Order(_) | Part::Media(_) | Part::Unreadable(_) => {
            None
        }
    }
}

fn bounded(text: &str) -> Arc<str> {
    match text.char_indices().nth(MESSAGE_TEXT_CHARS_MAX) {
        Some((end, _)) => text[..end].into(),
        None => text.into(),
    }
}

fn headline(referral: &Referral) -> Option<Arc<str>> {
    let told = [&referral.headline, &referral.body, &referral.source_url];
    told.into_iter()
        .flatten()
        .find(|text| !text.is_empty())
        .map(|text| bounded(text))
}

/// The lines of a cart whose price and quantity are known.
fn lines(content: &MessageContent) -> Vec<Line> {
    let Part::Order(order) = &content.part else {
        return Vec::new();
    };
    let known = order.lines.iter().filter_map(|line| {
        Some(Line {
            product: bounded(&line.product),
            name: "".into(),
            quantity: line.quantity.filter(|quantity| *quantity > 0)?,
            unit_price: line.price.money.clone()?,
            attributes: Vec::new(),
        })
    });
    known.take(LINES_MAX).collect()
}

fn receipt(status: &Status, at: Timestamp) -> Option<Receipt> {
    let reached = match status.state {
        State::Sent => ReceiptStatus::Sent,
        State::Delivered => ReceiptStatus::Delivered,
        State::Read => ReceiptStatus::Read,
        State::Played => ReceiptStatus::Played,
        State::Failed => ReceiptStatus::Failed,
        State::Other(_) => return None,
    };
    let key = status.callback_data.as_deref();
    let key = key.filter(|key| !key.is_empty() && key.chars().count() <= SEND_KEY_CHARS_MAX);
    Some(Receipt {
        since: at,
        message: status.message.clone(),
        status: reached,
        send: key.map(|key| SendKey(key.into())),
        error: status.problems.first().map(|problem| problem.code),
    })
}

fn payment_changed(payment: &Payment) -> Option<PaymentChanged> {
    let status = match payment.state {
        PaymentState::Captured => PaymentStatus::Captured,
        PaymentState::Pending => PaymentStatus::Pending,
        PaymentState::Failed => PaymentStatus::Failed,
        PaymentState::Other(_) => return None,
    };
    Some(PaymentChanged {
        reference: payment.reference.clone(),
        transaction: payment.transaction.clone(),
        status,
        amount: payment
            .amount
            .as_ref()
            .and_then(|amount| amount.money.clone()),
        reason: payment.problem.as_deref().map(bounded),
    })
}
