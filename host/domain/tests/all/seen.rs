//! What somebody sees, by role, by grant, by what a text rests on.

use baton_domain::{
    decide::DecisionRecord,
    event::*,
    field::{Field, FieldValue, ThreadMessage},
    ids::RoleName,
    module::Read,
    people::{Access, FieldSet, Principal, Role, stock_role, stock_roles},
    seen::Seen,
};
use jiff::SignedDuration;

use crate::{given::*, samples::samples};

fn holding(fields: impl IntoIterator<Item = Field>) -> Access {
    let role = Role {
        name: RoleName::parse("of-this-test").unwrap(),
        fields: fields.into_iter().collect(),
        actions: [].into(),
    };
    Access::of_authenticated(Principal::Person(agent("ana")), &role)
}

fn without(field: Field) -> Access {
    holding(FieldSet::all().iter().filter(|it| *it != field))
}

fn stock(name: &str) -> Access {
    let role = stock_role(&RoleName::parse(name).unwrap()).unwrap();
    Access::of_authenticated(Principal::Person(agent("ana")), &role)
}

#[test]
fn who_holds_everything_sees_events_as_they_are() {
    let all = holding(FieldSet::all().iter());
    for event in samples() {
        let seen = Seen::by_role(&all).event(&event);
        assert_eq!(seen, serde_json::to_value(&event).unwrap());
    }
}

#[test]
fn who_holds_nothing_sees_no_value_of_any_event() {
    let nobody = holding([]);
    let seen = Seen::by_role(&nobody);
    let all: String = samples()
        .iter()
        .map(|it| seen.event(it).to_string())
        .collect();
    for hidden in [
        "Will it arrive",
        "wamid",
        "ring",
        "5000",
        "Rings for two",
        "high\"",
        "1795489200",
        "pirates",
    ] {
        assert!(!all.contains(hidden), "{hidden} in {all}");
    }
    assert_eq!(seen.shown(), FieldSet::NONE);
}

#[test]
fn a_read_is_absent_without_its_field() {
    let decided = samples().into_iter().find_map(|it| match it.body {
        EventBody::Decided(record) => Some(record),
        _ => None,
    });
    let record = decided.unwrap();
    let fields = record.rules[0].fields_read();
    assert!(fields.iter().count() > 5);
    for field in fields.iter() {
        let access = without(field);
        let seen = serde_json::Value::from(Seen::by_role(&access).record(&record)).to_string();
        assert!(!seen.contains(field.name()), "{field} in {seen}");
        // What the rule says in its own words rests on all that it read.
        assert!(!seen.contains("\"reason\""), "{field}: {seen}");
        let is_read = |it: &&Read| matches!(it, Read::Field(other, _) if *other != field);
        for read in record.rules[0].reads.iter().filter(is_read) {
            let Read::Field(other, FieldValue::Count(_)) = read else {
                continue;
            };
            assert!(seen.contains(other.name()), "{other} without {field}");
        }
    }
}

fn spoken(text: &str) -> Event {
    Story::new().tell(message("1", text))
}

#[test]
fn texts_are_masked_as_the_role_wants_it() {
    let text = "mail ana@kopi.id, call 081234567890, card 4111 1111 1111 1111, \
                Jl. Kenanga 12";
    let event = spoken(text);
    let said = |access: &Access| Seen::by_role(access).event(&event)["text"].clone();
    assert_eq!(
        said(&stock("junior-agent")),
        "mail [email], call [phone], card [card], [address]"
    );
    assert_eq!(
        said(&stock("senior-agent")),
        "mail ana@kopi.id, call 081234567890, card [card], [address]"
    );
    assert_eq!(said(&stock("operator")), text);
    for field in [Field::MessageText, Field::MessageRecent] {
        let access = without(field);
        let seen = Seen::by_role(&access).event(&event);
        assert!(seen.get("text").is_none(), "{seen}");
    }
    assert!(
        Seen::by_role(&stock("junior-agent"))
            .event(&event)
            .get("id")
            .is_none()
    );
}

/// A decision whose rule read texts with a postal address in them, and repeats
/// it in all the words that it has.
fn read_of(text: &str) -> DecisionRecord {
    let decided = samples().into_iter().find_map(|it| match it.body {
        EventBody::Decided(record) => Some(*record),
        _ => None,
    });
    let mut record = decided.unwrap();
    let message = ThreadMessage {
        author: "customer".into(),
        kind: "text".into(),
        text: text.into(),
        age_hours: 0,
    };
    let read = |field| Read::Field(field, FieldValue::text(text));
    let rule = &mut record.rules[0];
    rule.reads = vec![
        read(Field::MessageText),
        Read::Field(Field::MessageRecent, FieldValue::Messages([message].into())),
        read(Field::ConversationFailedQuestion),
        read(Field::DeliveryUncertaintyReason),
        read(Field::PaymentLastFailureReason),
    ];
    for signal in rule.answer.as_mut().unwrap() {
        signal.reason = text.into();
        signal.extra = vec![("where".into(), text.into())];
    }
    record.decision.reasons = vec![text.into()];
    record
}

#[test]
fn what_modules_read_and_say_is_masked_like_the_thread() {
    let text = "bring it to Jl. Kenanga 12, or call 081234567890";
    let record = read_of(text);
    let seen = |role: &str| {
        let access = stock(role);
        let seen = Seen::by_role(&access).record(&record);
        serde_json::Value::from(seen)
    };
    let all = seen("operator").to_string();
    assert_eq!(all.matches("Kenanga").count(), 8, "{all}");
    let masked = "bring it to [address], or call [phone]";
    let juniors = seen("junior-agent");
    let told = juniors.to_string();
    assert!(
        !told.contains("Kenanga") && !told.contains("0812"),
        "{told}"
    );
    assert_eq!(told.matches(masked).count(), 8, "{told}");
    let seniors = seen("senior-agent").to_string();
    assert!(!seniors.contains("Kenanga"), "{seniors}");
    assert_eq!(seniors.matches("call 081234567890").count(), 8);
    assert_eq!(juniors["decision"]["reasons"][0], masked);
}

/// The thread holds the customer's messages.
#[test]
fn the_thread_that_a_module_read_takes_both_fields() {
    let record = read_of("Hello");
    let seen = Seen::by_role(&without(Field::MessageText)).record(&record);
    let seen = serde_json::Value::from(seen).to_string();
    assert!(!seen.contains(Field::MessageRecent.name()), "{seen}");
}

#[test]
fn words_that_a_module_repeats_are_no_read_of_a_field() {
    let record = read_of("call 081234567890");
    let senior = stock("senior-agent");
    let seen = Seen::by_role(&senior);
    seen.decision(&record);
    assert!(!seen.shown().contains(Field::CustomerPhone));
    seen.record(&record);
    assert!(seen.shown().contains(Field::CustomerPhone));
}

#[test]
fn what_the_merchant_types_is_masked_too() {
    let reason = || Some("returned from Jl. Kenanga 12".into());
    let payment = EventBody::PaymentChanged(PaymentChanged {
        reason: reason(),
        ..payment("p-1", PaymentStatus::Failed)
    });
    let event = Story::new().tell(payment);
    let told = |role: &str| Seen::by_role(&stock(role)).event(&event)["reason"].clone();
    assert_eq!(told("junior-agent"), "returned from [address]");
    assert_eq!(told("operator"), "returned from Jl. Kenanga 12");
}

/// What tells whether marketing is wanted is a value of that field, wherever it
/// stands; other codes are open.
#[test]
fn a_code_that_tells_of_consent_is_seen_with_that_field() {
    let told = |body: EventBody, access: &Access| {
        let event = Story::new().tell(body);
        Seen::by_role(access).event(&event).to_string()
    };
    let resolved = |outcome| {
        EventBody::SendResolved(SendResolved {
            send: SendKey("sale-1".into()),
            outcome,
            message_kind: None,
            text: None,
        })
    };
    let failed = |code| {
        EventBody::Receipt(Receipt {
            since: start(),
            message: wamid("1"),
            status: ReceiptStatus::Failed,
            send: None,
            error: Some(code),
        })
    };
    let suppressed = |why: &str| resolved(SendOutcome::Suppressed { why: why.into() });
    let dead = |why: &str| resolved(SendOutcome::Dead { why: why.into() });
    let [compliance, junior] = ["compliance", "junior-agent"].map(stock);
    for (body, code) in [
        (suppressed("no_marketing_consent"), "no_marketing_consent"),
        (suppressed("opted_out"), "opted_out"),
        (dead("opted_out"), "opted_out"),
        (failed(131_050), "131050"),
    ] {
        let seen = told(body.clone(), &compliance);
        assert!(!seen.contains(code), "{seen}");
        let seen = told(body, &junior);
        assert!(seen.contains(code), "{seen}");
    }
    for (body, code) in [
        (suppressed("people_own"), "people_own"),
        (dead("undeliverable"), "undeliverable"),
        (failed(131_026), "131026"),
    ] {
        let seen = told(body, &compliance);
        assert!(seen.contains(code), "{seen}");
    }
}

#[test]
fn what_was_given_is_noted() {
    let event = spoken("call 081234567890");
    let shown = |access: &Access| {
        let seen = Seen::by_role(access);
        seen.event(&event);
        seen.shown()
    };
    assert!(!shown(&stock("junior-agent")).contains(Field::CustomerPhone));
    assert!(shown(&stock("junior-agent")).contains(Field::MessageText));
    assert!(shown(&stock("senior-agent")).contains(Field::CustomerPhone));
    assert!(shown(&stock("operator")).contains(Field::MessageTextRaw));
}

#[test]
fn a_grant_holds_for_one_conversation_one_person_and_a_while() {
    let mut story = Story::new();
    story.tell(message("1", "call 081234567890"));
    let until = start() + SignedDuration::from_hours(5);
    story.tell(EventBody::FieldGranted(FieldGranted {
        agent: agent("ana"),
        fields: [Field::CustomerPhone].into_iter().collect(),
        reason: "calls the courier".into(),
        until,
        by: Principal::Person(agent("budi")),
    }));
    let state = &story.state;
    let (ana, before) = (stock("junior-agent"), until - SignedDuration::from_secs(1));
    let holds = |access: &Access, of: usize, now| {
        Seen::of_conversation(access, state, &number(of), now).holds(Field::CustomerPhone)
    };
    assert!(holds(&ana, 0, before));
    assert!(!holds(&ana, 0, until), "it has ended");
    assert!(!holds(&ana, 1, before), "another conversation");
    let role = stock_role(&RoleName::parse("junior-agent").unwrap()).unwrap();
    let budi = Access::of_authenticated(Principal::Person(agent("budi")), &role);
    assert!(!holds(&budi, 0, before), "another person");
    let key = Access::of_authenticated(Principal::Key("ana".into()), &role);
    assert!(!holds(&key, 0, before), "a key of the same name");

    let seen = Seen::of_conversation(&ana, state, &number(0), before);
    assert!(seen.under().is_none(), "nothing was given yet");
    seen.field(Field::CustomerPhone, || ());
    assert_eq!(seen.under().unwrap().until, until);
}

#[test]
fn no_stock_role_but_the_operator_and_the_bot_sees_raw_text() {
    for role in stock_roles() {
        let sees = role.fields.contains(Field::MessageTextRaw);
        let may = ["operator", "bot"].contains(&role.name.as_str());
        assert_eq!(sees, may, "{:?}", role.name);
    }
}
