//! What somebody sees, by role, by grant, by what a text rests on.

use baton_domain::{
    event::*,
    field::{Field, FieldValue},
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
