//! What people owe a customer: who takes over, by when they answer, where it
//! goes when they do not, and how the bot has it again.

mod assigning;
mod deadlines;
mod timers;
mod view;

use serde_json::{Value, json};

use crate::fixture::{Fixture, NUMBER, PHONE, until};

impl Fixture {
    /// The bot has a key and says that it is there.
    pub async fn bot_comes(&self) -> String {
        let new = json!({ "name": "bot", "role": "bot" });
        let key = self.make_key("shop", new).await;
        self.bot_is_there(&key).await;
        key
    }

    /// The bot says that it is there.
    pub async fn bot_is_there(&self, key: &str) {
        let (status, heard) = self
            .request("POST", "/v1/bot/heartbeat", key, Some(&json!({})))
            .await;
        assert_eq!(status, 200, "{heard}");
    }

    /// Writes what the tenant's people promise. Rules hand to seniors, above whom
    /// are leads.
    async fn promise(&self, care: Value) {
        self.rewrite(|document| {
            document["teams"][0]["tiers"] = json!(["junior", "senior", "lead"]);
            document["care"] = care;
        })
        .await;
    }

    /// The path of her conversation.
    async fn path(&self) -> String {
        let conversation = self.conversation().await;
        let customer = conversation["customer"].as_str().expect("an id").to_owned();
        format!("/v1/conversations/{customer}/{NUMBER}")
    }

    async fn view(&self) -> Value {
        let (status, view) = self.get(&format!("{}/view", self.path().await)).await;
        assert_eq!(status, 200, "{view}");
        view
    }

    async fn reply(&self, agent: &str, epoch: Option<u64>, text: &str) -> (u16, Value) {
        let message = json!({ "type": "text", "body": text });
        let body = json!({ "agent": agent, "epoch": epoch, "message": message });
        self.post(&format!("{}/reply", self.path().await), &body)
            .await
    }

    async fn owner(&self) -> Value {
        self.conversation().await["owner"].clone()
    }
}

#[tokio::test]
async fn a_reply_takes_over_and_is_sent_while_the_bot_is_silent() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    let (status, replied) = host.reply("ana", None, "Hi, Ana here").await;
    assert_eq!(status, 202, "{replied}");
    let owner = json!({ "is": "agent", "agent": "ana", "team": null });
    assert_eq!(replied["conversation"]["owner"], owner);
    assert_eq!(host.send("bot here").await.0, 409);
    until("it is accepted", || async {
        host.outcome_of("Hi, Ana here").await["is"] == "accepted"
    })
    .await;
    let epoch = host.conversation().await["epoch"].clone();
    assert_eq!(host.reply("ana", None, "Anything else?").await.0, 202);
    assert_eq!(
        host.conversation().await["epoch"],
        epoch,
        "it was hers already"
    );
    until("both are sent", || async {
        host.simulator.sent().len() == 2
    })
    .await;
    let again = host.reply("ana", None, "Anything else?").await;
    assert_eq!(again.0, 202, "under the same key");
    let conversation = host.conversation().await;
    let thread = conversation["thread"].as_array().expect("a thread");
    assert_eq!(
        thread.iter().filter(|it| it["author"] == "agent").count(),
        2
    );
}

#[tokio::test]
async fn who_replies_to_what_another_agent_has_learns_who() {
    let host = Fixture::start().await;
    host.says("I want to talk to a human").await;
    assert_eq!(host.reply("ana", None, "Hi, Ana here").await.0, 202);
    let (status, lost) = host.reply("budi", None, "Hi, Budi here").await;
    assert_eq!((status, &lost["error"]["code"]), (409, &json!("not_moved")));
    assert_eq!(lost["error"]["owner"]["agent"], "ana");
    let seen = lost["error"]["epoch"].as_u64();
    // Having seen it, he may take it from her.
    assert_eq!(host.reply("budi", seen, "Hi, Budi here").await.0, 202);
    assert_eq!(host.owner().await["agent"], "budi");
    assert_eq!(host.reply("ana", seen, "Wait").await.0, 409);
    // Nor does anybody give away what a colleague has without having seen it.
    host.bot_comes().await;
    let path = host.path().await;
    for what in ["escalate", "assign", "return", "resolve"] {
        let by_ana = json!({ "by": "ana" });
        let (status, lost) = host.post(&format!("{path}/{what}"), &by_ana).await;
        assert_eq!(
            (status, &lost["error"]["code"]),
            (409, &json!("not_moved")),
            "{what}"
        );
        assert_eq!(lost["error"]["owner"]["agent"], "budi", "{what}");
    }
    let note = json!({ "by": "budi", "note": "x".repeat(281) });
    let (status, long) = host.post(&format!("{path}/return"), &note).await;
    let limit = json!("SHORT_TEXT_CHARS_MAX");
    assert_eq!((status, &long["error"]["limit"]), (422, &limit), "{long}");
    let now = host.conversation().await["epoch"].clone();
    let by_ana = json!({ "by": "ana", "epoch": now, "note": "Budi is ill." });
    let (status, back) = host.post(&format!("{path}/return"), &by_ana).await;
    assert_eq!(status, 200, "{back}");
}

#[tokio::test]
async fn outside_the_window_a_reply_is_a_template_and_takes_nothing_over() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    host.advance(25, 0);
    let (status, answer) = host.reply("ana", None, "Too late").await;
    assert_eq!(
        (status, &answer["error"]["code"]),
        (409, &json!("outside_service_window"))
    );
    assert_eq!(host.owner().await["is"], "bot");
}

#[tokio::test]
async fn nothing_goes_back_to_a_bot_that_is_not_there() {
    let host = Fixture::start().await;
    host.says("I want to talk to a human").await;
    let path = format!("{}/return", host.path().await);
    let (status, refused) = host.post(&path, &json!({ "note": "over to you" })).await;
    let code = &refused["error"]["code"];
    assert_eq!((status, code), (409, &json!("bot_unavailable")), "no key");
    let key = host.bot_comes().await;
    host.advance(0, 16);
    let (status, refused) = host.post(&path, &json!({ "note": "over to you" })).await;
    assert_eq!(status, 409, "it was silent for too long: {refused}");
    // Whatever it asks says that it is there, also when it is refused.
    let message = json!({ "type": "text", "body": "I am back" });
    let body = json!({ "customer": { "phone": PHONE }, "message": message });
    let asked = host
        .request("POST", "/v1/messages", &key, Some(&body))
        .await;
    assert_eq!(asked.0, 409);
    let returned = host.post(&path, &json!({ "note": "over to you" })).await;
    assert_eq!(
        (returned.0, &returned.1["owner"]["is"]),
        (200, &json!("bot"))
    );
    let view = host.view().await;
    let earlier = &view["earlier"][0];
    assert_eq!(
        (&earlier["outcome"], &earlier["note"]),
        (&json!("returned"), &json!("over to you"))
    );
    assert_eq!(view["handoff"], json!(null));
}

#[tokio::test]
async fn a_resolved_episode_starts_clean_when_she_writes_again() {
    let host = Fixture::start().await;
    host.promise(json!({ "promises": [{ "next_step_minutes": 60 }] }))
        .await;
    host.says("I want to talk to a human").await;
    let path = host.path().await;
    let before = host.view().await;
    assert_eq!(before["next_step"]["open"], true);
    let (status, _) = host.post(&format!("{path}/resolve"), &json!({})).await;
    assert_eq!(status, 200);
    host.advance(0, 5);
    host.says("Hello again").await;
    let after = host.view().await;
    assert_eq!(after["conversation"]["owner"]["is"], "bot");
    let episode = &after["conversation"]["episode"];
    assert_eq!(
        (&episode["number"], &episode["tags"], &episode["handoffs"]),
        (&json!(2), &json!([]), &json!(0))
    );
    assert_eq!(after["next_step"]["open"], false);
    assert_eq!(after["earlier"][0]["outcome"], "resolved");
    host.advance(2, 0);
    host.says("Still there?").await;
    assert_eq!(host.count_of("escalated").await, 0);
}

#[tokio::test]
async fn people_list_what_is_theirs_and_what_waits() {
    let host = Fixture::start().await;
    host.says("I want to talk to a human").await;
    let listed = |query: &'static str| {
        let host = &host;
        async move {
            let (status, list) = host.get(&format!("/v1/conversations?{query}")).await;
            assert_eq!(status, 200, "{list}");
            list["items"].as_array().expect("a list").clone()
        }
    };
    let waits = listed("team=sales&owner=team").await;
    assert_eq!((waits.len(), &waits[0]["team"]), (1, &json!("sales")));
    assert!(listed("agent=ana").await.is_empty());
    let claim = json!({ "agent": "ana", "epoch": host.conversation().await["epoch"] });
    let path = format!("{}/claim", host.path().await);
    assert_eq!(host.post(&path, &claim).await.0, 200);
    assert!(listed("team=sales&owner=team").await.is_empty());
    let hers = listed("agent=ana").await;
    assert_eq!((hers.len(), &hers[0]["agent"]), (1, &json!("ana")));
    assert_eq!(listed("team=sales").await.len(), 1);
    assert_eq!(host.get("/v1/conversations?owner=nobody").await.0, 422);
}
