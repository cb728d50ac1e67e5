//! What was decided comes out the same when it is made again.

use std::{
    fs,
    path::Path,
    process::{Command, Output},
};

use baton::replay::{Replayed, replay};
use baton_domain::{decide::DecisionRecord, ids::TenantId};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    fixture::{ADMIN, Fixture, PHONE, until},
    releases::{activate, decided, events_of, have, moves, release, rule, trapping},
};

/// What `baton replay` says of a store, and whether it is content.
fn replayed(store: &Path) -> (Option<i32>, Value) {
    let output = run_replay(store, &["--json"]);
    let said = serde_json::from_slice(&output.stdout);
    let said = said.unwrap_or_else(|_| {
        panic!("{}", String::from_utf8_lossy(&output.stderr));
    });
    (output.status.code(), said)
}

fn run_replay(store: &Path, args: &[&str]) -> Output {
    use sha2::{Digest, Sha256};
    let folder = TempDir::new().expect("a folder");
    let config = folder.path().join("baton.toml");
    let text = format!(
        "listen = \"127.0.0.1:0\"\ndata = {:?}\nadmin_key_sha256 = \"{}\"\n\
         graph_url = \"http://127.0.0.1:9\"\n",
        store.display().to_string(),
        hex::encode(Sha256::digest(ADMIN)),
    );
    fs::write(&config, text).expect("it is written");
    Command::new(env!("CARGO_BIN_EXE_baton"))
        .args(["replay", "--config"])
        .arg(&config)
        .args(args)
        .output()
        .expect("it runs")
}

/// What became of the run of `eager`, or of the policy, in this record.
async fn became(host: &Fixture, record: Value, module: &str) -> Replayed {
    let record: DecisionRecord = serde_json::from_value(record).expect("a record");
    let tenant = TenantId::parse("shop").expect("an id");
    let runs = replay(&host.host.library, &*host.host.store, &tenant, &record).await;
    let mut runs = runs.expect("the store is there").into_iter();
    let run = runs.find(|it| it.module.as_str() == module);
    run.expect("it ran").replayed
}

#[tokio::test]
async fn a_record_that_says_otherwise_is_told_and_what_is_gone_is_no_difference() {
    let host = Fixture::start().await;
    let eager = rule("eager", "message.text != null", "She wrote.");
    let eager = have(&host, eager).await;
    activate(&host, json!([{ "module": eager }])).await;
    let record = decided(&host, "hello").await;
    for module in ["eager", "weighted"] {
        assert_eq!(became(&host, record.clone(), module).await, Replayed::Same);
    }
    let rules = record["rules"].as_array().expect("rules").len();
    let changed = |pointer: &str, value: Value| {
        let mut changed = record.clone();
        // The last one is `eager`.
        let pointer = pointer.replace("last", &(rules - 1).to_string());
        *changed.pointer_mut(&pointer).expect("a place") = value;
        changed
    };
    for (pointer, value, module, what) in [
        ("/rules/last/fuel", json!(7), "eager", "fuel"),
        ("/rules/last/answer", json!({ "Ok": [] }), "eager", "answer"),
        ("/rules/last/reads", json!([]), "eager", "reads"),
        // Without that signal the policy takes another way.
        (
            "/rules/last/answer",
            json!({ "Ok": [] }),
            "weighted",
            "reads",
        ),
        ("/policy/fuel", json!(7), "weighted", "fuel"),
    ] {
        let became = became(&host, changed(pointer, value), module).await;
        assert_eq!(became, Replayed::Differs(what), "{pointer}");
    }
    let no_digest = json!("00".repeat(32));
    for (pointer, value, module) in [
        ("/rules/last/digest", no_digest, "eager"),
        ("/release", json!(77), "weighted"),
    ] {
        let became = became(&host, changed(pointer, value), module).await;
        assert!(matches!(became, Replayed::Gone(_)), "{became:?}");
    }
}

/// Runs of all modules in these decisions.
fn count_of_runs(decisions: &[Value]) -> usize {
    let runs = decisions.iter().map(|it| {
        let of = |name: &str| it[name].as_array().map_or(0, Vec::len);
        of("rules") + of("shadow") + 1
    });
    runs.sum()
}

#[tokio::test]
async fn every_decision_comes_out_the_same() {
    let host = Fixture::start().await;
    host.tell(json!([
        { "type": "order", "at": "2026-11-01T03:00:00Z", "id": "o1", "status": "paid",
          "total": { "minor": 65_000_000, "currency": "IDR" } },
        { "type": "basket", "at": "2026-11-24T02:00:00Z", "id": "b1",
          "checkout_state": "quoted", "total": { "minor": 900_000_000, "currency": "IDR" } },
    ]))
    .await;
    host.says("Where is my order? This is the third time I ask, it is a disgrace")
        .await;
    // A release with settings, weights, a shadow and a module that fails.
    let eager = have(&host, rule("eager", "message.text != null", "She wrote.")).await;
    let broken = have(&host, trapping("broken")).await;
    let modules = json!([
        { "module": eager, "weight": 0.4 },
        { "module": broken, "mode": "shadow" },
        { "module": "high-basket-value", "settings": { "minimum": 100, "currency": "IDR" } },
    ]);
    let number = activate(&host, modules).await;
    for text in [
        "hello",
        "I want to talk to a person",
        "and now?",
        "and now?",
    ] {
        host.advance(0, 1);
        host.says(text).await;
    }
    let other = release(&host, json!([])).await;
    moves(&host, json!({ "move": "shadow", "release": other })).await;
    host.says("the last one").await;
    until("the shadow has looked", async || {
        events_of(&host, "shadowed").await.len() == 1
    })
    .await;
    let copy = TempDir::new().expect("a folder");
    host.copy_store(copy.path());
    let (code, said) = replayed(copy.path());
    assert_eq!((code, &said["differs"]), (Some(0), &json!(0)), "{said}");
    assert_eq!(
        (&said["gone"], &said["erased"]),
        (&json!(0), &json!(0)),
        "{said}"
    );
    let decided = events_of(&host, "decided").await;
    assert_eq!(said["decisions"], decided.len(), "{said}");
    let runs = count_of_runs(&decided);
    let shadowed = events_of(&host, "shadowed").await;
    assert_eq!(said["shadows"], shadowed.len(), "{said}");
    let runs = runs + count_of_runs(&shadowed);
    assert_eq!(said["same"], runs, "{said}");
    assert!(decided.iter().any(|it| it["release"] == number));

    // Whoever was erased is not replayed.
    let tenant = "shop".to_owned().try_into().expect("an id");
    let (_, found) = host.get(&format!("/v1/customers?phone={PHONE}")).await;
    let id = found["items"][0]["id"].as_str().expect("she is known");
    let id = id.to_owned().try_into().expect("an id");
    assert!(host.host.store.erase(&tenant, &id).await.expect("erased"));
    let copy = TempDir::new().expect("a folder");
    host.copy_store(copy.path());
    let (code, said) = replayed(copy.path());
    assert_eq!((code, &said["decisions"]), (Some(0), &json!(0)), "{said}");

    // A slip of the pen is no clean bill.
    let output = run_replay(copy.path(), &["--tenant", "shpo"]);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("there is no tenant shpo"), "{said}");
}
