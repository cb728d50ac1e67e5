//! What a moment knows.

use std::{collections::BTreeSet, sync::Arc};

use baton_domain::{
    event::*,
    facts::Facts,
    field::{Field, FieldValue, PastOrder, ThreadMessage},
    module::FieldSource,
    occasion::{Occasion, OccasionKind},
    state::CustomerState,
};
use jiff::Timestamp;

use crate::given::*;

fn read(facts: &Facts, name: &str) -> FieldValue {
    facts.read(name.parse().unwrap())
}

fn text(facts: &Facts, name: &str) -> String {
    match read(facts, name) {
        FieldValue::Text(text) => text.to_string(),
        other => panic!("{name} is {other}"),
    }
}

fn recent(facts: &Facts) -> Vec<ThreadMessage> {
    match read(facts, "message.recent") {
        FieldValue::Messages(messages) => messages.to_vec(),
        other => panic!("{other}"),
    }
}

fn count(facts: &Facts, name: &str) -> u32 {
    match read(facts, name) {
        FieldValue::Count(count) => count,
        other => panic!("{name} is {other}"),
    }
}

/// A moment of a state, whatever led to it.
fn moment(state: CustomerState, at: Timestamp, message: Option<InboundMessage>) -> Facts {
    let (kind, message) = (OccasionKind::Message, message.map(Arc::new));
    let occasion = Occasion {
        kind,
        at,
        number: number(0),
        message,
    };
    Facts::new(Arc::new(state), occasion, Arc::new(tenant()))
}

/// A customer of whom everything is known, and the last message.
fn rich() -> (Story, Event) {
    let mut story = Story::new();
    story.tell(EventBody::ProfileChanged(ProfileChanged {
        name: Some("Ana".into()),
        name_from: NameSource::Merchant,
        phone: Some("6281234567890".into()),
        user_id: None,
        email: Some("ana@example.com".into()),
        country: Some("ID".into()),
        language: Some("id".into()),
        tags: Some(vec!["vip".into()]),
        marketing_consent: Some(true),
    }));
    for (id, days_ago, status) in [
        ("o0", 200, OrderStatus::Refunded),
        ("o1", 90, OrderStatus::Paid),
        ("o2", 30, OrderStatus::Paid),
    ] {
        let mut order = order(id, status, 40_000);
        order.placed_at = Some(start() - hours(24 * days_ago));
        order.imported = true;
        story.tell(EventBody::OrderChanged(order));
    }
    story.tell(message("1", "Halo, cincin yang biru masih ada?"));
    story.tell(EventBody::BasketChanged(basket(Some("b1"), 90_000)));
    story.tell(EventBody::PaymentChanged(payment(
        "t1",
        PaymentStatus::Failed,
    )));
    story.tell(EventBody::DeliveryEstimated(DeliveryEstimated {
        order: None,
        latest: "2026-11-27".parse().unwrap(),
        certainty: "uncertain".into(),
        reason: Some("public holiday on 2026-11-26".into()),
    }));
    story.tell(EventBody::BookingChanged(BookingChanged {
        id: "k1".into(),
        state: "confirmed".into(),
        date: Some("2026-12-01".parse().unwrap()),
        value: None,
    }));
    story.tell(missed(None));
    story.hand_off();
    story.give_back();
    story.tell(missed(Some("is it real gold?")));
    story.wait(hours(2));
    let EventBody::MessageReceived(last) = message("2", "Will this arrive before Friday?") else {
        unreachable!()
    };
    let last = story.tell(EventBody::MessageReceived(InboundMessage {
        button_id: Some("ask".into()),
        referral: Some("Rings for two".into()),
        ..last
    }));
    (story, last)
}

#[test]
fn every_value_has_its_fields_shape() {
    let (story, last) = rich();
    let rich = story.facts_of(&last, tenant());
    let EventBody::MessageReceived(bare) = message("1", "") else {
        unreachable!()
    };
    let empty = moment(CustomerState::default(), start(), None);
    let bare = moment(CustomerState::default(), Timestamp::MIN, Some(bare));
    for field in Field::ALL {
        for facts in [&*rich, &empty, &bare] {
            let value = facts.read(*field);
            assert!(value.fits(field.shape()), "{field}: {value}");
        }
        let nothing = FieldValue::nothing(field.shape());
        assert!(nothing.fits(field.shape()));
        assert_ne!(
            rich.read(*field),
            nothing,
            "the rich customer has no {field}"
        );
    }
}

#[test]
fn what_is_not_known_is_none_and_never_zero() {
    let empty = moment(CustomerState::default(), start(), None);
    for field in Field::ALL {
        let is_told = matches!(field.interface(), "occasion");
        let expected = FieldValue::nothing(field.shape());
        assert!(
            is_told || empty.read(*field) == expected,
            "{field}: {}",
            empty.read(*field)
        );
    }
}

#[test]
fn fields_read_what_their_names_say() {
    let (story, last) = rich();
    let facts = story.facts_of(&last, tenant());
    let expected = [
        ("occasion.kind", "\"message\""),
        ("occasion.date", "\"2026-11-24\""),
        ("occasion.language", "\"en\""),
        ("message.kind", "\"text\""),
        ("message.button-id", "\"ask\""),
        ("message.referral", "\"Rings for two\""),
        ("conversation.turns", "2"),
        ("conversation.failed-answers", "1"),
        ("conversation.failed-question", "\"is it real gold?\""),
        ("conversation.handoffs", "1"),
        ("conversation.tags", "[high value]"),
        ("basket.value", "USD 900.00"),
        ("basket.checkout-state", "\"checkout-offered\""),
        ("payment.failures", "1"),
        ("payment.last-failure-reason", "\"insufficient-funds\""),
        ("payment.last-failure-amount", "USD 50.00"),
        ("order.count", "2"),
        ("order.days-since-last", "30"),
        ("order.undelivered", "2"),
        ("customer.name", "\"Ana\""),
        ("customer.lifetime-value", "USD 800.00"),
        ("customer.average-order", "USD 400.00"),
        ("customer.marketing-consent", "yes"),
        ("delivery.promised-date", "\"2026-11-27\""),
        ("delivery.certainty", "\"uncertain\""),
        ("booking.state", "\"confirmed\""),
        ("booking.date", "\"2026-12-01\""),
    ];
    for (name, value) in expected {
        assert_eq!(read(&facts, name).to_string(), value, "{name}");
    }
    let FieldValue::Order(order) = read(&facts, "order.last") else {
        panic!("no last order")
    };
    let PastOrder {
        id,
        status,
        age_days,
        lines,
        ..
    } = &*order;
    assert_eq!(
        (&**id, &**status, *age_days, lines.len()),
        ("o2", "paid", 30, 1)
    );
}

#[test]
fn the_friday_question_asks_for_thursday() {
    let (story, last) = rich();
    let facts = story.facts_of(&last, tenant());
    assert_eq!(text(&facts, "delivery.requested-date"), "2026-11-26");
    assert!(text(&facts, "delivery.requested-date") < text(&facts, "delivery.promised-date"));
}

#[test]
fn the_requested_date_follows_what_the_customer_says_now() {
    let mut story = Story::new();
    let facts = story.facts_of_message("1", "I need it by Friday");
    assert_eq!(text(&facts, "delivery.requested-date"), "2026-11-27");
    let facts = story.facts_of_message("2", "Thank you");
    assert_eq!(text(&facts, "delivery.requested-date"), "2026-11-27");
    story.tell(edit("1", "I need it by Saturday"));
    let facts = story.facts_of_message("3", "ok?");
    assert_eq!(text(&facts, "delivery.requested-date"), "2026-11-28");
    story.tell(revoke("1"));
    let facts = story.facts_of_message("4", "ok??");
    assert_eq!(read(&facts, "delivery.requested-date"), FieldValue::Unknown);
    let facts = story.facts_of_message("5", "I need it tomorrow");
    assert_eq!(text(&facts, "delivery.requested-date"), "2026-11-25");
    story.resolve();
    let facts = story.facts_of_message("6", "hello");
    assert_eq!(
        read(&facts, "delivery.requested-date"),
        FieldValue::Unknown,
        "a new episode"
    );
}

#[test]
fn the_merchants_day_is_not_utcs() {
    let mut story = Story::new();
    story.now = "2026-11-24T18:00:00Z".parse().unwrap();
    let facts = story.facts_of_message("1", "I need it tomorrow");
    assert_eq!(text(&facts, "occasion.date"), "2026-11-25");
    assert_eq!(text(&facts, "delivery.requested-date"), "2026-11-26");
}

#[test]
fn numbers_and_addresses_are_masked_wherever_modules_read_text() {
    let said = "call +62 812-3456-7890 or ana@example.com, card 4111 1111 1111 1111";
    let masked = "call [phone] or [email], card [card]";
    let mut story = Story::new();
    story.tell(message("1", said));
    story.tell(missed(None));
    let event = story.tell(message("2", said));
    let facts = story.facts_of(&event, tenant());
    assert_eq!(text(&facts, "message.text"), masked);
    assert_eq!(text(&facts, "message.text-raw"), said);
    assert_eq!(text(&facts, "conversation.failed-question"), masked);
    assert!(
        recent(&facts)
            .iter()
            .all(|message| &*message.text == masked)
    );
    story.tell(missed(Some(said)));
    let event = story.tell(answered());
    let facts_after = story.facts_of(&event, tenant());
    assert_eq!(count(&facts_after, "conversation.failed-answers"), 0);
    let told = story.tell(missed(Some(said)));
    let facts = story.facts_of(&told, tenant());
    assert_eq!(text(&facts, "conversation.failed-question"), masked);
    let identifying = BTreeSet::from(["message.text-raw", "customer.phone", "customer.email"]);
    for field in Field::ALL
        .iter()
        .filter(|field| !identifying.contains(field.name()))
    {
        let shown = facts.read(*field).to_string();
        assert!(
            !shown.contains("3456") && !shown.contains("ana@"),
            "{field}: {shown}"
        );
    }
}

#[test]
fn recent_messages_are_the_latest_as_they_read_now() {
    let mut story = Story::new();
    for index in 0..30 {
        story.tell(message(&index.to_string(), &format!("message {index}")));
    }
    story.tell(edit("28", "edited"));
    story.tell(revoke("29"));
    story.tell(sending("held", Author::Bot));
    story.tell(outcome(
        "held",
        SendOutcome::Suppressed {
            why: "people-own".into(),
        },
    ));
    story.tell(sending("said", Author::Bot));
    let facts = story.facts_of_message("last", "hm");
    let recent = recent(&facts);
    let texts: Vec<&str> = recent.iter().map(|message| &*message.text).collect();
    assert_eq!(texts.len(), 20);
    assert_eq!(
        texts[15..],
        ["message 27", "edited", "", "Here you are", "hm"]
    );
    assert!(
        !texts.contains(&"message 29"),
        "what was taken back is not shown"
    );
    assert_eq!(&*recent[18].author, "bot");
}

/// Edits of other messages never bring back what was taken back.
#[test]
fn a_revoke_outlives_any_number_of_edits() {
    let mut story = Story::new();
    story.tell(message("secret", "my pin is 1234"));
    story.tell(message("other", "hi"));
    story.tell(revoke("secret"));
    for index in 0..100 {
        story.tell(edit("other", &index.to_string()));
        story.tell(revoke(&format!("unknown-{}", index % 60)));
    }
    let facts = story.facts_of_message("last", "hm");
    assert_eq!(
        recent(&facts)
            .iter()
            .map(|it| &*it.text)
            .collect::<Vec<_>>(),
        ["", "99", "hm"]
    );
}

#[test]
fn ages_are_never_negative_when_clocks_disagree() {
    let (mut story, _) = rich();
    story.now = start() - hours(24 * 365);
    let facts = story.facts_of_message("early", "from a phone with a wrong clock");
    for field in Field::ALL {
        assert!(facts.read(*field).fits(field.shape()));
    }
    for name in [
        "conversation.age-hours",
        "basket.age-hours",
        "order.days-since-last",
    ] {
        assert_eq!(count(&facts, name), 0, "{name}");
    }
    assert!(recent(&facts).iter().all(|message| message.age_hours == 0));
    let (story, _) = rich();
    for at in [Timestamp::MIN, Timestamp::MAX] {
        let facts = moment(story.state.clone(), at, None);
        for field in Field::ALL {
            assert!(facts.read(*field).fits(field.shape()), "{field} at {at}");
        }
    }
}

#[test]
fn the_language_is_that_of_what_was_said_last() {
    let mut story = Story::new();
    story.tell(message(
        "1",
        "I would like to know whether this will arrive before Friday",
    ));
    let event = story.tell(missed(None));
    assert_eq!(
        text(&story.facts_of(&event, tenant()), "occasion.language"),
        "en"
    );
    let facts = story.facts_of_message("2", "ok");
    assert_eq!(
        text(&facts, "occasion.language"),
        "id",
        "the merchant's, when nothing tells"
    );
}
