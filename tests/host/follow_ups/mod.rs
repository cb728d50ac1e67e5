//! Messages that nobody asked for just then: after an order, about a basket that
//! was left, to win a customer back, about a booking; and who is not owed one.

mod caps;
mod forms;
mod owed;

use serde_json::{Value, json};

use crate::fixture::{Fixture, sari, until};

impl Fixture {
    /// Has these follow-ups and no others.
    async fn follows_up(&self, rows: Value) {
        self.rewrite(|document| document["follow_ups"] = rows).await;
    }

    /// Why what was due last was not sent, once it is told.
    async fn not_sent(&self) -> Value {
        let path = format!("{}/view", self.her_conversation().await);
        until("it is told why nothing was sent", || async {
            self.count_of("follow_up_skipped").await > 0
        })
        .await;
        self.get(&path).await.1["not_sent"][0].clone()
    }

    async fn is_sent(&self, text: &str) {
        let said = || async { self.simulator.sent().iter().any(|it| it.text() == text) };
        until(&format!("{text:?} is sent"), said).await;
    }
}

/// A row that says `text` for as many hours after as it is late: one day.
fn row(after: &str, delay_hours: u32, text: &str) -> Value {
    json!({ "name": after, "after": after, "delay_hours": delay_hours, "too_late_hours": 24, "text": text })
}

/// The same, which outside the window is a template of its name.
fn with_template(mut row: Value, parameters: &[&str]) -> Value {
    row["template"] = json!({ "name": row["name"], "language": "en", "parameters": parameters });
    row
}

fn basket(product: &str) -> Value {
    let price = json!({ "minor": 5_000, "currency": "USD" });
    let line = json!({ "product": product, "name": product, "quantity": 1, "unit_price": price });
    json!([{ "type": "basket", "lines": [line], "checkout_state": "open" }])
}

fn order(id: &str, status: &str) -> Value {
    let total = json!({ "minor": 5_000, "currency": "USD" });
    json!([{ "type": "order", "id": id, "status": status, "total": total }])
}

fn paid(order: &str) -> Value {
    let total = json!({ "minor": 5_000, "currency": "USD" });
    json!([{ "type": "order", "id": order, "status": "paid", "total": total, "tracking": "https://t/1" }])
}

#[tokio::test]
async fn tracking_follows_two_days_after_payment_once_and_by_template() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    host.tell(paid("A-1")).await;
    host.tell(paid("A-1")).await;
    host.advance(47, 0);
    assert_eq!(host.count_of("timer_fired").await, 0);
    host.advance(2, 0);
    until("tracking is sent", || async {
        host.simulator.sent().len() == 1
    })
    .await;
    let sent = host.simulator.sent();
    assert_eq!(
        sent[0].text(),
        "order_tracking",
        "outside the window it is a template"
    );
    assert!(sent[0].request.to_string().contains("A-1"));
    host.advance(100, 0);
    assert_eq!(host.count_of("timer_fired").await, 1);
    assert_eq!(host.simulator.sent().len(), 1);
}

#[tokio::test]
async fn inside_the_window_it_is_words() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    host.tell(paid("A-1")).await;
    host.advance(47, 0);
    host.says("Any news?").await;
    host.advance(2, 0);
    until("tracking is sent", || async {
        host.simulator.sent().len() == 1
    })
    .await;
    assert_eq!(host.simulator.sent()[0].text(), "On its way: https://t/1");
}

#[tokio::test]
async fn what_is_too_late_is_recorded_and_not_sent() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    host.tell(paid("A-1")).await;
    host.advance(400 * 24, 0);
    until("the timer is recorded", || async {
        host.count_of("timer_fired").await == 1
    })
    .await;
    assert_eq!(host.count_of("send_queued").await, 0);
    assert_eq!(host.not_sent().await["why"], "too_late");
    assert!(host.simulator.sent().is_empty());
}

#[tokio::test]
async fn a_cancelled_order_is_followed_by_nothing() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    host.tell(paid("A-1")).await;
    host.tell(paid("A-2")).await;
    host.tell(json!([{ "type": "order", "id": "A-1", "status": "cancelled" }]))
        .await;
    host.advance(49, 0);
    until("the other is sent", || async {
        host.simulator.sent().len() == 1
    })
    .await;
    assert!(host.simulator.sent()[0].request.to_string().contains("A-2"));
    let kept = host.not_sent().await;
    assert_eq!(
        (&kept["why"], &kept["about"]["order"]),
        (&json!("order_cancelled"), &json!("A-1"))
    );
}

#[tokio::test]
async fn it_waits_while_people_own_the_conversation() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    host.tell(paid("A-1")).await;
    host.advance(47, 0);
    host.simulator
        .app_says(&sari(), "Hi, Dewi here")
        .await
        .expect("it is taken");
    host.advance(2, 0);
    let conversation = host.conversation().await;
    let customer = conversation["customer"].as_str().expect("an id").to_owned();
    let path = format!(
        "/v1/conversations/{customer}/{}/return",
        crate::fixture::NUMBER
    );
    host.bot_comes().await;
    assert_eq!(host.post(&path, &json!({})).await.0, 200);
    until("it is sent after the return", || async {
        host.advance(0, 20);
        host.simulator.sent().len() == 1
    })
    .await;
    assert_eq!(host.count_of("timer_fired").await, 1);
}

#[tokio::test]
async fn a_cancellation_that_is_told_first_counts_too() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    host.tell(json!([{ "type": "order", "id": "A-1", "status": "cancelled" }]))
        .await;
    host.tell(paid("A-1")).await;
    host.advance(49, 0);
    until("the timer is recorded", || async {
        host.count_of("timer_fired").await == 1
    })
    .await;
    assert_eq!(host.count_of("send_queued").await, 0);
}

#[tokio::test]
async fn what_advertises_waits_for_consent_and_says_why_it_did_not_leave() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    let template = json!({ "type": "template", "name": "sale", "language": "en" });
    let send = |body: &'static str| {
        let mut message = template.clone();
        message["parameters"] = json!([body]);
        json!({ "customer": { "phone": crate::fixture::PHONE }, "message": message })
    };
    assert_eq!(host.post("/v1/messages", &send("one")).await.0, 202);
    until("it is suppressed", || async {
        host.outcome_of("[sale] one").await["why"] == "no_marketing_consent"
    })
    .await;
    host.tell(json!([{ "type": "profile", "marketing_consent": true }]))
        .await;
    assert_eq!(host.post("/v1/messages", &send("two")).await.0, 202);
    until("it is sent", || async { host.simulator.sent().len() == 1 }).await;
    host.advance(0, 1);
    host.tell(json!([{ "type": "profile", "marketing_consent": false }]))
        .await;
    assert_eq!(host.post("/v1/messages", &send("three")).await.0, 202);
    until("it is suppressed", || async {
        host.outcome_of("[sale] three").await["why"] == "opted_out"
    })
    .await;
}
