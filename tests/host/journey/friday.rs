//! From the reorder to the review: the right person gets everything, answers from
//! the App, gives it back, and the bot follows up.

use serde_json::{Value, json};

use super::{Shop, price};
use crate::fixture::{PHONE, sari, until};

const HEADLINE: &str = "delivery promise + high-value repeat buyer";
const ORDER: &str = "KS-1417";

#[tokio::test]
async fn from_the_reorder_to_the_review() {
    let shop = Shop::open().await;
    shop.reorders().await;
    shop.asks_about_friday().await;
    the_senior_has_it(&shop).await;
    she_sees_everything(&shop).await;
    she_answers_from_the_app(&shop).await;
    the_junior_sees_what_serving_takes(&shop).await;
    it_is_paid_and_given_back(&shop).await;
    tracking_and_review_follow(&shop).await;
    it_is_flagged_and_counted(&shop).await;
    who_saw_her_phone_is_told(&shop).await;
}

/// In the commit of the handoff, and others are told.
async fn the_senior_has_it(shop: &Shop) {
    let owner = json!({ "is": "agent", "agent": "dewi", "team": "sales" });
    assert_eq!(shop.owner().await, owner);
    assert_eq!(shop.host.count_of("claimed").await, 0);
    assert_eq!(shop.host.count_of("handed_off").await, 1);
    let told = || async { shop.told("handoff.created").len() == 1 };
    until("the CRM is told", told).await;
    let notice = shop.told("handoff.created")[0].to_string();
    assert!(
        notice.contains(HEADLINE) && notice.contains("dewi"),
        "{notice}"
    );
    assert!(
        !notice.contains(PHONE) && !notice.contains("Friday?"),
        "{notice}"
    );
    let (status, refused) = shop.bot_says("It surely arrives!").await;
    let error = &refused["error"];
    assert_eq!(
        (status, &error["owner"]),
        (409, &json!("agent")),
        "{refused}"
    );
    assert_eq!(shop.host.simulator.sent().len(), 2, "quote and checkout");
}

async fn she_sees_everything(shop: &Shop) {
    let view = shop.view(&shop.dewi).await;
    let handoff = &view["handoff"];
    assert_eq!(handoff["tags"][0], HEADLINE);
    assert!(
        handoff["reasons"][0].to_string().contains("2026-11-26"),
        "{handoff}"
    );
    assert_eq!(
        view["next_step"]["what"],
        "Confirm or re-promise the delivery date"
    );
    assert_eq!(
        view["next_step"]["due"], "2026-11-24T03:33:00Z",
        "within the hour"
    );
    let question = view["open_question"]["text"].to_string();
    assert!(question.contains("before Friday"), "{question}");
    let reply = view["suggested_reply"]["text"].to_string();
    assert!(reply.contains("27 November 2026"), "{reply}");
    // Last time's order, this time's quote.
    assert_eq!(view["order"]["id"], "KS-1302");
    assert_eq!(view["order"]["lines"][0]["attributes"]["colour"], "red");
    assert_eq!(view["quote"]["lines"][0]["attributes"]["colour"], "blue");
    assert_eq!(view["quote"]["value"], price(129_000_000));
    let thread = view["conversation"]["thread"].to_string();
    for said in [
        "same bundle",
        "Welcome back",
        "Yes please",
        "Here you go",
        "Friday?",
    ] {
        assert!(thread.contains(said), "the thread lacks {said:?}: {thread}");
    }
    let signals = view["signals"].to_string();
    assert!(signals.contains("delivery-promise") && signals.contains("repeat-buyer"));
    assert_eq!(view["customer"]["phone"], PHONE);
    assert_eq!(view["customer"]["lifetime_value"], price(561_000_000));
}

/// The reply of whoever has it is hers, wherever she writes it.
async fn she_answers_from_the_app(shop: &Shop) {
    let answer = "Hi Sari, Dewi here. A courier brings it on Thursday.";
    let said = shop.host.simulator.app_says(&sari(), answer).await;
    said.expect("it is taken");
    assert_eq!(shop.owner().await["agent"], "dewi");
    let view = shop.view(&shop.dewi).await;
    assert_eq!(view["first_reply_due"], Value::Null, "she answered");
    let thread = view["conversation"]["thread"].as_array().expect("a thread");
    assert_eq!(thread.last().expect("an answer")["author"], "app");
    shop.host.says("You are the best, paying now!").await;
    assert_eq!(shop.owner().await["agent"], "dewi", "rules only advise now");
    assert_eq!(shop.host.count_of("handed_off").await, 1);
}

/// Neither what she is worth nor how to reach her elsewhere, until the senior
/// lets him, for this conversation and for a while.
async fn the_junior_sees_what_serving_takes(shop: &Shop) {
    let seen = shop.view(&shop.budi).await;
    let customer = seen["customer"].as_object().expect("a customer");
    for field in ["phone", "email", "lifetime_value"] {
        assert!(!customer.contains_key(field), "{field}: {seen}");
    }
    assert_eq!(customer["name"], "Sari Wijaya");
    let text = seen.to_string();
    assert!(
        !text.contains(PHONE) && !text.contains("561000000"),
        "{text}"
    );
    let until = "2026-11-24T03:00:00Z";
    let grant = json!({ "agent": "budi", "fields": ["customer.phone"],
        "reason": "the courier calls her", "until": until });
    assert_eq!(shop.does(&shop.budi, "grants", grant.clone()).await.0, 403);
    assert_eq!(shop.does(&shop.dewi, "grants", grant).await.0, 201);
    assert_eq!(shop.view(&shop.budi).await["customer"]["phone"], PHONE);
    shop.host.advance(0, 31);
    let later = shop.view(&shop.budi).await;
    assert!(later["customer"].get("phone").is_none(), "{later}");
}

async fn it_is_paid_and_given_back(shop: &Shop) {
    shop.host
        .tell(json!([
            { "type": "order", "id": ORDER, "status": "placed", "total": price(129_000_000) },
            { "type": "order", "id": ORDER, "status": "paid", "tracking": "https://track.example/JX9912" },
        ]))
        .await;
    let promise = shop.view(&shop.dewi).await["promise"].clone();
    let done = json!({ "promise": promise, "close": true });
    assert_eq!(shop.does(&shop.dewi, "next-step", done).await.0, 200);
    let note = json!({ "note": "courier booked for Thursday" });
    let (status, refused) = shop.does(&shop.dewi, "return", note.clone()).await;
    let code = &refused["error"]["code"];
    assert_eq!(
        (status, code),
        (409, &json!("bot_unavailable")),
        "half an hour of silence"
    );
    shop.host.bot_is_there(&shop.bot).await;
    let (status, returned) = shop.does(&shop.dewi, "return", note).await;
    assert_eq!((status, &returned["owner"]["is"]), (200, &json!("bot")));
    let earlier = shop.view(&shop.dewi).await["earlier"][0].clone();
    assert_eq!(earlier["outcome"], "returned");
    assert_eq!(earlier["note"], "courier booked for Thursday");
}

/// Two days after payment, a week after delivery, by template since the window
/// is closed, and each once.
async fn tracking_and_review_follow(shop: &Shop) {
    let host = &shop.host;
    host.advance(47, 0);
    assert_eq!(host.count_of("timer_fired").await, 0);
    host.advance(2, 0);
    let sent = |count| move || async move { host.simulator.sent().len() == count };
    until("tracking is sent", sent(3)).await;
    let tracking = host.simulator.sent_at(2).expect("it was sent");
    assert_eq!(tracking.text(), "order_tracking");
    assert!(tracking.request.to_string().contains(ORDER));
    host.tell(json!([{ "type": "order", "id": ORDER, "status": "delivered" }]))
        .await;
    host.advance(167, 0);
    assert_eq!(host.simulator.sent().len(), 3);
    host.advance(2, 0);
    until("the review is asked for", sent(4)).await;
    let review = host.simulator.sent_at(3).expect("it was sent");
    assert_eq!(review.text(), "order_review");
    host.advance(400, 0);
    until("nothing is left to do", || async {
        let view = shop.view(&shop.dewi).await;
        view["unasked"].as_array().is_some_and(|it| it.len() == 2)
    })
    .await;
    assert_eq!(host.simulator.sent().len(), 4);
}

async fn it_is_flagged_and_counted(shop: &Shop) {
    let early = json!({ "flag": "too-early" });
    let (status, flagged) = shop.does(&shop.dewi, "flag", early).await;
    assert_eq!(status, 201, "{flagged}");
    let report = "/v1/reports/flags?from=2026-11-23&until=2026-11-29";
    let (_, report) = shop.host.get(report).await;
    let counted = &report["weeks"][0]["releases"][0]["all"];
    let wanted = json!({ "handoffs": 1, "flagged": 1, "rate": 1.0, "flags": { "too-early": 1 } });
    assert_eq!(*counted, wanted, "{report}");
}

async fn who_saw_her_phone_is_told(shop: &Shop) {
    let customer = shop.host.conversation().await["customer"].clone();
    let customer = customer.as_str().expect("an id");
    let asked = format!(
        "/v1/audit?customer={customer}&field=customer.phone\
         &from=2026-11-24T00:00:00Z&until=2026-11-25T00:00:00Z"
    );
    let (status, audit) = shop.host.request("GET", &asked, &shop.ratna, None).await;
    assert_eq!(status, 200, "{audit}");
    let items = audit["items"].as_array().expect("entries");
    let by = |who: &str| {
        items
            .iter()
            .filter(|it| it["who"] == who)
            .collect::<Vec<_>>()
    };
    assert!(!by("person:dewi").is_empty(), "{audit}");
    let junior = by("person:budi");
    assert_eq!(junior.len(), 1, "only while he was let: {audit}");
    assert_eq!(junior[0]["grant"]["by"], "person:dewi");
    let (status, _) = shop.host.request("GET", &asked, &shop.budi, None).await;
    assert_eq!(status, 403, "the audit is not open to him");
}
