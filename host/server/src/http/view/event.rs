//! Events of the log, and messages that will not be tried again.

use std::sync::Arc;

use baton_domain::{event::Event, ids::CustomerId};
use baton_store::{Stage, StoredEvent, Work, WorkKind};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

/// An event of the log, whole.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventView {
    /// Its place in the customer's log, from 1.
    version: u64,
    /// What happened.
    #[schema(value_type = EventBodyView)]
    event: Event,
}

impl From<StoredEvent> for EventView {
    fn from(stored: StoredEvent) -> Self {
        Self {
            version: stored.version.0,
            event: stored.event,
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
    /// Its key.
    key: Arc<str>,
    /// Stable code.
    why: Option<Arc<str>>,
    /// Since when.
    #[schema(value_type = Option<String>, format = DateTime)]
    at: Option<Timestamp>,
    /// How often it was tried.
    tries: u32,
    /// What was to be done.
    #[schema(value_type = Object)]
    effect: serde_json::Value,
}

impl From<Work> for DeadLetterView {
    fn from(work: Work) -> Self {
        let (why, at) = match &work.stage {
            Stage::Dead { why, at } => (Some(why.clone()), Some(*at)),
            _ => (None, None),
        };
        Self {
            customer: work.customer,
            key: work.key.0,
            why,
            at,
            tries: work.tries,
            effect: match work.kind {
                // What it tells is for its receiver: who and of what will do.
                WorkKind::Notify => outline(&work.payload),
                _ => work.payload,
            },
        }
    }
}

fn outline(delivery: &serde_json::Value) -> serde_json::Value {
    let notice = &delivery["notice"];
    json!({
        "effect": "notify", "to": delivery["to"], "kind": notice["kind"], "at": notice["at"],
    })
}
