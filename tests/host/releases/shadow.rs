//! A shadow decides beside, is recorded, and never acts.

use serde_json::json;

use super::{events_of, have, moves, release, rule};
use crate::fixture::{Fixture, until};

#[tokio::test]
async fn a_shadow_is_recorded_and_never_acts() {
    let host = Fixture::start().await;
    let digest = have(&host, rule("eager", "message.text != null", "She wrote.")).await;
    let number = release(&host, json!([{ "module": digest }])).await;
    let (status, _) = moves(&host, json!({ "move": "shadow", "release": number })).await;
    assert_eq!(status, 200);
    host.says("hello").await;
    until("the shadow has looked", async || {
        events_of(&host, "shadowed").await.len() == 1
    })
    .await;
    let shadowed = &events_of(&host, "shadowed").await[0];
    assert_eq!(shadowed["release"], number, "{shadowed}");
    assert_eq!(shadowed["decision"]["outcome"], "hand-off");
    let decided = &events_of(&host, "decided").await[0];
    assert_eq!(
        (&decided["release"], &decided["decision"]["outcome"]),
        (&json!(0), &json!("stay"))
    );
    assert_eq!(host.count_of("handed_off").await, 0);
    assert_eq!(host.conversation().await["owner"]["is"], "bot");
    until("the comparison is counted", async || {
        let (_, running) = host.get("/v1/rollout/running").await;
        let shadow = running["items"][1].clone();
        shadow["stands"] == "shadow" && shadow["different"] == 1
    })
    .await;
    let (_, moved) = moves(&host, json!({ "move": "end_shadow" })).await;
    assert_eq!(moved["shadow"], json!(null));
    host.says("hello again").await;
    assert_eq!(events_of(&host, "shadowed").await.len(), 1);
}
