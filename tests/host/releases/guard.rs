//! What goes wrong is taken back, or left alone, by itself.

use serde_json::{Value, json};

use super::{activate, decided, greedy, have, release, rule, run_of, trapping};
use crate::fixture::{Fixture, until};

async fn guardrails(host: &Fixture, window: u32) {
    let wanted = json!({
        "enabled": true, "window": window, "failed_percent": 10,
        "slow_ms": 1000, "slow_percent": 100,
    });
    let (status, answer) = host
        .request("PUT", "/v1/rollout/guardrails", &host.key, Some(&wanted))
        .await;
    assert_eq!(status, 200, "{answer}");
}

#[tokio::test]
async fn a_release_whose_modules_trap_is_taken_back() {
    let host = Fixture::start().await;
    guardrails(&host, 20).await;
    let good = have(&host, rule("eager", "true", "She wrote.")).await;
    let good = activate(&host, json!([{ "module": good }])).await;
    let bad = have(&host, trapping("broken")).await;
    let bad = activate(&host, json!([{ "module": bad }])).await;
    // Two of twenty may fail; the third takes it back.
    for at in 0..3 {
        assert_eq!(decided(&host, &format!("hello {at}")).await["release"], bad);
    }
    until("the release is taken back", async || {
        host.get("/v1/rollout").await.1["active"] == good
    })
    .await;
    let (_, rollout) = host.get("/v1/rollout").await;
    let last = &rollout["moves"][0];
    assert_eq!(
        (&last["by"], &last["from"]),
        (&json!("guardrail"), &json!(bad))
    );
    assert_eq!(last["why"], "modules failed in 3 of 3 evaluations");
    until("the one before decides again", async || {
        decided(&host, "and now").await["release"] == good
    })
    .await;
}

#[tokio::test]
async fn a_canary_that_traps_ends_and_the_active_release_stays() {
    let host = Fixture::start().await;
    guardrails(&host, 20).await;
    let good = have(&host, rule("eager", "true", "She wrote.")).await;
    let good = activate(&host, json!([{ "module": good }])).await;
    let bad = have(&host, trapping("broken")).await;
    let bad = release(&host, json!([{ "module": bad }])).await;
    let canary = json!({ "move": "canary", "release": bad, "percent": 100 });
    assert_eq!(super::moves(&host, canary).await.0, 200);
    for at in 0..3 {
        decided(&host, &format!("hello {at}")).await;
    }
    until("the canary ends", async || {
        let (_, rollout) = host.get("/v1/rollout").await;
        rollout["canary"] == Value::Null && rollout["active"] == good
    })
    .await;
}

#[tokio::test]
async fn a_module_that_only_fails_is_suspended_and_tried_again() {
    let host = Fixture::start().await;
    let bad = have(&host, trapping("broken")).await;
    activate(&host, json!([{ "module": bad }])).await;
    let answer = async |text: &str| {
        let record = decided(&host, text).await;
        run_of(&record, "broken")["answer"]["Err"]["code"].clone()
    };
    for at in 0..5 {
        assert_eq!(answer(&format!("hello {at}")).await, "trapped");
    }
    assert_eq!(answer("six").await, "suspended");
    host.advance(0, 1);
    assert_eq!(answer("a minute later").await, "trapped", "one try");
    assert_eq!(answer("and again").await, "suspended");
}

/// What the tenant takes from a module is nothing that its release did wrong.
#[tokio::test]
async fn a_revoked_grant_takes_no_release_back() {
    let host = Fixture::start().await;
    guardrails(&host, 20).await;
    let reads = have(&host, rule("eager", "message.text != null", "She wrote.")).await;
    let active = activate(&host, json!([{ "module": reads }])).await;
    super::grant(&host, "eager", &json!([])).await;
    for at in 0..6 {
        let record = decided(&host, &format!("hello {at}")).await;
        assert_eq!(record["release"], active);
        assert_eq!(record["decision"]["is_degraded"], true);
    }
    let (_, rollout) = host.get("/v1/rollout").await;
    assert_eq!(rollout["active"], active, "{rollout}");
}

/// The tenant chooses what a failure comes to.
#[tokio::test]
async fn a_failure_is_open_or_brings_a_person() {
    let host = Fixture::start().await;
    let bad = have(&host, trapping("broken")).await;
    activate(&host, json!([{ "module": bad }])).await;
    let record = decided(&host, "hello").await;
    assert_eq!(record["decision"]["outcome"], "stay", "{record}");
    assert_eq!(record["decision"]["is_degraded"], true);
    activate(&host, json!([{ "module": bad, "on_failure": "default" }])).await;
    let record = decided(&host, "hello again").await;
    assert_eq!(record["decision"]["outcome"], "hand-off", "{record}");
    assert_eq!(record["decision"]["basis"], "default");
}

/// The host's own work for an evaluation is part of it, and the count outlives
/// a change of the tenant's document.
#[tokio::test]
async fn a_release_that_computes_too_long_is_taken_back() {
    // As long as may be, so that each is decided on before the answer.
    let host = Fixture::configured(|config| config.evaluation.budget_ms = 5_000).await;
    let slow_of = |ms: u64| {
        json!({ "enabled": true, "window": 20, "failed_percent": 100,
            "slow_ms": ms, "slow_percent": 10 })
    };
    let set = async |ms: u64| {
        let wanted = slow_of(ms);
        let path = "/v1/rollout/guardrails";
        host.request("PUT", path, &host.key, Some(&wanted)).await.0
    };
    assert_eq!(set(1_000).await, 200);
    let good = have(&host, rule("eager", "true", "She wrote.")).await;
    let good = activate(&host, json!([{ "module": good }])).await;
    let greedy = have(&host, greedy("greedy")).await;
    let greedy = activate(&host, json!([{ "module": greedy }])).await;
    for at in 0..2 {
        assert_eq!(
            decided(&host, &format!("hello {at}")).await["release"],
            greedy
        );
    }
    assert_eq!(set(1).await, 200);
    for at in 2..5 {
        decided(&host, &format!("hello {at}")).await;
    }
    until("the release is taken back", async || {
        host.get("/v1/rollout").await.1["active"] == good
    })
    .await;
    let (_, rollout) = host.get("/v1/rollout").await;
    let why = rollout["moves"][0]["why"].as_str().expect("a reason");
    // The two before were counted as well, and were not slow.
    assert_eq!(why, "3 of 5 evaluations took longer than 1 ms");
}
