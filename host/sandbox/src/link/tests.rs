//! Every field of the catalogue, from a [`FieldValue`] through a real
//! component and back, and the denial of each at the linker itself.

use std::sync::Arc;

use baton_domain::{
    field::{FieldValue, Line, OwnerSpan, PastOrder, ThreadMessage},
    module::{FieldSource, Settings},
    money::{Currency, Money},
};
use wasmtime::{
    Store,
    component::{Component, Val},
};

use super::*;
use crate::engine::Sandbox;

#[path = "../../tests/it/guest.rs"]
#[allow(dead_code, reason = "shared with the integration tests")]
mod guest;

/// A component that imports `field` and exports its value, unchanged, as the
/// result of `echo`.
fn echo(field: Field) -> Vec<u8> {
    let body = match field.shape() {
        Shape::Count => "(result i32) (call $field)",
        Shape::Seconds => "(result i64) (call $field)",
        _ => "(result i32) (call $field (i32.const 1024)) (i32.const 1024)",
    };
    let result = match field.shape() {
        Shape::Text => "string",
        Shape::OptionalText => "option<string>",
        Shape::Count => "u32",
        Shape::OptionalCount => "option<u32>",
        Shape::Seconds => "u64",
        Shape::OptionalFlag => "option<bool>",
        Shape::OptionalMoney => "option<money>",
        Shape::Texts => "list<string>",
        Shape::Lines => "list<line>",
        Shape::OptionalOrder => "option<past-order>",
        Shape::Messages => "list<thread-message>",
        Shape::Owners => "list<owner-span>",
    };
    let package = format!(
        "package baton:echo; world echo {{
            use baton:rules/types@1.1.0.{{money, line, past-order, thread-message, owner-span}};
            import baton:rules/{}@1.1.0;
            export echo: func() -> {result};
        }}",
        field.interface()
    );
    guest::encode_own(&guest::only(field, "echo", body), &package, "echo")
}

struct Constant(FieldValue);

impl FieldSource for Constant {
    fn read(&self, _: Field) -> FieldValue {
        self.0.clone()
    }
}

fn through_a_component(sandbox: &Sandbox, field: Field, value: FieldValue) -> Val {
    let engine = sandbox.engine();
    let component = Component::new(engine, echo(field)).unwrap();
    let linker = link(engine, &BTreeSet::from([field]), &[]).unwrap();
    let source: Arc<dyn FieldSource> = Arc::new(Constant(value));
    let mut store = Store::new(engine, Session::new(source, Arc::new(Settings::new())));
    store.set_fuel(1_000_000).unwrap();
    store.set_epoch_deadline(1_000);
    let instance = linker.instantiate(&mut store, &component).unwrap();
    let echo = instance.get_func(&mut store, "echo").unwrap();
    let mut results = [Val::Bool(false)];
    echo.call(&mut store, &[], &mut results).unwrap();
    let [value] = results;
    value
}

fn text(text: &str) -> Val {
    Val::String(text.to_owned())
}

fn record(fields: &[(&str, Val)]) -> Val {
    Val::Record(
        fields
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()))
            .collect(),
    )
}

fn some(value: Val) -> Val {
    Val::Option(Some(Box::new(value)))
}

fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::parse("USD").unwrap())
}

fn usd_val(minor: i64) -> Val {
    record(&[("minor", Val::S64(minor)), ("currency", text("USD"))])
}

fn line() -> Line {
    Line {
        product: "sku-1".into(),
        name: "Jaket é".into(),
        quantity: 3,
        unit_price: usd(-250),
        attributes: vec![("colour".into(), "blue".into()), ("size".into(), "".into())],
    }
}

fn line_val() -> Val {
    let pair = |name: &str, value: &str| Val::Tuple(vec![text(name), text(value)]);
    record(&[
        ("product", text("sku-1")),
        ("name", text("Jaket é")),
        ("quantity", Val::U32(3)),
        ("unit-price", usd_val(-250)),
        (
            "attributes",
            Val::List(vec![pair("colour", "blue"), pair("size", "")]),
        ),
    ])
}

/// A telling value of the shape, and what the component must see.
fn sample(shape: Shape) -> (FieldValue, Val) {
    match shape {
        Shape::Text => (FieldValue::text("id"), text("id")),
        Shape::OptionalText => (FieldValue::text("halo 👋"), some(text("halo 👋"))),
        Shape::Count => (FieldValue::Count(u32::MAX), Val::U32(u32::MAX)),
        Shape::OptionalCount => (FieldValue::Count(7), some(Val::U32(7))),
        Shape::Seconds => (FieldValue::Seconds(u64::MAX - 1), Val::U64(u64::MAX - 1)),
        Shape::OptionalFlag => (FieldValue::Flag(true), some(Val::Bool(true))),
        Shape::OptionalMoney => (FieldValue::Money(usd(i64::MIN)), some(usd_val(i64::MIN))),
        Shape::Texts => (
            FieldValue::Texts(Arc::new(["vip".into(), "".into()])),
            Val::List(vec![text("vip"), text("")]),
        ),
        Shape::Lines => (
            FieldValue::Lines(Arc::new([line(), line()])),
            Val::List(vec![line_val(), line_val()]),
        ),
        Shape::OptionalOrder => {
            let order = PastOrder {
                id: "o-1".into(),
                status: "paid".into(),
                total: usd(500),
                lines: Arc::new([line()]),
                age_days: 12,
            };
            let expected = record(&[
                ("id", text("o-1")),
                ("status", text("paid")),
                ("total", usd_val(500)),
                ("lines", Val::List(vec![line_val()])),
                ("age-days", Val::U32(12)),
            ]);
            (FieldValue::Order(Arc::new(order)), some(expected))
        }
        Shape::Messages => {
            let message = ThreadMessage {
                author: "customer".into(),
                kind: "text".into(),
                text: "Kapan sampai?".into(),
                age_hours: 2,
            };
            let expected = record(&[
                ("author", text("customer")),
                ("kind", text("text")),
                ("text", text("Kapan sampai?")),
                ("age-hours", Val::U32(2)),
            ]);
            (
                FieldValue::Messages(Arc::new([message])),
                Val::List(vec![expected]),
            )
        }
        Shape::Owners => {
            let span = OwnerSpan {
                owner: "bot".into(),
                age_hours: 5,
            };
            let expected = record(&[("owner", text("bot")), ("age-hours", Val::U32(5))]);
            (
                FieldValue::Owners(Arc::new([span])),
                Val::List(vec![expected]),
            )
        }
    }
}

#[test]
fn every_field_arrives_as_it_was_sent() {
    let sandbox = Sandbox::new().unwrap();
    for field in Field::ALL.iter().copied() {
        let (sent, expected) = sample(field.shape());
        assert_eq!(
            through_a_component(&sandbox, field, sent),
            expected,
            "{field}"
        );
    }
}

#[test]
fn nothing_known_arrives_as_nothing() {
    let sandbox = Sandbox::new().unwrap();
    for field in Field::ALL.iter().copied() {
        let expected = match field.shape() {
            Shape::Text => text(""),
            Shape::Count => Val::U32(0),
            Shape::Seconds => Val::U64(0),
            Shape::Texts | Shape::Lines | Shape::Messages | Shape::Owners => Val::List(vec![]),
            _ => Val::Option(None),
        };
        let nothing = FieldValue::nothing(field.shape());
        assert_eq!(
            through_a_component(&sandbox, field, nothing),
            expected,
            "{field}"
        );
    }
}

#[test]
fn the_linker_lacks_what_it_was_not_told_to_define() {
    let sandbox = Sandbox::new().unwrap();
    let engine = sandbox.engine();
    for field in Field::ALL.iter().copied() {
        let component = Component::new(engine, echo(field)).unwrap();
        let others = Field::ALL
            .iter()
            .copied()
            .filter(|other| *other != field)
            .collect();
        let linker = link(engine, &others, &[]).unwrap();
        assert!(
            linker.instantiate_pre(&component).is_err(),
            "{field} exists without a grant"
        );
        let linker = link(engine, &BTreeSet::from([field]), &[]).unwrap();
        assert!(linker.instantiate_pre(&component).is_ok(), "{field}");
    }
}
