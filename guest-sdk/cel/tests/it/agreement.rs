//! The evaluator and the interpreter of the `cel` crate say the same of
//! expressions that nobody chose.
//!
//! Absent values are `null` to `cel`, which has no `has` for those: there it
//! is written as a comparison. Amounts, `math` and reasons are Baton's own and
//! are held by tables.

use std::collections::{BTreeMap, HashMap};

use baton_domain::{
    field::{Field, FieldValue, Line},
    module::FieldSource as _,
};
use baton_sandbox::Sandbox;
use cel::{Context, Program, Value};
use proptest::{collection::vec, prelude::*, sample::select};

use crate::shop::{self, Moment, compiled, natively, on, rule, run};

/// What an expression is at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Holds,
    HoldsNot,
    NotKnown,
}

fn with_cel(condition: &str, moment: &Moment) -> Said {
    let mut text = condition.to_owned();
    for field in OPTIONAL {
        text = text.replace(&format!("has({field})"), &format!("({field} != null)"));
    }
    let program = Program::compile(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
    let mut context = Context::default();
    let mut groups: BTreeMap<&str, HashMap<String, Value>> = BTreeMap::new();
    for field in Field::ALL {
        let name = field.function().replace('-', "_");
        let value = cel_value(&moment.read(*field));
        groups
            .entry(field.interface())
            .or_default()
            .insert(name, value);
    }
    for (group, fields) in groups {
        context.add_variable_from_value(group, fields);
    }
    match program.execute(&context) {
        Ok(Value::Bool(true)) => Said::Holds,
        Ok(Value::Bool(false)) => Said::HoldsNot,
        // An absent yes or no.
        Ok(Value::Null) => Said::NotKnown,
        Ok(other) => panic!("{condition} is {other:?}"),
        Err(_) => Said::NotKnown,
    }
}

fn cel_value(value: &FieldValue) -> Value {
    let text = |text: &str| Value::String(text.to_owned().into());
    let map = |parts: Vec<(&str, Value)>| -> Value {
        let parts = parts
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value));
        parts.collect::<HashMap<_, _>>().into()
    };
    let line = |line: &Line| {
        let price = FieldValue::Money(line.unit_price.clone());
        map(vec![
            ("product", text(&line.product)),
            ("name", text(&line.name)),
            ("quantity", Value::Int(line.quantity.into())),
            ("unit_price", cel_value(&price)),
        ])
    };
    match value {
        FieldValue::Flag(flag) => Value::Bool(*flag),
        FieldValue::Count(count) => Value::Int((*count).into()),
        FieldValue::Text(it) => text(it),
        FieldValue::Money(money) => map(vec![
            ("minor", Value::Int(money.minor)),
            ("currency", text(money.currency.as_str())),
        ]),
        FieldValue::Texts(texts) => {
            Value::List(texts.iter().map(|it| text(it)).collect::<Vec<_>>().into())
        }
        FieldValue::Lines(lines) => Value::List(lines.iter().map(line).collect::<Vec<_>>().into()),
        _ => Value::Null,
    }
}

fn with_baton(condition: &str, moment: &Moment) -> Said {
    let fires = |condition: &str| natively(&rule(&on(condition)), moment).is_some();
    match (fires(condition), fires(&format!("!({condition})"))) {
        (true, false) => Said::Holds,
        (false, true) => Said::HoldsNot,
        (false, false) => Said::NotKnown,
        (true, true) => panic!("{condition} and its opposite hold"),
    }
}

const OPTIONAL: [&str; 6] = [
    "customer.name",
    "customer.country",
    "customer.days_known",
    "customer.marketing_consent",
    "basket.value",
    "basket.age_hours",
];

fn one_of(choices: &'static [&'static str]) -> BoxedStrategy<String> {
    select(choices).prop_map(str::to_owned).boxed()
}

fn fill(pattern: &str, parts: &[&str]) -> String {
    let mut filled = pattern.to_owned();
    for part in parts {
        filled = filled.replacen('_', part, 1);
    }
    // Names of fields have a `_` of their own.
    filled.replace('~', "_")
}

/// Patterns of `_` filled with two of `parts`.
fn of_two(
    patterns: &'static [&'static str],
    parts: &BoxedStrategy<String>,
) -> BoxedStrategy<String> {
    let safe = parts.clone().prop_map(|part| part.replace('_', "~"));
    (select(patterns), safe.clone(), safe)
        .prop_map(|(pattern, a, b)| fill(pattern, &[&a, &b]))
        .boxed()
}

fn ints() -> BoxedStrategy<String> {
    let leaf = one_of(&[
        "0",
        "1",
        "3",
        "-2",
        "9223372036854775807",
        "conversation.turns",
        "order.count",
        "customer.days_known",
        "basket.age_hours",
        "basket.value.minor",
        "size(customer.tags)",
        "size(customer.name)",
        "basket.items[0].quantity",
        "basket.items[1].unit_price.minor",
        "int(2.7)",
    ]);
    leaf.prop_recursive(2, 8, 2, |inner| {
        let inner = inner.boxed();
        of_two(
            &[
                "(_ + _)",
                "(_ - _)",
                "(_ * _)",
                "(_ / _)",
                "(_ % _)",
                "(_ > _ ? 1 : 2)",
            ],
            &inner,
        )
    })
    .boxed()
}

fn doubles() -> BoxedStrategy<String> {
    let leaf = one_of(&[
        "0.5",
        "2.0",
        "double(order.count)",
        "double(customer.days_known)",
    ]);
    leaf.prop_recursive(2, 6, 2, |inner| {
        of_two(
            &["(_ + _)", "(_ - _)", "(_ * _)", "(_ / _)"],
            &inner.boxed(),
        )
    })
    .boxed()
}

fn texts() -> BoxedStrategy<String> {
    let leaf = one_of(&[
        "''",
        "'a'",
        "'vip'",
        "'übel'",
        "customer.name",
        "customer.country",
        "occasion.kind",
        "customer.tags[0]",
        "basket.items[0].name",
        "string(order.count)",
    ]);
    leaf.prop_recursive(1, 4, 2, |inner| {
        of_two(&["(_ + _)", "(_ == _ ? 'a' : 'b')"], &inner.boxed())
    })
    .boxed()
}

fn lists() -> BoxedStrategy<String> {
    let one = (
        select(
            &[
                "customer.tags",
                "[_, 'a']",
                "customer.tags.filter(x, x != _)",
                "basket.items.map(l, l.name)",
                "customer.tags.map(x, x + _)",
                "(customer.tags + [_])",
            ][..],
        ),
        texts().prop_map(|text| text.replace('_', "~")),
    );
    one.prop_map(|(pattern, text)| fill(pattern, &[&text]))
        .boxed()
}

fn flags() -> BoxedStrategy<String> {
    let leaf = prop_oneof![
        one_of(&[
            "true",
            "false",
            "customer.marketing_consent",
            "customer.name == null"
        ]),
        select(&OPTIONAL[..]).prop_map(|field| format!("has({field})")),
        of_two(
            &["_ == _", "_ != _", "_ < _", "_ <= _", "_ > _", "_ >= _"],
            &ints()
        ),
        of_two(&["_ == _", "_ < _", "_ >= _"], &doubles()),
        (ints(), doubles()).prop_map(|(a, b)| format!("{a} < {b}")),
        of_two(
            &[
                "_ == _",
                "_ != _",
                "_ < _",
                "_.contains(_)",
                "_.startsWith(_)",
                "_.endsWith(_)"
            ],
            &texts(),
        ),
        (texts(), lists()).prop_map(|(text, list)| format!("{text} in {list}")),
        (
            select(&["exists", "all", "exists_one"][..]),
            lists(),
            texts()
        )
            .prop_map(|(each, list, text)| format!("{list}.{each}(t, t == {text})")),
        (select(&["exists", "all"][..]), ints())
            .prop_map(|(each, int)| format!("basket.items.{each}(l, l.quantity > {int})")),
        of_two(&["_ == _"], &lists()),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let inner = inner.boxed();
        prop_oneof![
            of_two(&["((_) && (_))", "((_) || (_))", "((_) == (_))"], &inner),
            inner.clone().prop_map(|flag| format!("!({flag})")),
            (inner.clone(), inner.clone(), inner)
                .prop_map(|(a, b, c)| format!("(({a}) ? ({b}) : ({c}))")),
        ]
    })
    .boxed()
}

fn moments() -> impl Strategy<Value = Moment> {
    let text = || select(&["", "a", "vip", "Ana", "übel"][..]);
    let maybe = |known: bool, value: FieldValue| if known { value } else { FieldValue::Unknown };
    let known = vec(any::<bool>(), OPTIONAL.len());
    let numbers = (0..5u32, 0..4u32, 0..400u32, -5..100_000i64);
    let lists = (vec(text(), 0..3), vec((text(), 1..4u32), 0..3));
    (known, numbers, lists, text(), text()).prop_map(
        move |(known, (turns, orders, days, minor), (tags, lines), name, country)| {
            let lines: Vec<Line> = lines
                .iter()
                .map(|(name, quantity)| shop::line(name, *quantity, minor))
                .collect();
            let days = FieldValue::Count(days);
            Moment::default()
                .with(Field::OccasionKind, FieldValue::text("message"))
                .with(Field::ConversationTurns, FieldValue::Count(turns))
                .with(Field::OrderCount, FieldValue::Count(orders))
                .with(Field::CustomerTags, shop::texts(&tags))
                .with(Field::BasketItems, FieldValue::Lines(lines.into()))
                .with(Field::CustomerName, maybe(known[0], FieldValue::text(name)))
                .with(
                    Field::CustomerCountry,
                    maybe(known[1], FieldValue::text(country)),
                )
                .with(Field::CustomerDaysKnown, maybe(known[2], days.clone()))
                .with(
                    Field::CustomerMarketingConsent,
                    maybe(known[3], FieldValue::Flag(turns > 2)),
                )
                .with(
                    Field::BasketValue,
                    maybe(known[4], shop::amount(minor, "USD")),
                )
                .with(Field::BasketAgeHours, maybe(known[5], days))
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_evaluator_agrees_with_cel(condition in flags(), moments in vec(moments(), 4)) {
        for moment in moments {
            prop_assert_eq!(
                with_baton(&condition, &moment),
                with_cel(&condition, &moment),
                "{} at {:?}", condition, moment
            );
        }
    }
}

proptest! {
    // Compiling takes most of it.
    #![proptest_config(ProptestConfig { cases: 8, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_component_agrees_with_cel(condition in flags(), moments in vec(moments(), 8)) {
        let sandbox = Sandbox::new().unwrap();
        let component = compiled(&sandbox, &on(&condition));
        for moment in moments {
            let fires = run(&component, &moment).answer.unwrap().len() == 1;
            let holds = with_cel(&condition, &moment) == Said::Holds;
            prop_assert_eq!(fires, holds, "{} at {:?}", condition, moment);
        }
    }
}
