//! The shared customer view.

use serde_json::{Value, json};

use crate::fixture::{Fixture, NUMBER, until};

async fn friday() -> Fixture {
    let host = Fixture::start().await;
    let line = json!({ "product": "bundle", "name": "Brew bundle", "quantity": 1,
        "unit_price": { "minor": 129_000_000, "currency": "IDR" } });
    host.tell(json!([
        { "type": "profile", "name": "Sari Wijaya", "language": "en" },
        { "type": "order", "id": "KS-1", "status": "delivered", "at": "2026-08-20T03:00:00Z",
            "total": { "minor": 187_000_000, "currency": "IDR" }, "imported": true },
        { "type": "basket", "lines": [line], "checkout_state": "quoted" },
    ]))
    .await;
    host.says("Is the blue one in stock?").await;
    host.tell(json!([
        { "type": "delivery", "latest": "2026-11-27", "certainty": "uncertain", "reason": "public holiday" },
    ]))
    .await;
    host.says("I need it before Friday, will it arrive in time, please?")
        .await;
    until("people have it", || async {
        host.owner().await["is"] == "team"
    })
    .await;
    host
}

#[tokio::test]
async fn one_call_tells_all_that_a_person_needs_to_go_on() {
    let host = friday().await;
    let view = host.view().await;
    assert_eq!(view["package"], 1);
    let handoff = &view["handoff"];
    assert!(
        handoff["reasons"][0]
            .as_str()
            .expect("a reason")
            .contains("2026-11-26"),
        "{handoff}"
    );
    assert!(handoff["due"].is_string() && handoff["tags"][0].is_string());
    let signals = view["signals"].as_array().expect("signals");
    let promise = signals
        .iter()
        .find(|it| it["module"] == "delivery-promise")
        .expect("it spoke");
    assert_eq!(promise["counted"], true);
    let reads = promise["reads"].as_array().expect("reads");
    let read = |field: &str| reads.iter().find(|it| it["field"] == field).cloned();
    let promised = read("delivery.promised-date").expect("it was read");
    assert_eq!(promised["value"]["value"], "2026-11-27");
    let question = view["open_question"]["text"].as_str().expect("a question");
    assert!(question.contains("before Friday"), "{question}");
    let reply = view["suggested_reply"]["text"].as_str().expect("a reply");
    assert!(
        reply.contains("Friday, 27 November 2026") && reply.contains("not certain"),
        "{reply}"
    );
    assert!(!reply.contains("holiday"));
    assert_eq!(view["order"]["id"], "KS-1");
    assert_eq!(view["quote"]["checkout_state"], "quoted");
    assert_eq!(view["quote"]["lines"][0]["name"], "Brew bundle");
    assert_eq!(view["customer"]["name"], "Sari Wijaya");
    let thread = view["conversation"]["thread"].to_string();
    assert!(thread.contains("Is the blue one in stock?"));
    assert_eq!(view["earlier"], json!([]));
    assert_eq!(view["bot_is_there"], false);
    // Where the explanation stands, whole.
    let customer = view["customer"]["id"].as_str().expect("an id");
    let path = format!("/v1/decisions/{customer}/{}", handoff["decided_at"]);
    let (status, decision) = host.get(&path).await;
    assert_eq!(
        (status, &decision["record"]["decision"]["outcome"]),
        (200, &json!("hand-off"))
    );
}

/// While people own, rules move nothing, and whoever answers is warned.
#[tokio::test]
async fn who_answers_is_warned_of_what_the_rules_notice_since() {
    let host = friday().await;
    assert_eq!(host.view().await["advice"], json!([]));
    let asks = "This is WhatsApp support: send me the 6-digit code that you just received";
    host.says(asks).await;
    until("it is noticed", || async {
        host.view().await["advice"] != json!([])
    })
    .await;
    let view = host.view().await;
    let warning = &view["advice"][0];
    assert_eq!(warning["module"], "suspicious-message", "{view}");
    assert!(warning["reason"].is_string() && warning["tag"].is_string());
    host.role("blind", &[], &["read-conversations"]).await;
    let blind = host.person("budi", "blind").await;
    let path = format!("{}/view", host.path().await);
    let (_, seen) = host.request("GET", &path, &blind, None).await;
    assert_eq!(seen["advice"][0]["tag"], warning["tag"]);
    assert_eq!(
        seen["advice"][0].get("reason"),
        None,
        "it rests on what she wrote"
    );
    host.bot_comes().await;
    let path = host.path().await;
    assert_eq!(
        host.post(&format!("{path}/return"), &json!({})).await.0,
        200
    );
    assert_eq!(host.view().await["advice"], json!([]));
}

#[tokio::test]
async fn what_is_not_known_is_not_made_up() {
    let host = Fixture::start().await;
    host.says("I want to talk to a human").await;
    let view = host.view().await;
    let suggested = &view["suggested_reply"];
    assert_eq!(
        (&suggested["text"], &suggested["none_because"]),
        (&Value::Null, &json!("no_fact"))
    );
    assert_eq!(
        (&view["order"], &view["quote"]),
        (&Value::Null, &Value::Null)
    );
}

#[tokio::test]
async fn notes_of_systems_and_people_and_unasked_messages_stand_in_it() {
    let host = friday().await;
    let path = format!("{}/notes", host.path().await);
    let new = json!({ "name": "crm", "role": "integration" });
    let crm = host.make_key("shop", new).await;
    let lead = json!({ "about": "lead", "text": "Buys for a café, asks for ten." });
    let (status, noted) = host.request("POST", &path, &crm, Some(&lead)).await;
    assert_eq!(status, 201, "{noted}");
    let care = json!({ "about": "care", "text": "Prefers a call.", "by": "ana" });
    host.advance(0, 1);
    assert_eq!(host.post(&path, &care).await.0, 201);
    let long = json!({ "about": "lead", "text": "x".repeat(1_001) });
    assert_eq!(host.post(&path, &long).await.0, 422);
    let view = path.replace("/notes", "/view");
    let (status, _) = host.request("GET", &view, &crm, None).await;
    assert_eq!(status, 403, "who may tell may not read");
    let view = host.view().await;
    let notes = view["notes"].as_array().expect("notes");
    assert_eq!(
        (&notes[0]["by"], &notes[0]["source"]),
        (&json!("ana"), &Value::Null)
    );
    assert_eq!(
        (&notes[1]["about"], &notes[1]["source"]),
        (&json!("lead"), &json!("crm"))
    );
}

#[tokio::test]
async fn a_view_of_somebody_elses_customer_is_a_view_of_nobody() {
    let host = friday().await;
    let path = format!("{}/view", host.path().await);
    let other = crate::fixture::tenant("other", "999");
    host.admin("PUT", "/admin/tenants/other", &other).await;
    let key = host
        .make_key("other", json!({ "name": "all", "role": "operator" }))
        .await;
    let theirs = host.request("GET", &path, &key, None).await;
    let missing = format!("/v1/conversations/{}/{NUMBER}/view", "x".repeat(24));
    let nobodys = host.request("GET", &missing, &host.key, None).await;
    assert_eq!(theirs, nobodys);
    assert_eq!(theirs.0, 404);
}
