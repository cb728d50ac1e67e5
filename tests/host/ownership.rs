//! Who has the next step.

use serde_json::{Value, json};

use crate::fixture::{Fixture, NUMBER, PHONE, sari, text, until};

#[tokio::test]
async fn a_customer_who_asks_gets_a_person_and_the_bot_is_silent() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    assert_eq!(host.conversation().await["owner"]["is"], "bot");
    host.says("I want to talk to a human, please!").await;
    let conversation = host.conversation().await;
    let owner = &conversation["owner"];
    assert_eq!(
        (&owner["is"], &owner["team"]),
        (&json!("team"), &json!("sales"))
    );
    let (status, answer) = host.send("I am still here").await;
    assert_eq!(
        (status, &answer["error"]["owner"]),
        (409, &json!("team")),
        "{answer}"
    );
    assert_eq!(answer["error"]["code"], "people_own");
    let (_, handoffs) = host.get("/v1/handoffs").await;
    let handoff = &handoffs["items"][0]["handoff"];
    assert!(
        handoff["reasons"][0].is_string() && handoff["due"].is_string(),
        "{handoff}"
    );
    assert!(host.simulator.sent().is_empty());
}

#[tokio::test]
async fn an_echo_takes_over_and_the_return_gives_back() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    host.simulator
        .app_says(&sari(), "Hi, Dewi here")
        .await
        .expect("it is taken");
    let conversation = host.conversation().await;
    assert_eq!(conversation["owner"], json!({ "is": "app", "team": null }));
    assert_eq!(host.send("bot here").await.0, 409);
    let customer = conversation["customer"].as_str().expect("an id").to_owned();
    let path = format!("/v1/conversations/{customer}/{NUMBER}");
    host.bot_comes().await;
    let (status, after) = host
        .post(&format!("{path}/return"), &json!({ "note": "done" }))
        .await;
    assert_eq!((status, &after["owner"]["is"]), (200, &json!("bot")));
    let (status, again) = host.post(&format!("{path}/return"), &json!({})).await;
    assert_eq!(
        (status, &again["error"]["code"]),
        (409, &json!("not_moved"))
    );
    assert_eq!(host.send("welcome back").await.0, 202);
}

#[tokio::test]
async fn of_two_who_claim_one_wins_and_the_other_learns_who() {
    let host = Fixture::start().await;
    host.says("I want to talk to a human").await;
    let conversation = host.conversation().await;
    let customer = conversation["customer"].as_str().expect("an id").to_owned();
    let path = format!("/v1/conversations/{customer}/{NUMBER}/claim");
    let epoch = &conversation["epoch"];
    let (ana, budi) = (
        json!({ "agent": "ana", "epoch": epoch }),
        json!({ "agent": "budi", "epoch": epoch }),
    );
    let (first, second) = tokio::join!(host.post(&path, &ana), host.post(&path, &budi));
    let mut statuses = [first.0, second.0];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    assert_eq!(host.conversation().await["owner"]["is"], "agent");
    // The agent's own reply on the App changes nothing.
    let before = host.conversation().await;
    host.simulator
        .app_says(&sari(), "Hi, it is me")
        .await
        .expect("it is taken");
    let after = host.conversation().await;
    assert_eq!(before["owner"], after["owner"]);
}

#[tokio::test]
async fn the_apps_own_greeting_takes_nothing_over() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    let greeting = "Thanks for writing, we are back at nine.";
    host.simulator
        .app_says(&sari(), greeting)
        .await
        .expect("it is taken");
    let conversation = host.conversation().await;
    assert_eq!(conversation["owner"]["is"], "bot");
    assert!(conversation["thread"].to_string().contains(greeting));
}

#[tokio::test]
async fn a_question_failed_twice_brings_a_person() {
    let host = Fixture::start().await;
    host.says("Is the bowl microwave safe?").await;
    host.tell(json!([{ "type": "bot_missed" }])).await;
    assert_eq!(host.conversation().await["owner"]["is"], "bot");
    host.advance(0, 2);
    host.says("Can it go into the microwave?").await;
    host.tell(json!([{ "type": "bot_missed" }])).await;
    until("a handoff", || async {
        host.conversation().await["owner"]["is"] == "team"
    })
    .await;
    let (_, decisions) = host.get("/v1/decisions").await;
    let head = &decisions["items"][0];
    let path = format!(
        "/v1/decisions/{}/{}",
        head["customer"].as_str().expect("an id"),
        head["version"]
    );
    let (_, decision) = host.get(&path).await;
    let rules = decision["record"]["rules"].to_string();
    assert!(
        rules.contains("conversation.failed-answers"),
        "reads are not recorded: {rules}"
    );
    assert!(rules.contains("fuel"), "{rules}");
}

#[tokio::test]
async fn who_resolves_what_changed_meanwhile_learns_it() {
    let host = Fixture::start().await;
    host.says("I want to talk to a human").await;
    let conversation = host.conversation().await;
    let customer = conversation["customer"].as_str().expect("an id").to_owned();
    let path = format!("/v1/conversations/{customer}/{NUMBER}");
    let claim = json!({ "agent": "ana", "epoch": conversation["epoch"] });
    assert_eq!(host.post(&format!("{path}/claim"), &claim).await.0, 200);
    let stale = json!({ "epoch": conversation["epoch"] });
    assert_eq!(host.post(&format!("{path}/resolve"), &stale).await.0, 409);
    let (status, after) = host.post(&format!("{path}/resolve"), &json!({})).await;
    assert_eq!((status, &after["owner"]["is"]), (200, &json!("bot")));
    assert_eq!(after["episode"], json!(null));
    let (status, listed) = host.get("/v1/conversations?limit=5").await;
    assert_eq!((status, &listed["items"][0]["owner"]), (200, &json!("bot")));
    assert_eq!(host.get("/v1/conversations?after=nonsense").await.0, 422);
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The body of a message of hers under her user id, and her number when WhatsApp
/// tells it.
fn by_user(id: &str, said: &str, phone: Option<&str>) -> String {
    let user = "ID.abcdef123";
    let mut message = text(id, said);
    message["from_user_id"] = json!(user);
    let mut contact = json!({ "profile": { "name": "Sari" }, "user_id": user });
    match phone {
        Some(phone) => contact["wa_id"] = json!(phone),
        None => drop(message.as_object_mut().expect("an object").remove("from")),
    }
    let value = json!({
        "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": "6221500900", "phone_number_id": NUMBER },
        "contacts": [contact],
        "messages": [message],
    });
    let entry = json!({ "id": "1", "changes": [{ "field": "messages", "value": value }] });
    json!({ "object": "whatsapp_business_account", "entry": [entry] }).to_string()
}

#[tokio::test]
async fn two_contacts_of_one_customer_become_one_and_people_keep_it() {
    let host = Fixture::start().await;
    // Handed off and returned under the phone number, so the epochs differ.
    host.says("I want to talk to a human").await;
    let older = host.conversation().await["customer"]
        .as_str()
        .expect("an id")
        .to_owned();
    host.bot_comes().await;
    let path = format!("/v1/conversations/{older}/{NUMBER}/return");
    assert_eq!(host.post(&path, &json!({})).await.0, 200);

    host.advance(0, 1);
    let asks = by_user("wamid.u1", "Please let me talk to a human", None);
    assert_eq!(host.signed(&asks).await, 200);
    let (_, all) = host.get("/v1/customers").await;
    assert_eq!(all["items"].as_array().map(Vec::len), Some(2), "{all}");

    // What the merchant's own system typed is no word that a module declared.
    let items = all["items"].as_array().expect("two");
    let mut ids = items.iter().map(|it| it["id"].as_str().expect("an id"));
    let younger = ids.find(|it| *it != older).expect("another").to_owned();
    let hers = format!("/v1/conversations/{younger}/{NUMBER}");
    let (_, view) = host.get(&format!("{hers}/view")).await;
    let typed = json!({ "promise": view["promise"], "what": "Call 0812 before noon" });
    let (status, set) = host.post(&format!("{hers}/next-step"), &typed).await;
    assert_eq!(status, 200, "{set}");
    host.role("blind", &[], &["read-conversations"]).await;
    let blind = host.person("budi", "blind").await;
    let hidden_at = async |path: &str| {
        let view = format!("{path}/view");
        let (_, whole) = host.get(&view).await;
        let (_, seen) = host.request("GET", &view, &blind, None).await;
        assert_eq!(whole["next_step"]["what"], "Call 0812 before noon");
        assert!(seen["next_step"].is_object(), "{seen}");
        assert!(!seen.to_string().contains("before noon"), "{seen}");
    };
    hidden_at(&hers).await;
    let (_, before) = host.get(&format!("{hers}/view")).await;
    assert!(!list(&before["signals"]).is_empty(), "{before}");

    let both = by_user("wamid.u2", "It is me again", Some(PHONE));
    assert_eq!(host.signed(&both).await, 200);
    let (_, all) = host.get("/v1/customers").await;
    assert_eq!(all["items"].as_array().map(Vec::len), Some(1), "{all}");
    let merged = host.conversation().await;
    assert_eq!(merged["customer"], json!(older));
    assert_eq!(
        merged["owner"]["is"], "team",
        "the merge took it from people"
    );
    let joined = format!("/v1/conversations/{older}/{NUMBER}");
    hidden_at(&joined).await;
    // Why it was handed off, and what the rules noticed then, is still there.
    let (_, after) = host.get(&format!("{joined}/view")).await;
    assert_eq!(after["signals"], before["signals"], "{after}");
    for what in ["tags", "reasons"] {
        let (was, is) = (&before["handoff"][what], &after["handoff"][what]);
        assert!(list(is).starts_with(list(was)), "{what}: {is}");
        assert_eq!(list(is).len(), list(was).len() + 1, "{what}: {is}");
    }
    let thread = merged["thread"].to_string();
    assert!(
        thread.contains("Please let me talk") && thread.contains("It is me again"),
        "{thread}"
    );
}
