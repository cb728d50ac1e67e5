//! Requests of the API that are almost right: refused in the stable form, or
//! done.

use fastrand::Rng;
use serde_json::{Value, json};

use crate::{
    cases::cases,
    corpus,
    host::{ADMIN, Ask, Running, shop},
    mutate,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn requests_are_done_or_refused_in_the_stable_form() {
    let host = Running::start().await;
    for case in cases(500) {
        let mut random = case.random();
        let (method, mut path, body) = request(&mut random);
        let mut body = body.to_string().into_bytes();
        if random.u8(..3) == 0 {
            mutate::bytes(&mut random, &mut body);
        }
        if random.u8(..3) == 0 {
            path = bent(&mut random, &path);
        }
        let key = if path.starts_with("/admin") {
            ADMIN
        } else {
            &host.key
        };
        let revision = format!("\"{}\"", random.u8(..4));
        let types = [
            "application/json",
            "text/plain",
            "application/json; charset=x",
            "",
        ];
        let weights = [0, 0, 0, 0, 0, 0, 1, 2, 3];
        let ask = Ask {
            method,
            path: &path,
            key,
            headers: &[
                ("content-type", types[*corpus::pick(&mut random, &weights)]),
                ("if-match", &revision),
                ("idempotency-key", &revision),
            ],
            body,
        };
        let (status, answer) = host.ask(ask).await;
        assert!(status < 500, "{method} {path}: {status} {answer}");
        if status >= 400 {
            let is_stable =
                answer["error"]["code"].is_string() && answer["error"]["message"].is_string();
            assert!(is_stable, "{method} {path}: {status} {answer}");
        }
    }
    host.ends_well().await;
}

/// A path with a few of its characters replaced.
fn bent(random: &mut Rng, path: &str) -> String {
    let odd = [
        "%00", "%ff", "..", "%2f", "a", "0", "?", "&", "=", "%", "ü", "/",
    ];
    let at = random.usize(1..=path.len());
    format!(
        "{}{}{}",
        &path[..at],
        corpus::pick(random, &odd),
        &path[at..]
    )
}

fn request(random: &mut Rng) -> (&'static str, String, Value) {
    let facts = facts();
    let fact = corpus::pick(random, &facts).clone();
    let customer = json!({ "phone": "6281290001234", "external_id": "k-1" });
    let to = json!({ "phone": "6281290001234" });
    let gets = [
        "/v1/customers?phone=6281290001234",
        "/v1/customers?limit=3&after=x",
        "/v1/customers/33xnc3y7tv0p7dbx7153a9sq/events?from=1",
        "/v1/conversations?owner=people",
        "/v1/conversations/33xnc3y7tv0p7dbx7153a9sq/106540352242922",
        "/v1/decisions",
        "/v1/decisions/33xnc3y7tv0p7dbx7153a9sq/1",
        "/v1/handoffs?limit=100000000000",
        "/v1/dead-letters",
        "/admin/tenants",
        "/admin/quarantine?after=1",
        "/readyz",
    ];
    let names = ["shop", "other", "third", "x"];
    let name = corpus::pick(random, &names);
    let mut tenant = shop();
    tenant["id"] = json!(name);
    let (method, path, mut body) = match random.u8(..8) {
        0..3 => (
            "POST",
            "/v1/events".to_owned(),
            json!({ "customer": customer, "facts": [fact] }),
        ),
        3 => {
            let message = corpus::pick(random, &messages()).clone();
            (
                "POST",
                "/v1/messages".to_owned(),
                json!({ "customer": to, "message": message }),
            )
        }
        4 => ("PUT", format!("/admin/tenants/{name}"), tenant),
        5 => {
            let app = json!({ "secret": "another-secret", "verify_token": "verify" });
            ("PUT", format!("/admin/apps/of-{name}"), app)
        }
        6 => {
            let new = json!({ "name": "one", "role": "bot" });
            ("POST", format!("/admin/tenants/{name}/keys"), new)
        }
        _ => (
            "GET",
            (*corpus::pick(random, &gets)).to_owned(),
            Value::Null,
        ),
    };
    if random.u8(..6) > 0 {
        let donor = json!([facts, messages(), shop()]);
        mutate::json(random, &mut body, &donor);
    }
    (method, path, body)
}

fn messages() -> Vec<Value> {
    vec![
        json!({ "type": "text", "body": "hello" }),
        json!({ "type": "template", "name": "order_tracking", "language": "en", "parameters": ["1"] }),
    ]
}

fn facts() -> Vec<Value> {
    let root = baton_tests::root();
    let mut facts = vec![json!({ "type": "bot_missed", "at": "2026-11-24T02:00:00Z" })];
    for example in [
        "friday",
        "basket",
        "payment",
        "repeat-buyer",
        "bot-failed-twice",
    ] {
        let path = root.join("tests/examples").join(example).join("facts.json");
        let text = std::fs::read_to_string(path).expect("the example");
        let value: Value = serde_json::from_str(&text).expect("JSON");
        facts.extend(value["facts"].as_array().cloned().unwrap_or_default());
    }
    facts
}
