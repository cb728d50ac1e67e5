//! Who may ask for what.

use serde_json::{Value, json};

use crate::fixture::{Fixture, NUMBER, PHONE, tenant};

/// Every route that needs a key, from the document: a new one is looked at
/// without being listed here.
fn routes() -> Vec<(String, String)> {
    let document = baton::http::document();
    let paths = document["paths"].as_object().expect("paths");
    let mut routes = Vec::new();
    for (path, item) in paths {
        for (method, operation) in item.as_object().expect("methods") {
            let security = operation["security"].to_string();
            if security.contains("_key") {
                let path = path.replace("{version}", "1").replace("{id}", "1");
                routes.push((method.to_uppercase(), path.replace(['{', '}'], "")));
            }
        }
    }
    assert!(routes.len() > 20, "{routes:?}");
    routes
}

#[tokio::test]
async fn every_route_refuses_who_has_no_valid_key() {
    let host = Fixture::start().await;
    let expired = host
        .make_key(
            "shop",
            json!({ "name": "old", "role": "operator", "expires_at": "2026-01-01T00:00:00Z" }),
        )
        .await;
    let revoked = host
        .make_key("shop", json!({ "name": "gone", "role": "operator" }))
        .await;
    host.admin("DELETE", "/admin/tenants/shop/keys/gone", &json!(null))
        .await;
    for (method, path) in &routes() {
        for key in ["", "wrong", "baton_00", &expired, &revoked] {
            let (status, answer) = host.request(method, path, key, None).await;
            assert_eq!(status, 401, "{method} {path} with {key:?}: {answer}");
        }
        let wrong_kind = if path.starts_with("/admin") || path == "/metrics" {
            &host.key
        } else {
            crate::fixture::ADMIN
        };
        let (status, _) = host.request(method, path, wrong_kind, None).await;
        assert_eq!(status, 401, "{method} {path} with a key of the other kind");
    }
}

#[tokio::test]
async fn a_role_does_what_it_is_for_and_nothing_else() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    let bot = host
        .make_key("shop", json!({ "name": "bot", "role": "bot" }))
        .await;
    let erp = host
        .make_key("shop", json!({ "name": "erp", "role": "integration" }))
        .await;
    let missed = json!({ "customer": { "phone": PHONE }, "facts": [{ "type": "bot_missed" }] });
    let message =
        json!({ "customer": { "phone": PHONE }, "message": { "type": "text", "body": "hi" } });
    let cases: &[(&str, &str, &str, Option<&Value>, u16)] = &[
        (&bot, "POST", "/v1/events", Some(&missed), 200),
        (&erp, "POST", "/v1/events", Some(&missed), 403),
        (&bot, "POST", "/v1/messages", Some(&message), 202),
        (&erp, "POST", "/v1/messages", Some(&message), 403),
        (&bot, "GET", "/v1/customers", None, 200),
        (&erp, "GET", "/v1/customers", None, 403),
        (&bot, "GET", "/v1/handoffs", None, 403),
        (&erp, "GET", "/v1/decisions", None, 403),
    ];
    for (key, method, path, body, expect) in cases {
        let (status, answer) = host.request(method, path, key, *body).await;
        assert_eq!(status, *expect, "{method} {path}: {answer}");
    }
}

#[tokio::test]
async fn a_foreign_thing_and_a_missing_one_answer_the_same_bytes() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    let customer = host.conversation().await["customer"]
        .as_str()
        .expect("an id")
        .to_owned();
    host.admin("PUT", "/admin/tenants/other", &tenant("other", "999"))
        .await;
    let foreign = host
        .make_key("other", json!({ "name": "all", "role": "operator" }))
        .await;
    let (_, decisions) = host.get("/v1/decisions").await;
    let version = decisions["items"][0]["version"].clone();
    let paths = |id: &str| {
        [
            format!("/v1/customers/{id}"),
            format!("/v1/customers/{id}/events"),
            format!("/v1/conversations/{id}/{NUMBER}"),
            format!("/v1/decisions/{id}/{version}"),
        ]
    };
    for (there, missing) in paths(&customer).iter().zip(paths("nobody-at-all")) {
        assert_eq!(host.get(there).await.0, 200, "{there}");
        let of_foreign = host.request("GET", there, &foreign, None).await;
        let of_missing = host.request("GET", &missing, &foreign, None).await;
        assert_eq!(of_foreign, of_missing, "{there}");
        assert_eq!(of_foreign.0, 404);
    }
    let number = json!({
        "customer": { "phone": PHONE },
        "facts": [{ "type": "bot_missed", "number": NUMBER }],
    });
    let (status, _) = host
        .request("POST", "/v1/events", &foreign, Some(&number))
        .await;
    assert_eq!(status, 422, "a fact on another tenant's number is taken");
}

#[tokio::test]
async fn two_people_cannot_overwrite_each_other() {
    let host = Fixture::start().await;
    let (status, answer) = host
        .admin("PUT", "/admin/tenants/shop", &tenant("shop", NUMBER))
        .await;
    assert_eq!(
        (status, &answer["error"]["code"]),
        (412, &json!("stale")),
        "{answer}"
    );
    let (status, answer) = host
        .admin("PUT", "/admin/tenants/thief", &tenant("thief", NUMBER))
        .await;
    assert_eq!(status, 422, "a number of another tenant is taken: {answer}");
    let (_, shown) = host.admin("GET", "/admin/tenants/shop", &json!(null)).await;
    assert_eq!(shown["numbers"][0]["token"], json!(null), "a token leaves");
    assert_eq!(shown["numbers"][0]["has_token"], json!(true));
}

#[tokio::test]
async fn bad_values_are_named() {
    let host = Fixture::start().await;
    let fact = |fact: Value| json!({ "customer": { "phone": PHONE }, "facts": [fact] });
    let bad = [
        json!({ "customer": {}, "facts": [{ "type": "bot_missed" }] }),
        json!({ "customer": { "phone": "call me" }, "facts": [{ "type": "bot_missed" }] }),
        json!({ "customer": { "phone": PHONE }, "facts": [] }),
        fact(json!({ "type": "basket", "checkout_state": "Open!" })),
        fact(json!({ "type": "order", "id": "", "status": "paid" })),
        fact(
            json!({ "type": "order", "id": "1", "status": "paid", "total": { "minor": 1, "currency": "dollars" } }),
        ),
        fact(json!({ "type": "order", "id": "1", "status": "lost" })),
        fact(json!({ "type": "no-such-thing" })),
        fact(json!({ "type": 0 })),
        fact(json!({ "type": "bot_missed", "unknown": 1 })),
    ];
    for body in bad {
        let (status, answer) = host.post("/v1/events", &body).await;
        assert!(
            (400..500).contains(&status),
            "{status} for {body}: {answer}"
        );
    }
    let (status, _) = host.post("/v1/no-such-route", &json!({})).await;
    assert_eq!(status, 404);
}
