//! A number that is on the Business App, too: its past, its address book, its
//! calls, and what the App holds beside what Baton does.

mod calls;
mod command;
mod comparing;
mod history;
mod monthly;

use baton_simulator::escaped;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::fixture::{Fixture, NUMBER, PHONE, start_time};

/// As people write the number.
const DISPLAY: &str = "6221500900";

fn ago(minutes: i64) -> Timestamp {
    start_time() - SignedDuration::from_mins(minutes)
}

fn second(at: Timestamp) -> String {
    at.as_second().to_string()
}

/// A text of hers in the App's history.
fn hers(id: &str, at: Timestamp, text: &str) -> Value {
    json!({
        "from": PHONE, "id": id, "timestamp": second(at), "type": "text",
        "text": { "body": text }, "history_context": { "status": "READ" },
    })
}

/// A text of the business in it, which got as far as `status`.
fn theirs(id: &str, at: Timestamp, text: &str, status: &str) -> Value {
    json!({
        "from": DISPLAY, "to": PHONE, "id": id, "timestamp": second(at), "type": "text",
        "text": { "body": text }, "history_context": { "status": status },
    })
}

/// A chunk of the history, all of it with her.
fn chunk(phase: u32, number: u32, progress: u32, messages: &[Value]) -> Value {
    let thread = json!({ "id": PHONE, "messages": messages });
    let metadata = json!({ "phase": phase, "chunk_order": number, "progress": progress });
    json!({ "history": [{ "metadata": metadata, "threads": [thread] }] })
}

/// A webhook of one field.
fn webhook(field: &str, value: &Value) -> String {
    let mut value = value.clone();
    value["messaging_product"] = "whatsapp".into();
    value["metadata"] = json!({ "display_phone_number": DISPLAY, "phone_number_id": NUMBER });
    let change = json!({ "field": field, "value": value });
    let entry = json!({ "id": "1", "changes": [change] });
    escaped(&json!({ "object": "whatsapp_business_account", "entry": [entry] }))
}

impl Fixture {
    async fn tells(&self, field: &str, value: &Value) {
        assert_eq!(self.signed(&webhook(field, value)).await, 200);
    }

    async fn sync(&self) -> Value {
        let (status, sync) = self.get(&format!("/v1/numbers/{NUMBER}/sync")).await;
        assert_eq!(status, 200, "{sync}");
        sync
    }

    /// All comparisons, the latest first, each with what was found.
    async fn comparisons(&self) -> Vec<Value> {
        let path = format!("/v1/numbers/{NUMBER}/comparisons");
        let (status, all) = self.get(&path).await;
        assert_eq!(status, 200, "{all}");
        let mut comparisons = Vec::new();
        for row in all["items"].as_array().expect("a list") {
            assert!(row.get("found").is_none(), "{row}");
            let id = row["id"].as_str().expect("an id");
            let (status, whole) = self.get(&format!("{path}/{id}")).await;
            assert_eq!(status, 200, "{whole}");
            comparisons.push(whole);
        }
        comparisons
    }

    async fn compare(&self, body: &Value) -> Value {
        let path = format!("/v1/numbers/{NUMBER}/comparisons");
        let (status, answer) = self.post(&path, body).await;
        assert_eq!(status, 201, "{answer}");
        answer
    }

    /// What the thread says, in order.
    async fn thread(&self) -> Vec<Value> {
        let conversation = self.conversation().await;
        conversation["thread"].as_array().expect("a thread").clone()
    }
}
