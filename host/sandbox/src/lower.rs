//! The values of fields as the component model passes them: one mirror type
//! for each record of `wit/v1/types.wit`, and for each shape the conversion
//! into it.

use std::sync::Arc;

use baton_domain::{
    field::{FieldValue, Line, OwnerSpan, PastOrder, ThreadMessage},
    money::Money,
};
use wasmtime::component::{ComponentType, Lower};

type Text = Arc<str>;

#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct WitMoney {
    minor: i64,
    currency: String,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct WitLine {
    product: Text,
    name: Text,
    quantity: u32,
    #[component(name = "unit-price")]
    unit_price: WitMoney,
    attributes: Vec<(Text, Text)>,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct WitOrder {
    id: Text,
    status: Text,
    total: WitMoney,
    lines: Vec<WitLine>,
    #[component(name = "age-days")]
    age_days: u32,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct WitMessage {
    author: Text,
    kind: Text,
    text: Text,
    #[component(name = "age-hours")]
    age_hours: u32,
}

#[derive(ComponentType, Lower)]
#[component(record)]
pub(crate) struct WitOwner {
    owner: Text,
    #[component(name = "age-hours")]
    age_hours: u32,
}

// One function for each shape, named after it; `None` when the value is of
// another shape.

pub(crate) fn text(value: FieldValue) -> Option<Text> {
    if let FieldValue::Text(text) = value {
        Some(text)
    } else {
        None
    }
}

pub(crate) fn count(value: FieldValue) -> Option<u32> {
    if let FieldValue::Count(count) = value {
        Some(count)
    } else {
        None
    }
}

pub(crate) fn seconds(value: FieldValue) -> Option<u64> {
    if let FieldValue::Seconds(seconds) = value {
        Some(seconds)
    } else {
        None
    }
}

pub(crate) fn texts(value: FieldValue) -> Option<Arc<[Text]>> {
    if let FieldValue::Texts(texts) = value {
        Some(texts)
    } else {
        None
    }
}

pub(crate) fn lines(value: FieldValue) -> Option<Vec<WitLine>> {
    let FieldValue::Lines(lines) = value else {
        return None;
    };
    Some(lines.iter().map(WitLine::from).collect())
}

pub(crate) fn messages(value: FieldValue) -> Option<Vec<WitMessage>> {
    let FieldValue::Messages(messages) = value else {
        return None;
    };
    Some(messages.iter().map(WitMessage::from).collect())
}

pub(crate) fn owners(value: FieldValue) -> Option<Vec<WitOwner>> {
    let FieldValue::Owners(spans) = value else {
        return None;
    };
    Some(spans.iter().map(WitOwner::from).collect())
}

pub(crate) fn optional_text(value: FieldValue) -> Option<Option<Text>> {
    optional(value, text)
}

pub(crate) fn optional_count(value: FieldValue) -> Option<Option<u32>> {
    optional(value, count)
}

pub(crate) fn optional_flag(value: FieldValue) -> Option<Option<bool>> {
    optional(value, |value| {
        if let FieldValue::Flag(flag) = value {
            Some(flag)
        } else {
            None
        }
    })
}

pub(crate) fn optional_money(value: FieldValue) -> Option<Option<WitMoney>> {
    optional(value, |value| {
        if let FieldValue::Money(money) = value {
            Some((&money).into())
        } else {
            None
        }
    })
}

pub(crate) fn optional_order(value: FieldValue) -> Option<Option<WitOrder>> {
    optional(value, |value| {
        if let FieldValue::Order(order) = value {
            Some((&*order).into())
        } else {
            None
        }
    })
}

fn optional<T>(
    value: FieldValue,
    known: impl FnOnce(FieldValue) -> Option<T>,
) -> Option<Option<T>> {
    if value == FieldValue::Unknown {
        Some(None)
    } else {
        known(value).map(Some)
    }
}

impl From<&Money> for WitMoney {
    fn from(money: &Money) -> Self {
        Self {
            minor: money.minor,
            currency: money.currency.as_str().to_owned(),
        }
    }
}

impl From<&Line> for WitLine {
    fn from(line: &Line) -> Self {
        Self {
            product: line.product.clone(),
            name: line.name.clone(),
            quantity: line.quantity,
            unit_price: (&line.unit_price).into(),
            attributes: line.attributes.clone(),
        }
    }
}

impl From<&PastOrder> for WitOrder {
    fn from(order: &PastOrder) -> Self {
        Self {
            id: order.id.clone(),
            status: order.status.clone(),
            total: (&order.total).into(),
            lines: order.lines.iter().map(WitLine::from).collect(),
            age_days: order.age_days,
        }
    }
}

impl From<&ThreadMessage> for WitMessage {
    fn from(message: &ThreadMessage) -> Self {
        Self {
            author: message.author.clone(),
            kind: message.kind.clone(),
            text: message.text.clone(),
            age_hours: message.age_hours,
        }
    }
}

impl From<&OwnerSpan> for WitOwner {
    fn from(span: &OwnerSpan) -> Self {
        Self {
            owner: span.owner.clone(),
            age_hours: span.age_hours,
        }
    }
}
