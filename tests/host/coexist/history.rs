//! The past: taken over once, in whatever order it comes, and nothing but read.

use baton_domain::limits::DISCREPANCIES_MAX;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{DISPLAY, ago, chunk, hers, second, theirs};
use crate::fixture::{Fixture, NUMBER, PHONE, messages, start_time, text, until};

/// A webhook of one field, in the order in which they are told.
type Told = (&'static str, Value);

fn file(kind: &str) -> Value {
    let mut file = json!({
        "from": PHONE, "id": "wamid.file", "timestamp": second(ago(500)), "type": kind,
        "history_context": { "status": "READ" },
    });
    if kind == "image" {
        file["image"] = json!({ "id": "1", "mime_type": "image/jpeg", "caption": "My old ring" });
    }
    file
}

/// A past, told in pieces; two of its messages also come by themselves.
fn past() -> Vec<Told> {
    let contact = |action: &str, name: &str| {
        json!({ "state_sync": [{
            "type": "contact", "action": action,
            "contact": { "full_name": name, "first_name": "Sari", "phone_number": PHONE },
            "metadata": { "timestamp": second(ago(30)) },
        }] })
    };
    let near = chunk(
        0,
        1,
        60,
        &[
            hers("wamid.live", start_time(), "Is it there?"),
            theirs("wamid.echo", start_time(), "It is!", "READ"),
            hers("wamid.c", ago(90), "Thank you"),
        ],
    );
    let far = chunk(
        1,
        1,
        80,
        &[
            hers("wamid.a", ago(1_000), "Do you make rings?"),
            theirs("wamid.b", ago(990), "We do.", "DELIVERED"),
            file("media_placeholder"),
        ],
    );
    let farther = chunk(2, 1, 100, &[hers("wamid.z", ago(9_000), "Hello")]);
    let follows = json!({ "messages": [file("image")] });
    vec![
        ("history", near),
        ("history", far),
        ("history", farther),
        ("history", follows),
        ("smb_app_state_sync", contact("add", "Sari W., rings")),
        ("smb_app_state_sync", contact("remove", "Sari W., rings")),
    ]
}

/// What happens meanwhile, in this order.
fn live() -> [(String, &'static str); 2] {
    let asks = messages(NUMBER, &[text("wamid.live", "Is it there?")]);
    let echo = json!({
        "from": DISPLAY, "to": PHONE, "id": "wamid.echo", "timestamp": second(start_time()),
        "type": "text", "text": { "body": "It is!" },
    });
    let answer = super::webhook("smb_message_echoes", &json!({ "message_echoes": [echo] }));
    [(asks, "asks"), (answer, "answer")]
}

/// Numbers that mix, the same for a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695);
        (self.0 >> 33) as usize % count
    }
}

/// All webhooks in an order that the seed decides, some of them twice.
fn mixed(seed: u64) -> Vec<String> {
    let mut dice = Dice(seed);
    let told = past().into_iter();
    let mut all: Vec<String> = told
        .map(|(field, value)| super::webhook(field, &value))
        .collect();
    for _ in 0..4 {
        let again = all[dice.below(all.len())].clone();
        all.push(again);
    }
    for place in (1..all.len()).rev() {
        all.swap(place, dice.below(place + 1));
    }
    // She asks before she is answered.
    let [(asks, _), (answer, _)] = live();
    let at = dice.below(all.len() + 1);
    all.insert(at, asks);
    let at = at + 1 + dice.below(all.len() - at);
    all.insert(at, answer);
    all
}

/// What is there to see, without what is made up anew each time.
async fn seen(host: &Fixture) -> Value {
    let mut conversation = host.conversation().await;
    let (_, mut found) = host.get(&format!("/v1/customers?phone={PHONE}")).await;
    for value in [&mut conversation, &mut found["items"][0]] {
        let members = value.as_object_mut().expect("an object");
        members.remove("customer");
        members.remove("id");
        members.remove("version");
    }
    let conversations = found["items"][0]["conversations"].as_array_mut();
    for row in conversations.expect("a list") {
        row["customer"] = Value::Null;
    }
    let sync = host.sync().await;
    json!({ "conversation": conversation, "customer": found, "sync": sync })
}

/// Messages that the log has from the past though they had come by themselves
/// before.
async fn told_once_more(host: &Fixture) -> Vec<Value> {
    let customer = host.conversation().await["customer"].clone();
    let customer = customer.as_str().expect("an id");
    let (_, events) = host
        .get(&format!("/v1/customers/{customer}/events?limit=200"))
        .await;
    let mut events = events["items"].as_array().expect("events").clone();
    events.sort_by_key(|it| it["version"].as_u64());
    let (mut came, mut again) = (Vec::new(), Vec::new());
    for event in events.iter().map(|it| &it["event"]) {
        match event["kind"].as_str() {
            Some("message_received" | "echo_received") => came.push(event["id"].clone()),
            Some("past_message") if came.contains(&event["id"]) => again.push(event.clone()),
            _ => {}
        }
    }
    assert_eq!(came.len(), 2, "both came");
    again
}

#[tokio::test]
async fn any_order_and_repetition_gives_the_same() {
    let mut first: Option<Value> = None;
    for seed in 0..8 {
        let host = Fixture::start().await;
        for body in mixed(seed) {
            assert_eq!(host.signed(&body).await, 200);
        }
        let seen = seen(&host).await;
        if seed == 0 {
            let thread = seen["conversation"]["thread"].as_array().expect("a thread");
            let texts: Vec<&Value> = thread.iter().map(|it| &it["text"]).collect();
            let wanted = [
                "Hello",
                "Do you make rings?",
                "We do.",
                "My old ring",
                "Thank you",
                "It is!",
                "Is it there?",
            ];
            assert_eq!(texts, wanted, "{thread:#?}");
            assert_eq!(thread[2]["receipt"], "delivered");
            assert_eq!(thread[3]["type"], "image");
            assert_eq!(seen["conversation"]["owner"]["is"], "app");
            assert_eq!(seen["conversation"]["episode"]["turns"], 1);
        }
        assert_eq!(host.count_of("decided").await, 1, "seed {seed}");
        assert_eq!(host.count_of("message_received").await, 1, "seed {seed}");
        assert_eq!(host.count_of("echo_received").await, 1, "seed {seed}");
        assert_eq!(told_once_more(&host).await, [] as [Value; 0], "seed {seed}");
        let same = first.get_or_insert_with(|| seen.clone());
        assert_eq!(*same, seen, "seed {seed}");
    }
}

#[tokio::test]
async fn the_past_starts_nothing() {
    let host = Fixture::start().await;
    for (field, value) in past() {
        host.tells(field, &value).await;
    }
    let conversation = host.conversation().await;
    assert_eq!(conversation["owner"]["is"], "bot");
    assert_eq!(conversation["window_open"], false);
    assert_eq!(conversation["episode"], Value::Null);
    assert_eq!(conversation["last_inbound_at"], Value::Null);
    let kinds = host.event_kinds().await;
    let is_quiet =
        |kind: &String| ["past_message", "profile_changed", "receipt"].contains(&kind.as_str());
    assert!(kinds.iter().all(is_quiet), "{kinds:?}");
    // She is there to be looked up, with her number and the thread.
    let (_, found) = host.get(&format!("/v1/customers?phone={PHONE}")).await;
    assert_eq!(found["items"][0]["phone"], PHONE);
    let (_, all) = host.get("/v1/conversations").await;
    assert_eq!(all["items"][0]["number"], NUMBER);
    let (status, _) = host.send("Anything else?").await;
    assert_eq!(status, 404, "she has not written yet");
    let counted = crate::metrics::samples(&crate::metrics::exposed(&host).await);
    for quiet in [
        "baton_decisions_total{outcome=\"stay\"}",
        "baton_handoffs_total{basis=\"policy\"}",
        "baton_evaluations_total{when=\"inline\"}",
    ] {
        assert_eq!(
            counted.get(quiet).copied().unwrap_or_default(),
            0.0,
            "{quiet}"
        );
    }
}

#[tokio::test]
async fn what_the_merchant_told_outranks_the_address_book() {
    let host = Fixture::start().await;
    let name = || async {
        let (_, found) = host.get(&format!("/v1/customers?phone={PHONE}")).await;
        found["items"][0]["name"].clone()
    };
    host.says("Hello").await;
    assert_eq!(name().await, "Sari Wijaya", "as she calls herself");
    let synced = past().into_iter().filter(|(field, _)| *field != "history");
    for (field, value) in synced.clone() {
        host.tells(field, &value).await;
    }
    assert_eq!(name().await, "Sari W., rings", "as the business calls her");
    host.tell(json!([{ "type": "profile", "name": "Sari Wijaya Putri" }]))
        .await;
    assert_eq!(name().await, "Sari Wijaya Putri");
    host.advance(1, 0);
    let renamed = json!({ "state_sync": [{
        "type": "contact", "action": "add",
        "contact": { "full_name": "Sari late payer", "phone_number": PHONE },
        "metadata": { "timestamp": second(host.clock_now()) },
    }] });
    host.tells("smb_app_state_sync", &renamed).await;
    assert_eq!(name().await, "Sari Wijaya Putri", "however late it is told");
    let sync = host.sync().await;
    assert!(sync["contact_removed_at"].is_string(), "{sync}");
}

#[tokio::test]
async fn how_far_it_has_come_is_told() {
    let host = Fixture::start().await;
    let before = host.sync().await;
    assert_eq!(before["percent"], Value::Null);
    assert!(before["receives_since"].is_string(), "{before}");
    for (field, value) in past() {
        host.tells(field, &value).await;
        host.tells(field, &value).await;
    }
    let sync = host.sync().await;
    assert_eq!(sync["percent"], 100);
    assert_eq!(sync["messages"], 7);
    let phase =
        |phase: u32, messages: u32| json!({ "phase": phase, "chunks": 1, "messages": messages });
    assert_eq!(
        sync["phases"],
        json!([phase(0, 3), phase(1, 3), phase(2, 1)])
    );
    assert_eq!(sync["declined_at"], Value::Null);
    let declined = json!({ "history": [{ "errors": [{
        "code": 2_593_109, "title": "History sharing is turned off by the business",
    }] }] });
    host.tells("history", &declined).await;
    assert!(host.sync().await["declined_at"].is_string());
    let (status, _) = host.get("/v1/numbers/999/sync").await;
    assert_eq!(status, 404);
}

/// What Baton sent is Baton's, whatever the App's history calls it, also when the
/// window of recent messages has long passed it.
#[tokio::test]
async fn a_send_of_ours_is_no_message_of_the_apps() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    assert_eq!(host.send("On its way").await.0, 202);
    let accepted = || async { host.outcome_of("On its way").await["is"] == "accepted" };
    until("it is accepted", accepted).await;
    let read = || async { host.thread().await[1]["receipt"] == "read" };
    until("it was read", read).await;
    let ours = host.simulator.sent_at(0).expect("it was sent").id;
    let told = chunk(
        0,
        1,
        100,
        &[theirs(&ours, start_time(), "On its way", "READ")],
    );
    let before = (host.thread().await, host.event_kinds().await);
    host.tells("history", &told).await;
    assert_eq!((host.thread().await, host.event_kinds().await), before);
    let echo = json!({ "message_echoes": [theirs(&ours, start_time(), "On its way", "READ")] });
    for many in 0..50 {
        host.says(&format!("And {many}?")).await;
    }
    let before = host.event_kinds().await;
    host.tells("history", &told).await;
    host.tells("smb_message_echoes", &echo).await;
    assert_eq!(host.event_kinds().await, before);
    assert_ne!(host.conversation().await["owner"]["is"], "app");
}

/// Messages that should have come by themselves, and did not.
#[tokio::test]
async fn history_shows_what_was_lost() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    let known = host.thread().await[0]["id"]["message"]
        .as_str()
        .expect("an id")
        .to_owned();
    host.advance(5, 0);
    let at = |minutes: i64| start_time() + SignedDuration::from_mins(minutes);
    let told = chunk(
        0,
        1,
        100,
        &[
            hers(&known, start_time(), "Hello"),
            hers("wamid.before", ago(60), "From before Baton"),
            hers("wamid.lost", at(60), "Are you there?"),
            theirs("wamid.windows", at(70), "Yes!", "READ"),
            hers("wamid.fresh", at(290), "It may still come"),
        ],
    );
    for _ in 0..2 {
        host.tells("history", &told).await;
        let comparisons = host.comparisons().await;
        let [comparison] = &comparisons[..] else {
            panic!("one: {comparisons:#?}");
        };
        assert_eq!(comparison["state"], "open");
        assert_eq!(
            comparison["counts"],
            json!({ "missing_here": 1, "written_on_unlinked_device": 1 })
        );
        assert_eq!(comparison["discrepancies"], 2);
        let found = &comparison["found"][0];
        assert_eq!(found["cause"], "missing_here");
        assert_eq!(found["from"], "customer");
        // Where its text can be read, by who may.
        let path = format!(
            "/v1/customers/{}/events?from={}&limit=1",
            found["customer"].as_str().expect("an id"),
            found["version"]
        );
        let (_, event) = host.get(&path).await;
        assert_eq!(event["items"][0]["event"]["text"], "Are you there?");
    }
    let text = crate::metrics::exposed(&host).await;
    assert!(
        text.contains("baton_discrepancies_total{cause=\"missing_here\"} 1"),
        "{text}"
    );
}

/// More than are listed are counted all the same, and once.
#[tokio::test]
async fn a_chunk_that_comes_again_counts_nothing_again() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    host.advance(20, 0);
    let lost: Vec<_> = (0..=DISCREPANCIES_MAX as i64)
        .map(|it| {
            let at = start_time() + SignedDuration::from_mins(it + 1);
            hers(&format!("wamid.lost.{it}"), at, "Are you there?")
        })
        .collect();
    let told = chunk(0, 1, 100, &lost);
    for _ in 0..2 {
        host.tells("history", &told).await;
        let comparisons = host.comparisons().await;
        assert_eq!(comparisons[0]["discrepancies"], lost.len());
    }
}
