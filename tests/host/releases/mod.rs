//! Modules, grants and releases of a tenant, over HTTP.

mod grants;
mod guard;
pub mod packages;
mod residents;
mod rollout;
mod shadow;
mod upload;

use baton::clock::Clock;
use baton_cel::Format;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::{
    fixture::{Fixture, PHONE},
    guest::{declaration, declare, encode},
};

/// The bytes of a rule without code that says `reason` of every message and
/// reads the fields that `condition` names.
pub fn rule(name: &str, condition: &str, reason: &str) -> Vec<u8> {
    let document = format!(
        "name = {name:?}\nsummary = \"For tests.\"\ncondition = {condition:?}\n\
         score = '0.9'\nreason = {reason:?}\ntag = {name:?}\n"
    );
    built(&document)
}

/// The bytes of a rule without code.
pub fn built(document: &str) -> Vec<u8> {
    let rule = baton_cel::read(document, Format::Toml)
        .unwrap_or_else(|mistakes| panic!("{document}: {mistakes:?}"));
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let evaluator = std::fs::read(root.join("target/guests/core/no-code.wasm"))
        .expect("the evaluator is built: run `make guests`");
    let component = baton_cel::build(&rule, &evaluator).expect("it is built");
    component.bytes
}

/// The bytes of a rule that reads nothing and traps.
pub fn trapping(name: &str) -> Vec<u8> {
    let core = r#"(module
        (memory (export "memory") 1)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) unreachable)
        (func (export "score") (result i32) unreachable))"#;
    declare(encode(core, "rule"), &declaration(name, "rule"))
}

/// The bytes of a rule that computes for most of its fuel on each text, with what
/// takes longest for it, and says nothing: some 15 ms.
pub fn greedy(name: &str) -> Vec<u8> {
    let core = r#"(module
        (import "baton:rules/message@1.0.0" "text" (func $text (param i32)))
        (memory (export "memory") 1)
        (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 2048))
        (func (export "score") (result i32) (local $left i32) (local $root f64)
            (call $text (i32.const 16))
            (local.set $left (i32.const 600000))
            (loop $more
                (local.set $root (f64.sqrt (f64.sqrt (f64.sqrt (f64.sqrt (f64.add (local.get $root) (f64.const 3)))))))
                (local.set $left (i32.sub (local.get $left) (i32.const 1)))
                (br_if $more (local.get $left)))
            (i32.const 1024)))"#;
    declare(encode(core, "rule"), &declaration(name, "rule"))
}

/// Uploads bytes; status and answer.
pub async fn upload(fixture: &Fixture, key: &str, bytes: Vec<u8>) -> (u16, Value) {
    let url = format!("{}/v1/modules", fixture.url);
    let request = fixture
        .http
        .post(url)
        .bearer_auth(key)
        .header("content-type", "application/wasm")
        .header("x-request-id", "the-request-of-a-test")
        .body(bytes);
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or_default())
}

/// Uploads a module and grants it all that it reads; its digest.
pub async fn have(fixture: &Fixture, bytes: Vec<u8>) -> String {
    let (status, module) = upload(fixture, &fixture.key, bytes).await;
    assert!(status == 200 || status == 201, "{module}");
    let reads = module["reads"].as_array().expect("reads").iter();
    let fields: Vec<_> = reads.map(|it| it["field"].clone()).collect();
    grant(
        fixture,
        module["name"].as_str().expect("a name"),
        &json!(fields),
    )
    .await;
    module["digest"].as_str().expect("a digest").to_owned()
}

/// Grants exactly these fields to modules of a name.
pub async fn grant(fixture: &Fixture, name: &str, fields: &Value) {
    let (_, all) = fixture.get("/v1/grants").await;
    let all = all["items"].as_array().expect("grants").iter();
    let before = all.clone().find(|it| it["module"] == name);
    let url = format!("{}/v1/grants/{name}", fixture.url);
    let mut request = fixture.http.put(url).bearer_auth(&fixture.key);
    if let Some(before) = before {
        request = request.header("if-match", format!("\"{}\"", before["revision"]));
    }
    let request = request.json(&json!({ "fields": fields }));
    let answer = request.send().await.expect("an answer");
    assert_eq!(answer.status(), 200, "{:?}", answer.text().await);
}

/// Makes a release of the host's pack and these modules; its number.
pub async fn release(fixture: &Fixture, modules: Value) -> u64 {
    let (status, made) = make(fixture, &json!({ "base": 0, "modules": modules })).await;
    assert_eq!(status, 201, "{made}");
    made["number"].as_u64().expect("a number")
}

/// Asks for a release; each time under a key of its own.
pub async fn make(fixture: &Fixture, wanted: &Value) -> (u16, Value) {
    let made = fixture.get("/v1/rollout").await.1["revision"].clone();
    let request = fixture
        .http
        .post(format!("{}/v1/releases", fixture.url))
        .bearer_auth(&fixture.key)
        .header("idempotency-key", format!("release-{made}"))
        .json(wanted);
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or_default())
}

/// Moves; status and answer.
pub async fn moves(fixture: &Fixture, wanted: Value) -> (u16, Value) {
    fixture.post("/v1/rollout", &wanted).await
}

/// Makes a release of the host's pack and these modules, and activates it.
pub async fn activate(fixture: &Fixture, modules: Value) -> u64 {
    let number = release(fixture, modules).await;
    let (status, moved) = moves(fixture, json!({ "move": "activate", "release": number })).await;
    assert_eq!(status, 200, "{moved}");
    number
}

/// The record of the latest decision.
pub async fn latest(fixture: &Fixture) -> Value {
    let (_, list) = fixture.get("/v1/decisions?limit=1").await;
    let place = &list["items"][0];
    let customer = place["customer"].as_str().expect("a decision");
    let path = format!("/v1/decisions/{customer}/{}", place["version"]);
    fixture.get(&path).await.1["record"].clone()
}

/// She says something a second later, and it is decided on.
pub async fn decided(fixture: &Fixture, text: &str) -> Value {
    let now = fixture.clock.now();
    fixture.clock.set(now + SignedDuration::from_secs(1));
    fixture.says(text).await;
    latest(fixture).await
}

/// The run of a module in a record.
pub fn run_of<'r>(record: &'r Value, module: &str) -> &'r Value {
    let rules = record["rules"].as_array().expect("rules").iter();
    rules
        .clone()
        .find(|it| it["module"] == module)
        .unwrap_or_else(|| panic!("{module} is not in {record}"))
}

/// Events of her log of this kind.
pub async fn events_of(fixture: &Fixture, kind: &str) -> Vec<Value> {
    let (_, found) = fixture.get(&format!("/v1/customers?phone={PHONE}")).await;
    let id = found["items"][0]["id"].as_str().expect("she is known");
    let path = format!("/v1/customers/{id}/events?limit=200");
    let (_, events) = fixture.get(&path).await;
    let events = events["items"].as_array().expect("events").iter();
    events
        .map(|it| it["event"].clone())
        .filter(|it| it["kind"] == kind)
        .collect()
}
