//! What may come in, and what becomes of it.

use baton::config::Evaluation;
use serde_json::json;

use crate::fixture::{Fixture, NUMBER, PHONE, SECRET, messages, signature, tenant, text, until};
use crate::metrics::{exposed, samples};

#[tokio::test]
async fn a_wrong_signature_changes_nothing() {
    let host = Fixture::start().await;
    let body = messages(NUMBER, &[text("wamid.1", "hello")]);
    let right = signature(&body, SECRET);
    let other = signature(&body, "another-secret");
    let of_other_body = signature("{}", SECRET);
    let wrong = [
        None,
        Some(""),
        Some("sha256="),
        Some(&right[..70]),
        Some(&right["sha256=".len()..]),
        Some("sha256=zz"),
        Some(&other),
        Some(&of_other_body),
    ];
    for signature in wrong {
        assert_eq!(
            host.webhook("main", &body, signature).await,
            401,
            "{signature:?}"
        );
    }
    assert_eq!(host.webhook("no-such-app", &body, Some(&right)).await, 401);
    let (_, customers) = host.get("/v1/customers").await;
    assert_eq!(customers["items"], json!([]));
    assert_eq!(host.webhook("main", &body, Some(&right)).await, 200);
}

#[tokio::test]
async fn whatever_is_redelivered_changes_nothing_more() {
    let host = Fixture::start().await;
    let first = messages(
        NUMBER,
        &[text("wamid.1", "hello"), text("wamid.2", "anyone?")],
    );
    let second = messages(NUMBER, &[text("wamid.2", "anyone?"), text("wamid.3", "hm")]);
    for body in [&first, &first, &second, &first, &second] {
        assert_eq!(host.signed(body).await, 200);
    }
    assert_eq!(host.count_of("message_received").await, 3);
    assert_eq!(host.count_of("decided").await, 3);
    assert_eq!(host.conversation().await["episode"]["turns"], 3);
}

#[tokio::test]
async fn the_same_delivery_many_times_at_once_is_taken_once() {
    let host = Fixture::start().await;
    let body = messages(
        NUMBER,
        &[text("wamid.1", "hello"), text("wamid.2", "anyone?")],
    );
    let all = (0..8).map(|_| host.signed(&body));
    for status in futures_util::future::join_all(all).await {
        assert_eq!(status, 200);
    }
    assert_eq!(host.count_of("message_received").await, 2);
}

#[tokio::test]
async fn one_bad_item_never_sinks_its_batch() {
    let host = Fixture::start().await;
    let bad = json!({ "from": PHONE, "timestamp": [], "type": 7 });
    let odd = json!({ "from": PHONE, "id": "wamid.3", "timestamp": "1795487400", "type": "hologram", "hologram": {} });
    let body = messages(
        NUMBER,
        &[text("wamid.1", "one"), bad, odd, text("wamid.4", "two")],
    );
    assert_eq!(host.signed(&body).await, 200);
    let thread = host.conversation().await["thread"].to_string();
    assert!(thread.contains("one") && thread.contains("two"), "{thread}");
    let (_, kept) = host.admin("GET", "/admin/quarantine", &json!(null)).await;
    let kept = kept["items"].as_array().expect("items").clone();
    assert!(!kept.is_empty(), "the bad item is lost");
    for item in kept {
        let body = item["body"].as_str().expect("a body");
        assert!(
            !body.contains("wamid.1") && !body.contains("wamid.4"),
            "{body}"
        );
    }
}

#[tokio::test]
async fn signed_nonsense_is_kept_and_acknowledged() {
    let host = Fixture::start().await;
    for body in [
        "not json",
        "[]",
        "{\"object\":\"page\"}",
        "{\"entry\":5}",
        "",
    ] {
        assert_eq!(host.signed(body).await, 200, "{body:?}");
    }
    let (_, kept) = host.admin("GET", "/admin/quarantine", &json!(null)).await;
    let items = kept["items"].as_array().expect("items").clone();
    assert!(items.len() >= 4, "{kept}");
    assert_eq!(items[0]["body"], "not json");
    let (status, _) = host.get("/admin/quarantine").await;
    assert_eq!(status, 401, "a tenant's key looks into the quarantine");
    let path = format!("/admin/quarantine/{}", items[0]["id"]);
    assert_eq!(host.admin("DELETE", &path, &json!(null)).await.0, 204);
    assert_eq!(host.admin("DELETE", &path, &json!(null)).await.0, 404);
}

#[tokio::test]
async fn an_unknown_number_waits_for_its_registration() {
    let host = Fixture::start().await;
    let body = messages("999", &[text("wamid.1", "is anybody there?")]);
    assert_eq!(host.signed(&body).await, 200);
    assert_eq!(
        host.admin("PUT", "/admin/tenants/other", &tenant("other", "999"))
            .await
            .0,
        200
    );
    let key = host
        .make_key("other", json!({ "name": "all", "role": "operator" }))
        .await;
    let path = format!("/v1/customers?phone={PHONE}");
    let (_, found) = host.request("GET", &path, &key, None).await;
    assert_eq!(
        found["items"][0]["conversations"][0]["number"], "999",
        "{found}"
    );
    let (_, kept) = host.admin("GET", "/admin/quarantine", &json!(null)).await;
    assert_eq!(kept["items"], json!([]));
    let (_, found) = host.get(&path).await;
    assert_eq!(
        found["items"],
        json!([]),
        "another tenant sees the customer"
    );
}

#[tokio::test]
async fn the_secret_of_one_app_does_not_speak_for_numbers_of_another() {
    let host = Fixture::start().await;
    let app = json!({ "secret": "the-other-secret", "verify_token": "verify" });
    host.admin("PUT", "/admin/apps/second", &app).await;
    let body = messages(NUMBER, &[text("wamid.1", "hello")]);
    let signed = signature(&body, "the-other-secret");
    assert_eq!(host.webhook("second", &body, Some(&signed)).await, 200);
    assert_eq!(host.event_kinds().await, Vec::<String>::new());
}

#[tokio::test]
async fn secrets_rotate_without_a_gap() {
    let host = Fixture::start().await;
    let rotated = json!({
        "secret": "the-new-secret", "previous_secret": SECRET, "verify_token": "verify",
    });
    let request = host.http.put(format!("{}/admin/apps/main", host.url));
    let request = request
        .bearer_auth(crate::fixture::ADMIN)
        .header("if-match", "\"1\"");
    assert_eq!(
        request
            .json(&rotated)
            .send()
            .await
            .expect("an answer")
            .status(),
        200
    );
    for (at, secret) in ["the-new-secret", SECRET].iter().enumerate() {
        let body = messages(NUMBER, &[text(&format!("wamid.{at}"), "hello")]);
        let signed = signature(&body, secret);
        assert_eq!(host.webhook("main", &body, Some(&signed)).await, 200);
    }
    assert_eq!(host.count_of("message_received").await, 2);
}

#[tokio::test]
async fn the_handshake_answers_the_challenge_to_the_right_token_only() {
    let host = Fixture::start().await;
    let ask = |token: &str| {
        let query = format!("hub.mode=subscribe&hub.challenge=42&hub.verify_token={token}");
        host.http
            .get(format!("{}/webhooks/whatsapp/main?{query}", host.url))
            .send()
    };
    let right = ask("verify").await.expect("an answer");
    assert_eq!(
        (right.status().as_u16(), right.text().await.expect("text")),
        (200, "42".to_owned())
    );
    assert_eq!(ask("wrong").await.expect("an answer").status(), 403);
}

#[tokio::test]
async fn what_does_not_fit_before_the_answer_is_decided_after_it() {
    let evaluation = Evaluation {
        threads: 1,
        budget_ms: 1,
        ..Evaluation::default()
    };
    let host = Fixture::with(evaluation).await;
    let many: Vec<_> = (0..40)
        .map(|at| text(&format!("wamid.{at}"), "hello there"))
        .collect();
    assert_eq!(host.signed(&messages(NUMBER, &many)).await, 200);
    assert_eq!(host.count_of("message_received").await, 40);
    until("forty decisions", || async {
        host.count_of("decided").await == 40
    })
    .await;
}

#[tokio::test]
async fn a_tenant_that_used_its_time_waits_and_its_neighbour_does_not() {
    let host = Fixture::configured(|config| {
        config.evaluation.budget_ms = 5_000;
        config.evaluation.tenant_ms_per_second = 1;
    })
    .await;
    let document = tenant("other", "999");
    assert_eq!(
        host.admin("PUT", "/admin/tenants/other", &document).await.0,
        200
    );
    let new = json!({ "name": "all", "role": "operator" });
    let neighbour = host.make_key("other", new).await;
    let slow = "I am disappointed, this is the third time that I ask. ".repeat(70);
    let many: Vec<_> = (0..40)
        .map(|at| text(&format!("wamid.{at}"), &format!("{at} {slow}")))
        .collect();
    assert_eq!(host.signed(&messages(NUMBER, &many)).await, 200);
    let body = messages("999", &[text("wamid.n", "hello there")]);
    assert_eq!(host.signed(&body).await, 200);
    let (_, decided) = host.request("GET", "/v1/decisions", &neighbour, None).await;
    assert_eq!(
        decided["items"].as_array().map(Vec::len),
        Some(1),
        "{decided}"
    );
    let metrics = samples(&exposed(&host).await);
    let deferred = |tenant: &str| {
        let name = format!("baton_tenant_deferrals_total{{tenant=\"{tenant}\"}}");
        metrics.get(&name).copied().unwrap_or_default()
    };
    assert!(deferred("shop") > 20.0, "{metrics:?}");
    assert_eq!(deferred("other"), 0.0, "{metrics:?}");
    until("forty decisions", || async {
        host.count_of("decided").await == 40
    })
    .await;
}

#[tokio::test]
async fn a_tenant_may_have_each_module_run_each_time() {
    for skips in [true, false] {
        let host = Fixture::start().await;
        let mut document = tenant("other", "999");
        document["skip_unchanged"] = skips.into();
        assert_eq!(
            host.admin("PUT", "/admin/tenants/other", &document).await.0,
            200
        );
        for id in ["wamid.1", "wamid.2", "wamid.3"] {
            assert_eq!(
                host.signed(&messages("999", &[text(id, "hello")])).await,
                200
            );
        }
        let metrics = samples(&exposed(&host).await);
        let skipped = metrics["baton_module_runs_total{outcome=\"skipped\"}"];
        assert_eq!(skipped > 0.0, skips, "{skipped} runs were skipped");
    }
}

#[tokio::test]
async fn what_stands_in_one_request_twice_is_taken_once() {
    let host = Fixture::start().await;
    let twice = [text("wamid.1", "hello"), text("wamid.1", "hello")];
    assert_eq!(host.signed(&messages(NUMBER, &twice)).await, 200);
    assert_eq!(host.count_of("message_received").await, 1);
    let missed = |at: &str| json!({ "type": "bot_missed", "at": at, "idempotency_key": "one" });
    host.tell(json!([
        missed("2026-11-24T02:00:00Z"),
        missed("2026-11-24T02:01:00Z")
    ]))
    .await;
    assert_eq!(host.count_of("bot_missed").await, 1);
}

#[tokio::test]
async fn a_thousand_updates_of_many_tenants_in_one_request_are_all_decided_on() {
    let host = Fixture::start().await;
    let mut shops = vec![(host.key.clone(), NUMBER.to_owned())];
    for at in 0..4 {
        let (id, number) = (format!("shop-{at}"), format!("2000{at}"));
        let document = tenant(&id, &number);
        let path = format!("/admin/tenants/{id}");
        assert_eq!(host.admin("PUT", &path, &document).await.0, 200);
        let new = json!({ "name": "all", "role": "operator" });
        shops.push((host.make_key(&id, new).await, number));
    }
    let entry = |shop: usize, number: &str| {
        let messages: Vec<_> = (0..200)
            .map(|at| {
                let mut message = text(&format!("wamid.{shop}.{at}"), "is it in stock?");
                message["from"] = format!("62812{:05}", at % 40).into();
                message
            })
            .collect();
        let value = json!({
            "messaging_product": "whatsapp",
            "metadata": { "display_phone_number": "6221500900", "phone_number_id": number },
            "messages": messages,
        });
        json!({ "id": "1", "changes": [{ "field": "messages", "value": value }] })
    };
    let entries: Vec<_> = (shops.iter().enumerate())
        .map(|(shop, (_, number))| entry(shop, number))
        .collect();
    let body = json!({ "object": "whatsapp_business_account", "entry": entries }).to_string();
    assert_eq!(host.signed(&body).await, 200);
    assert_eq!(host.signed(&body).await, 200);
    for (key, _) in &shops {
        until("two hundred decisions of each shop", || async {
            let path = "/v1/decisions?limit=200";
            let (_, first) = host.request("GET", path, key, None).await;
            let count = first["items"].as_array().map_or(0, Vec::len);
            count == 200 && first["next"].is_null()
        })
        .await;
    }
}
