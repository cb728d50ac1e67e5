//! A postal address that somebody typed: rules read it, and people whose role
//! lacks the unmasked text see it nowhere, also not in what a rule had read or
//! says of it.

use serde_json::{Value, json};

use crate::fixture::{Fixture, PHONE, until};

/// A word of the address.
pub const STREET: &str = "Kenanga";

/// The fields in which it stands.
const TYPED: &[&str] = &[
    "message.text",
    "conversation.failed-question",
    "payment.last-failure-reason",
    "delivery.uncertainty-reason",
];

/// It is typed wherever something can be typed, and a rule reads it there.
pub async fn typed_everywhere(host: &Fixture) {
    host.says("Hello, it goes to Jl. Kenanga 12").await;
    let amount = json!({ "minor": 5_000, "currency": "USD" });
    let missed = |question: &str| json!({ "type": "bot_missed", "question": question });
    host.tell(json!([
        missed("Do you go to Jl. Kenanga 12?"),
        missed("Do you really go to Jl. Kenanga 12?"),
        { "type": "payment", "reference": "P-1", "transaction": "P-1-1", "status": "failed",
            "amount": amount, "reason": "no card for Jl. Kenanga 12" },
        { "type": "delivery", "latest": "2026-11-27", "certainty": "uncertain",
            "reason": "nobody was at Jl. Kenanga 12" },
    ]))
    .await;
    until("people have it", || async {
        host.conversation().await["owner"]["is"] != "bot"
    })
    .await;
    host.says("Will it arrive before Friday at Jl. Kenanga 12?")
        .await;
}

/// All that a token is shown of the customer and of each decision.
async fn all_shown(host: &Fixture, token: &str) -> String {
    let path = host.her_conversation().await;
    let customer = path.split('/').nth(3).expect("an id");
    let (_, decisions) = host.get("/v1/decisions?limit=200").await;
    let versions = decisions["items"].as_array().expect("decisions").iter();
    let mut paths: Vec<String> = versions
        .map(|it| format!("/v1/decisions/{customer}/{}", it["version"]))
        .collect();
    paths.extend([
        path.clone(),
        format!("{path}/view"),
        format!("/v1/customers/{customer}"),
        format!("/v1/customers/{customer}/events?limit=200"),
        "/v1/decisions?limit=200".to_owned(),
        "/v1/handoffs".to_owned(),
    ]);
    let mut all = String::new();
    for path in paths {
        let (status, told) = host.request("GET", &path, token, None).await;
        assert_eq!(status, 200, "{path}: {told}");
        all.push_str(&format!("{told}\n"));
    }
    all
}

/// What a rule had read of `field`, in the view.
fn read<'v>(view: &'v Value, field: &str) -> &'v Value {
    let signals = view["signals"].as_array().expect("signals").iter();
    let mut reads = signals.flat_map(|it| it["reads"].as_array().expect("reads"));
    let read = reads.find(|it| it["field"] == field);
    &read.expect("it was read")["value"]["value"]
}

#[tokio::test]
async fn an_address_that_a_rule_read_is_masked_for_people_like_the_thread() {
    let host = Fixture::start().await;
    let junior = host.person("ana", "junior-agent").await;
    typed_everywhere(&host).await;
    let view = format!("{}/view", host.her_conversation().await);
    let (_, seen) = host.request("GET", &view, &junior, None).await;
    let text = &seen["conversation"]["thread"][0]["text"];
    assert_eq!(text, "Hello, it goes to [address]");
    let question = "conversation.failed-question";
    let shown = read(&seen, question).as_str().expect("a text");
    assert!(shown.ends_with(" go to [address]?"), "{shown}");
    let whole = host.get(&view).await.1;
    let raw = read(&whole, question).as_str().expect("a text");
    assert!(raw.ends_with(" go to Jl. Kenanga 12?"), "{raw}");
    // The rule quotes it.
    let reasons = |view: &Value| view["handoff"]["reasons"].to_string();
    assert!(reasons(&whole).contains(STREET), "{whole}");
    assert!(reasons(&seen).contains("[address]"), "{seen}");

    let whole = all_shown(&host, &host.key).await;
    for field in TYPED {
        let as_read = format!("\"field\":[\"{field}\",{{\"is\":\"text\",\"value\":\"");
        let mut places = whole.split(&as_read).skip(1);
        assert!(
            places.any(|it| it.split('"').next().is_some_and(|it| it.contains(STREET))),
            "no rule read it in {field}, so that proves nothing"
        );
    }
    let seen = all_shown(&host, &junior).await;
    let found = seen.find(STREET).map(|at| {
        let from = seen.floor_char_boundary(at.saturating_sub(200));
        &seen[from..seen.ceil_char_boundary(at + 40)]
    });
    assert_eq!(found, None, "a junior agent is shown it");
    assert!(seen.contains("[address]") && !seen.contains(PHONE));
}

/// A rule's author sees the case as its role sees texts, and is told so.
#[tokio::test]
async fn a_case_is_masked_as_the_role_wants_it() {
    let host = Fixture::start().await;
    let author = host.person("ana", "rule-author").await;
    typed_everywhere(&host).await;
    let path = format!("{}/flag", host.her_conversation().await);
    let early = json!({ "flag": "too-early" });
    let (_, flagged) = host.post(&path, &early).await;
    let at = flagged["case"].as_str().expect("a path");
    let case = |token: String| {
        let request = host
            .http
            .get(format!("{}{at}", host.url))
            .bearer_auth(token);
        async move {
            let answer = request.send().await.expect("an answer");
            answer.text().await.expect("a text")
        }
    };
    let whole = case(host.key.clone()).await;
    assert!(
        whole.contains(STREET) && !whole.contains("masked"),
        "{whole}"
    );
    let theirs = case(author).await;
    assert!(
        theirs.contains(" go to [address]?") && theirs.contains("masked for your role"),
        "{theirs}"
    );
    assert!(!theirs.contains(STREET), "{theirs}");
}
