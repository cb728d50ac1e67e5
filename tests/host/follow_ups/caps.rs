//! How much one customer is told unasked: by the tenant's own caps, and by what
//! WhatsApp said.

use baton_simulator::Fault;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{basket, row};

use crate::{
    fixture::{Fixture, NUMBER, PHONE, start_time, until},
    numbers::statuses,
};

/// A customer who wants to hear of sales.
async fn willing() -> Fixture {
    let host = Fixture::start().await;
    host.says("Hello").await;
    host.tell(json!([{ "type": "profile", "marketing_consent": true }]))
        .await;
    host
}

async fn advertise(host: &Fixture, what: &str) {
    let message =
        json!({ "type": "template", "name": "sale", "language": "en", "parameters": [what] });
    let body = json!({ "customer": { "phone": PHONE }, "message": message });
    assert_eq!(host.post("/v1/messages", &body).await.0, 202);
}

async fn fares(host: &Fixture, what: &str, member: &str, fate: &str) {
    let text = format!("[sale] {what}");
    until(&format!("{what} is {fate}"), || async {
        host.outcome_of(&text).await[member] == fate
    })
    .await;
}

#[tokio::test]
async fn one_a_day_and_three_a_week_unless_the_tenant_says_otherwise() {
    let host = willing().await;
    advertise(&host, "one").await;
    fares(&host, "one", "is", "accepted").await;
    advertise(&host, "two").await;
    fares(&host, "two", "why", "capped").await;
    // What never left counts for nothing, and what is for a service neither.
    for (day, what) in [(1, "three"), (2, "four")] {
        host.advance(24, day);
        advertise(&host, what).await;
        fares(&host, what, "is", "accepted").await;
    }
    host.advance(24, 5);
    advertise(&host, "five").await;
    fares(&host, "five", "why", "capped").await;
    let utility =
        json!({ "type": "template", "name": "news", "language": "en", "is_marketing": false });
    let body = json!({ "customer": { "phone": PHONE }, "message": utility });
    assert_eq!(host.post("/v1/messages", &body).await.0, 202);
    until("news is sent", || async {
        host.simulator.sent().len() == 4
    })
    .await;
    host.advance(4 * 24, 0);
    advertise(&host, "six").await;
    fares(&host, "six", "is", "accepted").await;

    host.rewrite(|document| document["marketing_caps"] = json!([]))
        .await;
    for what in ["seven", "eight"] {
        advertise(&host, what).await;
        fares(&host, what, "is", "accepted").await;
    }
}

#[tokio::test]
async fn whatsapps_own_cap_is_remembered_for_a_day() {
    let host = willing().await;
    host.rewrite(|document| document["marketing_caps"] = json!([]))
        .await;
    host.simulator.break_next_send(Fault::Refuse {
        status: 400,
        code: 131_049,
    });
    advertise(&host, "one").await;
    until("WhatsApp said so", || async {
        host.count_of("marketing_capped").await == 1
    })
    .await;
    host.advance(1, 0);
    advertise(&host, "two").await;
    fares(&host, "two", "why", "ecosystem_cap").await;
    // The first is tried again after a day, and so is what comes then.
    host.advance(23, 1);
    fares(&host, "one", "is", "accepted").await;
    advertise(&host, "three").await;
    fares(&host, "three", "is", "accepted").await;
    assert_eq!(host.count_of("marketing_capped").await, 1);
}

/// A status of the message that was sent last, which says that it failed.
fn failed(host: &Fixture, code: i64) -> Value {
    let sent = host.simulator.sent();
    json!({
        "id": sent.last().expect("it was sent").id, "status": "failed", "recipient_id": PHONE,
        "timestamp": start_time().as_second().to_string(), "errors": [{ "code": code, "title": "no" }],
    })
}

#[tokio::test]
async fn what_whatsapp_says_only_later_counts_too() {
    let host = willing().await;
    host.rewrite(|document| document["marketing_caps"] = json!([]))
        .await;
    advertise(&host, "one").await;
    fares(&host, "one", "is", "accepted").await;
    let body = statuses(NUMBER, &[failed(&host, 131_049)]);
    assert_eq!(host.signed(&body).await, 200);
    advertise(&host, "two").await;
    fares(&host, "two", "why", "ecosystem_cap").await;
}

#[tokio::test]
async fn who_opted_out_at_whatsapp_is_not_asked_again() {
    let host = willing().await;
    host.advance(0, 1);
    host.simulator.break_next_send(Fault::Refuse {
        status: 400,
        code: 131_050,
    });
    advertise(&host, "one").await;
    fares(&host, "one", "why", "opted_out").await;
    let (_, found) = host.get(&format!("/v1/customers?phone={PHONE}")).await;
    assert_eq!(found["items"][0]["marketing_consent"], false, "{found}");
    host.advance(48, 0);
    advertise(&host, "two").await;
    fares(&host, "two", "why", "opted_out").await;
    assert!(host.simulator.sent().is_empty());
}

/// What WhatsApp tells when the customer says there whether they want advertising.
async fn prefers(host: &Fixture, value: &str, at: Timestamp) {
    let preference = json!({
        "wa_id": PHONE, "category": "marketing_messages", "value": value,
        "detail": "chosen by the customer", "timestamp": at.as_second(),
    });
    let value = json!({
        "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": "6221500900", "phone_number_id": NUMBER },
        "contacts": [{ "profile": { "name": "Sari Wijaya" }, "wa_id": PHONE }],
        "user_preferences": [preference],
    });
    let change = json!({ "field": "user_preferences", "value": value });
    let entry = json!({ "id": "1", "changes": [change] });
    let body = json!({ "object": "whatsapp_business_account", "entry": [entry] });
    assert_eq!(host.signed(&body.to_string()).await, 200);
}

#[tokio::test]
async fn who_stops_advertising_at_whatsapp_gets_none_until_they_want_it_again() {
    let host = willing().await;
    let mut row = row("basket", 3, "Still thinking?");
    row["is_marketing"] = json!(true);
    host.follows_up(json!([row])).await;
    host.advance(0, 1);
    prefers(&host, "stop", host.clock_now()).await;
    host.tell(basket("ring")).await;
    host.advance(3, 1);
    assert_eq!(host.not_sent().await["why"], "opted_out");
    advertise(&host, "one").await;
    fares(&host, "one", "why", "opted_out").await;
    // What is for a service leaves.
    assert_eq!(host.send("Your ring is ready").await.0, 202);
    host.is_sent("Your ring is ready").await;
    host.advance(0, 1);
    prefers(&host, "resume", host.clock_now()).await;
    host.tell(basket("watch")).await;
    host.advance(3, 1);
    host.is_sent("Still thinking?").await;
}
