//! Which release decides on whom, and how that changes.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{activate, decided, have, latest, moves, release, rule};
use crate::fixture::{Fixture, NUMBER, messages};

/// Two releases that tell on themselves by their tag.
async fn two(host: &Fixture) -> (u64, u64) {
    let old = have(host, rule("old", "true", "The old one.")).await;
    let new = have(host, rule("new", "true", "The new one.")).await;
    let old = release(host, json!([{ "module": old }])).await;
    let new = release(host, json!([{ "module": new }])).await;
    (old, new)
}

#[tokio::test]
async fn every_move_holds_from_the_next_event_and_can_be_taken_back() {
    let host = Fixture::start().await;
    let (old, new) = two(&host).await;
    assert_eq!(decided(&host, "one").await["release"], 0);
    for number in [old, new] {
        let (status, _) = moves(&host, json!({ "move": "activate", "release": number })).await;
        assert_eq!(status, 200);
        assert_eq!(decided(&host, "two").await["release"], number);
    }
    let back = json!({ "move": "roll_back", "why": "it was worse" });
    let (_, moved) = moves(&host, back.clone()).await;
    assert_eq!(moved["active"], old, "{moved}");
    let last = &moved["moves"][0];
    assert_eq!(last["moved"], "rolled_back");
    assert_eq!(last["why"], "it was worse");
    assert_eq!(last["by"], "all");
    assert_eq!(decided(&host, "three").await["release"], old);
    assert_eq!(moves(&host, back.clone()).await.1["active"], 0);
    let (status, refused) = moves(&host, back).await;
    assert_eq!(status, 409, "{refused}");
    assert_eq!(refused["error"]["code"], "rollout_refused");
    let (status, _) = moves(&host, json!({ "move": "activate", "release": 99 })).await;
    assert_eq!(status, 404);
    let (status, _) = moves(&host, json!({ "move": "end_canary" })).await;
    assert_eq!(status, 409);
}

#[tokio::test]
async fn of_two_who_move_one_is_told_so() {
    let host = Fixture::start().await;
    let (old, new) = two(&host).await;
    let (_, rollout) = host.get("/v1/rollout").await;
    let read = format!("\"{}\"", rollout["revision"]);
    let make = async |release: u64| {
        let request = host
            .http
            .post(format!("{}/v1/rollout", host.url))
            .bearer_auth(&host.key)
            .header("if-match", &read)
            .json(&json!({ "move": "activate", "release": release }));
        request.send().await.expect("an answer").status().as_u16()
    };
    assert_eq!(make(old).await, 200);
    assert_eq!(make(new).await, 412, "the revision read is over");
    assert_eq!(host.get("/v1/rollout").await.1["active"], old);
}

/// Says something as many people; the release that each was decided by.
async fn asked(host: &Fixture, round: usize, people: usize) -> Vec<u64> {
    let mut releases = Vec::new();
    for person in 0..people {
        let phone = format!("62812{person:08}");
        let mut message = crate::fixture::text(&format!("wamid.{round}.{person}"), "hello");
        message["from"] = json!(phone);
        let body = messages(NUMBER, &[message]).replace(crate::fixture::PHONE, &phone);
        assert_eq!(host.signed(&body).await, 200);
        releases.push(latest(host).await["release"].as_u64().expect("a release"));
        host.advance(0, 1);
    }
    releases
}

#[tokio::test]
async fn a_canary_keeps_its_customers_and_grows_by_others() {
    let host = Fixture::start().await;
    let (old, new) = two(&host).await;
    moves(&host, json!({ "move": "activate", "release": old })).await;
    let canary = |percent: f64| json!({ "move": "canary", "release": new, "percent": percent });
    assert_eq!(moves(&host, canary(30.0)).await.0, 200);
    let first = asked(&host, 1, 40).await;
    let second = asked(&host, 2, 40).await;
    assert_eq!(first, second, "always the same ones");
    let taken = |releases: &[u64]| -> BTreeSet<usize> {
        let all = releases.iter().enumerate();
        all.filter(|(_, it)| **it == new)
            .map(|(at, _)| at)
            .collect()
    };
    let few = taken(&first);
    assert!((3..=24).contains(&few.len()), "some of forty: {few:?}");
    assert_eq!(moves(&host, canary(70.0)).await.0, 200);
    let more = taken(&asked(&host, 3, 40).await);
    assert!(
        few.is_subset(&more) && more.len() > few.len(),
        "{few:?} {more:?}"
    );
    // Taking back takes the canary back, and leaves the active one.
    let (_, moved) = moves(&host, json!({ "move": "roll_back" })).await;
    assert_eq!(
        (&moved["active"], &moved["canary"]),
        (&json!(old), &Value::Null)
    );
    assert!(taken(&asked(&host, 4, 10).await).is_empty());
    for percent in [0.0, -1.0, 100.1] {
        assert_eq!(moves(&host, canary(percent)).await.0, 422, "{percent}");
    }
}

/// While releases are swapped, every event is decided by one of them, whole.
#[tokio::test]
async fn no_event_is_dropped_or_decided_by_a_mixture() {
    const SWAPS: usize = 200;
    let host = Fixture::start().await;
    let pair = |tag: &str| ["a", "b"].map(|name| rule(name, "message.text != null", tag));
    let mut sets = Vec::new();
    for tag in ["odd", "even"] {
        let mut digests = Vec::new();
        for bytes in pair(tag) {
            digests.push(json!({ "module": have(&host, bytes).await }));
        }
        sets.push(release(&host, json!(digests)).await);
    }
    let swapping = async {
        for swap in 0..SWAPS {
            let wanted = json!({ "move": "activate", "release": sets[swap % 2] });
            assert_eq!(moves(&host, wanted).await.0, 200);
        }
    };
    let writing = async {
        for at in 0..SWAPS {
            let message = crate::fixture::text(&format!("wamid.{at}"), &format!("hello {at}"));
            assert_eq!(host.signed(&messages(NUMBER, &[message])).await, 200);
        }
    };
    tokio::join!(swapping, writing);
    let (mut seen, mut after, mut count) = (BTreeSet::new(), String::new(), 0);
    loop {
        let (_, page) = host.get(&format!("/v1/decisions?limit=200{after}")).await;
        for place in page["items"].as_array().expect("decisions") {
            let customer = place["customer"].as_str().expect("a customer");
            let path = format!("/v1/decisions/{customer}/{}", place["version"]);
            let record = host.get(&path).await.1["record"].clone();
            let rules = record["rules"].as_array().expect("rules").iter();
            let reasons: BTreeSet<String> = rules
                .filter(|it| it["module"] == "a" || it["module"] == "b")
                .map(|it| it["answer"]["Ok"][0]["reason"].to_string())
                .collect();
            let expected = match record["release"].as_u64() {
                Some(number) if number == sets[0] => BTreeSet::from(["\"odd\"".to_owned()]),
                Some(number) if number == sets[1] => BTreeSet::from(["\"even\"".to_owned()]),
                _ => BTreeSet::new(),
            };
            assert_eq!(reasons, expected, "{record}");
            seen.insert(record["release"].to_string());
            count += 1;
        }
        let Some(next) = page["next"].as_str() else {
            break;
        };
        after = format!("&after={next}");
    }
    assert_eq!(count, SWAPS, "each message was decided on");
    assert!(seen.len() >= 2, "decided by {seen:?}");
}

#[tokio::test]
async fn what_runs_tells_how_it_fares() {
    let host = Fixture::start().await;
    let digest = have(&host, rule("eager", "message.text != null", "She wrote.")).await;
    let number = activate(&host, json!([{ "module": digest }])).await;
    for text in ["one", "two", "two"] {
        decided(&host, text).await;
    }
    let (_, running) = host.get("/v1/rollout/running").await;
    let active = &running["items"][0];
    assert_eq!(
        (&active["release"], &active["stands"]),
        (&json!(number), &json!("active"))
    );
    let modules = active["modules"].as_array().expect("modules").iter();
    let eager = modules
        .clone()
        .find(|it| it["name"] == "eager")
        .expect("it ran");
    assert_eq!(
        (&eager["made"], &eager["skipped"]),
        (&json!(2), &json!(1)),
        "{eager}"
    );
    assert_eq!(eager["signals"], 3);
    assert!(eager["fuel"]["p50"].as_u64() > Some(0), "{eager}");
    assert!(eager["budget_share"].as_f64() < Some(0.1), "{eager}");
}
