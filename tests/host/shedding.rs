//! Too much at once: what is shed, in which order, and what becomes of work
//! that takes too long.

use std::time::Duration;

use baton::accept::Limits;
use serde_json::{Value, json};

use crate::{
    fixture::{Fixture, NUMBER, PHONE, SECRET, messages, signature, start_time, text, until},
    raw::{Raw, head_with},
    slow_disk::SlowDisk,
};

const SHORT: Duration = Duration::from_millis(200);

async fn host(limits: Limits, disk: &SlowDisk) -> Fixture {
    Fixture::observed(|config| config.limits = limits, |it| disk.under(it)).await
}

fn status(id: &str) -> Value {
    json!({
        "id": id, "status": "delivered", "recipient_id": PHONE,
        "timestamp": start_time().as_second().to_string(),
    })
}

/// A webhook with these statuses and messages.
fn statuses(statuses: &[Value], and: &[Value]) -> String {
    let body = messages(NUMBER, and);
    let mut body: Value = serde_json::from_str(&body).expect("JSON");
    body["entry"][0]["changes"][0]["value"]["statuses"] = json!(statuses);
    body.to_string()
}

fn hello(id: &str) -> String {
    messages(NUMBER, &[text(id, "hello")])
}

#[tokio::test]
async fn statuses_are_shed_first_and_then_everything() {
    let disk = SlowDisk::default();
    let limits = Limits {
        webhooks: 3,
        webhooks_shed_statuses: 1,
        ..Limits::default()
    };
    let host = host(limits, &disk).await;
    let counts = &host.host.door.counts;
    let only = statuses(&[status("wamid.s")], &[]);
    assert_eq!(host.signed(&only).await, 200, "nothing else is in work");
    disk.shut();
    let (first, third) = (hello("wamid.1"), hello("wamid.3"));
    let second = statuses(&[status("wamid.s")], &[text("wamid.2", "hello")]);
    let watched = async {
        until("statuses alone are shed", async || {
            host.signed(&only).await == 503
        })
        .await;
        assert_eq!(counts.webhooks_shed.get(), 0);
        until("all three are in work", async || {
            host.host.door.webhooks_in_flight() == 3
        })
        .await;
        // Not even its signature is looked at.
        assert_eq!(host.webhook("main", "{}", Some("sha256=")).await, 503);
        disk.open();
    };
    let late = async {
        until("the first waits", async || counts.statuses_shed.get() > 0).await;
        tokio::join!(host.signed(&second), host.signed(&third))
    };
    let (first, (second, third), ()) = tokio::join!(host.signed(&first), late, watched);
    assert_eq!(
        (first, second, third),
        (200, 200, 200),
        "what was let in is taken"
    );
    assert!(counts.statuses_shed.get() >= 1 && counts.webhooks_shed.get() >= 1);
    assert_eq!(host.signed(&only).await, 200, "there is room again");
    assert_eq!(host.count_of("message_received").await, 3);
}

#[tokio::test]
async fn a_webhook_without_room_is_refused_before_its_body_comes() {
    let disk = SlowDisk::default();
    let limits = Limits {
        webhooks: 1,
        webhooks_shed_statuses: 1,
        ..Limits::default()
    };
    let host = host(limits, &disk).await;
    disk.shut();
    let refused = async {
        until("the only room is taken", async || {
            host.host.door.webhooks_in_flight() == 1
        })
        .await;
        let mut waiting = Raw::open(&host.url).await;
        let path = "/webhooks/whatsapp/main";
        let head = head_with(path, 5_000, &[("expect", "100-continue")]);
        waiting.send(head).await;
        let answer = waiting.answer().await.expect("an answer");
        disk.open();
        answer
    };
    let only = hello("wamid.1");
    let (taken, answer) = tokio::join!(host.signed(&only), refused);
    // Whoever had begun to read would have asked for the body first: 100.
    assert_eq!((taken, answer.status), (200, 503));
    assert_eq!(answer.code(), "overloaded");
    assert!(answer.is_identified() && answer.has("retry-after"));
    assert_eq!(host.host.door.counts.webhooks_shed.get(), 1);
}

#[tokio::test]
async fn the_bytes_of_webhooks_in_work_are_bounded_too() {
    let disk = SlowDisk::default();
    let large = format!("{:<5000}", hello("wamid.1"));
    let only = statuses(&[status("wamid.s")], &[]);
    let limits = Limits {
        webhook_bytes: 5_500 + only.len(),
        webhook_bytes_shed_statuses: 4_500,
        ..Limits::default()
    };
    let host = host(limits, &disk).await;
    disk.shut();
    let watched = async {
        until("statuses are shed", async || {
            host.signed(&only).await == 503
        })
        .await;
        let other = format!("{:<5000}", hello("wamid.2"));
        assert_eq!(host.signed(&other).await, 503);
        disk.open();
    };
    let (taken, ()) = tokio::join!(host.signed(&large), watched);
    assert_eq!(taken, 200);
    let counts = &host.host.door.counts;
    assert!(counts.statuses_shed.get() >= 1);
    assert_eq!(counts.webhooks_shed.get(), 1);
    assert_eq!(host.signed(&only).await, 200);
}

#[tokio::test]
async fn requests_of_the_api_are_bounded_and_questions_after_health_are_not() {
    let disk = SlowDisk::default();
    let limits = Limits {
        api_requests: 1,
        ..Limits::default()
    };
    let host = host(limits, &disk).await;
    disk.shut();
    let facts = json!([{ "type": "bot_missed", "at": "2026-11-24T02:00:00Z" }]);
    let watched = async {
        until("another is shed", async || {
            let (status, answer) = host.get("/v1/customers").await;
            status == 503 && answer["error"]["code"] == "overloaded"
        })
        .await;
        assert_eq!(host.get("/healthz").await.0, 200);
        disk.open();
    };
    tokio::join!(host.tell(facts), watched);
    assert_eq!(host.get("/v1/customers").await.0, 200);
    assert!(host.host.door.counts.api_requests_shed.get() >= 1);
}

#[tokio::test]
async fn a_webhook_that_takes_too_long_is_still_taken_once() {
    let disk = SlowDisk::default();
    let limits = Limits {
        request: SHORT,
        ..Limits::default()
    };
    let host = host(limits, &disk).await;
    let body = hello("wamid.1");
    disk.shut();
    assert_eq!(host.signed(&body).await, 503);
    assert_eq!(host.host.door.counts.requests_timed_out.get(), 1);
    disk.open();
    until("it is there", async || {
        host.count_of("message_received").await == 1
    })
    .await;
    until("its redelivery is taken", async || {
        host.signed(&body).await == 200
    })
    .await;
    assert_eq!(host.count_of("message_received").await, 1);
}

#[tokio::test]
async fn who_hangs_up_does_not_stop_the_work() {
    let disk = SlowDisk::default();
    let limits = Limits {
        header: Duration::from_secs(600),
        ..Limits::default()
    };
    let host = host(limits, &disk).await;
    let body = hello("wamid.1");
    disk.shut();
    let mut raw = Raw::open(&host.url).await;
    let signature = signature(&body, SECRET);
    let headers = [("x-hub-signature-256", &*signature)];
    raw.send(head_with("/webhooks/whatsapp/main", body.len(), &headers))
        .await;
    raw.send(&body).await;
    until("it is in work", async || {
        host.host.door.webhooks_in_flight() == 1
    })
    .await;
    let open = host.host.door.counts.connections_open.get();
    drop(raw);
    until("the connection is gone", async || {
        host.host.door.counts.connections_open.get() < open
    })
    .await;
    assert_eq!(host.host.door.webhooks_in_flight(), 1);
    disk.open();
    until("it is taken", async || {
        host.count_of("message_received").await == 1
    })
    .await;
    assert_eq!(host.count_of("decided").await, 1);
}
