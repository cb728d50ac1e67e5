//! A handoff is flagged in one call, counted with a denominator, and becomes a
//! case that fails.

use std::{path::PathBuf, process::Command};

use serde_json::{Value, json};

use super::{hand_off, path};
use crate::fixture::{Fixture, PHONE, tenant, until};

async fn report(host: &Fixture) -> Value {
    let (status, report) = host.get("/v1/reports/flags").await;
    assert_eq!(status, 200, "{report}");
    report
}

#[tokio::test]
async fn flags_are_counted_by_version_of_the_rule_in_the_week_of_the_handoff() {
    let host = Fixture::start().await;
    let (ana, budi) = (
        host.person("ana", "junior-agent").await,
        host.person("budi", "senior-agent").await,
    );
    let conversation = hand_off(&host).await;
    let flag = path(&conversation, "flag");
    let says = |token: &String, body: Value| {
        let (host, flag, token) = (&host, flag.clone(), token.clone());
        async move { host.request("POST", &flag, &token, Some(&body)).await }
    };
    let early = json!({ "flag": "too-early", "note": "The bot knew" });
    let (status, first) = says(&ana, early.clone()).await;
    assert_eq!(status, 201, "{first}");
    assert_eq!(first["rules"][0]["module"], "asks-for-person");
    // The same once more, another kind, and another person.
    assert_eq!(says(&ana, early).await.0, 200);
    let wrong = json!({ "flag": "wrong-person" });
    assert_eq!(says(&ana, wrong).await.0, 201);
    let other = json!({ "flag": "too-early", "decision": first["decision"] });
    assert_eq!(says(&budi, other).await.0, 201);
    assert_eq!(host.count_of("handoff_flagged").await, 3);
    let customer = conversation["customer"].as_str().expect("an id");
    let (_, events) = host.get(&format!("/v1/customers/{customer}/events")).await;
    let events = events["items"].as_array().expect("events").iter();
    let flagged = events.filter(|it| it["event"]["kind"] == "handoff_flagged");
    let by: Vec<_> = flagged.map(|it| it["event"]["by"]["id"].clone()).collect();
    assert_eq!(by, ["ana", "ana", "budi"], "by whoever asked");

    // A second handoff, in another week, that nobody flags.
    assert_eq!(
        host.post(&path(&conversation, "resolve"), &json!({}))
            .await
            .0,
        200
    );
    host.advance(7 * 24, 0);
    host.says("I want to talk to a person again").await;
    until("it is handed off again", || async {
        host.count_of("handed_off").await == 2
    })
    .await;
    let late = json!({ "flag": "missing-context", "decision": first["decision"] });
    assert_eq!(host.post(&flag, &late).await.0, 201);

    let weeks = report(&host).await["weeks"].clone();
    assert_eq!(weeks.as_array().map(Vec::len), Some(2), "{weeks}");
    assert_eq!(weeks[0]["monday"], "2026-11-23");
    let all = json!({ "handoffs": 1, "flagged": 1, "rate": 1.0,
        "flags": { "missing-context": 1, "too-early": 2, "wrong-person": 1 } });
    let release = &weeks[0]["releases"][0];
    assert_eq!((&release["release"], &release["all"]), (&json!(0), &all));
    let rules = release["rules"].as_array().expect("rules").iter();
    let mut asks = rules.filter(|it| it["module"] == "asks-for-person");
    let asks = asks.next().expect("the rule");
    assert_eq!(asks["counted"], all);
    assert_eq!(asks["digest"], first["rules"][0]["digest"]);
    let quiet = json!({ "handoffs": 1, "flagged": 0, "rate": 0.0, "flags": {} });
    assert_eq!(weeks[1]["releases"][0]["all"], quiet);

    let (status, answer) = host
        .get("/v1/reports/flags?from=2020-01-01&until=2026-01-01")
        .await;
    assert_eq!(
        (status, &answer["error"]["limit"]),
        (422, &json!("REPORT_WEEKS_MAX"))
    );
    let (_, before) = host
        .get("/v1/reports/flags?from=2026-11-02&until=2026-11-22")
        .await;
    assert_eq!(before["weeks"], json!([]));
}

#[tokio::test]
async fn what_is_no_handoff_or_of_others_is_not_flagged() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    let conversation = host.conversation().await;
    let flag = path(&conversation, "flag");
    let early = json!({ "flag": "too-early" });
    let (status, answer) = host.post(&flag, &early).await;
    assert_eq!(
        (status, &answer["error"]["code"]),
        (409, &json!("no_handoff"))
    );
    let long = json!({ "flag": "too-early", "note": "x".repeat(501) });
    assert_eq!(host.post(&flag, &long).await.0, 422);
    assert_eq!(host.post(&flag, &json!({ "flag": "ugly" })).await.0, 422);
    host.admin("PUT", "/admin/tenants/other", &tenant("other", "999"))
        .await;
    let new = json!({ "name": "all", "role": "operator" });
    let other = host.make_key("other", new).await;
    let theirs = host.request("POST", &flag, &other, Some(&early)).await;
    let missing = flag.replace(conversation["customer"].as_str().expect("an id"), "nobody");
    let nobodys = host.request("POST", &missing, &other, Some(&early)).await;
    assert_eq!(theirs, nobodys);
    assert_eq!(theirs.0, 404);
}

/// The file that a decision becomes.
async fn case(host: &Fixture, path: &str) -> String {
    let request = host.http.get(format!("{}{path}", host.url));
    let answer = request
        .bearer_auth(&host.key)
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.status(), 200);
    answer.text().await.expect("a text")
}

/// Runs `baton rule test` on the stock rule.
fn rule_test(cases: &str) -> (bool, String) {
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("flagged.cases.toml");
    std::fs::write(&file, cases).expect("it is written");
    let guests = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../target/guests");
    let run = Command::new(env!("CARGO_BIN_EXE_baton"))
        .args(["rule", "test"])
        .arg(guests.join("asks-for-person.wasm"))
        .arg("--cases")
        .arg(&file)
        .output()
        .expect("it runs");
    let text = [run.stdout, run.stderr].concat();
    (
        run.status.success(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

#[tokio::test]
async fn a_flag_becomes_a_case_that_fails_until_the_rule_keeps_quiet() {
    let host = Fixture::start().await;
    let conversation = hand_off(&host).await;
    let early = json!({ "flag": "too-early" });
    let (_, flagged) = host.post(&path(&conversation, "flag"), &early).await;
    let at = flagged["case"].as_str().expect("a path");
    let cases = case(&host, at).await;
    assert!(cases.contains("talk to a person"), "{cases}");
    assert!(!cases.contains(PHONE) && !cases.contains("9000"), "{cases}");
    let (is_ok, said) = rule_test(&cases);
    assert!(!is_ok, "{said}");
    assert!(
        said.contains("not expected: ") && said.contains("too-early"),
        "{said}"
    );
    // On what was recorded the rule says what it said then.
    let said_so = cases.replace("quiet = true", "fails = \"module_trapped\"");
    let (_, said) = rule_test(&said_so);
    assert!(said.contains("expected module_trapped, it says"), "{said}");
    let unread = cases.replace("talk to a person", "buy a cup");
    let (is_ok, said) = rule_test(&unread);
    assert!(is_ok, "{said}");
}

#[tokio::test]
async fn what_came_too_late_becomes_the_moment_before() {
    let host = Fixture::start().await;
    host.says("Is this bowl safe for the microwave?").await;
    let conversation = hand_off(&host).await;
    let late = json!({ "flag": "too-late" });
    let (_, flagged) = host.post(&path(&conversation, "flag"), &late).await;
    let cases = case(&host, flagged["case"].as_str().expect("a path")).await;
    assert!(
        cases.contains("microwave") && !cases.contains("quiet = true"),
        "{cases}"
    );
    let (is_ok, said) = rule_test(&cases);
    assert!(!is_ok && said.contains("it does not say so"), "{said}");
}

#[tokio::test]
async fn a_decision_that_nobody_flagged_is_a_case_when_asked_what_was_wrong() {
    let host = Fixture::start().await;
    let conversation = hand_off(&host).await;
    let (_, decisions) = host.get("/v1/decisions?limit=1").await;
    let (customer, version) = (&conversation["customer"], &decisions["items"][0]["version"]);
    let customer = customer.as_str().expect("an id");
    let at = format!("/v1/decisions/{customer}/{version}/case");
    let (status, answer) = host.get(&at).await;
    assert_eq!((status, &answer["error"]["place"]), (422, &json!("flag")));
    let cases = case(&host, &format!("{at}?flag=wrong-person&module=complaint")).await;
    assert!(cases.contains("complaint"), "{cases}");
    let (status, answer) = host
        .get(&format!("{at}?flag=too-early&module=nobody"))
        .await;
    assert_eq!((status, &answer["error"]["place"]), (422, &json!("module")));
}

/// What a rule read is shown to whoever holds all of it, and then the audit
/// tells; a case with holes would be another case.
#[tokio::test]
async fn a_case_is_taken_by_who_holds_every_field_that_the_rule_read() {
    let host = Fixture::start().await;
    host.says("Is this bowl safe for the microwave?").await;
    let conversation = hand_off(&host).await;
    let early = json!({ "flag": "too-early" });
    let (_, flagged) = host.post(&path(&conversation, "flag"), &early).await;
    let at = flagged["case"].as_str().expect("a path");
    let actions = ["manage-rules", "read-conversations"];
    host.role("author", &["message.text"], &actions).await;
    host.role("blind", &["message.recent"], &actions).await;
    host.role("strange", &["message.text"], &["manage-rules"])
        .await;
    let who = |role: &'static str| {
        let host = &host;
        async move { host.person(role, role).await }
    };
    let (author, blind, strange) = (
        who("author").await,
        who("blind").await,
        who("strange").await,
    );
    for late in [at.to_owned(), format!("{at}?flag=too-late")] {
        let (status, answer) = host.request("GET", &late, &blind, None).await;
        let error = &answer["error"];
        assert_eq!(
            (status, &error["code"]),
            (403, &json!("forbidden")),
            "{answer}"
        );
        assert_eq!(error["fields"], json!(["message.text"]));
        assert!(!answer.to_string().contains("person?"), "{answer}");
        assert_eq!(host.request("GET", &late, &author, None).await.0, 200);
        assert_eq!(host.request("GET", &late, &strange, None).await.0, 403);
    }
    let customer = conversation["customer"].as_str().expect("an id");
    let asked = format!("/v1/audit?customer={customer}&field=message.text&who=person:author");
    let (_, audit) = host.get(&asked).await;
    let entries = audit["items"].as_array().expect("entries");
    assert_eq!(
        (entries.len(), &entries[0]["what"]),
        (2, &json!("read-case")),
        "{audit}"
    );
    let asked = format!("/v1/audit?customer={customer}&who=person:blind");
    assert_eq!(host.get(&asked).await.1["items"], json!([]));
}
