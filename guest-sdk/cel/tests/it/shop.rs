//! Moments to evaluate at, and rules to evaluate.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use baton_cel::{Format, Rule};
use baton_domain::{
    field::{Field, FieldValue, Line, OwnerSpan, PastOrder, ThreadMessage},
    module::{FieldSource, ModuleRun, SettingValue},
    money::{Currency, Money},
    signal::Signal,
};
use baton_guest_build::read_core;
use baton_sandbox::{Compiled, Inspected, Sandbox, run_one_rule};
use no_code::value::Value;

/// What a moment knows; what is not named is nothing.
#[derive(Debug, Clone, Default)]
pub(crate) struct Moment(pub(crate) BTreeMap<Field, FieldValue>);

impl Moment {
    pub(crate) fn with(mut self, field: Field, value: FieldValue) -> Self {
        assert!(value.fits(field.shape()), "{field}");
        self.0.insert(field, value);
        self
    }
}

impl FieldSource for Moment {
    fn read(&self, field: Field) -> FieldValue {
        let known = self.0.get(&field).cloned();
        known.unwrap_or_else(|| FieldValue::nothing(field.shape()))
    }
}

pub(crate) fn money(minor: i64, currency: &str) -> Money {
    Money::new(minor, Currency::parse(currency).unwrap())
}

pub(crate) fn amount(minor: i64, currency: &str) -> FieldValue {
    FieldValue::Money(money(minor, currency))
}

pub(crate) fn texts(texts: &[&str]) -> FieldValue {
    FieldValue::Texts(texts.iter().map(|text| Arc::from(*text)).collect())
}

pub(crate) fn line(name: &str, quantity: u32, minor: i64) -> Line {
    Line {
        product: format!("sku-{name}").into(),
        name: name.into(),
        quantity,
        unit_price: money(minor, "USD"),
        attributes: vec![("colour".into(), "blue".into())],
    }
}

pub(crate) fn rule(document: &str) -> Rule {
    let read = baton_cel::read(document, Format::Toml);
    read.unwrap_or_else(|mistakes| panic!("{document}\n{mistakes:#?}"))
}

/// The document of a rule that fires when `condition` holds.
pub(crate) fn on(condition: &str) -> String {
    on_with(condition, "yes")
}

pub(crate) fn on_with(condition: &str, reason: &str) -> String {
    format!(
        "name = \"probe\"\nscore = 0.5\nreason = '''{reason}'''\ncondition = '''{condition}'''\n"
    )
}

pub(crate) fn evaluator() -> Vec<u8> {
    read_core("no-code").unwrap_or_else(|error| panic!("{error}"))
}

pub(crate) fn component(document: &str) -> Vec<u8> {
    baton_cel::build(&rule(document), &evaluator())
        .unwrap()
        .bytes
}

pub(crate) fn compiled(sandbox: &Sandbox, document: &str) -> Compiled {
    let inspected = Inspected::inspect(component(document)).unwrap();
    inspected.compile(sandbox).unwrap()
}

/// The rule as a component, at a moment.
pub(crate) fn run(compiled: &Compiled, moment: &Moment) -> ModuleRun<Vec<Signal>> {
    run_set(compiled, moment, &BTreeMap::new())
}

/// The same, with settings that the merchant chose.
pub(crate) fn run_set(
    compiled: &Compiled,
    moment: &Moment,
    chosen: &BTreeMap<Arc<str>, SettingValue>,
) -> ModuleRun<Vec<Signal>> {
    let granted: BTreeSet<Field> = compiled.inspected().fields().clone();
    let ready = compiled.activate(&granted, chosen).unwrap();
    let source: Arc<dyn FieldSource> = Arc::new(moment.clone());
    run_one_rule(&ready, &source).run
}

/// The rule in this process, at a moment.
pub(crate) fn natively(rule: &Rule, moment: &Moment) -> Option<baton_guest::Signal> {
    let tree: &'static [u8] = rule.tree().to_vec().leak();
    no_code::evaluate(tree, moment)
}

impl no_code::facts::Facts for Moment {
    fn read(&self, field: u8) -> Value {
        value(&FieldSource::read(self, Field::ALL[usize::from(field)]))
    }

    /// Settings are a matter of components: see `settings`.
    fn setting(&self, _kind: u8, _name: &str) -> Value {
        Value::Null
    }
}

fn value(of: &FieldValue) -> Value {
    fn all<'i, T: 'i>(items: impl IntoIterator<Item = &'i T>, each: fn(&T) -> Value) -> Value {
        Value::list(items.into_iter().map(each).collect())
    }
    match of {
        FieldValue::Unknown => Value::Null,
        FieldValue::Flag(flag) => (*flag).into(),
        FieldValue::Count(count) => (*count).into(),
        FieldValue::Seconds(seconds) => (*seconds).into(),
        FieldValue::Text(text) => text.to_string().into(),
        FieldValue::Money(money) => guest_money(money).into(),
        FieldValue::Texts(texts) => all(&**texts, |text| text.to_string().into()),
        FieldValue::Lines(lines) => all(&**lines, |line| guest_line(line).into()),
        FieldValue::Order(order) => guest_order(order).into(),
        FieldValue::Messages(messages) => all(&**messages, |message| guest_message(message).into()),
        FieldValue::Owners(owners) => all(&**owners, |owner| guest_owner(owner).into()),
    }
}

fn guest_money(money: &Money) -> baton_guest::Money {
    baton_guest::Money::new(money.minor, money.currency.as_str())
}

fn guest_line(line: &Line) -> baton_guest::Line {
    let pair = |(name, value): &(Arc<str>, Arc<str>)| (name.to_string(), value.to_string());
    baton_guest::Line {
        product: line.product.to_string(),
        name: line.name.to_string(),
        quantity: line.quantity,
        unit_price: guest_money(&line.unit_price),
        attributes: line.attributes.iter().map(pair).collect(),
    }
}

fn guest_order(order: &PastOrder) -> baton_guest::PastOrder {
    baton_guest::PastOrder {
        id: order.id.to_string(),
        status: order.status.to_string(),
        total: guest_money(&order.total),
        lines: order.lines.iter().map(guest_line).collect(),
        age_days: order.age_days,
    }
}

fn guest_message(message: &ThreadMessage) -> baton_guest::ThreadMessage {
    baton_guest::ThreadMessage {
        author: message.author.to_string(),
        kind: message.kind.to_string(),
        text: message.text.to_string(),
        age_hours: message.age_hours,
    }
}

fn guest_owner(owner: &OwnerSpan) -> baton_guest::OwnerSpan {
    baton_guest::OwnerSpan {
        owner: owner.owner.to_string(),
        age_hours: owner.age_hours,
    }
}
