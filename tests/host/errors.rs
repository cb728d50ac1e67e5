//! What cannot be done is answered in one form, whoever refuses it.

use serde_json::{Value, json};

use crate::fixture::{Fixture, tenant};

#[tokio::test]
async fn what_axum_refuses_has_the_stable_form() {
    let host = Fixture::start().await;
    let url = format!("{}/v1/events", host.url);
    let long = format!("\"{}\"", "x".repeat(300_000));
    let cases: &[(&str, Option<&str>, &str, u16, &str)] = &[
        (
            "/v1/events",
            Some("application/json"),
            "{",
            400,
            "body_unreadable",
        ),
        (
            "/v1/events",
            Some("text/plain"),
            "{}",
            415,
            "unsupported_media_type",
        ),
        ("/v1/events", None, "{}", 415, "unsupported_media_type"),
        (
            "/v1/events",
            Some("application/json"),
            "{}",
            422,
            "body_invalid",
        ),
        (
            "/v1/events",
            Some("application/json"),
            &long,
            413,
            "body_too_large",
        ),
        (
            "/v1/eventz",
            Some("application/json"),
            "{}",
            404,
            "no_such_route",
        ),
    ];
    for (path, media, body, status, code) in cases {
        let mut request = host.http.post(format!("{}{path}", host.url));
        if let Some(media) = media {
            request = request.header("content-type", *media);
        }
        let request = request.bearer_auth(&host.key).body((*body).to_owned());
        let answer = request.send().await.expect("an answer");
        let found = answer.status().as_u16();
        let shown: Value = answer.json().await.expect("the stable form");
        assert_eq!(
            (found, &shown["error"]["code"]),
            (*status, &json!(code)),
            "{path}"
        );
    }
    let (status, shown) = host.get("/v1/customers?limit=many").await;
    assert_eq!(
        (status, &shown["error"]["code"]),
        (400, &json!("query_invalid"))
    );
    let answer = host.http.patch(&url).send().await.expect("an answer");
    let allow = answer
        .headers()
        .get("allow")
        .and_then(|it| it.to_str().ok());
    assert_eq!(allow, Some("POST"), "what is allowed is not told");
}

/// Each is refused by the name of its limit, and what was there stays.
#[tokio::test]
async fn every_list_of_a_tenants_document_has_an_end() {
    let host = Fixture::start().await;
    let named = |place: usize| json!({ "name": format!("team-{place}"), "tiers": [] });
    let teams: Vec<_> = (0..65).map(named).collect();
    let tiers: Vec<_> = (0..17).map(|it| format!("tier-{it}")).collect();
    let promise = |place: usize| json!({ "tier": format!("tier-{place}") });
    let promises: Vec<_> = (0..65).map(promise).collect();
    for (member, value, limit) in [
        ("teams", json!(teams), "TENANT_TEAMS_MAX"),
        (
            "teams",
            json!([{ "name": "sales", "tiers": tiers }]),
            "TEAM_TIERS_MAX",
        ),
        ("care", json!({ "promises": promises }), "PROMISES_MAX"),
        (
            "automatic_texts",
            json!(vec!["Hi"; 65]),
            "AUTOMATIC_TEXTS_MAX",
        ),
        (
            "automatic_texts",
            json!(["x".repeat(4_097)]),
            "MESSAGE_TEXT_CHARS_MAX",
        ),
    ] {
        let mut document = tenant("other", "999");
        document[member] = value;
        let (status, refused) = host.admin("PUT", "/admin/tenants/other", &document).await;
        let error = &refused["error"];
        assert_eq!((status, &error["limit"]), (422, &json!(limit)), "{refused}");
    }
    let (status, _) = host
        .admin("GET", "/admin/tenants/other", &json!(null))
        .await;
    assert_eq!(status, 404);
}
