//! Nobody is nudged who is not owed it: what starts a follow-up, and what takes it
//! back while it waits.

use serde_json::{Value, json};

use super::{basket, order, row, with_template};
use crate::fixture::{Fixture, PHONE, sari, until};

/// A merchant with these follow-ups, and a customer who wrote.
async fn shop(rows: Value) -> Fixture {
    let host = Fixture::start().await;
    host.follows_up(rows).await;
    host.says("Hello").await;
    host
}

#[tokio::test]
async fn a_basket_that_is_left_is_asked_about_after_its_last_change_and_once() {
    let host = shop(json!([row("basket", 3, "Still thinking?")])).await;
    host.tell(basket("ring")).await;
    host.advance(2, 0);
    host.tell(basket("necklace")).await;
    host.advance(2, 0);
    // The first wait is over, the second is not.
    assert_eq!(host.count_of("timer_fired").await, 0);
    host.advance(1, 1);
    host.is_sent("Still thinking?").await;
    host.tell(basket("necklace")).await;
    host.advance(9, 0);
    host.tell(order("A-1", "placed")).await;
    assert_eq!(host.simulator.sent().len(), 1);
    assert_eq!(host.count_of("follow_up_skipped").await, 0);
    // A change begins another wait.
    host.tell(basket("watch")).await;
    host.advance(3, 1);
    until("it is asked again", || async {
        host.simulator.sent().len() == 2
    })
    .await;
}

/// What happens to a basket that waits, and why nothing is said then.
async fn nothing_is_said(rows: Value, happens: &[Value], why: &str) -> Fixture {
    let host = shop(rows).await;
    host.tell(basket("ring")).await;
    host.advance(1, 0);
    for facts in happens {
        host.tell(facts.clone()).await;
    }
    host.advance(2, 1);
    let kept = host.not_sent().await;
    assert_eq!(kept["why"], why, "{kept}");
    assert!(host.simulator.sent().is_empty());
    host
}

#[tokio::test]
async fn a_basket_that_was_paid_or_emptied_or_outrun_is_not_asked_about() {
    let rows = json!([row("basket", 3, "Still thinking?")]);
    let paid = [order("A-1", "paid")];
    nothing_is_said(rows.clone(), &paid, "basket_paid").await;
    let ordered = [order("A-1", "placed")];
    nothing_is_said(rows, &ordered, "ordered_since").await;
    let host = shop(json!([row("basket", 3, "Still thinking?")])).await;
    host.tell(basket("ring")).await;
    host.advance(0, 1);
    host.tell(json!([{ "type": "basket", "checkout_state": "open" }]))
        .await;
    host.advance(9, 0);
    host.says("Bye").await;
    assert_eq!(host.count_of("timer_fired").await, 0, "nothing waits");
}

#[tokio::test]
async fn a_customer_who_wrote_or_was_with_people_is_not_nudged() {
    let rows = json!([row("basket", 3, "Still thinking?")]);
    let host = shop(rows.clone()).await;
    host.tell(basket("ring")).await;
    host.advance(1, 0);
    host.says("Let me sleep over it").await;
    host.advance(2, 1);
    assert_eq!(host.not_sent().await["why"], "customer_replied");

    let host = shop(rows).await;
    host.tell(basket("ring")).await;
    host.advance(1, 0);
    let said = host.simulator.app_says(&sari(), "Dewi here").await;
    said.expect("it is taken");
    host.advance(2, 1);
    assert_eq!(host.not_sent().await["why"], "taken_over");
    assert!(host.simulator.sent().is_empty());
}

#[tokio::test]
async fn the_tenant_says_what_takes_one_back() {
    let mut asks = row("basket", 3, "Still thinking?");
    asks["cancelled_by"] = json!([]);
    let host = shop(json!([asks])).await;
    host.tell(basket("ring")).await;
    host.advance(1, 0);
    host.says("Let me sleep over it").await;
    host.advance(2, 1);
    host.is_sent("Still thinking?").await;

    let mut tracks = row("paid", 3, "On its way");
    tracks["cancelled_by"] = json!(["reply"]);
    let host = shop(json!([tracks])).await;
    host.tell(order("A-1", "paid")).await;
    host.advance(1, 0);
    host.says("Thanks!").await;
    host.advance(2, 1);
    assert_eq!(host.not_sent().await["why"], "customer_replied");
}

#[tokio::test]
async fn what_was_bought_is_news_also_for_who_wrote_and_not_once_it_is_refunded() {
    let rows = json!([row("paid", 3, "On its way {order}")]);
    let host = shop(rows).await;
    host.tell(order("A-1", "paid")).await;
    host.tell(order("A-2", "paid")).await;
    host.advance(1, 0);
    host.says("Thanks!").await;
    host.tell(order("A-2", "refunded")).await;
    host.advance(2, 1);
    host.is_sent("On its way A-1").await;
    let kept = host.not_sent().await;
    assert_eq!(
        (&kept["why"], &kept["about"]["order"], &kept["follow_up"]),
        (&json!("refunded"), &json!("A-2"), &json!("paid"))
    );
    assert_eq!(host.simulator.sent().len(), 1);
}

#[tokio::test]
async fn who_bought_nothing_since_is_won_back_and_nobody_else() {
    let rows = json!([with_template(
        row("last-order", 720, "We miss you"),
        &["{order}"]
    )]);
    let host = shop(rows.clone()).await;
    host.tell(order("A-1", "paid")).await;
    host.advance(719, 0);
    assert_eq!(host.count_of("timer_fired").await, 0);
    host.advance(1, 1);
    host.is_sent("last-order").await;
    let sent = host.simulator.sent();
    assert!(sent[0].request.to_string().contains("A-1"));

    let host = shop(rows).await;
    host.tell(order("A-1", "paid")).await;
    host.advance(700, 0);
    host.tell(order("A-2", "paid")).await;
    host.advance(21, 0);
    assert_eq!(host.not_sent().await["why"], "ordered_since");
    host.advance(699, 1);
    host.is_sent("last-order").await;
    let sent = host.simulator.sent();
    assert_eq!(sent.len(), 1);
    assert!(sent[0].request.to_string().contains("A-2"));
}

fn booking(state: &str, date: &str) -> Value {
    json!([{ "type": "booking", "id": "B-1", "state": state, "date": date }])
}

#[tokio::test]
async fn a_booking_is_reminded_of_before_its_day_where_the_shop_is() {
    // It is Tuesday, half past nine in Jakarta.
    let rows = json!([
        with_template(
            row("booking", 24, "See you {date}"),
            &["{booking}", "{date}"]
        ),
        with_template(row("attended", 48, "How was it?"), &[]),
    ]);
    let host = shop(rows.clone()).await;
    host.tell(booking("confirmed", "2026-11-27")).await;
    // Wednesday, 23:59 there.
    host.advance(38, 29);
    assert_eq!(host.count_of("timer_fired").await, 0);
    host.advance(0, 2);
    host.is_sent("booking").await;
    let sent = host.simulator.sent()[0].request.to_string();
    assert!(
        sent.contains("B-1") && sent.contains("2026-11-27"),
        "{sent}"
    );
    host.advance(48, 0);
    host.tell(booking("attended", "2026-11-27")).await;
    host.advance(48, 1);
    host.is_sent("attended").await;
    assert_eq!(host.simulator.sent().len(), 2);

    let host = shop(rows).await;
    host.tell(booking("confirmed", "2026-11-27")).await;
    host.tell(booking("cancelled", "2026-11-27")).await;
    host.advance(38, 31);
    assert_eq!(host.not_sent().await["why"], "booking_cancelled");
    // Of one for tomorrow nobody needs to be reminded a day before.
    host.tell(booking("confirmed", "2026-11-27")).await;
    host.advance(100, 0);
    host.says("Bye").await;
    assert_eq!(host.count_of("timer_fired").await, 1);
    assert!(host.simulator.sent().is_empty());
}

#[tokio::test]
async fn what_may_not_leave_is_no_message_and_it_is_told_why() {
    let mut sale = row("delivered", 1, "Half price today");
    sale["is_marketing"] = json!(true);
    let host = shop(json!([row("paid", 30, "On its way"), sale])).await;
    host.tell(order("A-1", "delivered")).await;
    host.advance(1, 1);
    assert_eq!(host.not_sent().await["why"], "no_marketing_consent");
    host.tell(order("A-1", "paid")).await;
    host.advance(30, 1);
    until("it is told", || async {
        host.not_sent().await["why"] == "outside_service_window"
    })
    .await;
    assert_eq!(host.count_of("send_queued").await, 0);
}

#[tokio::test]
async fn who_may_not_see_orders_does_not_learn_of_them_from_what_was_not_said() {
    let host = shop(json!([row("paid", 3, "On its way")])).await;
    host.tell(order("A-1", "paid")).await;
    host.tell(order("A-1", "refunded")).await;
    host.advance(3, 1);
    assert_eq!(host.not_sent().await["why"], "refunded");
    host.role("reader", &[], &["read-conversations"]).await;
    let reader = host.person("rina", "reader").await;
    let path = format!("{}/view", host.her_conversation().await);
    let (status, view) = host.request("GET", &path, &reader, None).await;
    assert_eq!(status, 200);
    let kept = view["not_sent"][0].as_object().expect("it is told").clone();
    assert_eq!(kept.keys().collect::<Vec<_>>(), ["at", "follow_up"]);
    let customer = host.get(&format!("/v1/customers?phone={PHONE}")).await.1;
    let id = customer["items"][0]["id"].as_str().expect("an id");
    let path = format!("/v1/customers/{id}/events?limit=200");
    let (_, events) = host.request("GET", &path, &reader, None).await;
    let events = events["items"].as_array().expect("events").iter();
    let mut skipped = events.filter(|it| it["event"]["kind"] == "follow_up_skipped");
    let event = &skipped.next().expect("it is in the log")["event"];
    assert!(
        event.get("why").is_none() && event.get("about").is_none(),
        "{event}"
    );
}

#[tokio::test]
async fn a_trigger_that_is_none_is_named_and_lists_have_an_end() {
    let host = Fixture::start().await;
    let put = |rows: Value| {
        let mut document = crate::fixture::tenant("other", "999");
        document["follow_ups"] = rows;
        let host = &host;
        async move { host.admin("PUT", "/admin/tenants/other", &document).await }
    };
    let (status, refused) = put(json!([row("full-moon", 1, "Hi")])).await;
    assert_eq!(status, 422);
    let message = refused["error"]["message"].as_str().expect("a message");
    assert!(message.contains("full-moon"), "{message}");
    let mut odd = row("basket", 1, "Hi");
    odd["cancelled_by"] = json!(["rain"]);
    assert_eq!(put(json!([odd])).await.0, 422);
    let many = vec![row("basket", 1, "Hi"); 65];
    let (status, refused) = put(json!(many)).await;
    assert_eq!(
        (status, &refused["error"]["code"]),
        (422, &json!("invalid_value")),
        "{refused}"
    );
    assert_eq!(put(json!([row("basket", 1, "Hi")])).await.0, 200);
}

#[tokio::test]
async fn a_review_is_not_asked_of_whom_people_had_to_help_but_of_who_wrote() {
    let review = json!([row("delivered", 3, "How was it?")]);
    let host = shop(review.clone()).await;
    host.tell(order("A-1", "delivered")).await;
    host.advance(1, 0);
    host.says("Do you open on Sunday?").await;
    host.advance(2, 1);
    host.is_sent("How was it?").await;

    let host = shop(review.clone()).await;
    host.tell(order("A-1", "delivered")).await;
    host.advance(1, 0);
    let said = host
        .simulator
        .app_says(&sari(), "So sorry, a new one leaves today")
        .await;
    said.expect("it is taken");
    host.advance(2, 1);
    assert_eq!(host.not_sent().await["why"], "taken_over");

    let host = shop(review).await;
    host.tell(order("A-1", "delivered")).await;
    host.tell(json!([{ "type": "profile", "marketing_consent": false }]))
        .await;
    host.advance(3, 1);
    assert_eq!(host.not_sent().await["why"], "opted_out");
    // The tenant says otherwise.
    let mut always = row("delivered", 3, "How was it?");
    always["cancelled_by"] = json!(["refund"]);
    let host = shop(json!([always])).await;
    host.tell(order("A-1", "delivered")).await;
    host.tell(json!([{ "type": "profile", "marketing_consent": false }]))
        .await;
    host.advance(3, 1);
    host.is_sent("How was it?").await;
}
