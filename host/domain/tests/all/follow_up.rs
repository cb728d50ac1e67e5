//! Which follow-ups are owed, from the state alone, and how much is too much.

use std::collections::BTreeSet;

use baton_domain::{
    event::*,
    follow_up::{
        About, Canceller, Cap, Planned, Skip, Trigger, Verdict, is_capped, usual_caps, verdict,
    },
    ids::OrderId,
};
use jiff::Timestamp;

use crate::given::*;

fn judged(story: &Story, trigger: Trigger, about: &About) -> Verdict {
    let cancelled_by = trigger.usually_cancelled_by();
    judged_by(story, trigger, about, &cancelled_by)
}

fn judged_by(
    story: &Story,
    trigger: Trigger,
    about: &About,
    cancelled_by: &BTreeSet<Canceller>,
) -> Verdict {
    let planned = Planned {
        trigger,
        about,
        cancelled_by,
        number: &number(0),
        too_late_at: start() + hours(1_000),
    };
    verdict(&story.state, &planned, story.now)
}

fn order_id(id: &str) -> OrderId {
    OrderId::parse(id).unwrap()
}

fn greeted() -> Story {
    let mut story = Story::new();
    story.tell(message("1", "Hello"));
    story
}

/// A basket that waits.
fn with_basket() -> (Story, About) {
    let mut story = greeted();
    let event = story.tell(EventBody::BasketChanged(basket(None, 5_000)));
    (story, About::Basket(event.at))
}

#[test]
fn to_tell_a_basket_again_changes_nothing_of_the_wait() {
    let (mut story, about) = with_basket();
    story.wait(hours(2));
    story.tell(EventBody::BasketChanged(basket(None, 5_000)));
    assert_eq!(judged(&story, Trigger::Basket, &about), Verdict::Send);
    story.wait(hours(2));
    story.tell(EventBody::BasketChanged(basket(None, 6_000)));
    let skipped = Verdict::Skip(Skip::BasketChanged);
    assert_eq!(judged(&story, Trigger::Basket, &about), skipped);
}

/// An order that waits.
fn with_order() -> (Story, About) {
    let mut story = greeted();
    let paid = order("A-1", OrderStatus::Paid, 5_000);
    story.tell(EventBody::OrderChanged(paid));
    (story, About::Order(order_id("A-1")))
}

#[test]
fn a_basket_is_asked_about_unless_something_happened_since() {
    let owed = |happens: Option<EventBody>| {
        let (mut story, about) = with_basket();
        happens.into_iter().for_each(|it| drop(story.tell(it)));
        judged(&story, Trigger::Basket, &about)
    };
    assert_eq!(owed(None), Verdict::Send);
    assert_eq!(
        owed(Some(reaction("2"))),
        Verdict::Skip(Skip::CustomerReplied)
    );
    assert_eq!(owed(Some(echo("2"))), Verdict::Skip(Skip::TakenOver));
    let paid = order("A-1", OrderStatus::Paid, 5_000);
    let paid = EventBody::OrderChanged(paid);
    assert_eq!(owed(Some(paid)), Verdict::Skip(Skip::BasketPaid));
    let placed = order("A-1", OrderStatus::Placed, 5_000);
    let placed = EventBody::OrderChanged(placed);
    assert_eq!(owed(Some(placed)), Verdict::Skip(Skip::OrderedSince));
    let other = EventBody::BasketChanged(basket(None, 9_000));
    assert_eq!(owed(Some(other)), Verdict::Skip(Skip::BasketChanged));
    let refusal = EventBody::ProfileChanged(ProfileChanged {
        marketing_consent: Some(false),
        ..ProfileChanged::default()
    });
    assert_eq!(owed(Some(refusal)), Verdict::Skip(Skip::OptedOut));
    // What does not leave by itself leaves a nudge as owed as it was.
    let said = outcome("s1", SendOutcome::Begun);
    assert_eq!(owed(Some(said)), Verdict::Send);
}

#[test]
fn who_was_with_people_meanwhile_counts_as_taken_over_after_the_return_too() {
    let (mut story, about) = with_basket();
    story.hand_off();
    story.give_back();
    let skipped = Verdict::Skip(Skip::TakenOver);
    assert_eq!(judged(&story, Trigger::Basket, &about), skipped);
    // What happened before it began does not.
    let mut story = greeted();
    story.hand_off();
    story.give_back();
    let event = story.tell(EventBody::BasketChanged(basket(None, 5_000)));
    let about = About::Basket(event.at);
    assert_eq!(judged(&story, Trigger::Basket, &about), Verdict::Send);
}

#[test]
fn while_people_own_news_waits_and_a_nudge_is_dropped() {
    let (mut story, about) = with_order();
    story.hand_off();
    assert_eq!(judged(&story, Trigger::Paid, &about), Verdict::Wait);
    story.wait(hours(1_001));
    let late = Verdict::Skip(Skip::TooLate);
    assert_eq!(judged(&story, Trigger::Paid, &about), late);
    let (mut story, about) = with_basket();
    story.hand_off();
    let nothing = BTreeSet::new();
    assert_eq!(
        judged_by(&story, Trigger::Basket, &about, &nothing),
        Verdict::Skip(Skip::PeopleOwn)
    );
}

#[test]
fn an_order_is_followed_until_it_is_cancelled_or_all_of_it_went_back() {
    let after = |status, refunded| {
        let (mut story, about) = with_order();
        let mut told = order("A-1", status, 5_000);
        told.refunded = refunded;
        story.tell(EventBody::OrderChanged(told));
        judged(&story, Trigger::Paid, &about)
    };
    assert_eq!(after(OrderStatus::Shipped, None), Verdict::Send);
    assert_eq!(after(OrderStatus::Refunded, Some(usd(100))), Verdict::Send);
    let skipped = Verdict::Skip(Skip::Refunded);
    assert_eq!(after(OrderStatus::Refunded, None), skipped);
    let skipped = Verdict::Skip(Skip::OrderCancelled);
    assert_eq!(after(OrderStatus::Cancelled, None), skipped);
    // A row about just that is not taken back by it.
    let (mut story, about) = with_order();
    let told = order("A-1", OrderStatus::Cancelled, 5_000);
    story.tell(EventBody::OrderChanged(told));
    assert_eq!(judged(&story, Trigger::Cancelled, &about), Verdict::Send);
}

#[test]
fn the_last_order_is_the_last_that_was_bought() {
    let (mut story, _) = with_order();
    let first = About::LastOrder(order_id("A-1"));
    assert_eq!(judged(&story, Trigger::LastOrder, &first), Verdict::Send);
    // What was imported later and bought before changes nothing.
    let mut past = order("A-0", OrderStatus::Paid, 5_000);
    past.imported = true;
    let event = Event {
        at: start() - hours(99),
        ..story.event(EventBody::OrderChanged(past))
    };
    story.state.apply(&event);
    assert_eq!(judged(&story, Trigger::LastOrder, &first), Verdict::Send);
    story.tell(EventBody::OrderChanged(order(
        "A-2",
        OrderStatus::Delivered,
        1,
    )));
    let skipped = Verdict::Skip(Skip::OrderedSince);
    assert_eq!(judged(&story, Trigger::LastOrder, &first), skipped);
    let unknown = About::LastOrder(order_id("A-9"));
    let skipped = Verdict::Skip(Skip::OrderUnknown);
    assert_eq!(judged(&story, Trigger::LastOrder, &unknown), skipped);
}

#[test]
fn a_row_that_became_another_says_nothing_of_what_waited() {
    let (story, about) = with_basket();
    let skipped = Verdict::Skip(Skip::RuleChanged);
    assert_eq!(judged(&story, Trigger::Paid, &about), skipped);
    let (story, about) = with_order();
    assert_eq!(judged(&story, Trigger::Booking, &about), skipped);
    assert_eq!(judged(&story, Trigger::Shipped, &about), skipped);
}

fn advertises(story: &mut Story, send: &str) -> SendKey {
    let EventBody::SendQueued(queued) = sending(send, Author::Bot) else {
        unreachable!()
    };
    let key = queued.send.clone();
    story.tell(EventBody::SendQueued(SendQueued {
        is_marketing: true,
        ..queued
    }));
    key
}

#[test]
fn advertising_is_counted_by_what_may_have_left() {
    let mut story = greeted();
    let caps = usual_caps();
    let next = SendKey("next".into());
    let capped = |story: &Story, now: Timestamp| is_capped(&story.state, &caps, &next, now);
    assert!(!capped(&story, story.now));
    let one = advertises(&mut story, "one");
    assert!(capped(&story, story.now));
    // Nothing counts against itself.
    assert!(!is_capped(&story.state, &caps, &one, story.now));
    assert!(!capped(&story, story.now + hours(24)));
    let why = "no_marketing_consent".into();
    story.tell(outcome("one", SendOutcome::Suppressed { why }));
    assert!(!capped(&story, story.now));
    // Told to be given up and taken after all: it left.
    story.tell(outcome(
        "one",
        SendOutcome::Accepted {
            message: wamid("7"),
        },
    ));
    assert!(capped(&story, story.now));
    for send in ["two", "three"] {
        story.wait(hours(25));
        advertises(&mut story, send);
    }
    story.wait(hours(25));
    assert!(capped(&story, story.now), "three within a week");
    assert!(!capped(&story, story.now + hours(100)));
    let none = Cap {
        messages: 9,
        days: 1,
    };
    assert!(!is_capped(&story.state, &[none], &next, story.now));
}

#[test]
fn tries_that_were_refused_push_no_advertising_out_of_the_count() {
    let mut story = greeted();
    let (caps, next) = (usual_caps(), SendKey("next".into()));
    advertises(&mut story, "sent");
    story.tell(outcome("sent", SendOutcome::Begun));
    for at in 0..40 {
        let send = format!("held-{at}");
        advertises(&mut story, &send);
        let why = "capped".into();
        story.tell(outcome(&send, SendOutcome::Suppressed { why }));
    }
    // Nor do those that wait, or are for a service.
    for at in 0..40 {
        advertises(&mut story, &format!("waits-{at}"));
        let EventBody::SendQueued(queued) = sending(&format!("news-{at}"), Author::Bot) else {
            unreachable!()
        };
        let purpose = Some("tracking".into());
        story.tell(EventBody::SendQueued(SendQueued { purpose, ..queued }));
    }
    for at in 0..40 {
        let why = "capped".into();
        let send = format!("waits-{at}");
        story.tell(outcome(&send, SendOutcome::Suppressed { why }));
    }
    assert!(is_capped(&story.state, &caps, &next, story.now));
    assert_eq!(story.conversation().unasked.adverts().count(), 1);
}

#[test]
fn advertising_that_may_have_left_counts() {
    let (caps, next) = (usual_caps(), SendKey("next".into()));
    let given_up = |why: &str| {
        let mut story = greeted();
        advertises(&mut story, "one");
        story.tell(outcome("one", SendOutcome::Begun));
        story.tell(outcome("one", SendOutcome::Dead { why: why.into() }));
        is_capped(&story.state, &caps, &next, story.now)
    };
    assert!(given_up("fate_unknown"));
    assert!(given_up("no_message_id"));
    assert!(!given_up("undeliverable"));
    // It counts from when it left, however long it waited.
    let mut story = greeted();
    advertises(&mut story, "one");
    story.wait(hours(30));
    story.tell(outcome("one", SendOutcome::Begun));
    assert!(is_capped(&story.state, &caps, &next, story.now + hours(1)));
}

#[test]
fn what_is_kept_of_what_was_not_said_has_an_end() {
    let mut story = greeted();
    for at in 0..40 {
        let why = format!("reason-{at}");
        story.tell(EventBody::FollowUpSkipped(FollowUpSkipped {
            follow_up: "basket".into(),
            about: About::Basket(start()),
            why: why.as_str().into(),
        }));
    }
    let skipped: Vec<_> = story.conversation().unasked.skipped().collect();
    assert_eq!(skipped.len(), 32);
    assert_eq!(&*skipped[31].why, "reason-39");
}
