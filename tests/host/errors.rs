//! What cannot be done is answered in one form, whoever refuses it.

use serde_json::{Value, json};

use crate::fixture::Fixture;

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
