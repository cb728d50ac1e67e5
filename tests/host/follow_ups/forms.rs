//! In which form a follow-up leaves, and that the thread shows just that.

use baton_simulator::Fault;
use serde_json::json;

use super::{order, paid, row, with_template};
use crate::fixture::{ADMIN, Fixture, tenant, until};

#[tokio::test]
async fn what_is_blank_once_it_is_filled_in_is_not_sent_and_it_is_told() {
    let host = Fixture::start().await;
    let blank = with_template(row("paid", 30, "On its way: {tracking}"), &["{tracking}"]);
    host.follows_up(json!([blank])).await;
    host.says("Hello").await;
    // Nothing is known of where the parcel is.
    host.tell(order("A-1", "paid")).await;
    host.advance(30, 1);
    assert_eq!(host.not_sent().await["why"], "not_sendable");
    assert_eq!(host.count_of("send_queued").await, 0);
    let (_, letters) = host.get("/v1/dead-letters").await;
    assert_eq!(letters["items"], json!([]));
}

#[tokio::test]
async fn words_that_are_blank_or_too_long_give_way_to_the_template() {
    let long = "{tracking}".repeat(390);
    for text in ["{booking}", &long] {
        let host = Fixture::start().await;
        let tracking = format!("https://t/{}", "1".repeat(20));
        host.follows_up(json!([with_template(row("paid", 1, text), &["{order}"])]))
            .await;
        host.says("Hello").await;
        let mut facts = paid("A-1");
        facts[0]["tracking"] = json!(tracking);
        host.tell(facts).await;
        host.advance(1, 1);
        host.is_sent("paid").await;
        let shown = || async { host.outcome_of("[paid] A-1").await["is"] == "accepted" };
        until("the thread shows the template", shown).await;
    }
}

#[tokio::test]
async fn the_thread_shows_the_template_when_it_is_what_leaves() {
    let host = Fixture::start().await;
    host.says("Hello").await;
    host.tell(paid("A-1")).await;
    host.advance(49, 0);
    host.is_sent("order_tracking").await;
    let shown = || async { host.outcome_of("[order_tracking] A-1").await["is"] == "accepted" };
    until("the thread shows the template", shown).await;
    let view = format!("{}/view", host.her_conversation().await);
    let (_, view) = host.get(&view).await;
    assert_eq!(view["unasked"][0]["text"], "[order_tracking] A-1");
}

#[tokio::test]
async fn a_window_that_closes_meanwhile_changes_what_the_thread_shows() {
    let host = Fixture::start().await;
    let review = with_template(row("paid", 23, "All well?"), &["{order}"]);
    host.follows_up(json!([review])).await;
    host.says("Hello").await;
    host.tell(paid("A-1")).await;
    host.simulator.break_next_send(Fault::Refuse {
        status: 400,
        code: 131_056,
    });
    host.advance(23, 59);
    until("words were tried", || async {
        host.outcome_of("All well?").await["is"] == "begun"
    })
    .await;
    until("the thread shows the template", || async {
        host.advance(0, 1);
        host.outcome_of("[paid] A-1").await["is"] == "accepted"
    })
    .await;
    host.is_sent("paid").await;
    let view = format!("{}/view", host.her_conversation().await);
    let (_, view) = host.get(&view).await;
    assert_eq!(view["unasked"][0]["text"], "[paid] A-1");
    assert_eq!(host.count_of("send_queued").await, 1);
}

#[tokio::test]
async fn a_follow_up_that_says_nothing_is_refused_when_it_is_written() {
    let host = Fixture::start().await;
    let mut document = tenant("other", "999");
    for (text, wanted) in [("", 422), (" ", 422), ("Hello", 200)] {
        document["follow_ups"] = json!([row("paid", 1, text)]);
        let path = "/admin/tenants/other";
        let (status, answer) = host.request("PUT", path, ADMIN, Some(&document)).await;
        assert_eq!(status, wanted, "{text:?}: {answer}");
    }
}
