//! The stock rules on the most that the contract lets them read: an arena that
//! is too small shows here, and not with a customer who writes a lot.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use baton_domain::{
    field::{Field, FieldValue, Line, PastOrder, Shape, ThreadMessage},
    limits::{
        LINES_MAX, MESSAGE_TEXT_CHARS_MAX, RECENT_MESSAGES_MAX, SHORT_TEXT_CHARS_MAX, TAGS_MAX,
        THREAD_TEXT_CHARS_MAX,
    },
    module::{FieldSource, World},
    money::{Currency, Money},
};
use baton_sandbox::{Inspected, Sandbox, run_one_rule};

use crate::{admission::stock, guest::Facts};

/// A letter of four bytes, as often as it may stand.
fn text_of(chars: usize) -> Arc<str> {
    "𝒳".repeat(chars).into()
}

fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::parse("USD").unwrap())
}

fn money() -> Money {
    usd(i64::MAX / 1_000)
}

fn lines() -> Arc<[Line]> {
    let short = || text_of(SHORT_TEXT_CHARS_MAX);
    let line = Line {
        product: short(),
        name: short(),
        quantity: u32::MAX,
        unit_price: money(),
        attributes: vec![(short(), short())],
    };
    vec![line; LINES_MAX].into()
}

/// The most that a field holds; words that lead a rule past its first look win.
fn most_of(field: Field) -> FieldValue {
    match field {
        Field::MessageText | Field::MessageTextRaw => {
            FieldValue::Text(text_of(MESSAGE_TEXT_CHARS_MAX))
        }
        Field::BasketCheckoutState => FieldValue::text("checkout-offered"),
        Field::DeliveryCertainty => FieldValue::text("uncertain"),
        Field::DeliveryRequestedDate => FieldValue::text("2026-11-27"),
        Field::DeliveryPromisedDate => FieldValue::text("2026-11-30"),
        Field::CustomerAverageOrder => FieldValue::Money(usd(1)),
        _ => match field.shape() {
            Shape::Text | Shape::OptionalText => FieldValue::Text(text_of(SHORT_TEXT_CHARS_MAX)),
            Shape::Count | Shape::OptionalCount => FieldValue::Count(u32::MAX),
            Shape::Seconds => FieldValue::Seconds(u64::from(u32::MAX)),
            Shape::OptionalFlag => FieldValue::Flag(true),
            Shape::OptionalMoney => FieldValue::Money(money()),
            Shape::Texts => FieldValue::Texts(vec![text_of(SHORT_TEXT_CHARS_MAX); TAGS_MAX].into()),
            Shape::Lines => FieldValue::Lines(lines()),
            Shape::OptionalOrder => FieldValue::Order(Arc::new(PastOrder {
                id: text_of(SHORT_TEXT_CHARS_MAX),
                status: "shipped".into(),
                total: money(),
                lines: lines(),
                age_days: u32::MAX,
            })),
            Shape::Messages => {
                let message = ThreadMessage {
                    author: "customer".into(),
                    kind: "text".into(),
                    text: text_of(THREAD_TEXT_CHARS_MAX),
                    age_hours: u32::MAX,
                };
                FieldValue::Messages(vec![message; RECENT_MESSAGES_MAX].into())
            }
            Shape::Owners => FieldValue::nothing(Shape::Owners),
        },
    }
}

#[test]
fn stock_rules_stand_the_most_that_they_may_read() {
    let sandbox = Sandbox::new().unwrap();
    let fields: BTreeSet<Field> = Field::ALL.iter().copied().collect();
    let facts = Facts(fields.iter().map(|it| (*it, most_of(*it))).collect());
    let source: Arc<dyn FieldSource> = Arc::new(facts);
    let mut fired = BTreeSet::new();
    for (name, bytes) in stock() {
        let compiled = Inspected::inspect(bytes)
            .unwrap()
            .compile(&sandbox)
            .unwrap();
        if compiled.inspected().declaration().world == World::Policy {
            continue;
        }
        let rule = compiled.activate(&fields, &BTreeMap::new()).unwrap();
        let run = run_one_rule(&rule, &source).run;
        let signals = run
            .answer
            .unwrap_or_else(|failure| panic!("{name}: {failure:?}"));
        if !signals.is_empty() {
            fired.insert(name);
        }
    }
    // These two take one page of memory, and got past their first look.
    for name in ["delivery-promise.wasm", "high-basket-value.wasm"] {
        assert!(fired.contains(name), "{name} among {fired:?}");
    }
}
