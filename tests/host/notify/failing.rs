//! Endpoints that fail: tried again on the schedule, given up, disabled,
//! replayed.

use std::time::{Duration, Instant};

use baton_domain::limits::DELIVERY_SECONDS_MAX;
use serde_json::{Value, json};

use super::{Receiver, endpoint, hand_off, make_endpoint, next_due, path, received, start};
use crate::fixture::{Fixture, PHONE, tenant, until};

async fn dead_letter(host: &Fixture) -> Value {
    let (_, letters) = host.get("/v1/dead-letters").await;
    letters["items"][0].clone()
}

#[tokio::test]
async fn a_webhook_is_tried_on_the_schedule_and_then_is_a_dead_letter() {
    let (host, receiver) = start().await;
    make_endpoint(&host, "crm", &receiver.url, &["customer.name"]).await;
    receiver.always(Some(503));
    hand_off(&host).await;
    let schedule = [
        5,
        5 * 60,
        30 * 60,
        2 * 3_600,
        5 * 3_600,
        10 * 3_600,
        10 * 3_600,
    ];
    for (tries, wait) in (1..).zip(schedule) {
        received(&receiver, tries).await;
        let tried_at = host.clock_now();
        // Settled, it waits for the next try, and not for the end of a lease.
        until("it is to be tried again", || async {
            let due = next_due(&host).await.expect("it is due");
            let seconds = due.duration_since(tried_at).as_secs();
            (wait..=wait + wait / 5 + 1).contains(&seconds)
        })
        .await;
        assert_eq!(receiver.got().len(), tries, "none in between");
        host.clock.set(next_due(&host).await.expect("it is due"));
    }
    received(&receiver, 8).await;
    until("it is a dead letter", || async {
        dead_letter(&host).await["why"] == "server_error"
    })
    .await;
    assert_eq!(next_due(&host).await, None);
    let letter = dead_letter(&host).await;
    assert_eq!(letter["effect"]["kind"], "handoff.created");
    assert!(!letter.to_string().contains("Sari"), "{letter}");
    let got = receiver.got();
    assert!(
        got.iter()
            .all(|it| it.id == got[0].id && it.body == got[0].body)
    );

    receiver.always(None);
    let which = json!({ "customer": letter["customer"], "key": letter["key"] });
    let (status, answer) = host.post("/v1/dead-letters/replay", &which).await;
    assert_eq!((status, &answer["replayed"]), (202, &json!(1)), "{answer}");
    received(&receiver, 9).await;
    assert_eq!(
        receiver.got()[8].id,
        got[0].id,
        "the receiver knows it again"
    );
    assert!(dead_letter(&host).await.is_null());
    let (status, _) = host.post("/v1/dead-letters/replay", &which).await;
    assert_eq!(status, 404);
    until("it is well again", || async {
        endpoint(&host, "crm").await["failing_since"].is_null()
    })
    .await;
}

#[tokio::test]
async fn after_five_days_of_nothing_but_failure_an_endpoint_is_disabled_and_replayable() {
    let (host, receiver) = start().await;
    make_endpoint(&host, "crm", &receiver.url, &[]).await;
    receiver.always(Some(500));
    let begun = host.clock_now();
    let conversation = hand_off(&host).await;
    until("it fails", || async {
        endpoint(&host, "crm").await["failing_since"].is_string()
    })
    .await;
    host.advance(5 * 24, 0);
    until("it is disabled", || async {
        endpoint(&host, "crm").await["disabled"]["why"] == "failing"
    })
    .await;
    let tries = receiver.got().len();
    // What happens now is kept for whoever mends it, and not tried.
    let claim = json!({ "agent": "ana", "epoch": 1 });
    assert_eq!(
        host.post(&path(&conversation, "claim"), &claim).await.0,
        200
    );
    until("it is among the dead letters", || async {
        host.advance(11, 0);
        let (_, letters) = host.get("/v1/dead-letters").await;
        letters["items"].as_array().map(Vec::len) == Some(2)
    })
    .await;
    assert_eq!(receiver.got().len(), tries);
    let (_, metrics) = host.metrics_text().await;
    let disabled = "baton_endpoints_disabled_total{why=\"failing\"} 1";
    assert!(metrics.contains(disabled), "{metrics}");

    let replay = format!("/v1/endpoints/crm/replay?since={begun}");
    let (status, refused) = host.post(&replay, &json!({})).await;
    assert_eq!(
        (status, &refused["error"]["code"]),
        (409, &json!("not_replayable"))
    );
    receiver.always(None);
    enable(&host, &receiver.url).await;
    let (status, answer) = host.post(&replay, &json!({})).await;
    assert_eq!((status, &answer["replayed"]), (202, &json!(2)), "{answer}");
    received(&receiver, tries + 2).await;
    let told = super::types(&receiver);
    let last: std::collections::BTreeSet<_> = told[tries..].iter().map(String::as_str).collect();
    assert_eq!(last, ["handoff.claimed", "handoff.created"].into());
    assert!(dead_letter(&host).await.is_null());
    let (_, answer) = host.post(&replay, &json!({})).await;
    assert_eq!(answer["replayed"], 0);
    // Who did so is in the commit of what they did: a letter each.
    assert_eq!(audited(&host, "replay-endpoint").await, 2);
    assert_eq!(audited(&host, "make-endpoint").await, 1);
    assert_eq!(audited(&host, "put-endpoint").await, 1);
    // Who looked at an older one is told so.
    let request = host.http.delete(format!("{}/v1/endpoints/crm", host.url));
    let request = request.bearer_auth(&host.key).header("if-match", "\"1\"");
    let stale = request.send().await.expect("an answer");
    assert_eq!(stale.status().as_u16(), 412);
    let gone = host.change("/v1/endpoints/crm", "DELETE", None).await;
    assert_eq!(gone.0, 204);
    assert_eq!(audited(&host, "remove-endpoint").await, 1);
}

/// How often the audit tells of it.
async fn audited(host: &Fixture, what: &str) -> usize {
    let (_, audit) = host.get("/v1/audit?limit=200").await;
    let entries = audit["items"].as_array().expect("entries").iter();
    entries.filter(|it| it["what"] == what).count()
}

async fn enable(host: &Fixture, url: &str) {
    let found = endpoint(host, "crm").await;
    let body = json!({ "url": url, "kinds": found["kinds"], "fields": [], "enabled": true });
    let request = host.http.put(format!("{}/v1/endpoints/crm", host.url));
    let request = request.bearer_auth(&host.key).json(&body);
    let stale = request
        .try_clone()
        .expect("a request")
        .header("if-match", "\"1\"");
    assert_eq!(stale.send().await.expect("an answer").status(), 412);
    let revision = format!("\"{}\"", found["revision"]);
    let answer = request.header("if-match", revision).send().await;
    assert_eq!(answer.expect("an answer").status(), 200);
}

#[tokio::test]
async fn an_endpoint_that_says_it_is_gone_is_disabled_at_once() {
    let (host, receiver) = start().await;
    make_endpoint(&host, "crm", &receiver.url, &[]).await;
    receiver.answers(&[410]);
    hand_off(&host).await;
    until("it is disabled", || async {
        endpoint(&host, "crm").await["disabled"]["why"] == "gone"
    })
    .await;
    assert_eq!(dead_letter(&host).await["why"], "gone");
    assert_eq!(receiver.got().len(), 1);
}

#[tokio::test]
async fn a_message_to_a_customer_is_not_replayed() {
    let (host, _receiver) = start().await;
    host.says("Hello").await;
    host.simulator
        .break_next_send(baton_simulator::Fault::Refuse {
            status: 400,
            code: 131_026,
        });
    assert_eq!(host.send("Welcome!").await.0, 202);
    until("it is a dead letter", || async {
        dead_letter(&host).await["why"].is_string()
    })
    .await;
    let letter = dead_letter(&host).await;
    let which = json!({ "customer": letter["customer"], "key": letter["key"] });
    let (status, answer) = host.post("/v1/dead-letters/replay", &which).await;
    assert_eq!(
        (status, &answer["error"]["code"]),
        (409, &json!("not_replayable"))
    );
    assert!(host.simulator.sent().is_empty());
}

#[tokio::test]
async fn a_slow_endpoint_holds_up_no_message_to_the_customer() {
    let (host, receiver) = start().await;
    make_endpoint(&host, "crm", &receiver.url, &[]).await;
    receiver.hangs(true);
    let order = json!([{ "type": "order", "id": "A-1", "status": "paid",
        "total": { "minor": 5_000, "currency": "USD" } }]);
    host.says("Hello").await;
    host.tell(order).await;
    received(&receiver, 1).await;
    assert_eq!(host.send("Welcome!").await.0, 202);
    until("it is accepted", || async {
        host.outcome_of("Welcome!").await["is"] == "accepted"
    })
    .await;
    assert_eq!(receiver.got().len(), 1);
}

#[tokio::test]
async fn a_merchant_whose_endpoint_never_answers_holds_up_no_other() {
    let (host, receiver) = start().await;
    let tarpit = Receiver::start().await;
    tarpit.hangs(true);
    make_endpoint(&host, "crm", &tarpit.url, &[]).await;
    let total = json!({ "minor": 5_000, "currency": "USD" });
    let order = |id| json!({ "type": "order", "id": format!("A-{id}"), "status": "placed", "total": total });
    // More than is leased at once, all of one customer.
    host.tell((0..100).map(order).collect()).await;
    received(&tarpit, 1).await;

    host.admin("PUT", "/admin/tenants/other", &tenant("other", "999"))
        .await;
    let operator = json!({ "name": "all", "role": "operator" });
    let key = host.make_key("other", operator).await;
    let endpoint =
        json!({ "id": "crm", "url": receiver.url, "kinds": ["order.changed"], "fields": [] });
    let (status, made) = host
        .request("POST", "/v1/endpoints", &key, Some(&endpoint))
        .await;
    assert_eq!(status, 201, "{made}");
    let told = json!({ "customer": { "phone": PHONE }, "facts": [order(0)] });
    let told_at = Instant::now();
    let (status, answer) = host.request("POST", "/v1/events", &key, Some(&told)).await;
    assert_eq!(status, 200, "{answer}");
    received(&receiver, 1).await;
    let patience = Duration::from_secs(DELIVERY_SECONDS_MAX);
    assert!(told_at.elapsed() < patience, "it waited for the tarpit");
}
