//! What else may happen after the Friday question.

use serde_json::{Value, json};

use super::Shop;
use crate::fixture::{sari, until};

async fn friday() -> Shop {
    let shop = Shop::open().await;
    shop.reorders().await;
    shop.asks_about_friday().await;
    assert_eq!(shop.owner().await["agent"], "dewi");
    shop
}

/// Somebody is changed as the operator changes people.
async fn change(shop: &Shop, id: &str, more: Value) {
    let path = format!("/v1/people/{id}");
    let (_, shown) = shop.host.get(&path).await;
    let mut person = shown["agent"].clone();
    if person.is_null() {
        person = shown;
    }
    for (name, value) in more.as_object().expect("members") {
        person[name] = value.clone();
    }
    let (status, changed) = shop.host.change(&path, "PUT", Some(&person)).await;
    assert_eq!(status, 200, "{changed}");
}

#[tokio::test]
async fn a_senior_who_is_silent_loses_it_to_the_operator() {
    let shop = friday().await;
    shop.host.advance(0, 5);
    until("it went up", || async {
        shop.host.count_of("escalated").await == 1
    })
    .await;
    let view = shop.view(&shop.ratna).await;
    let escalation = &view["handoff"]["escalations"][0];
    assert_eq!(escalation["cause"], "first_reply_late", "{view}");
    assert_eq!(
        shop.owner().await["agent"],
        "ratna",
        "nobody is above a senior"
    );
    let told = || async { !shop.told("handoff.overdue").is_empty() };
    until("the CRM is told", told).await;
    // She answers in the console; the senior, who still thinks that it is hers,
    // learns whose it is.
    let says = |text| json!({ "message": { "type": "text", "body": text } });
    let sorry = says("Ratna here, sorry for the wait.");
    assert_eq!(shop.does(&shop.ratna, "reply", sorry).await.0, 202);
    let (status, late) = shop.does(&shop.dewi, "reply", says("Dewi here")).await;
    assert_eq!(
        (status, &late["error"]["owner"]["agent"]),
        (409, &json!("ratna"))
    );
    until("it is sent", || async {
        shop.host.simulator.sent().len() == 3
    })
    .await;
}

#[tokio::test]
async fn in_the_queue_of_those_who_claim_at_once_one_wins() {
    let shop = Shop::open().await;
    let wednesday =
        json!({ "weekly": [{ "day": "wednesday", "from_minute": 540, "until_minute": 1020 }] });
    for id in ["budi", "dewi"] {
        change(&shop, id, json!({ "hours": wednesday })).await;
    }
    shop.reorders().await;
    shop.asks_about_friday().await;
    let view = shop.view(&shop.dewi).await;
    assert_eq!(view["conversation"]["owner"]["is"], "team");
    let queue = json!({ "why": "closed", "expected_at": "2026-11-25T02:00:00Z" });
    assert_eq!(view["handoff"]["queue"], queue);
    // Counted once it is committed, so after it can be seen.
    let queued = "baton_people_alerts_total{what=\"queued\"} 1";
    let is_counted = || async { shop.host.host.metrics.text().contains(queued) };
    until("it is counted", is_counted).await;
    let epoch = &view["conversation"]["epoch"];
    let claim =
        |token, agent: &str| shop.does(token, "claim", json!({ "agent": agent, "epoch": epoch }));
    let (budi, dewi) = tokio::join!(claim(&shop.budi, "budi"), claim(&shop.dewi, "dewi"));
    let (won, lost) = if budi.0 == 200 {
        (budi, dewi)
    } else {
        (dewi, budi)
    };
    assert_eq!((won.0, lost.0), (200, 409), "{won:?} {lost:?}");
    let winner = &won.1["owner"]["agent"];
    assert_eq!(
        lost.1["error"]["owner"]["agent"], *winner,
        "who lost learns who won"
    );
    assert_eq!(shop.host.count_of("claimed").await, 1);
}

#[tokio::test]
async fn an_account_in_other_hands_is_shut_and_she_is_not_forgotten() {
    let shop = friday().await;
    shop.view(&shop.dewi).await;
    let (status, frozen) = shop
        .host
        .request(
            "POST",
            "/v1/people/dewi/freeze",
            &shop.ratna,
            Some(&json!({})),
        )
        .await;
    assert_eq!(status, 200, "{frozen}");
    assert_eq!(frozen["tokens_revoked"], json!(["laptop"]));
    let passed = &frozen["conversations"][0]["owner"];
    assert_eq!(*passed, shop.owner().await);
    assert_ne!(passed["agent"], "dewi");
    assert!(
        frozen["read"].to_string().contains("customer.phone"),
        "{frozen}"
    );
    let (status, _) = shop
        .host
        .request("GET", "/v1/handoffs", &shop.dewi, None)
        .await;
    assert_eq!(status, 401);
    // The step and its time are as they were.
    let view = shop.view(&shop.ratna).await;
    assert_eq!(
        view["next_step"]["what"],
        "Confirm or re-promise the delivery date"
    );
    assert_eq!(view["next_step"]["open"], true);
}

#[tokio::test]
async fn what_is_done_and_left_alone_goes_back_and_a_new_episode_starts_clean() {
    let shop = friday().await;
    let answer = "It arrives on Thursday, Sari.";
    let said = shop.host.simulator.app_says(&sari(), answer).await;
    said.expect("it is taken");
    let promise = shop.view(&shop.dewi).await["promise"].clone();
    let done = json!({ "promise": promise, "close": true });
    assert_eq!(shop.does(&shop.dewi, "next-step", done).await.0, 200);
    shop.host.advance(3, 55);
    shop.host.bot_is_there(&shop.bot).await;
    assert_eq!(shop.owner().await["agent"], "dewi");
    shop.host.advance(0, 6);
    until("the bot has it", || async {
        shop.owner().await["is"] == "bot"
    })
    .await;
    // What led to the handoff is spent: asking again is not another handoff.
    shop.bot_tells(json!([{ "type": "delivery", "latest": "2026-11-27",
        "certainty": "uncertain", "reason": "public holiday on 2026-11-26" }]))
        .await;
    assert_eq!(shop.owner().await["is"], "bot");
    assert_eq!(shop.host.count_of("handed_off").await, 1);
    shop.host.advance(25, 0);
    shop.host.says("Hello again").await;
    let view = shop.view(&shop.dewi).await;
    let episode = &view["conversation"]["episode"];
    let clean = (&episode["number"], &episode["handoffs"], &episode["tags"]);
    assert_eq!(clean, (&json!(2), &json!(0), &json!([])));
    assert_eq!(view["handoff"], Value::Null);
    assert_eq!(
        view["earlier"][0]["outcome"], "returned_by_policy",
        "{view}"
    );
}

#[tokio::test]
async fn the_apps_own_greeting_takes_nothing_over_and_a_person_does() {
    let shop = Shop::open().await;
    shop.reorders().await;
    let greeting = "Thanks for writing, we are back at nine.";
    let app_says = async |text| {
        let said = shop.host.simulator.app_says(&sari(), text).await;
        said.expect("it is taken");
    };
    app_says(greeting).await;
    assert_eq!(shop.owner().await["is"], "bot");
    app_says("Hi Sari, I am on it.").await;
    assert_eq!(shop.owner().await["is"], "app");
    assert_eq!(shop.bot_says("May I?").await.0, 409);
    // A handoff while people own is advice.
    shop.asks_about_friday().await;
    assert_eq!(shop.owner().await["is"], "app");
    assert_eq!(shop.host.count_of("handed_off").await, 0);
    // Who is named from now on has the next step.
    let epoch = shop.host.conversation().await["epoch"].clone();
    let claim = json!({ "agent": "budi", "epoch": epoch });
    assert_eq!(shop.does(&shop.budi, "claim", claim).await.0, 200);
    assert_eq!(shop.owner().await["agent"], "budi");
}
