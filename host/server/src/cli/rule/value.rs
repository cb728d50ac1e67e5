//! Values of fields as authors write them in TOML, read by the shape of the
//! field.

use std::{collections::BTreeMap, sync::Arc};

use baton_domain::{
    field::{Field, FieldValue, Line, OwnerSpan, PastOrder, Shape, ThreadMessage},
    money::{Currency, Money},
};
use jiff::Timestamp;
use serde::{Deserialize, de::DeserializeOwned};
use toml::Value;

/// `{ minor = 41000, currency = "USD" }`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMoney {
    minor: i64,
    currency: Currency,
}

/// `{ product = "mug", quantity = 2, unit_price = { ... } }`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenLine {
    product: Arc<str>,
    #[serde(default)]
    name: Arc<str>,
    quantity: u32,
    #[serde(alias = "unit-price")]
    unit_price: WrittenMoney,
    #[serde(default)]
    attributes: BTreeMap<Arc<str>, Arc<str>>,
}

/// `{ id = "o-1", status = "paid", total = { ... }, lines = [], age_days = 3 }`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenOrder {
    id: Arc<str>,
    status: Arc<str>,
    total: WrittenMoney,
    #[serde(default)]
    lines: Vec<WrittenLine>,
    #[serde(alias = "age-days")]
    age_days: u32,
}

/// `{ author = "customer", text = "Hello" }`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMessage {
    author: Arc<str>,
    #[serde(default = "text_kind")]
    kind: Arc<str>,
    #[serde(default)]
    text: Arc<str>,
    #[serde(default, alias = "age-hours")]
    age_hours: u32,
}

fn text_kind() -> Arc<str> {
    "text".into()
}

/// `{ owner = "bot", age_hours = 2 }`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenOwner {
    owner: Arc<str>,
    #[serde(default, alias = "age-hours")]
    age_hours: u32,
}

/// The value of `field` that `written` stands for.
///
/// # Errors
/// What the field takes instead, in a sentence.
pub(super) fn field_value(field: Field, written: Value) -> Result<FieldValue, String> {
    let shape = field.shape();
    match (shape, written) {
        (Shape::Text | Shape::OptionalText, Value::String(text)) => Ok(FieldValue::text(&text)),
        // A day without quotes.
        (Shape::Text | Shape::OptionalText, Value::Datetime(date)) => {
            Ok(FieldValue::text(&date.to_string()))
        }
        (Shape::Count | Shape::OptionalCount, Value::Integer(count)) => u32::try_from(count)
            .map(FieldValue::Count)
            .map_err(|_| format!("a count is from 0 to {}, this is {count}", u32::MAX)),
        (Shape::Seconds, Value::Integer(seconds)) => u64::try_from(seconds)
            .map(FieldValue::Seconds)
            .map_err(|_| format!("Unix seconds are not negative, this is {seconds}")),
        (Shape::Seconds, Value::Datetime(moment)) => seconds(&moment.to_string()),
        (Shape::OptionalFlag, Value::Boolean(flag)) => Ok(FieldValue::Flag(flag)),
        (Shape::OptionalMoney, written @ Value::Table(_)) => {
            parsed::<WrittenMoney>(written).map(|it| FieldValue::Money(it.into()))
        }
        (Shape::OptionalOrder, written @ Value::Table(_)) => {
            parsed::<WrittenOrder>(written).map(|it| FieldValue::Order(Arc::new(it.into())))
        }
        (Shape::Texts, written @ Value::Array(_)) => {
            parsed::<Vec<Arc<str>>>(written).map(|it| FieldValue::Texts(it.into()))
        }
        (Shape::Lines, written @ Value::Array(_)) => {
            all::<WrittenLine, Line>(written).map(FieldValue::Lines)
        }
        (Shape::Messages, written @ Value::Array(_)) => {
            all::<WrittenMessage, ThreadMessage>(written).map(FieldValue::Messages)
        }
        (Shape::Owners, written @ Value::Array(_)) => {
            all::<WrittenOwner, OwnerSpan>(written).map(FieldValue::Owners)
        }
        (shape, other) => Err(format!(
            "it takes {}; this is {}",
            wanted(shape),
            found(&other)
        )),
    }
}

fn seconds(moment: &str) -> Result<FieldValue, String> {
    let parsed = moment.parse::<Timestamp>().ok();
    let seconds = parsed.and_then(|it| u64::try_from(it.as_second()).ok());
    seconds
        .map(FieldValue::Seconds)
        .ok_or_else(|| format!("a moment after 1970 with its offset is wanted, this is {moment}"))
}

fn parsed<T: DeserializeOwned>(written: Value) -> Result<T, String> {
    written
        .try_into()
        .map_err(|error: toml::de::Error| error.message().to_owned())
}

fn all<W: DeserializeOwned, T: From<W>>(written: Value) -> Result<Arc<[T]>, String> {
    parsed::<Vec<W>>(written).map(|all| all.into_iter().map(Into::into).collect())
}

/// What is written for a field of this shape.
fn wanted(shape: Shape) -> &'static str {
    match shape {
        Shape::Text | Shape::OptionalText => "a text in quotes",
        Shape::Count | Shape::OptionalCount => "a whole number",
        Shape::Seconds => "Unix seconds, or a moment such as 2026-11-24T09:32:00Z",
        Shape::OptionalFlag => "true or false",
        Shape::OptionalMoney => "an amount such as { minor = 41000, currency = \"USD\" }",
        Shape::Texts => "a list of texts",
        Shape::Lines => "a list of { product, quantity, unit_price }",
        Shape::OptionalOrder => "an order such as { id, status, total, lines, age_days }",
        Shape::Messages => "a list of { author, text, age_hours }",
        Shape::Owners => "a list of { owner, age_hours }",
    }
}

fn found(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Integer(_) => "a whole number",
        Value::Float(_) => "a decimal",
        Value::Boolean(_) => "true or false",
        Value::Datetime(_) => "a date",
        Value::Array(_) => "a list",
        Value::Table(_) => "a table",
    }
}

impl From<WrittenMoney> for Money {
    fn from(WrittenMoney { minor, currency }: WrittenMoney) -> Self {
        Self::new(minor, currency)
    }
}

impl From<WrittenLine> for Line {
    fn from(line: WrittenLine) -> Self {
        Self {
            product: line.product,
            name: line.name,
            quantity: line.quantity,
            unit_price: line.unit_price.into(),
            attributes: line.attributes.into_iter().collect(),
        }
    }
}

impl From<WrittenOrder> for PastOrder {
    fn from(order: WrittenOrder) -> Self {
        Self {
            id: order.id,
            status: order.status,
            total: order.total.into(),
            lines: order.lines.into_iter().map(Into::into).collect(),
            age_days: order.age_days,
        }
    }
}

impl From<WrittenMessage> for ThreadMessage {
    fn from(message: WrittenMessage) -> Self {
        Self {
            author: message.author,
            kind: message.kind,
            text: message.text,
            age_hours: message.age_hours,
        }
    }
}

impl From<WrittenOwner> for OwnerSpan {
    fn from(span: WrittenOwner) -> Self {
        Self {
            owner: span.owner,
            age_hours: span.age_hours,
        }
    }
}
