//! First replies and next steps that are late, and silence.

use baton::clock::Clock;
use baton_domain::ids::TenantId;
use baton_store::{Store, WorkKind};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::fixture::{Fixture, sari, start_time, until};

/// An answer in 5 minutes and the next step in 30; of leads in 2 and 10.
fn promises() -> Value {
    json!({ "promises": [
        { "first_reply_minutes": 5, "next_step_minutes": 30 },
        { "tier": "lead", "first_reply_minutes": 2, "next_step_minutes": 10 },
    ]})
}

async fn asked() -> Fixture {
    let host = Fixture::start().await;
    host.promise(promises()).await;
    host.says("I want to talk to a human").await;
    assert_eq!(host.owner().await["is"], "team");
    host
}

async fn escalations(host: &Fixture) -> usize {
    host.count_of("escalated").await
}

#[tokio::test]
async fn who_is_not_answered_goes_up_to_the_operator_and_no_further() {
    let host = asked().await;
    let first = host.conversation().await["epoch"].as_u64().expect("one");
    host.advance(0, 5);
    until("leads have it", || async {
        host.owner().await["tier"] == "lead"
    })
    .await;
    let view = host.view().await;
    let up = &view["handoff"]["escalations"][0];
    assert_eq!(up["cause"], "first_reply_late");
    assert_eq!(view["conversation"]["epoch"], json!(first + 1));
    host.advance(0, 2);
    until("the operator has it", || async {
        escalations(&host).await == 2
    })
    .await;
    assert_eq!(
        host.owner().await,
        json!({ "is": "team", "team": "sales", "tier": null })
    );
    host.advance(400 * 24, 0);
    host.says("Is anybody there?").await;
    assert_eq!(escalations(&host).await, 2);
    assert_eq!(host.count_of("timer_fired").await, 2);
}

#[tokio::test]
async fn what_is_overdue_with_the_operator_is_told_once_more_and_stays() {
    let host = asked().await;
    let path = host.path().await;
    for _ in 0..2 {
        assert_eq!(
            host.post(&format!("{path}/escalate"), &json!({})).await.0,
            200
        );
    }
    let epoch = host.conversation().await["epoch"].as_u64();
    assert_eq!(host.reply("ana", epoch, "Ana here, I take it").await.0, 202);
    until("it left", || async {
        host.view().await["first_reply_due"].is_null()
    })
    .await;
    let promise = host.view().await["promise"].clone();
    let due = (host.clock.now() + SignedDuration::from_mins(10)).to_string();
    let step = json!({ "promise": promise, "what": "Call her", "due": due });
    let (status, set) = host.post(&format!("{path}/next-step"), &step).await;
    assert_eq!(status, 200, "{set}");
    host.advance(0, 10);
    until("it is told", || async { escalations(&host).await == 3 }).await;
    let view = host.view().await;
    assert_eq!(view["handoff"]["escalations"][2]["cause"], "next_step_late");
    assert_eq!(host.owner().await["agent"], "ana", "nobody else is there");
    host.advance(400 * 24, 0);
    host.says("Is anybody there?").await;
    assert_eq!(escalations(&host).await, 3, "once");
}

#[tokio::test]
async fn an_answer_in_time_ends_it_and_the_next_step_is_still_owed() {
    let host = asked().await;
    host.advance(0, 4);
    assert_eq!(host.reply("ana", None, "Hi, Ana here").await.0, 202);
    until("it left", || async {
        host.view().await["first_reply_due"].is_null()
    })
    .await;
    host.advance(0, 10);
    host.says("Thank you").await;
    assert_eq!(escalations(&host).await, 0);
    host.advance(0, 16);
    until("the next step is late", || async {
        escalations(&host).await == 1
    })
    .await;
    let view = host.view().await;
    assert_eq!(view["handoff"]["escalations"][0]["cause"], "next_step_late");
    assert_eq!(view["handoff"]["taken_by"], "ana");
    assert_eq!(host.owner().await["tier"], "lead");
}

#[tokio::test]
async fn an_echo_from_the_app_answers_too_and_its_greeting_does_not() {
    let host = asked().await;
    let says = async |text: &str| {
        let said = host.simulator.app_says(&sari(), text).await;
        said.expect("it is taken");
    };
    says("Thanks for writing, we are back at nine.").await;
    assert!(host.view().await["first_reply_due"].is_string());
    says("Hi, Dewi here").await;
    assert!(host.view().await["first_reply_due"].is_null());
    assert_eq!(host.owner().await, json!({ "is": "app", "team": "sales" }));
}

#[tokio::test]
async fn the_next_step_is_put_off_or_closed_by_who_saw_how_it_stands() {
    let host = asked().await;
    assert_eq!(host.reply("ana", None, "Hi, Ana here").await.0, 202);
    until("it left", || async {
        host.view().await["first_reply_due"].is_null()
    })
    .await;
    let (path, view) = (host.path().await, host.view().await);
    let set = format!("{path}/next-step");
    let due = "2026-11-24T09:00:00Z";
    let put_off =
        json!({ "promise": view["promise"], "due": due, "what": "Call the courier", "by": "ana" });
    assert_eq!(host.post(&set, &put_off).await.0, 200);
    let (status, stale) = host.post(&set, &put_off).await;
    assert_eq!(
        (status, &stale["error"]["code"]),
        (409, &json!("not_moved"))
    );
    host.advance(3, 0);
    let view = host.view().await;
    let step = &view["next_step"];
    assert_eq!(
        (&step["what"], &step["due"]),
        (&json!("Call the courier"), &json!(due))
    );
    assert_eq!(escalations(&host).await, 0);
    let past = json!({ "promise": view["promise"], "due": "2026-11-24T03:00:00Z" });
    assert_eq!(host.post(&set, &past).await.0, 422);
    let far = json!({ "promise": view["promise"], "due": "2028-11-24T03:00:00Z" });
    let (status, far) = host.post(&set, &far).await;
    let limit = json!("NEXT_STEP_DAYS_MAX");
    assert_eq!((status, &far["error"]["limit"]), (422, &limit));
    assert_eq!(
        host.post(&set, &json!({ "promise": view["promise"] }))
            .await
            .0,
        422
    );
    let close = json!({ "promise": view["promise"], "close": true, "by": "ana" });
    assert_eq!(host.post(&set, &close).await.0, 200);
    assert_eq!(host.view().await["next_step"]["open"], false);
    host.advance(24, 0);
    host.says("Bye").await;
    assert_eq!(escalations(&host).await, 0);
}

#[tokio::test]
async fn who_gives_more_time_for_silence_gives_it_to_what_waits_already() {
    let host = Fixture::start().await;
    host.promise(json!({ "auto_return_minutes": 60 })).await;
    let key = host.bot_comes().await;
    host.says("I want to talk to a human").await;
    let close = json!({ "promise": host.view().await["promise"], "close": true });
    let set = format!("{}/next-step", host.path().await);
    assert_eq!(host.post(&set, &close).await.0, 200);
    host.promise(json!({ "auto_return_minutes": 240 })).await;
    host.advance(1, 1);
    host.bot_is_there(&key).await;
    until("it was looked at", || async {
        let done = "baton_work_total{kind=\"timer\"} 1";
        host.host.metrics.text().contains(done)
    })
    .await;
    assert_eq!(host.owner().await["is"], "team");
    // It is there when the time comes, or the return would wait for it.
    host.advance(2, 50);
    host.bot_is_there(&key).await;
    host.advance(0, 10);
    until("the bot has it", || async {
        host.owner().await["is"] == "bot"
    })
    .await;
}

/// People have her conversation and nothing is left to do; the bot's key.
async fn nothing_left_to_do(host: &Fixture) -> String {
    let key = host.bot_comes().await;
    host.says("I want to talk to a human").await;
    let close = json!({ "promise": host.view().await["promise"], "close": true });
    let set = format!("{}/next-step", host.path().await);
    assert_eq!(host.post(&set, &close).await.0, 200);
    key
}

async fn goes_back(host: &Fixture) {
    until("the bot has it", || async {
        host.owner().await["is"] == "bot"
    })
    .await;
}

#[tokio::test]
async fn what_waits_goes_back_too_once_the_policy_wants_it() {
    // From never, and from later.
    for before in [json!({}), json!({ "auto_return_minutes": 600 })] {
        let host = Fixture::start().await;
        host.promise(before).await;
        let key = nothing_left_to_do(&host).await;
        host.advance(0, 59);
        host.bot_is_there(&key).await;
        host.promise(json!({ "auto_return_minutes": 60 })).await;
        host.advance(0, 2);
        goes_back(&host).await;
    }
}

#[tokio::test]
async fn what_a_policy_wants_begins_at_start_when_the_host_died_over_it() {
    let host = Fixture::start().await;
    nothing_left_to_do(&host).await;
    // The document became durable, and that was all.
    let (tenant, store) = (TenantId::parse("shop").expect("an id"), &host.host.store);
    let document = store.tenant(&tenant).await.expect("it reads");
    let mut document = document.expect("it is there");
    document.body.care.auto_return_minutes = Some(60);
    let put = store.put_tenant(document, None).await;
    put.expect("it is durable");
    let again = host.again(|_| {}, |_| {}).await;
    let due = || async {
        let next = Store::next_due(&*again.host.store, WorkKind::Timer).await;
        next.expect("the store reads") == Some(start_time() + SignedDuration::from_mins(60))
    };
    until("its deadline runs", due).await;
}

#[tokio::test]
async fn silence_with_nothing_left_to_do_goes_back_to_a_bot_that_is_there() {
    let host = Fixture::start().await;
    host.promise(json!({ "auto_return_minutes": 60 })).await;
    let key = host.bot_comes().await;
    host.says("I want to talk to a human").await;
    host.advance(3, 0);
    host.says("Hello?").await;
    assert_eq!(host.owner().await["is"], "team", "the next step is open");
    let close = json!({ "promise": host.view().await["promise"], "close": true });
    let set = format!("{}/next-step", host.path().await);
    assert_eq!(host.post(&set, &close).await.0, 200);
    host.advance(0, 40);
    host.says("Thanks, bye").await;
    host.advance(0, 40);
    host.says("One more thing").await;
    assert_eq!(host.owner().await["is"], "team", "somebody spoke");
    // The bot was silent for hours: people keep it until it is there.
    host.advance(1, 1);
    until("it was looked at", || async {
        host.host
            .metrics
            .text()
            .contains("baton_work_total{kind=\"timer\"} 1")
    })
    .await;
    assert_eq!(host.owner().await["is"], "team");
    host.bot_is_there(&key).await;
    host.advance(0, 6);
    until("the bot has it", || async {
        host.owner().await["is"] == "bot"
    })
    .await;
    let view = host.view().await;
    assert_eq!(view["earlier"][0]["outcome"], "returned_by_policy");
    assert_eq!(host.count_of("timer_fired").await, 1);
}

#[tokio::test]
async fn a_person_sends_it_up_with_a_word_for_the_next() {
    let host = asked().await;
    let path = format!("{}/escalate", host.path().await);
    let stale = json!({ "epoch": 0 });
    assert_eq!(host.post(&path, &stale).await.0, 409);
    let up = json!({ "by": "budi", "note": "She wants a discount." });
    let (status, head) = host.post(&path, &up).await;
    assert_eq!((status, &head["owner"]["tier"]), (200, &json!("lead")));
    assert_eq!(host.post(&path, &up).await.0, 200, "to the operator");
    let (status, top) = host.post(&path, &up).await;
    assert_eq!((status, &top["error"]["code"]), (409, &json!("not_moved")));
}
