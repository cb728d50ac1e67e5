//! What is granted is what can be read, from the next event on.

use baton::config::Evaluation;
use baton_domain::field::Field;
use serde_json::json;

use super::{activate, decided, grant, have, latest, make, rule, run_of, upload};
use crate::fixture::{Fixture, NUMBER, tenant, until};

#[tokio::test]
async fn a_version_that_reads_more_waits_for_the_difference() {
    let host = Fixture::start().await;
    let first = have(&host, rule("eager", "message.text != null", "She wrote.")).await;
    activate(&host, json!([{ "module": first }])).await;
    let more = "message.text != null && customer.phone != null";
    let (status, second) = upload(&host, &host.key, rule("eager", more, "She wrote.")).await;
    assert_eq!(status, 201, "{second}");
    let wanted = json!({ "base": 1, "modules": [{ "module": second["digest"] }] });
    let (status, refused) = make(&host, &wanted).await;
    assert_eq!(status, 409, "{refused}");
    assert_eq!(refused["error"]["code"], "ungranted_fields");
    let problem = &refused["error"]["problems"][0];
    assert_eq!(problem["ungranted"], json!(["customer.phone"]), "{refused}");

    grant(&host, "eager", &json!(["message.text", "customer.phone"])).await;
    let (status, made) = make(&host, &wanted).await;
    assert_eq!(status, 201, "{made}");
    // One that reads less needs nothing.
    let less = rule("eager", "occasion.kind == 'message'", "She wrote.");
    let (_, third) = upload(&host, &host.key, less).await;
    assert_eq!(third["reads"][0]["grant"], "ungranted");
    let (_, difference) = host.get("/v1/releases/1/difference/2").await;
    assert_eq!(difference["reads_more"][0]["field"], "customer.phone");
}

#[tokio::test]
async fn a_revoked_field_is_not_read_by_the_next_event() {
    let host = Fixture::start().await;
    let digest = have(&host, rule("eager", "message.text != null", "She wrote.")).await;
    activate(&host, json!([{ "module": digest }])).await;
    let record = decided(&host, "hello").await;
    assert_eq!(run_of(&record, "eager")["answer"]["Ok"][0]["name"], "eager");
    grant(&host, "eager", &json!([])).await;
    // The same words: what is remembered of the run before must not answer.
    let record = decided(&host, "hello").await;
    let run = run_of(&record, "eager");
    assert_eq!(run["answer"]["Err"]["code"], "not_granted", "{run}");
    assert_eq!(run["reads"], json!([]));
    assert_eq!(record["decision"]["is_degraded"], true);
    grant(&host, "eager", &json!(["message.text"])).await;
    let record = decided(&host, "hello").await;
    assert_eq!(run_of(&record, "eager")["answer"]["Ok"][0]["name"], "eager");
}

#[tokio::test]
async fn what_the_tenant_denies_is_read_by_nobody() {
    let host = Fixture::start().await;
    let digest = have(&host, rule("eager", "message.text != null", "She wrote.")).await;
    activate(&host, json!([{ "module": digest }])).await;
    let mut denying = tenant("shop", NUMBER);
    denying["denied_fields"] = json!(["message.text"]);
    let put = host
        .http
        .put(format!("{}/admin/tenants/shop", host.url))
        .bearer_auth(crate::fixture::ADMIN)
        .header("if-match", "\"1\"")
        .json(&denying);
    assert_eq!(put.send().await.expect("an answer").status(), 200);
    let record = decided(&host, "hello").await;
    for module in ["eager", "complaint", "asks-for-person"] {
        let run = run_of(&record, module);
        assert_eq!(run["answer"]["Err"]["code"], "not_granted", "{module}");
    }
    let (_, module) = host.get(&format!("/v1/modules/{digest}")).await;
    assert_eq!(module["reads"][0]["grant"], "denied");
}

#[tokio::test]
async fn what_the_host_denies_is_denied_to_its_own_pack() {
    let evaluation = Evaluation {
        denied_fields: [Field::MessageText].into(),
        ..Evaluation::default()
    };
    let host = Fixture::with(evaluation).await;
    let record = decided(&host, "I want to talk to a human").await;
    assert_eq!(record["release"], 0);
    let run = run_of(&record, "complaint");
    assert_eq!(run["answer"]["Err"]["code"], "not_granted", "{run}");
    // What no module may read, the host's own code still honours.
    assert_eq!(record["decision"]["outcome"], "hand-off");
    assert_eq!(latest(&host).await["decision"]["basis"], "explicit_request");
}

#[tokio::test]
async fn a_grant_that_nothing_uses_is_told_and_revoked_by_one_call() {
    let host = Fixture::start().await;
    let used = have(&host, rule("eager", "message.text != null", "She wrote.")).await;
    have(
        &host,
        rule("idle", "customer.phone != null", "She has a phone."),
    )
    .await;
    activate(&host, json!([{ "module": used }])).await;
    let unused = async || {
        let (_, all) = host.get("/v1/grants").await;
        let all = all["items"].as_array().expect("grants").iter();
        let unused = all.filter(|it| it["fields"][0]["is_unused"] == true);
        unused.map(|it| it["module"].clone()).collect::<Vec<_>>()
    };
    host.advance(24 * 20, 0);
    let revisions = async || {
        let (_, all) = host.get("/v1/grants").await;
        let all = all["items"].as_array().expect("grants").iter();
        all.map(|it| it["revision"].clone()).collect::<Vec<_>>()
    };
    let before = revisions().await;
    decided(&host, "hello").await;
    // An hour later it is noted.
    host.advance(2, 0);
    until("the use is noted", async || {
        let (_, all) = host.get("/v1/grants").await;
        let mut all = all["items"].as_array().expect("grants").iter();
        all.any(|it| it["fields"][0]["last_read"].is_string())
    })
    .await;
    assert_eq!(revisions().await, before, "an ETag goes stale by itself");
    assert!(unused().await.is_empty());
    host.advance(24 * 11, 0);
    assert_eq!(
        unused().await,
        [json!("idle")],
        "31 days after it was granted"
    );
    let (status, revoked) = host.post("/v1/grants/revoke-unused", &json!({})).await;
    assert_eq!(status, 200, "{revoked}");
    assert_eq!(revoked["items"][0]["module"], "idle");
    assert_eq!(revoked["items"][0]["fields"], json!([]));
    let record = decided(&host, "hello again").await;
    assert_eq!(run_of(&record, "eager")["answer"]["Ok"][0]["name"], "eager");
}

#[tokio::test]
async fn two_people_do_not_overwrite_each_others_grants() {
    let host = Fixture::start().await;
    have(&host, rule("eager", "message.text != null", "She wrote.")).await;
    let fields = json!({ "fields": [] });
    let (status, stale) = host
        .request("PUT", "/v1/grants/eager", &host.key, Some(&fields))
        .await;
    assert_eq!(
        status, 412,
        "without If-Match a first grant is meant: {stale}"
    );
    let (status, _) = host
        .request("PUT", "/v1/grants/nobody", &host.key, Some(&fields))
        .await;
    assert_eq!(status, 404);
}
