//! How customers, conversations and events are shown.

use baton_domain::{
    event::{ReceiptStatus, SendOutcome},
    field::Line,
    ids::{CustomerId, NumberId},
    money::Money,
    state::{Conversation, CustomerState, MessageNow, MessageRef, Order},
};
use baton_store::StoredEvent;
use jiff::Timestamp;
use serde_json::{Value, json};

/// A customer as a whole.
pub fn customer(id: &CustomerId, state: &CustomerState, now: Timestamp) -> Value {
    let profile = &state.profile;
    let orders = &state.orders;
    let conversations: Vec<Value> = (state.conversations())
        .map(|(number, conversation)| conversation_head(id, number, conversation, now))
        .collect();
    json!({
        "id": id,
        "name": profile.name.get(),
        "phone": profile.phone.get(),
        "user_id": profile.user_id.get(),
        "email": profile.email.get(),
        "country": profile.country.get(),
        "language": profile.language.get(),
        "tags": profile.tags.get(),
        "marketing_consent": profile.marketing_consent.get(),
        "first_seen_at": state.first_seen_at,
        "orders": orders.bought,
        "lifetime_value": orders.lifetime_value().as_ref().map(money),
        "recent_orders": orders.recent().iter().rev().map(order).collect::<Vec<_>>(),
        "basket": state.basket.as_ref().map(|basket| json!({
            "id": basket.id,
            "checkout_state": basket.checkout_state(),
            "value": basket.value().as_ref().map(money),
            "lines": basket.lines.iter().map(line).collect::<Vec<_>>(),
            "changed_at": basket.at,
        })),
        "delivery": state.delivery().map(|delivery| json!({
            "order": delivery.order,
            "latest": delivery.latest,
            "certainty": delivery.certainty,
            "reason": delivery.reason,
        })),
        "payment_failures": state.payments.failures().count(),
        "conversations": conversations,
    })
}

/// Who has the next step of a conversation, and where it stands.
pub fn conversation_head(
    customer: &CustomerId,
    number: &NumberId,
    conversation: &Conversation,
    now: Timestamp,
) -> Value {
    let ownership = &conversation.ownership;
    let episode = conversation.open_episode(now);
    json!({
        "customer": customer,
        "number": number,
        "owner": ownership.owner,
        "epoch": ownership.epoch,
        "owner_since": episode.and_then(|it| it.owners.last()).map(|it| it.at),
        "window_open": conversation.is_window_open(now),
        "last_inbound_at": conversation.last_inbound_at,
        "episode": episode.map(|episode| json!({
            "number": episode.number,
            "opened_at": episode.opened_at,
            "turns": episode.turns,
            "handoffs": episode.handoffs,
            "tags": episode.tags,
        })),
    })
}

/// The recent thread.
pub fn thread(conversation: &Conversation) -> Vec<Value> {
    conversation
        .thread
        .messages()
        .map(|it| message(&it))
        .collect()
}

fn message(message: &MessageNow<'_>) -> Value {
    let entry = message.entry;
    let id = match &entry.id {
        MessageRef::WhatsApp(id) => json!({ "message": id }),
        MessageRef::Send(send) => json!({ "send": send }),
    };
    json!({
        "at": entry.at,
        "id": id,
        "author": entry.author,
        "type": entry.kind,
        "text": message.text,
        "edited": message.is_edited,
        "revoked": message.is_revoked,
        "outcome": message.outcome.map(outcome),
        "receipt": message.receipt.map(receipt),
    })
}

fn outcome(outcome: &SendOutcome) -> Value {
    match outcome {
        SendOutcome::Begun => json!({ "is": "begun" }),
        SendOutcome::Accepted { message } => json!({ "is": "accepted", "message": message }),
        SendOutcome::Suppressed { why } => json!({ "is": "suppressed", "why": why }),
        SendOutcome::Crossed => json!({ "is": "crossed" }),
        SendOutcome::Dead { why } => json!({ "is": "dead", "why": why }),
    }
}

fn receipt(status: ReceiptStatus) -> Value {
    json!(status)
}

fn order(order: &Order) -> Value {
    json!({
        "id": order.id,
        "status": order.status().as_str(),
        "placed_at": order.placed_at,
        "total": order.net().as_ref().map(money),
        "lines": order.lines().iter().map(line).collect::<Vec<_>>(),
        "tracking": order.tracking(),
    })
}

fn line(line: &Line) -> Value {
    let attributes: serde_json::Map<String, Value> = (line.attributes.iter())
        .map(|(name, value)| (name.to_string(), json!(value)))
        .collect();
    json!({
        "product": line.product,
        "name": line.name,
        "quantity": line.quantity,
        "unit_price": money(&line.unit_price),
        "attributes": attributes,
    })
}

fn money(money: &Money) -> Value {
    json!({ "minor": money.minor, "currency": money.currency.as_str() })
}

/// An event of the log, whole.
pub fn event(stored: &StoredEvent) -> Value {
    json!({ "version": stored.version.0, "event": stored.event })
}
