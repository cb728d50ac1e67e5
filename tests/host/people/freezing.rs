//! An account that somebody else has: one call shuts it.

use baton_simulator::Fault;
use serde_json::{Value, json};

use crate::fixture::{Fixture, PHONE, until};

async fn claim(host: &Fixture, token: &str, agent: &str) -> String {
    let path = host.her_conversation().await;
    let epoch = host.conversation().await["epoch"].clone();
    let claim = json!({ "agent": agent, "epoch": epoch });
    let (status, answer) =
        (host.request("POST", &format!("{path}/claim"), token, Some(&claim))).await;
    assert_eq!(status, 200, "{answer}");
    path
}

fn names(list: &Value, member: &str) -> Vec<String> {
    let items = list.as_array().expect("a list").iter();
    let text = |it: &Value| it[member].as_str().expect("text").to_owned();
    items.map(text).collect()
}

#[tokio::test]
async fn one_call_freezes_somebody_passes_their_work_on_and_tells_what_they_read() {
    let host = Fixture::start().await;
    host.says("I want to talk to a human").await;
    let ana = host.person("ana", "senior-agent").await;
    let path = claim(&host, &ana, "ana").await;
    let view = format!("{path}/view");
    assert_eq!(host.request("GET", &view, &ana, None).await.0, 200);
    host.advance(0, 30);
    let since = {
        use baton::clock::Clock;
        host.clock.now()
    };
    let search = format!("/v1/customers?phone={PHONE}");
    assert_eq!(host.request("GET", &search, &ana, None).await.0, 200);
    let budi = host.person("budi", "senior-agent").await;

    // To write it into the document would leave her tokens and conversations.
    let frozen = json!({ "id": "ana", "name": "ana", "role": "senior-agent", "is_frozen": true });
    let (status, refused) = host.change("/v1/people/ana", "PUT", Some(&frozen)).await;
    assert_eq!(
        (status, &refused["error"]["place"]),
        (422, &json!("is_frozen"))
    );

    let wanted = json!({ "since": since });
    let (status, frozen) = host.post("/v1/people/ana/freeze", &wanted).await;
    assert_eq!(status, 200, "{frozen}");
    assert_eq!(frozen["agent"]["agent"]["is_frozen"], true);
    assert_eq!(frozen["tokens_revoked"], json!(["phone"]));
    assert_eq!(frozen["conversations_left"], 0);
    // Nobody else works in the team: it waits there, not with her.
    let passed = &frozen["conversations"][0];
    assert_eq!(passed["owner"]["is"], "team", "{frozen}");
    let conversation = host.conversation().await;
    assert_eq!(conversation["owner"], passed["owner"]);
    // Only since then, and only hers.
    let whats = names(&frozen["read"], "what");
    assert_eq!(whats, ["find-customer"], "{frozen}");
    assert_eq!(names(&frozen["read"], "who"), ["person:ana"]);

    // Nothing of hers opens, nor is anything given to her.
    for path in [&view, &search] {
        assert_eq!(host.request("GET", path, &ana, None).await.0, 401);
    }
    let to_ana = json!({ "agent": "ana", "epoch": conversation["epoch"] });
    let (status, refused) = host.post(&format!("{path}/claim"), &to_ana).await;
    let error = &refused["error"];
    assert_eq!(
        (status, &error["why"]),
        (409, &json!("frozen")),
        "{refused}"
    );
    claim(&host, &budi, "budi").await;

    // Again: nothing is left to do, and all that she ever did is told.
    let (status, again) = host.post("/v1/people/ana/freeze", &json!({})).await;
    assert_eq!(status, 200, "{again}");
    assert_eq!(
        (&again["tokens_revoked"], &again["conversations"]),
        (&json!([]), &json!([]))
    );
    let all = names(&again["read"], "what");
    assert!(
        all.contains(&"claim".to_owned()) && all.len() > 2,
        "{all:?}"
    );
    assert_eq!(host.count_of("requeued").await, 1);
    // Thawed, the old token stays shut.
    let thawed = json!({ "id": "ana", "name": "Ana", "role": "senior-agent" });
    assert_eq!(
        host.change("/v1/people/ana", "PUT", Some(&thawed)).await.0,
        200
    );
    assert_eq!(host.request("GET", &search, &ana, None).await.0, 401);
}

#[tokio::test]
async fn what_was_read_is_not_told_to_whom_the_audit_is_not_open() {
    let host = Fixture::start().await;
    host.role("lead", &[], &["manage-people"]).await;
    let lead = host.person("lena", "lead").await;
    host.role("caller", &[], &[]).await;
    host.person("ana", "caller").await;
    let path = "/v1/people/ana/freeze";
    let (status, frozen) = host.request("POST", path, &lead, Some(&json!({}))).await;
    assert_eq!(status, 200, "{frozen}");
    assert!(frozen.get("read").is_none(), "{frozen}");
    // Nor may she freeze who holds more than she does.
    host.person("budi", "senior-agent").await;
    let path = "/v1/people/budi/freeze";
    let (status, _) = host.request("POST", path, &lead, Some(&json!({}))).await;
    assert_eq!(status, 403);
    let (status, _) = host.post("/v1/people/nobody/freeze", &json!({})).await;
    assert_eq!(status, 404);
}

/// A host on which Ana has answered, and WhatsApp wants to hear it later.
async fn answered_by_ana() -> (Fixture, String) {
    let host = Fixture::start().await;
    host.says("I want to talk to a human").await;
    let ana = host.person("ana", "senior-agent").await;
    let path = claim(&host, &ana, "ana").await;
    host.simulator.break_next_send(Fault::Refuse {
        status: 400,
        code: 131_056,
    });
    let reply = json!({ "message": { "type": "text", "body": "One moment" } });
    let (status, answer) =
        (host.request("POST", &format!("{path}/reply"), &ana, Some(&reply))).await;
    assert_eq!(status, 202, "{answer}");
    until("it was tried", || async {
        host.count_of("send_resolved").await >= 1
    })
    .await;
    (host, path)
}

/// Well after the next try, the answer fares so.
async fn fares(host: &Fixture, member: &str, fate: &str) {
    until(&format!("it is {fate}"), || async {
        host.advance(0, 2);
        host.outcome_of("One moment").await[member] == fate
    })
    .await;
    let sent = usize::from(member == "is");
    assert_eq!(host.simulator.sent().len(), sent);
}

#[tokio::test]
async fn what_a_frozen_person_wrote_does_not_leave_any_more() {
    let (host, _) = answered_by_ana().await;
    let (status, frozen) = host.post("/v1/people/ana/freeze", &json!({})).await;
    assert_eq!(status, 200, "{frozen}");
    fares(&host, "why", "agent_frozen").await;
}

#[tokio::test]
async fn what_somebody_wrote_who_is_gone_does_not_leave_any_more() {
    let (host, _) = answered_by_ana().await;
    host.person("budi", "senior-agent").await;
    let path = "/v1/people/ana?successor=budi";
    assert!(host.change(path, "DELETE", None).await.0 < 300);
    fares(&host, "why", "agent_gone").await;
}

#[tokio::test]
async fn what_one_person_wrote_does_not_leave_over_another() {
    let (host, path) = answered_by_ana().await;
    let to_budi = json!({ "to": "budi" });
    host.person("budi", "senior-agent").await;
    let (status, answer) = host.post(&format!("{path}/assign"), &to_budi).await;
    assert_eq!(status, 200, "{answer}");
    fares(&host, "why", "decided_under_older_owner").await;
}

#[tokio::test]
async fn last_words_leave_after_ones_own_resolve() {
    let (host, path) = answered_by_ana().await;
    let (status, answer) = host.post(&format!("{path}/resolve"), &json!({})).await;
    assert_eq!(status, 200, "{answer}");
    fares(&host, "is", "accepted").await;
}
