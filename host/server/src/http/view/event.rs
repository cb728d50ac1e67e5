//! Events of the log, and messages that will not be tried again.

use std::sync::Arc;

use baton_domain::{ids::CustomerId, people::FieldSet, seen::Seen};
use baton_store::{Stage, StoredEvent, Work, WorkKind};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::Shown;
use crate::outbox::Effect;

/// An event of the log: what the role may see of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventView {
    /// Its place in the customer's log, from 1.
    version: u64,
    /// What happened.
    #[schema(value_type = EventBodyView)]
    event: serde_json::Value,
}

impl EventView {
    /// The event as `seen`.
    pub fn of(seen: &Seen<'_>, stored: &StoredEvent) -> Self {
        Self {
            version: stored.version.0,
            event: seen.event(&stored.event),
        }
    }
}

/// What happened. Kinds and members are added over time: skip what you do not
/// know.
#[derive(Debug, ToSchema)]
#[allow(dead_code, reason = "describes what `Event` writes")]
pub struct EventBodyView {
    /// When it happened, by the clock of whoever told it.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The business number whose conversation it belongs to.
    number: Option<String>,
    /// `message_received`, `order_changed`, `decided`, `handed_off`, ...
    kind: String,
}

/// A message that will not be tried again.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeadLetterView {
    /// To whom.
    #[schema(value_type = String)]
    customer: CustomerId,
    /// Its key, for who sees everything: whoever asked for it chose it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    key: Option<Arc<str>>,
    /// Stable code; one that tells of consent is seen with that field.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    why: Shown<Arc<str>>,
    /// Since when.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
    /// How often it was tried.
    tries: u32,
    /// What was to be done, for who sees texts with nothing masked.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object, required = false)]
    effect: Option<serde_json::Value>,
    /// What it says, masked as the role wants it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    text: Shown<Arc<str>>,
}

impl DeadLetterView {
    /// The message as `seen`.
    pub fn of(seen: &Seen<'_>, work: Work) -> Self {
        let (why, at) = match &work.stage {
            Stage::Dead { why, at } => (seen.why(why).map(Some), Some(*at)),
            _ => (Some(None), None),
        };
        Self {
            customer: work.customer,
            key: seen.holds_all(FieldSet::all()).then_some(work.key.0),
            why,
            at,
            tries: work.tries,
            text: seen.said(text_of(&work.payload).as_ref()),
            effect: seen.holds_all(FieldSet::all()).then(|| match work.kind {
                // What it tells is for its receiver: who and of what will do.
                WorkKind::Notify => outline(&work.payload),
                _ => work.payload,
            }),
        }
    }
}

fn outline(delivery: &serde_json::Value) -> serde_json::Value {
    let notice = &delivery["notice"];
    json!({
        "effect": "notify", "to": delivery["to"], "kind": notice["kind"], "at": notice["at"],
    })
}

/// What a message that was to be sent says.
fn text_of(payload: &serde_json::Value) -> Option<Arc<str>> {
    match Effect::deserialize(payload) {
        Ok(Effect::Send(send)) => send.message.text(),
        Err(_unreadable) => None,
    }
}
