//! What a person needs to go on.

use baton_domain::{
    event::*,
    field::Field,
    ids::OrderId,
    package::{NoSuggestion, Outcome, Package, complete, is_decision_of},
    tenant::TenantProfile,
};

use crate::{given::*, samples::samples};

fn package<'s>(story: &'s Story, tenant: &TenantProfile) -> Package<'s> {
    let number = number(0);
    Package::of(&story.state, (&number, story.conversation()), None, tenant)
}

fn estimated(certainty: &str) -> EventBody {
    EventBody::DeliveryEstimated(DeliveryEstimated {
        order: None,
        latest: "2026-11-26".parse().unwrap(),
        certainty: certainty.into(),
        reason: Some("the carrier is a mess".into()),
    })
}

#[test]
fn the_open_question_is_what_nobody_answered_since() {
    let (mut story, tenant) = (Story::new(), tenant());
    story.tell(message("1", "Will it arrive before Friday?"));
    let asked_at = story.now;
    story.tell(reaction("2"));
    let question = package(&story, &tenant).open_question.unwrap();
    assert_eq!(&*question.text, "Will it arrive before Friday?");
    assert_eq!(question.asked_at, Some(asked_at));
    story.tell(sending("s1", Author::Bot));
    let suppressed = SendOutcome::Suppressed {
        why: "people-own".into(),
    };
    story.tell(outcome("s1", suppressed));
    assert!(
        package(&story, &tenant).open_question.is_some(),
        "it never left"
    );
    story.tell(sending("s2", Author::Bot));
    story.tell(missed(Some("gold?")));
    let question = package(&story, &tenant).open_question.unwrap();
    assert_eq!((&*question.text, question.asked_at), ("gold?", None));
    story.tell(answered());
    assert_eq!(package(&story, &tenant).open_question, None);
}

#[test]
fn a_reply_is_suggested_from_facts_alone_and_without_one_it_says_so() {
    let (mut story, tenant) = (Story::new(), tenant());
    story.tell(reaction("0"));
    let of = |story: &Story| package(story, &tenant).suggestion;
    assert_eq!(of(&story).text, Err(NoSuggestion::NothingAsked));
    story.tell(message(
        "1",
        "Will my order arrive before Friday, please? I need it then.",
    ));
    assert_eq!(of(&story).text, Err(NoSuggestion::NoFact));
    story.tell(estimated("uncertain"));
    let suggestion = of(&story);
    let text = suggestion.text.unwrap();
    assert!(text.contains("Thursday, 26 November 2026"), "{text}");
    assert!(text.contains("not certain"), "{text}");
    assert!(
        !text.contains("mess"),
        "what the shop told Baton is not the customer's to read"
    );
    assert!(suggestion.tells.contains(Field::DeliveryPromisedDate));
    story.tell(estimated("certain"));
    let text = of(&story).text.unwrap();
    assert_eq!(&*text, "It will arrive by Thursday, 26 November 2026.");
    let indonesian = "Selamat siang, apakah barang pesanan saya sudah dikirim oleh toko?";
    story.tell(message("2", indonesian));
    let text = of(&story).text.unwrap();
    assert_eq!(
        &*text,
        "Pesanan akan tiba paling lambat Kamis, 26 November 2026."
    );
}

#[test]
fn a_parcel_under_way_can_be_followed() {
    let (mut story, tenant) = (Story::new(), tenant());
    let mut paid = order("A-1", OrderStatus::Paid, 5_000);
    paid.tracking = Some("https://t/1".into());
    story.tell(EventBody::OrderChanged(paid));
    story.tell(EventBody::OrderChanged(order(
        "A-1",
        OrderStatus::Shipped,
        5_000,
    )));
    story.tell(message(
        "1",
        "Where is the parcel that I ordered last week?",
    ));
    let package = package(&story, &tenant);
    let text = package.suggestion.text.clone().unwrap();
    assert!(
        text.contains("on its way") && text.contains("https://t/1"),
        "{text}"
    );
    assert_eq!(package.order.unwrap().id.as_str(), "A-1");
    assert!(package.quote.is_none());
}

#[test]
fn earlier_handoffs_tell_what_became_of_them() {
    let (mut story, tenant) = (Story::new(), tenant());
    story.tell(message("1", "hi"));
    story.hand_off();
    story.claim("ana", story.epoch());
    story.tell(EventBody::OrderChanged(order(
        "A-1",
        OrderStatus::Paid,
        5_000,
    )));
    story.tell(EventBody::Returned(Returned {
        epoch: story.epoch(),
        by: Some(agent("ana")),
        note: Some("paid by card".into()),
        by_policy: false,
    }));
    story.wait(hours(1));
    story.hand_off();
    story.tell(EventBody::OrderChanged(order(
        "A-2",
        OrderStatus::Paid,
        5_000,
    )));
    story.tell(EventBody::Returned(Returned {
        epoch: story.epoch(),
        by: None,
        note: None,
        by_policy: true,
    }));
    story.hand_off();
    let package = package(&story, &tenant);
    assert!(package.handoff.is_some());
    let told: Vec<_> = package
        .past
        .iter()
        .map(|it| (it.outcome, it.paid.clone()))
        .collect();
    let id = |text: &str| OrderId::parse(text).unwrap();
    let (first, second) = (id("A-1"), id("A-2"));
    assert_eq!(told[0], (Outcome::ReturnedByPolicy, vec![&second]));
    assert_eq!(told[1], (Outcome::Returned, vec![&first]));
    let ended = package.past[1].handoff.ended.as_ref().unwrap();
    assert_eq!(ended.note.as_deref(), Some("paid by card"));
}

#[test]
fn a_quote_is_what_is_not_bought_yet() {
    let (mut story, tenant) = (Story::new(), tenant());
    story.tell(message("1", "hi"));
    story.tell(EventBody::BasketChanged(basket(Some("b1"), 5_000)));
    let quote = package(&story, &tenant).quote.unwrap();
    assert_eq!((quote.value, quote.lines.len()), (Some(usd(5_000)), 1));
    let mut paid = order("A-1", OrderStatus::Paid, 5_000);
    paid.basket = Some("b1".into());
    story.tell(EventBody::OrderChanged(paid));
    assert!(package(&story, &tenant).quote.is_none());
}

#[test]
fn a_handoff_carries_question_and_suggestion_and_its_decision_is_known_again() {
    let (mut story, tenant) = (Story::new(), tenant());
    story.tell(message(
        "1",
        "Will it arrive before Friday, please? I need it by then.",
    ));
    story.tell(estimated("certain"));
    let record = samples().into_iter().find_map(|event| match event.body {
        EventBody::Decided(record) => Some(record),
        _ => None,
    });
    let mut record = record.unwrap();
    record.epoch = story.epoch();
    let mut handoff = record.handoff().unwrap();
    complete(&mut handoff, &story.state, &number(0), &tenant);
    assert!(handoff.open_question.as_ref().unwrap().contains("Friday"));
    assert!(
        handoff
            .suggested_reply
            .as_ref()
            .unwrap()
            .contains("26 November")
    );
    assert!(handoff.read.is_some());
    story.tell(EventBody::HandedOff(handoff));
    let held = story.conversation().care.handoff().unwrap();
    assert!(is_decision_of(&record, held));
    record.decision.reasons = vec!["another".into()];
    assert!(!is_decision_of(&record, held));
    let package = Package::of(
        &story.state,
        (&number(0), story.conversation()),
        Some(&record),
        &tenant,
    );
    assert_eq!(&*package.signals[0].signal.name, "high-basket");
    assert!(!package.signals[0].run.reads.is_empty());
}

#[test]
fn notes_and_what_was_sent_unasked_are_kept_within_bounds() {
    let mut story = Story::new();
    story.tell(message("1", "hi"));
    for number in 0..100 {
        story.tell(EventBody::NoteTaken(NoteTaken {
            about: NoteKind::Lead,
            text: format!("note {number} {}", "x".repeat(5_000)).into(),
            by: None,
            source: Some("crm".into()),
        }));
        let EventBody::SendQueued(queued) = sending(&format!("s{number}"), Author::Bot) else {
            unreachable!()
        };
        story.tell(EventBody::SendQueued(SendQueued {
            purpose: Some("win-back".into()),
            is_marketing: true,
            ..queued
        }));
    }
    let unasked = &story.conversation().unasked;
    let care = &story.conversation().care;
    assert_eq!(
        (care.notes().count(), unasked.promotions().count()),
        (32, 32)
    );
    assert!(care.notes().all(|note| note.text.chars().count() <= 1_000));
    assert!(
        care.notes()
            .next_back()
            .unwrap()
            .text
            .starts_with("note 99")
    );
}
