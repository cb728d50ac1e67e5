//! A rule is a component like any other module's.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::{
    field::{Field, FieldValue, Shape},
    module::{Read, World},
};
use baton_guest_build::Component;
use baton_sandbox::{ActivationError, Inspected, Sandbox};

use crate::shop::{self, Moment, amount, compiled, component, run};

/// A guest's stack, the arena of the evaluator and its data.
const MEMORY_BYTES_MAX: u64 = 256 * 1024;
const RULE_BYTES_MAX: usize = 80 * 1024;

const DOCUMENT: &str = r#"
name = "waiting-buyer"
summary = "A buyer with a full basket waits."
condition = 'conversation.turns >= 3 && basket.value > money(10000, "USD")'
score = 'conversation.turns > 5 ? 0.9 : 0.6'
reason = 'Wrote {conversation.turns} times about {basket.value}.'
signal = "waiting"
tag = "waiting buyer"
next_step = "Answer now"
"#;

#[test]
fn a_document_becomes_a_component_that_a_host_admits() {
    let inspected = Inspected::inspect(component(DOCUMENT)).unwrap();
    let reads = BTreeSet::from([Field::ConversationTurns, Field::BasketValue]);
    assert_eq!(*inspected.fields(), reads);
    assert_eq!(inspected.settings(), []);
    let declaration = inspected.declaration();
    assert_eq!(declaration.name.as_str(), "waiting-buyer");
    assert_eq!(declaration.world, World::Rule);
    assert_eq!(&*declaration.summary, "A buyer with a full basket waits.");
    assert_eq!(declaration.signals.len(), 1);
    assert_eq!(&*declaration.signals[0], "waiting");
    assert!(declaration.declares_tag("waiting buyer"));
    assert!(declaration.declares_next_step("Answer now"));
}

#[test]
fn it_says_what_its_document_says() {
    let sandbox = Sandbox::new().unwrap();
    let rule = compiled(&sandbox, DOCUMENT);
    let moment = |turns, value| {
        Moment::default()
            .with(Field::ConversationTurns, FieldValue::Count(turns))
            .with(Field::BasketValue, value)
    };
    for (turns, value, score) in [
        (3, amount(12_345, "USD"), Some(0.6)),
        (6, amount(12_345, "USD"), Some(0.9)),
        (2, amount(12_345, "USD"), None),
        (3, amount(10_000, "USD"), None),
        (3, amount(12_345, "EUR"), None),
        (3, FieldValue::Unknown, None),
    ] {
        let run = run(&rule, &moment(turns, value.clone()));
        let signals = run.answer.unwrap();
        assert_eq!(
            signals.first().map(|it| it.score.get()),
            score,
            "{turns} {value}"
        );
        if let Some(signal) = signals.first() {
            assert_eq!(&*signal.name, "waiting");
            let reason = format!("Wrote {turns} times about USD 123.45.");
            assert_eq!(&*signal.reason, reason);
            assert_eq!(signal.tag.as_deref(), Some("waiting buyer"));
            assert_eq!(signal.next_step.as_deref(), Some("Answer now"));
        }
    }
}

#[test]
fn a_field_is_read_once_and_only_when_it_is_needed() {
    let sandbox = Sandbox::new().unwrap();
    let rule = compiled(&sandbox, DOCUMENT);
    let turns = |turns| {
        let moment = Moment::default()
            .with(Field::ConversationTurns, FieldValue::Count(turns))
            .with(Field::BasketValue, amount(20_000, "USD"));
        let reads = run(&rule, &moment).reads.into_iter();
        let field = |read| match read {
            Read::Field(field, _) => field,
            Read::Setting(..) => panic!("it names no settings"),
        };
        reads.map(field).collect::<Vec<_>>()
    };
    assert_eq!(turns(1), [Field::ConversationTurns]);
    assert_eq!(turns(7), [Field::ConversationTurns, Field::BasketValue]);
}

#[test]
fn without_a_grant_it_does_not_start() {
    let sandbox = Sandbox::new().unwrap();
    let rule = compiled(&sandbox, DOCUMENT);
    for missing in rule.inspected().fields() {
        let granted = rule.inspected().fields().iter().copied();
        let granted = granted.filter(|field| field != missing).collect();
        let Err(ActivationError::Ungranted(fields)) = rule.activate(&granted, &BTreeMap::new())
        else {
            panic!("{missing} was linked without a grant");
        };
        assert_eq!(fields, BTreeSet::from([*missing]));
    }
}

/// Reads the field and holds, whatever it is.
fn reading(field: Field) -> String {
    let name = field.name().replace('-', "_");
    match field.shape() {
        Shape::Text => format!("{name} != '~'"),
        Shape::Count | Shape::Seconds => format!("{name} >= 0"),
        Shape::Texts | Shape::Lines | Shape::Messages | Shape::Owners => {
            format!("size({name}) >= 0")
        }
        _ => format!("(has({name}) || true)"),
    }
}

#[test]
fn every_field_can_be_read_and_alone() {
    for field in Field::ALL {
        let inspected = Inspected::inspect(component(&shop::on(&reading(*field)))).unwrap();
        assert_eq!(*inspected.fields(), BTreeSet::from([*field]));
    }
    // What the evaluator calls a field by is what the contract calls it.
    let all: Vec<String> = Field::ALL.iter().map(|field| reading(*field)).collect();
    let sandbox = Sandbox::new().unwrap();
    let run = run(
        &compiled(&sandbox, &shop::on(&all.join(" && "))),
        &Moment::default(),
    );
    let read = run.reads.iter().map(|read| match read {
        Read::Field(field, _) => *field,
        Read::Setting(..) => panic!("it names no settings"),
    });
    assert_eq!(read.collect::<Vec<_>>(), Field::ALL);
    assert_eq!(run.answer.unwrap().len(), 1);
}

#[test]
fn the_same_document_gives_the_same_bytes() {
    assert_eq!(component(DOCUMENT), component(DOCUMENT));
    let other = DOCUMENT.replace("0.9", "0.8");
    assert_ne!(component(DOCUMENT), component(&other));
}

#[test]
fn a_rule_is_small_and_never_grows() {
    let component = Component::read(component(DOCUMENT)).unwrap();
    assert!(!component.grows_memory);
    assert!(
        component.memory_bytes <= MEMORY_BYTES_MAX,
        "{}",
        component.memory_bytes
    );
    assert!(
        component.bytes.len() <= RULE_BYTES_MAX,
        "{}",
        component.bytes.len()
    );
}

#[test]
fn another_module_is_no_evaluator() {
    let rule = shop::rule(DOCUMENT);
    assert!(baton_cel::build(&rule, b"\0asm\x01\0\0\0").is_err());
    assert!(baton_cel::build(&rule, b"nothing").is_err());
}
