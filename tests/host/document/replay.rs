//! Every example of the document, sent to a real host. With `UPDATE_EXAMPLES=1`
//! what was answered is written into the example files instead of compared.

use std::path::PathBuf;

use baton::http::{EXAMPLES, document};
use baton_simulator::Fault;
use serde_json::Value;

use super::{Operation, operations};
use crate::{
    fixture::{ADMIN, Fixture, NUMBER, PHONE, SECRET, messages, signature, text, until},
    notify::{Receiver, lenient},
    numbers::{ACCOUNT, template_news},
    releases::{packages::package, rule},
    schema::check_schema,
};

/// Examples in an order in which each finds what it is about; `!` starts what
/// is prepared in between.
pub const REPLAY: &[&str] = &[
    "alive",
    "ready",
    "metrics",
    "openapi",
    "docs",
    "webhook_handshake",
    "tell_facts",
    "take_webhook",
    "list_customers",
    "show_customer",
    "list_events",
    "export_customer",
    "list_conversations",
    "show_conversation",
    "list_decisions",
    "show_decision",
    "list_handoffs",
    "make_endpoint",
    "list_endpoints",
    "flag_handoff",
    "!gone",
    "show_endpoint",
    "put_endpoint",
    "replay_dead_letter",
    "!delivered",
    "replay_endpoint",
    "rotate_endpoint",
    "remove_endpoint",
    "report_flags",
    "show_case",
    "show_notifications",
    "put_notifications",
    "show_sync",
    "compare_number",
    "list_comparisons",
    "show_comparison",
    "claim",
    "show_view",
    "take_note",
    "add_tags",
    "heartbeat",
    "return",
    "!dead letter",
    "send_message",
    "!settled",
    "list_dead_letters",
    "reply",
    "!settled",
    "set_next_step",
    "assign",
    "escalate",
    "resolve",
    "put_role",
    "show_role",
    "list_roles",
    "put_person",
    "show_person",
    "list_people",
    "make_token",
    "list_tokens",
    "revoke_token",
    "grant_fields",
    "read_audit",
    "freeze_person",
    "!successor",
    "remove_person",
    "remove_role",
    "upload_module",
    "install_package",
    "list_modules",
    "show_module",
    "put_grants",
    "list_grants",
    "revoke_unused_grants",
    "make_release",
    "list_releases",
    "show_release",
    "compare_releases",
    "move_rollout",
    "show_rollout",
    "put_guardrails",
    "list_running",
    "!news",
    "list_numbers",
    "show_number",
    "freeze_number",
    "thaw_number",
    "list_tenants",
    "show_tenant",
    "put_tenant",
    "make_key",
    "list_keys",
    "revoke_keys",
    "put_app",
    "!quarantine",
    "list_quarantine",
    "redrive",
    "dismiss",
    "export",
];

/// The key that an operation asks for.
fn key<'h>(host: &'h Fixture, operation: &Operation) -> &'h str {
    let security = operation.body["security"].to_string();
    match (
        security.contains("admin_key"),
        security.contains("tenant_key"),
    ) {
        (true, _) => ADMIN,
        (_, true) => &host.key,
        _ => "",
    }
}

/// What the path of an example stands for in this run.
async fn concrete(host: &Fixture, operation: &Operation, example: &Value) -> String {
    let mut path = operation.path.clone();
    for (name, value) in example["path"].as_object().into_iter().flatten() {
        let value = match name.as_str() {
            "customer" => host.conversation().await["customer"].clone(),
            "version" => host.get("/v1/decisions?limit=1").await.1["items"][0]["version"].clone(),
            "comparison" => {
                let path = format!("/v1/numbers/{NUMBER}/comparisons");
                host.get(&path).await.1["items"][0]["id"].clone()
            }
            "digest" => host.get("/v1/modules").await.1["items"][0]["digest"].clone(),
            "id" => {
                let (_, items) = host.request("GET", "/admin/quarantine", ADMIN, None).await;
                items["items"][0]["id"].clone()
            }
            _ => value.clone(),
        };
        path = path.replace(&format!("{{{name}}}"), &plain(&value));
    }
    let pairs: Vec<String> = example["query"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, value)| format!("{name}={}", plain(value)))
        .collect();
    if pairs.is_empty() {
        path
    } else {
        format!("{path}?{}", pairs.join("&"))
    }
}

fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// What stands in examples for the address of the receiver.
const RECEIVER: &str = "https://crm.example.com/hooks/baton";

/// The body of an example, as it is sent in this run.
async fn request_body(
    (host, receiver): (&Fixture, &Receiver),
    operation: &Operation,
    example: &Value,
) -> Option<String> {
    let mut body = example.get("request")?.clone();
    if operation.id == "replay_dead_letter" {
        let (_, letters) = host.get("/v1/dead-letters").await;
        for name in ["customer", "key"] {
            body[name] = letters["items"][0][name].clone();
        }
    }
    Some(body.to_string().replace(RECEIVER, &receiver.url))
}

async fn send(
    (host, receiver): (&Fixture, &Receiver),
    operation: &Operation,
    example: &Value,
) -> (u16, Value) {
    let path = concrete(host, operation, example).await;
    let method = operation.method.parse().expect("a method");
    let mut request = host.http.request(method, format!("{}{path}", host.url));
    let key = match operation.id.as_str() {
        // With a bot's own key, so that there is one.
        "heartbeat" => host.bot_comes().await,
        _ => key(host, operation).to_owned(),
    };
    if !key.is_empty() {
        request = request.bearer_auth(key);
    }
    let body = request_body((host, receiver), operation, example).await;
    for (name, value) in example["headers"].as_object().into_iter().flatten() {
        let signed = body.as_ref().map(|body| signature(body, SECRET));
        let value = match name.as_str() {
            "X-Hub-Signature-256" => signed.expect("a body"),
            _ => plain(value),
        };
        request = request.header(name, value);
    }
    match operation.id.as_str() {
        "upload_module" => {
            let module = rule("keen", "message.text != null", "She wrote.");
            request = request.body(module);
        }
        "install_package" => {
            let reads = &["message.text"];
            request = request.body(package("1.0", "message.text != null", reads, 1));
        }
        _ => {}
    }
    if let Some(body) = body {
        request = request
            .header("content-type", "application/json")
            .body(body);
    }
    let answer = request.send().await.expect("an answer");
    let status = answer.status().as_u16();
    let media = answer.headers().get("content-type");
    let is_json = media.is_some_and(|it| it == "application/json");
    let text = answer.text().await.expect("a text");
    let text = text.replace(&receiver.url, RECEIVER);
    let json = is_json.then(|| serde_json::from_str(&text).expect("JSON"));
    (status, json.unwrap_or(Value::String(text)))
}

async fn prepare((host, receiver): (&Fixture, &Receiver), step: &str) {
    match step {
        "!dead letter" => {
            let refused = Fault::Refuse {
                status: 400,
                code: 131_026,
            };
            host.simulator.break_next_send(refused);
            assert_eq!(host.send("Anything else?").await.0, 202);
            until("it is a dead letter", || async {
                let (_, letters) = host.get("/v1/dead-letters").await;
                letters["items"][0]["why"].is_string()
            })
            .await;
        }
        "!gone" => {
            until("the receiver said that it is gone", || async {
                let (_, found) = host.get("/v1/endpoints/crm").await;
                found["disabled"]["why"] == "gone"
            })
            .await;
        }
        "!news" => {
            // Later than whatever was read until now.
            host.advance(1, 0);
            let paused = template_news(ACCOUNT, "order_tracking", "PAUSED");
            assert_eq!(host.signed(&paused).await, 200);
        }
        "!delivered" => until("it came", || async { receiver.got().len() == 2 }).await,
        "!successor" => drop(host.person("budi", "senior-agent").await),
        // Or what WhatsApp tells of it would cross the next request.
        "!settled" => {
            until("the message was read", || async {
                let conversation = host.conversation().await;
                let thread = conversation["thread"].as_array().cloned();
                let last = thread.and_then(|it| it.last().cloned());
                last.is_some_and(|it| it["receipt"] == "read")
            })
            .await;
        }
        _ => {
            let body = messages("999", &[text("wamid.lost", "hello")]);
            assert_eq!(host.signed(&body).await, 200);
        }
    }
}

#[tokio::test]
async fn every_example_is_answered_as_documented() {
    let host = Fixture::configured(lenient).await;
    let receiver = Receiver::start().await;
    receiver.answers(&[410]);
    let both = (&host, &receiver);
    let document = document();
    let operations = operations(&document);
    for step in REPLAY {
        if step.starts_with('!') {
            prepare(both, step).await;
            continue;
        }
        let operation = operations.iter().find(|it| it.id == *step).expect(step);
        let (_, example) = EXAMPLES.iter().find(|(name, _)| name == step).expect(step);
        let mut example: Value = serde_json::from_str(example).expect(step);
        let request = &operation.body["requestBody"]["content"]["application/json"];
        if let Some(sent) = example.get("request") {
            check_schema(&document, &request["schema"], sent, step);
        }
        let (status, answer) = send(both, operation, &example).await;
        assert_eq!(example["status"], status, "{step}: {answer}");
        let content = &operation.body["responses"][status.to_string()]["content"];
        if let Some(media) = content.as_object().and_then(|it| it.values().next()) {
            check_schema(&document, &media["schema"], &answer, step);
            // The document and its page are no example of themselves; the lines
            // of metrics and of an export are no JSON document.
            if ["openapi", "docs", "metrics", "export"].contains(step) {
                continue;
            }
            if std::env::var_os("UPDATE_EXAMPLES").is_some() {
                example["response"] = answer;
                update(step, &example);
            } else {
                check_schema(&document, &media["schema"], &example["response"], step);
                check_shape(step, &example["response"], &answer);
            }
        }
    }
    assert_eq!(host.conversation().await["owner"]["is"], "bot");
    let (_, found) = host.get(&format!("/v1/customers?phone={PHONE}")).await;
    assert_eq!(found["items"][0]["conversations"][0]["number"], NUMBER);
}

fn update(step: &str, example: &Value) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/http/document/examples");
    let text = serde_json::to_string_pretty(example).expect("JSON");
    std::fs::write(folder.join(format!("{step}.json")), text + "\n").expect("written");
}

/// The same members of the same types (or none), so that an example does not
/// go stale.
#[track_caller]
fn check_shape(step: &str, example: &Value, answer: &Value) {
    match (example, answer) {
        (Value::Object(example), Value::Object(answer)) => {
            let names =
                |it: &serde_json::Map<String, Value>| it.keys().cloned().collect::<Vec<_>>();
            assert_eq!(names(example), names(answer), "{step}");
            for (name, value) in example {
                check_shape(step, value, &answer[name]);
            }
        }
        (Value::Array(example), Value::Array(answer)) => {
            assert_eq!(example.len(), answer.len(), "{step}: {answer:?}");
            for (example, answer) in example.iter().zip(answer) {
                check_shape(step, example, answer);
            }
        }
        (Value::Null, _) | (_, Value::Null) => {}
        (example, answer) => {
            let same = std::mem::discriminant(example) == std::mem::discriminant(answer);
            assert!(same, "{step}: {example} is {answer}");
        }
    }
}
