//! Releases are in memory while they are in use, and nobody notices when they
//! were not.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
};

use baton::{clock::Clock, config::Config};
use baton_domain::limits::RELEASE_WAIT_SECONDS;
use baton_store::WorkKind;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::{activate, decided, have, latest, rule, run_of};
use crate::{
    fixture::{ADMIN, Fixture, NUMBER, PHONE, messages, tenant, text, until},
    metrics::{exposed, samples},
};

const OTHER: &str = "20654035242922";

/// However busy the machine, decisions are made before the answer.
fn patient(config: &mut Config) {
    config.evaluation.budget_ms = 5_000;
}

async fn metric(host: &Fixture, name: &str) -> f64 {
    let text = exposed(host).await;
    samples(&text).get(name).copied().unwrap_or(-1.0)
}

async fn residents(host: &Fixture) -> f64 {
    metric(host, "baton_resident_tenants").await
}

/// Puts rules in force that say `reason` of every message: some hundreds of
/// KiB of machine code.
async fn rules(host: &Fixture, names: &[&str], reason: &str) -> u64 {
    let mut modules = Vec::new();
    for name in names {
        let digest = have(host, rule(name, "message.text != null", reason)).await;
        modules.push(json!({ "module": digest }));
    }
    activate(host, json!(modules)).await
}

#[tokio::test]
async fn a_tenant_is_ready_when_it_is_first_needed_and_stays_so() {
    let host = Fixture::start().await;
    rules(&host, &["eager"], "She wrote.").await;
    let again = host.again(|_| {}, patient).await;
    assert_eq!(residents(&again).await, 0.0, "nobody wrote yet");
    let record = decided(&again, "hello").await;
    assert_eq!(run_of(&record, "eager")["answer"]["Ok"][0]["name"], "eager");
    assert_eq!(residents(&again).await, 1.0);
    // Whatever else is written, what has not changed stays as it is.
    again
        .make_key("shop", json!({ "name": "more", "role": "bot" }))
        .await;
    decided(&again, "hello again").await;
    let loads = "baton_residency_changes_total{what=\"loaded\"}";
    assert_eq!(metric(&again, loads).await, 1.0);
    assert_eq!(
        metric(&again, "baton_artefacts_total{what=\"missed\"}").await,
        0.0
    );
}

#[tokio::test]
async fn who_is_not_asked_for_makes_room_and_comes_back_unchanged() {
    let host = Fixture::configured(|config| {
        config.evaluation.resident_mib = 1;
        patient(config);
    })
    .await;
    host.admin("PUT", "/admin/tenants/other", &tenant("other", OTHER))
        .await;
    let new = json!({ "name": "all", "role": "operator" });
    let names = ["one", "two", "three"];
    let number = rules(&host, &names, "Of the shop.").await;
    let (shop, theirs) = (host.key.clone(), host.make_key("other", new).await);
    let mut host = host;
    host.key.clone_from(&theirs);
    rules(&host, &names, "Of the other.").await;
    for round in 0..4 {
        for (number_id, key, reason) in [
            (NUMBER, &shop, "Of the shop."),
            (OTHER, &theirs, "Of the other."),
        ] {
            host.key.clone_from(key);
            host.advance(0, 1);
            let message = text(&format!("wamid.{number_id}.{round}"), "hello");
            assert_eq!(host.signed(&messages(number_id, &[message])).await, 200);
            let record = latest(&host).await;
            assert_eq!(record["release"], number);
            for name in names {
                let said = &run_of(&record, name)["answer"]["Ok"][0]["reason"];
                assert_eq!(said, reason, "{record}");
            }
        }
    }
    assert_eq!(residents(&host).await, 1.0, "there is room for one");
    let evicted = "baton_residency_changes_total{what=\"evicted\"}";
    assert!(metric(&host, evicted).await >= 7.0);
    // What was counted before is counted still.
    host.key.clone_from(&shop);
    let (_, running) = host.get("/v1/rollout/running").await;
    assert_eq!(runs(&running, "one"), 4, "{running}");
}

/// Runs of a module of the active release, made and spared.
fn runs(running: &Value, module: &str) -> u64 {
    let modules = running["items"][0]["modules"].as_array().expect("modules");
    let found = modules.iter().find(|it| it["name"] == module);
    let count = |what: &str| found.map_or(0, |it| it[what].as_u64().expect("a count"));
    count("made") + count("skipped")
}

/// A compiler that waits until there is a file `go`, and notes each start.
fn held_compiler(folder: &Path) -> PathBuf {
    let path = folder.join("compiler");
    let text = format!(
        "#!/bin/sh\ncd {folder:?}\necho started >> starts\nwhile [ ! -e go ]; do sleep 0.05; \
         done\nexec {:?} \"$@\"\n",
        env!("CARGO_BIN_EXE_baton")
    );
    let mut file = fs::File::options();
    let file = file.write(true).create_new(true).mode(0o755).open(&path);
    let written = file.and_then(|mut file| file.write_all(text.as_bytes()));
    written.expect("it is written");
    path
}

/// When an evaluation is due, and what time it is.
async fn due_and_now(host: &Fixture) -> (Option<Timestamp>, Timestamp) {
    let due = host.host.store.next_due(WorkKind::Evaluate).await;
    (due.expect("the store is there"), host.clock.now())
}

/// The event is durable and answered while the compiler runs, its evaluation
/// stands aside for others, and it is decided by the release and not by a
/// default once that is ready.
#[tokio::test]
async fn a_webhook_does_not_wait_until_modules_are_compiled() {
    let host = Fixture::start().await;
    let number = rules(&host, &["eager", "keen"], "She wrote.").await;
    let folder = TempDir::new().expect("a folder");
    let compiler = held_compiler(folder.path());
    let forget = |store: &Path| {
        fs::remove_dir_all(store.join("compiled")).expect("it is there");
    };
    let again = host.again(forget, |config| config.evaluation.compiler = Some(compiler));
    let again = again.await;
    let ask = async |person: usize| {
        let phone = format!("62812{person:08}");
        let mut message = text(&format!("wamid.{person}"), "hello");
        message["from"] = json!(phone);
        let body = messages(NUMBER, &[message]).replace(PHONE, &phone);
        assert_eq!(again.signed(&body).await, 200);
    };
    // Together, so that all find that nothing is ready.
    tokio::join!(ask(1), ask(2), ask(3));
    assert_eq!(residents(&again).await, 0.0, "the compiler waits");
    let wait = SignedDuration::from_secs(RELEASE_WAIT_SECONDS);
    until("they stand aside", async || {
        let (due, now) = due_and_now(&again).await;
        due == Some(now + wait)
    })
    .await;
    fs::write(folder.path().join("go"), "").expect("it is written");
    until("all are decided on", async || {
        let (due, now) = due_and_now(&again).await;
        if due == Some(now + wait) {
            again.clock.set(now + wait);
        }
        let (_, list) = again.get("/v1/decisions?limit=10").await;
        list["items"].as_array().is_some_and(|it| it.len() == 3)
    })
    .await;
    let (_, list) = again.get("/v1/decisions?limit=10").await;
    for place in list["items"].as_array().expect("decisions") {
        let customer = place["customer"].as_str().expect("a customer");
        let path = format!("/v1/decisions/{customer}/{}", place["version"]);
        let record = again.get(&path).await.1["record"].clone();
        assert_eq!(record["release"], number);
        for name in ["eager", "keen"] {
            let run = run_of(&record, name);
            assert_eq!(run["answer"]["Ok"][0]["name"], name, "{record}");
        }
    }
    let deferred = "baton_evaluations_total{outcome=\"deferred\"}";
    assert_eq!(metric(&again, deferred).await, 3.0);
    let loads = "baton_residency_changes_total{what=\"loaded\"}";
    assert_eq!(metric(&again, loads).await, 1.0);
    let starts = fs::read_to_string(folder.path().join("starts")).expect("it started");
    assert_eq!(starts.lines().count(), 2, "each rule is compiled once");
}

#[tokio::test]
async fn a_change_of_the_tenants_document_keeps_what_was_counted() {
    let host = Fixture::start().await;
    rules(&host, &["eager"], "She wrote.").await;
    for text in ["one", "two"] {
        decided(&host, text).await;
    }
    for (revision, change) in [
        json!({ "name": "Kopi Pagi" }),
        // What may be read less changes what runs, and not what ran.
        json!({ "denied_fields": ["customer.phone"] }),
    ]
    .into_iter()
    .enumerate()
    {
        let mut changed = tenant("shop", NUMBER);
        for (member, value) in change.as_object().expect("members") {
            changed[member] = value.clone();
        }
        let put = host
            .http
            .put(format!("{}/admin/tenants/shop", host.url))
            .bearer_auth(ADMIN)
            .header("if-match", format!("\"{}\"", revision + 1))
            .json(&changed);
        assert_eq!(put.send().await.expect("an answer").status(), 200);
        let (_, running) = host.get("/v1/rollout/running").await;
        assert_eq!(runs(&running, "eager"), 2, "{running}");
    }
    decided(&host, "three").await;
    let (_, running) = host.get("/v1/rollout/running").await;
    assert_eq!(runs(&running, "eager"), 3, "{running}");
    // A release that comes to stand anew is counted anew.
    let other = activate(&host, json!([])).await;
    let (_, running) = host.get("/v1/rollout/running").await;
    assert_eq!(
        (&running["items"][0]["release"], runs(&running, "eager")),
        (&json!(other), 0)
    );
}

/// A host that may not write beside its store compiles again and says so.
#[tokio::test]
async fn what_cannot_be_kept_is_counted() {
    let host = Fixture::start().await;
    let compiled = host.data().join("compiled");
    fs::remove_dir_all(&compiled).expect("it is there");
    fs::write(&compiled, "in the way").expect("it is written");
    rules(&host, &["eager"], "She wrote.").await;
    let record = decided(&host, "hello").await;
    assert_eq!(run_of(&record, "eager")["answer"]["Ok"][0]["name"], "eager");
    assert_eq!(
        metric(&host, "baton_artefacts_total{what=\"unwritten\"}").await,
        1.0
    );
}
