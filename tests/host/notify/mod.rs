//! Others are told of what happens, at least once, and of no more than they may
//! see; handoffs are flagged, counted and become cases.

mod access;
mod failing;
mod flags;
mod lens;
mod overdue;
mod people;
mod receiver;
mod webhooks;

use baton::{config::Config, notify::WebhookRules};
use baton_store::{Store, WorkKind};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::fixture::{Fixture, NUMBER, until};

pub use receiver::Receiver;

/// A host whose webhooks may go to this machine, and a receiver.
async fn start() -> (Fixture, Receiver) {
    let host = Fixture::configured(lenient).await;
    (host, Receiver::start().await)
}

pub fn lenient(config: &mut Config) {
    config.webhooks = WebhookRules {
        allow_private: true,
        allow_http: true,
    };
    let url = baton::notify::public_url("https://baton.example.com/console");
    config.public_url = Some(url.expect("an address"));
}

/// An endpoint of this name for all kinds, which sees `fields`; its secret.
pub async fn make_endpoint(host: &Fixture, id: &str, url: &str, fields: &[&str]) -> String {
    let kinds = baton_domain::notify::NoticeKind::ALL;
    let kinds: Vec<_> = kinds.iter().map(|it| it.name()).collect();
    let body = json!({ "id": id, "url": url, "kinds": kinds, "fields": fields });
    let (status, made) = host.post("/v1/endpoints", &body).await;
    assert_eq!(status, 201, "{made}");
    made["secret"].as_str().expect("a secret").to_owned()
}

async fn endpoint(host: &Fixture, id: &str) -> Value {
    let (status, found) = host.get(&format!("/v1/endpoints/{id}")).await;
    assert_eq!(status, 200, "{found}");
    found
}

/// Sari asks for a person, and the conversation is handed off.
async fn hand_off(host: &Fixture) -> Value {
    host.says("Can I talk to a person, please? My number is 0812 9000 1234")
        .await;
    let handed_off = || async { host.conversation().await["owner"]["is"] != "bot" };
    until("it is handed off", handed_off).await;
    host.conversation().await
}

/// When a notice is due next.
async fn next_due(host: &Fixture) -> Option<Timestamp> {
    let store = &host.host.store;
    let next = Store::next_due(&**store, WorkKind::Notify).await;
    next.expect("the store reads")
}

/// Sets the clock to the second try of the one notice that there is.
async fn to_second_try(host: &Fixture) {
    until("it is to be tried again", || async {
        let due = next_due(host).await.expect("it is due");
        // A lease is longer.
        (5..10).contains(&due.duration_since(host.clock_now()).as_secs())
    })
    .await;
    host.clock.set(next_due(host).await.expect("it is due"));
}

fn path(conversation: &Value, action: &str) -> String {
    let customer = conversation["customer"].as_str().expect("an id");
    format!("/v1/conversations/{customer}/{NUMBER}/{action}")
}

/// Types of what came, in order.
fn types(receiver: &Receiver) -> Vec<String> {
    let got = receiver.got().into_iter();
    got.map(|it| it.json()["type"].as_str().expect("a type").to_owned())
        .collect()
}

async fn received(receiver: &Receiver, count: usize) {
    let has = || async { receiver.got().len() >= count };
    until(&format!("{count} webhooks came"), has).await;
}
