//! Who gets a conversation, decided in the commit that hands it off.

use baton::people::HostLoads;
use baton_domain::ids::{AgentId, TenantId};
use baton_simulator::Person;
use serde_json::{Value, json};

use crate::fixture::{Fixture, until};

impl Fixture {
    /// Somebody of `sales`, in this tier and role, who can have two.
    async fn hire(&self, id: &str, tier: &str, more: Value) {
        let mut person = json!({
            "id": id, "name": id, "role": "senior-agent", "capacity": 2,
            "teams": [{ "team": "sales", "tier": tier }], "languages": ["en"],
        });
        for (name, value) in more.as_object().expect("members") {
            person[name] = value.clone();
        }
        let path = format!("/v1/people/{id}");
        let (status, answer) = self.request("PUT", &path, &self.key, Some(&person)).await;
        assert_eq!(status, 200, "{answer}");
    }
}

fn opens_on_wednesday() -> Value {
    let span = json!({ "day": "wednesday", "from_minute": 540, "until_minute": 1020 });
    json!({ "hours": { "weekly": [span] } })
}

#[tokio::test]
async fn a_handoff_and_who_has_it_are_one_event() {
    let host = Fixture::start().await;
    host.hire("ana", "senior", json!({})).await;
    host.hire("budi", "junior", json!({})).await;
    host.says("I want to talk to a human").await;
    let owner = json!({ "is": "agent", "agent": "ana", "team": "sales" });
    assert_eq!(host.owner().await, owner);
    assert_eq!(host.conversation().await["epoch"], 1);
    assert_eq!(host.count_of("claimed").await, 0);
    let (_, handoffs) = host.get("/v1/handoffs").await;
    assert_eq!(handoffs["items"][0]["handoff"]["agent"], "ana");
    let view = host.view().await;
    assert_eq!(
        (&view["handoff"]["agent"], &view["handoff"]["queue"]),
        (&json!("ana"), &Value::Null)
    );
}

#[tokio::test]
async fn two_handoffs_at_once_do_not_take_the_same_last_place() {
    let host = Fixture::start().await;
    host.hire("ana", "senior", json!({ "capacity": 1 })).await;
    let person = |phone: &str| Person {
        phone: phone.to_owned(),
        name: "Somebody".to_owned(),
    };
    let people = ["6281290001234", "6281290001235", "6281290001236"].map(person);
    let asks = people.iter().map(|it| {
        host.simulator
            .customer_says(it, "I want to talk to a human")
    });
    for said in futures_util::future::join_all(asks).await {
        said.expect("it is taken");
    }
    let (_, listed) = host.get("/v1/conversations?owner=people").await;
    let listed = listed["items"].as_array().expect("a list");
    let of = |owner: &str| listed.iter().filter(|it| it["owner"] == owner).count();
    assert_eq!((of("agent"), of("team")), (1, 2));
    assert!(
        host.host
            .metrics
            .text()
            .contains("baton_people_alerts_total{what=\"queued\"} 2")
    );
    // What memory counts is what the inbox says.
    let (tenant, ana) = (
        TenantId::parse("shop").expect("an id"),
        AgentId::parse("ana").expect("an id"),
    );
    let loads = HostLoads::default();
    let rebuilt = loads.rebuild(&*host.host.store, &tenant, host.host.clock.now());
    rebuilt.await.expect("it is read");
    let counts = [&loads, &host.host.loads].map(|it| it.open_of(&tenant, &ana));
    assert_eq!(counts, [1, 1]);
}

#[tokio::test]
async fn nobody_there_is_said_with_when_somebody_is() {
    let host = Fixture::start().await;
    host.hire("ana", "senior", opens_on_wednesday()).await;
    host.says("I want to talk to a human").await;
    assert_eq!(host.owner().await["is"], "team");
    let queue = host.view().await["handoff"]["queue"].clone();
    assert_eq!(
        queue,
        json!({ "why": "closed", "expected_at": "2026-11-25T02:00:00Z" })
    );
}

#[tokio::test]
async fn who_took_care_of_her_before_gets_her_again() {
    let host = Fixture::start().await;
    host.hire("ana", "senior", json!({})).await;
    host.hire("zora", "senior", json!({})).await;
    host.says("Hello").await;
    assert_eq!(host.reply("zora", None, "Hi, Zora here").await.0, 202);
    host.bot_comes().await;
    let path = format!("{}/return", host.path().await);
    assert_eq!(host.post(&path, &json!({ "by": "zora" })).await.0, 200);
    host.advance(0, 5);
    host.says("I want to talk to a human").await;
    assert_eq!(host.owner().await["agent"], "zora");
}

#[tokio::test]
async fn who_is_late_loses_it_to_somebody_of_the_next_tier() {
    let host = Fixture::start().await;
    host.promise(json!({ "promises": [{ "first_reply_minutes": 5 }] }))
        .await;
    host.hire("ana", "senior", json!({})).await;
    host.hire("lina", "lead", json!({})).await;
    host.says("I want to talk to a human").await;
    let before = host.conversation().await;
    assert_eq!(before["owner"]["agent"], "ana");
    host.advance(0, 5);
    until("a lead has it", || async {
        host.owner().await["agent"] == "lina"
    })
    .await;
    let epoch = before["epoch"].as_u64().expect("one");
    assert_eq!(host.conversation().await["epoch"], json!(epoch + 1));
    // Whoever still thinks that she has it learns who does.
    let (status, late) = host.reply("ana", Some(epoch), "Sorry").await;
    assert_eq!(
        (status, &late["error"]["owner"]["agent"]),
        (409, &json!("lina"))
    );
}

#[tokio::test]
async fn who_is_not_fit_for_it_takes_nothing_and_is_given_nothing() {
    let host = Fixture::start().await;
    let care = json!({ "training": { "two_step": true } });
    host.promise(care).await;
    host.hire("ana", "senior", json!({})).await;
    let attested = json!({ "training": { "two_step_attested_at": "2026-11-01T00:00:00Z" } });
    host.hire("budi", "senior", attested.clone()).await;
    let mut frozen = attested;
    frozen["is_frozen"] = json!(true);
    host.hire("citra", "senior", frozen).await;
    host.says("Hello").await;
    let claim = async |agent: &str| {
        let body = json!({ "agent": agent, "epoch": 0 });
        host.post(&format!("{}/claim", host.path().await), &body)
            .await
    };
    let (status, refused) = claim("ana").await;
    assert_eq!(
        (status, &refused["error"]["why"]),
        (409, &json!(["two-step"]))
    );
    let (status, refused) = claim("citra").await;
    assert_eq!((status, &refused["error"]["why"]), (409, &json!("frozen")));
    assert_eq!(claim("nobody").await.0, 422);
    host.says("I want to talk to a human").await;
    assert_eq!(host.owner().await["agent"], "budi");
}

#[tokio::test]
async fn people_act_under_their_own_token_and_as_themselves() {
    let host = Fixture::start().await;
    host.hire("ana", "senior", json!({})).await;
    host.hire(
        "budi",
        "senior",
        json!({ "capacity": 0, "role": "junior-agent" }),
    )
    .await;
    host.tell(json!([{ "type": "order", "id": "A-1", "status": "paid",
        "total": { "minor": 500_000, "currency": "USD" }, "imported": true }]))
        .await;
    host.says("I want to talk to a human, call me on +62 812 9000 1234")
        .await;
    let (path, token) = (host.path().await, host.token("budi", "laptop").await);
    let as_budi = async |what: &str, body: Value| {
        host.request("POST", &format!("{path}/{what}"), &token, Some(&body))
            .await
    };
    let message = json!({ "type": "text", "body": "Hi, Budi here" });
    let (status, lost) = as_budi("reply", json!({ "message": message })).await;
    assert_eq!(
        (status, &lost["error"]["owner"]["agent"]),
        (409, &json!("ana"))
    );
    let as_ana = json!({ "agent": "ana", "message": message });
    assert_eq!(as_budi("reply", as_ana).await.0, 403);
    let (status, passed) = host
        .post(&format!("{path}/assign"), &json!({ "to": "budi" }))
        .await;
    assert_eq!((status, &passed["owner"]["agent"]), (200, &json!("budi")));
    assert_eq!(as_budi("reply", json!({ "message": message })).await.0, 202);
    let (status, view) = host
        .request("GET", &format!("{path}/view"), &token, None)
        .await;
    assert_eq!(status, 200, "{view}");
    let customer = view["customer"].as_object().expect("members");
    assert!(!customer.contains_key("lifetime_value") && !customer.contains_key("phone"));
    let text = view.to_string();
    assert!(
        !text.contains("9000 1234") && !text.contains("6281290001234"),
        "{text}"
    );
    let own = host.view().await;
    assert!(own["customer"]["lifetime_value"].is_object());
}
