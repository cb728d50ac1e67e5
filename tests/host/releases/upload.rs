//! What is kept of what is uploaded, and what is refused.

use baton::clock::Clock;
use serde_json::{Value, json};

use super::{decided, have, make, release, rule, run_of, trapping, upload};
use crate::fixture::{Fixture, tenant};

#[tokio::test]
async fn a_module_is_admitted_before_it_is_kept() {
    let host = Fixture::start().await;
    let bytes = rule("eager", "message.text != null", "She wrote.");
    let (status, made) = upload(&host, &host.key, bytes.clone()).await;
    assert_eq!(status, 201, "{made}");
    assert_eq!(made["name"], "eager");
    assert_eq!(made["is_granted"], false);
    let read = &made["reads"][0];
    assert_eq!(read["field"], "message.text");
    assert_eq!(read["grant"], "ungranted");
    let label = read["label"].as_str().expect("words");
    assert!(label.contains("text of the customer's message"), "{label}");
    let (status, again) = upload(&host, &host.key, bytes.clone()).await;
    assert_eq!((status, &again), (200, &made), "the same bytes");

    let broken = bytes[..bytes.len() / 2].to_vec();
    let (status, refused) = upload(&host, &host.key, broken).await;
    assert_eq!(status, 422);
    assert_eq!(refused["error"]["code"], "module_refused");
    assert_eq!(refused["error"]["reason"], "invalid_component");
    let (_, all) = host.get("/v1/modules").await;
    let kept = all["items"].as_array().expect("modules");
    let uploaded = kept.iter().filter(|it| it["origin"]["from"] == "upload");
    assert_eq!(uploaded.count(), 1, "what is refused is not kept: {all}");
}

#[tokio::test]
async fn nobody_sees_a_neighbours_module() {
    let host = Fixture::start().await;
    let digest = have(&host, rule("eager", "true", "She wrote.")).await;
    host.admin("PUT", "/admin/tenants/other", &tenant("other", "2"))
        .await;
    let new = json!({ "name": "all", "role": "operator" });
    let other = host.make_key("other", new).await;
    let path = format!("/v1/modules/{digest}");
    let theirs = host.request("GET", &path, &other, None).await;
    let missing = format!("/v1/modules/{}", "0".repeat(64));
    assert_eq!(theirs, host.request("GET", &missing, &other, None).await);
    let wanted = json!({ "base": 0, "modules": [{ "module": digest }] });
    let refused = host
        .request("POST", "/v1/releases", &other, Some(&wanted))
        .await;
    assert_eq!(refused.0, 422, "{}", refused.1);
    // What they upload themselves is theirs, and granted nothing.
    let bytes = rule("eager", "message.text != null", "She wrote.");
    have(&host, bytes.clone()).await;
    let (status, made) = upload(&host, &other, bytes).await;
    assert_eq!((status, &made["is_granted"]), (201, &json!(false)));
}

#[tokio::test]
async fn a_release_is_made_once_and_of_what_fits() {
    let host = Fixture::start().await;
    let digest = have(&host, rule("eager", "true", "She wrote.")).await;
    let wanted = json!({ "base": 0, "modules": [{ "module": digest }], "note": "one" });
    let (first, made) = host.post("/v1/releases", &wanted).await;
    let (again, same) = host.post("/v1/releases", &wanted).await;
    assert_eq!((first, again, &made), (201, 200, &same));
    let number = release(&host, json!([{ "module": "eager", "weight": 0.5 }])).await;
    assert_eq!(number, 2);

    for (modules, code) in [
        (
            json!([{ "module": "eager", "settings": { "nonsense": 1 } }]),
            "invalid_settings",
        ),
        (
            json!([{ "module": "weighted", "settings": { "threshold": "high" } }]),
            "invalid_settings",
        ),
        (
            json!([{ "module": "weighted", "mode": "shadow" }]),
            "no_lineup",
        ),
    ] {
        let (status, refused) = make(&host, &json!({ "base": 0, "modules": modules })).await;
        assert_eq!(status, 422, "{refused}");
        let error = &refused["error"];
        assert_eq!(error["code"], "release_unfit");
        assert_eq!(error["problems"][0]["code"], code, "{refused}");
    }
    let (status, refused) = make(&host, &json!({ "modules": [{ "module": "eager" }] })).await;
    assert_eq!(status, 422, "no policy: {refused}");
    assert_eq!(refused["error"]["problems"][0]["code"], "policies");
    let unknown = json!({ "base": 0, "modules": [{ "module": "nobody" }] });
    assert_eq!(make(&host, &unknown).await.0, 422);

    let (_, difference) = host.get("/v1/releases/1/difference/2").await;
    let change = &difference["changed"][0];
    assert_eq!(change["before"]["weight"], 1.0);
    assert_eq!(change["after"]["weight"], 0.5);
    let (_, difference) = host.get("/v1/releases/0/difference/1").await;
    assert_eq!(difference["added"][0]["name"], "eager", "{difference}");
}

#[tokio::test]
async fn settings_are_held_to_their_schema_when_a_release_is_made() {
    let host = Fixture::start().await;
    let document = r#"
        name = "choosy"
        summary = "For tests."
        condition = 'order.count >= setting.orders'
        score = '0.5'
        reason = '{setting.tone}'
        [settings.orders]
        type = "integer"
        default = 2
        minimum = 1
        maximum = 9
        [settings.tone]
        type = "text"
        default = "warm"
        enum = ["warm", "formal"]
    "#;
    have(&host, super::built(document)).await;
    let (_, module) = host.get("/v1/modules").await;
    let orders = &module["items"][0]["settings"]["properties"]["orders"];
    assert_eq!(
        (&orders["type"], &orders["minimum"], &orders["default"]),
        (&json!("integer"), &json!(1.0), &json!(2)),
        "{module}"
    );
    for (settings, is_fine) in [
        (json!({ "orders": 9, "tone": "formal" }), true),
        (json!({ "orders": 10 }), false),
        (json!({ "orders": 0 }), false),
        (json!({ "tone": "rude" }), false),
    ] {
        let modules = json!([{ "module": "choosy", "settings": settings }]);
        let (status, made) = make(&host, &json!({ "base": 0, "modules": modules })).await;
        assert_eq!(status == 201, is_fine, "{settings}: {made}");
        if !is_fine {
            assert_eq!(made["error"]["problems"][0]["code"], "invalid_settings");
        }
    }
}

#[tokio::test]
async fn releases_are_whole_after_a_restart() {
    let host = Fixture::start().await;
    let (eager, broken) = (rule("eager", "true", "She wrote."), trapping("broken"));
    let (eager, broken) = (have(&host, eager).await, have(&host, broken).await);
    let modules = json!([{ "module": eager }, { "module": broken, "mode": "shadow" }]);
    super::activate(&host, modules).await;
    host.host.reload_directory().await.expect("it is read");
    let record = decided(&host, "hello").await;
    assert_eq!(record["release"], 1);
    assert_eq!(run_of(&record, "eager")["answer"]["Ok"][0]["name"], "eager");
    // A shadow is recorded, and its failure is nobody's.
    assert_eq!(record["shadow"][0]["module"], "broken");
    assert_eq!(record["decision"]["is_degraded"], false, "{record}");
}

/// So that a release stays what it is when the host has other modules.
#[tokio::test]
async fn what_a_release_takes_of_the_host_becomes_the_tenants_own() {
    let host = Fixture::start().await;
    let brought = async || {
        let (_, modules) = host.get("/v1/modules").await;
        let items = modules["items"].as_array().expect("modules").clone();
        let of_host = |it: &Value| it["added_by"] == "host";
        let all = items.len();
        (all, items.into_iter().filter(|it| !of_host(it)).count())
    };
    let (all, _) = brought().await;
    let unfit = json!({ "base": 0, "modules": [
        { "module": "high-basket-value", "settings": { "minimum": "much" } },
    ] });
    assert_eq!(make(&host, &unfit).await.0, 422);
    assert_eq!(brought().await, (all, 0), "nothing came of it");
    let (status, made) = make(&host, &json!({ "base": 0 })).await;
    assert_eq!(status, 201, "{made}");
    assert_eq!(brought().await, (all, all), "each once");
    let tenant = "shop".to_owned().try_into().expect("an id");
    for module in made["modules"].as_array().expect("modules") {
        let digest = module["digest"].as_str().expect("a digest").to_owned();
        let digest = digest.try_into().expect("a digest");
        let bytes = host.host.store.module_bytes(&tenant, &digest).await;
        assert!(bytes.expect("read").is_some(), "{module}");
    }
}

/// A neighbour is not kept waiting, and what costs nothing is not refused.
#[tokio::test]
async fn so_many_modules_are_compiled_for_a_tenant_and_then_one_at_a_time() {
    use baton_domain::limits::{TENANT_COMPILE_SECONDS, TENANT_COMPILES_MAX};
    let host = Fixture::start().await;
    let of = |at: u32| trapping(&format!("broken-{at}"));
    for at in 0..TENANT_COMPILES_MAX {
        let (status, made) = upload(&host, &host.key, of(at)).await;
        assert_eq!(status, 201, "{made}");
    }
    let url = format!("{}/v1/modules", host.url);
    let one_more = async || {
        let request = host.http.post(&url).bearer_auth(&host.key);
        let request = request.body(of(TENANT_COMPILES_MAX));
        request.send().await.expect("an answer")
    };
    let refused = one_more().await;
    assert_eq!(refused.status(), 429);
    let wait = refused.headers()["retry-after"]
        .to_str()
        .expect("text")
        .to_owned();
    assert_eq!(wait, TENANT_COMPILE_SECONDS.to_string());
    let body: Value = refused.json().await.expect("JSON");
    assert_eq!(body["error"]["code"], "too_many_compiles");
    // What is there already, and what is refused without compiling.
    assert_eq!(upload(&host, &host.key, of(0)).await.0, 200);
    assert_eq!(upload(&host, &host.key, b"nonsense".to_vec()).await.0, 422);
    host.admin("PUT", "/admin/tenants/other", &tenant("other", "2"))
        .await;
    let new = json!({ "name": "all", "role": "operator" });
    let other = host.make_key("other", new).await;
    assert_eq!(upload(&host, &other, of(77)).await.0, 201);
    host.clock
        .set(host.clock.now() + jiff::SignedDuration::from_secs(TENANT_COMPILE_SECONDS));
    assert_eq!(one_more().await.status(), 201);
}
