//! What was decided comes out the same when it is made again.

use std::{fs, path::Path, process::Command};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    fixture::{ADMIN, Fixture, PHONE, until},
    releases::{activate, events_of, have, moves, release, rule, trapping},
};

/// What `baton replay` says of a store, and whether it is content.
fn replayed(store: &Path) -> (Option<i32>, Value) {
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
    let output = Command::new(env!("CARGO_BIN_EXE_baton"))
        .args(["replay", "--json", "--config"])
        .arg(&config)
        .output()
        .expect("it runs");
    let said = serde_json::from_slice(&output.stdout);
    let said = said.unwrap_or_else(|_| {
        panic!("{}", String::from_utf8_lossy(&output.stderr));
    });
    (output.status.code(), said)
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
    let runs = decided.iter().map(|it| {
        let of = |name: &str| it[name].as_array().map_or(0, Vec::len);
        of("rules") + of("shadow") + 1
    });
    assert_eq!(said["same"], runs.sum::<usize>(), "{said}");
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
}
