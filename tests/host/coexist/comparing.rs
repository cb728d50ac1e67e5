//! Messages of the App, such as those of exported chats, beside what is here.

use baton_domain::limits::COMPARED_MESSAGES_MAX;
use serde_json::{Value, json};

use super::ago;
use crate::fixture::{Fixture, NUMBER, PHONE, messages, start_time, text};

fn given(from: &str, minutes_ago: i64, text: &str) -> Value {
    json!({ "phone": PHONE, "from": from, "at": ago(minutes_ago).to_string(), "text": text })
}

fn with(mut message: Value, more: Value) -> Value {
    let members = message.as_object_mut().expect("an object");
    members.extend(more.as_object().expect("an object").clone());
    message
}

fn causes(comparison: &Value) -> Vec<&str> {
    let found = comparison["found"].as_array().expect("a list").iter();
    found
        .map(|it| it["cause"].as_str().expect("a cause"))
        .collect()
}

/// What is found and what is not would tell whom a number is of, and what was
/// written.
#[tokio::test]
async fn a_comparison_is_for_who_sees_numbers_and_messages() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    let path = format!("/v1/numbers/{NUMBER}/comparisons");
    let guess = json!({ "messages": [given("customer", 0, "Hello")] });
    let blind = host.person("rina", "compliance").await;
    let (status, refused) = host.request("POST", &path, &blind, Some(&guess)).await;
    assert_eq!(
        (status, &refused["error"]["code"]),
        (403, &json!("forbidden"))
    );
    assert_eq!(host.compare(&guess).await["matched"], 1);
}

/// Two messages that read the same are two, also when only one of them came.
#[tokio::test]
async fn each_message_is_matched_once() {
    let host = Fixture::start().await;
    assert_eq!(
        host.signed(&messages(NUMBER, &[text("wamid.1", "ok")]))
            .await,
        200
    );
    let twice = json!({ "messages": [given("customer", 0, "ok"), given("customer", 1, "ok")] });
    let compared = host.compare(&twice).await;
    assert_eq!(compared["matched"], 1, "{compared}");
    assert_eq!(causes(&compared), ["missing_here"]);
    let once = json!({ "messages": [given("customer", 1, "ok")] });
    assert_eq!(host.compare(&once).await["discrepancies"], 0);
    // Far apart they are not the same.
    let later = json!({ "messages": [given("customer", 45, "ok"), given("customer", -1, "bye")] });
    let compared = host.compare(&later).await;
    assert_eq!(
        causes(&compared),
        ["missing_in_app", "missing_here", "missing_here"]
    );
}

#[tokio::test]
async fn every_cause_is_told_apart() {
    let host = Fixture::start().await;
    let texts = [
        text("wamid.same", "The same on both sides"),
        text("wamid.edited", "Two rings"),
        text("wamid.gone", "My card is 1234"),
        text("wamid.taken", "Never mind"),
        text("wamid.late", "At another time of day"),
        text("wamid.here", "Only here"),
    ];
    assert_eq!(host.signed(&messages(NUMBER, &texts)).await, 200);
    let revoke = json!({
        "from": PHONE, "id": "wamid.r", "timestamp": super::second(start_time()),
        "type": "revoke", "revoke": { "original_message_id": "wamid.taken" },
    });
    assert_eq!(host.signed(&messages(NUMBER, &[revoke])).await, 200);
    let id = |id: &str| json!({ "id": id });
    let told = json!({ "messages": [
        with(given("customer", 0, "The same on both sides"), id("wamid.same")),
        with(given("customer", 0, "Three rings"), id("wamid.edited")),
        with(given("customer", 0, ""), json!({ "id": "wamid.gone", "text": null, "revoked": true })),
        with(given("customer", 0, "Never mind"), id("wamid.taken")),
        with(given("customer", 300, "At another time of day"), id("wamid.late")),
        given("customer", 2, "Lost on the way"),
        given("business", 1, "Written on Windows"),
        given("customer", -2, "The last one"),
        with(given("customer", 0, "Who is this?"), json!({ "phone": "6281111111111" })),
    ] });
    let compared = host.compare(&told).await;
    assert_eq!(
        causes(&compared),
        [
            "missing_in_app",
            "text_differs",
            "revoked_there",
            "revoked_here",
            "time_differs",
            "missing_here",
            "written_on_unlinked_device",
            "missing_here",
            "unknown_customer",
        ],
        "{compared:#}"
    );
    assert_eq!(compared["compared"], 9);
    assert_eq!(compared["matched"], 5);
    // Nothing that anybody said is kept with it.
    let kept = host.comparisons().await;
    let whole = json!(kept).to_string();
    for said in ["Lost on the way", PHONE, "6281111111111", "wamid"] {
        assert!(!whole.contains(said), "{said} in {whole}");
    }
}

#[tokio::test]
async fn what_is_missing_is_taken_over_once() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    let told = json!({ "import": true, "messages": [
        given("customer", 200, "ok"),
        given("customer", 200, "ok"),
        given("business", 100, "From Windows"),
        with(given("customer", 50, "Somebody new"), json!({ "phone": "6281111111111" })),
    ] });
    let compared = host.compare(&told).await;
    assert_eq!(compared["imported"], 4, "{compared}");
    let again = host.compare(&told).await;
    assert_eq!(
        (&again["imported"], &again["discrepancies"]),
        (&json!(0), &json!(0)),
        "{again}"
    );
    let thread = host.thread().await;
    let told: Vec<&Value> = thread.iter().map(|it| &it["text"]).collect();
    assert_eq!(told, ["ok", "ok", "From Windows", "Hello"]);
    assert_eq!(thread[2]["author"], "app");
    let conversation = host.conversation().await;
    assert_eq!(
        conversation["owner"]["is"], "bot",
        "the past moves no owner"
    );
    assert_eq!(conversation["episode"]["turns"], 1);
    let (_, found) = host.get("/v1/customers?phone=6281111111111").await;
    assert!(found["items"][0]["id"].is_string(), "{found}");
    // The audit tells who did it, and names nobody's message.
    let (_, audit) = host.get("/v1/audit").await;
    assert!(audit.to_string().contains("import-messages"), "{audit}");
}

/// What left by the Cloud API the App may show or not.
#[tokio::test]
async fn our_own_sends_are_as_they_should_be() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    assert_eq!(host.send("On its way").await.0, 202);
    crate::fixture::until("it is accepted", || async {
        host.outcome_of("On its way").await["is"] == "accepted"
    })
    .await;
    let around = [
        given("customer", 0, "Hello"),
        given("customer", -1, "Thanks"),
    ];
    let without = host.compare(&json!({ "messages": around })).await;
    assert_eq!(without["sent_by_us"], 1, "{without}");
    assert_eq!(causes(&without), ["missing_here"]);
    let all = [
        given("customer", 0, "Hello"),
        given("business", 0, "On its way"),
    ];
    let with_it = host.compare(&json!({ "messages": all })).await;
    assert_eq!(
        (&with_it["matched"], &with_it["discrepancies"]),
        (&json!(2), &json!(0))
    );
}

#[tokio::test]
async fn what_cannot_be_compared_is_refused() {
    let host = Fixture::start().await;
    let path = format!("/v1/numbers/{NUMBER}/comparisons");
    let refused = |body: Value| {
        let (host, path) = (&host, path.clone());
        async move { host.post(&path, &body).await }
    };
    let (status, answer) = refused(json!({ "messages": [given("customer", 0, "ok"), {
        "from": "customer", "at": "2026-11-24T02:00:00Z",
    }] }))
    .await;
    assert_eq!(status, 422);
    assert_eq!(answer["error"]["place"], "messages[1]");
    let many = vec![given("customer", 0, "ok"); COMPARED_MESSAGES_MAX + 1];
    // By hand: the fixture puts what it sends into a header, too.
    let request = host.http.post(format!("{}{path}", host.url));
    let request = request
        .bearer_auth(&host.key)
        .json(&json!({ "messages": many }));
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    let answer: Value = answer.json().await.expect("JSON");
    assert_eq!(
        (status, &answer["error"]["limit"]),
        (422, &json!("COMPARED_MESSAGES_MAX"))
    );
    // To import takes both actions.
    let seen = ["customer.phone", "message.text", "message.recent"];
    host.role("auditor", &seen, &["read-audit"]).await;
    let token = host.person("ines", "auditor").await;
    let body = json!({ "messages": [], "import": true });
    let (status, answer) = host.request("POST", &path, &token, Some(&body)).await;
    assert_eq!(
        (status, &answer["error"]["action"]),
        (403, &json!("tell-facts"))
    );
    let body = json!({ "messages": [] });
    let (status, _) = host.request("POST", &path, &token, Some(&body)).await;
    assert_eq!(status, 201);
    let (status, _) = host.get(&format!("{path}/no-such")).await;
    assert_eq!(status, 404);
}
