//! Personal tokens, roles, and what one may give.

use baton::clock::Clock;
use jiff::SignedDuration;
use serde_json::json;

use crate::fixture::{Fixture, PHONE};

#[tokio::test]
async fn a_token_opens_what_its_owners_role_allows_until_it_does_not() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    let ana = host.person("ana", "junior-agent").await;
    let list = "/v1/conversations";
    assert_eq!(host.request("GET", list, &ana, None).await.0, 200);
    let (_, tokens) = host.get("/v1/people/ana/tokens").await;
    assert!(!tokens.to_string().contains(&ana), "shown once");

    // Frozen, and thawed: with a token of before nobody comes back.
    let freeze = "/v1/people/ana/freeze";
    assert_eq!(host.post(freeze, &json!({})).await.0, 200);
    assert_eq!(host.request("GET", list, &ana, None).await.0, 401);
    let body = json!({ "id": "ana", "name": "Ana", "role": "junior-agent" });
    let thawed = host.change("/v1/people/ana", "PUT", Some(&body)).await;
    assert_eq!(thawed.0, 200);
    assert_eq!(host.request("GET", list, &ana, None).await.0, 401);
    let ana = host.token("ana", "tablet").await;
    assert_eq!(host.request("GET", list, &ana, None).await.0, 200);

    // Revoked.
    let revoke = "/v1/people/ana/tokens/tablet";
    assert_eq!(host.request("DELETE", revoke, &host.key, None).await.0, 204);
    assert_eq!(host.request("GET", list, &ana, None).await.0, 401);
    assert_eq!(host.request("DELETE", revoke, &host.key, None).await.0, 404);

    // Run out, on the host's clock.
    let until = host.clock.now() + SignedDuration::from_mins(10);
    let new = json!({ "name": "tablet", "expires_at": until });
    let (_, made) = host.post("/v1/people/ana/tokens", &new).await;
    let tablet = made["token"].as_str().expect("a token").to_owned();
    assert_eq!(host.request("GET", list, &tablet, None).await.0, 200);
    host.advance(0, 10);
    assert_eq!(host.request("GET", list, &tablet, None).await.0, 401);
    // And gone with its owner.
    let other = host.token("ana", "laptop").await;
    assert_eq!(host.request("GET", list, &other, None).await.0, 200);
    assert_eq!(host.change("/v1/people/ana", "DELETE", None).await.0, 204);
    assert_eq!(host.request("GET", list, &other, None).await.0, 401);
}

#[tokio::test]
async fn a_role_that_changes_holds_from_the_next_request_on() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    host.role("caller", &["customer.phone"], &["read-customers"])
        .await;
    let ana = host.person("ana", "caller").await;
    let search = format!("/v1/customers?phone={PHONE}");
    let (status, found) = host.request("GET", &search, &ana, None).await;
    assert_eq!((status, &found["items"][0]["phone"]), (200, &json!(PHONE)));
    assert!(found["items"][0].get("name").is_none(), "{found}");
    let less = json!({ "fields": ["customer.name"], "actions": ["read-customers"] });
    assert_eq!(
        host.change("/v1/roles/caller", "PUT", Some(&less)).await.0,
        200
    );
    let (status, refused) = host.request("GET", &search, &ana, None).await;
    assert_eq!(
        (status, &refused["error"]["code"]),
        (403, &json!("forbidden"))
    );

    // Somebody has it.
    let (status, refused) = host.change("/v1/roles/caller", "DELETE", None).await;
    assert_eq!((status, &refused["error"]["code"]), (409, &json!("in_use")));
    // A stock role is everybody's.
    let stock = host
        .request("PUT", "/v1/roles/operator", &host.key, Some(&less))
        .await;
    assert_eq!(stock.0, 422);
    let stale = host
        .request("PUT", "/v1/roles/caller", &host.key, Some(&less))
        .await;
    assert_eq!(stale.0, 412);
}

#[tokio::test]
async fn nobody_gives_what_they_do_not_hold() {
    let host = Fixture::start().await;
    host.role("lead", &["customer.name"], &["manage-people", "claim"])
        .await;
    let lead = host.person("lead", "lead").await;
    let put = |path: &'static str, body| {
        let (host, lead) = (&host, lead.clone());
        async move { host.request("PUT", path, &lead, Some(&body)).await.0 }
    };
    let wide = json!({ "fields": ["customer.phone"], "actions": ["claim"] });
    assert_eq!(put("/v1/roles/wide", wide).await, 403);
    let able = json!({ "fields": [], "actions": ["read-audit"] });
    assert_eq!(put("/v1/roles/able", able).await, 403);
    let narrow = json!({ "fields": ["customer.name"], "actions": ["claim"] });
    assert_eq!(put("/v1/roles/narrow", narrow).await, 200);
    let boss = json!({ "id": "boss", "name": "Boss", "role": "operator" });
    assert_eq!(put("/v1/people/boss", boss).await, 403);
    // Nor a token of somebody who is above them, nor that one's place.
    host.person("dewi", "operator").await;
    let token = json!({ "name": "mine" });
    let path = "/v1/people/dewi/tokens";
    assert_eq!(host.request("POST", path, &lead, Some(&token)).await.0, 403);
    let down = json!({ "id": "dewi", "name": "Dewi", "role": "narrow" });
    assert_eq!(put("/v1/people/dewi", down).await, 403);
    let gone = host.request("DELETE", "/v1/people/dewi", &lead, None).await;
    assert_eq!(gone.0, 403);
}

#[tokio::test]
async fn people_are_checked_before_they_are_kept() {
    let host = Fixture::start().await;
    let bad = [
        json!({ "id": "ana", "name": "", "role": "junior-agent" }),
        json!({ "id": "ana", "name": "Ana", "role": "pirate" }),
        json!({ "id": "budi", "name": "Ana", "role": "junior-agent" }),
        json!({ "id": "ana", "name": "Ana", "role": "junior-agent", "teams": [{ "team": "ships" }] }),
        json!({ "id": "ana", "name": "Ana", "role": "junior-agent",
            "teams": [{ "team": "sales", "tier": "captain" }] }),
        json!({ "id": "ana", "name": "Ana", "role": "junior-agent", "capacity": 1_001 }),
        json!({ "id": "ana", "name": "Ana", "role": "junior-agent",
            "contact": { "whatsapp": "call me" } }),
        json!({ "id": "ana", "name": "Ana", "role": "junior-agent",
            "contact": { "email": "ana at kopi" } }),
        json!({ "id": "ana", "name": "Ana", "role": "junior-agent", "hours":
            { "weekly": [{ "day": "monday", "from_minute": 600, "until_minute": 540 }] } }),
        json!({ "id": "ana", "name": "Ana", "role": "junior-agent", "wings": 2 }),
    ];
    for body in bad {
        let answer = host
            .request("PUT", "/v1/people/ana", &host.key, Some(&body))
            .await;
        assert_eq!(answer.0, 422, "{body}: {}", answer.1);
    }
    let (_, people) = host.get("/v1/people").await;
    assert_eq!(people["items"], json!([]));
}
