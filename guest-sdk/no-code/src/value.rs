//! Values, and how what a field returns becomes one.

use core::cmp::Ordering;

use baton_guest::{Line, Money, OwnerSpan, PastOrder, ThreadMessage};

/// A value. Cheap to copy: a guest runs once, and what it makes stays until
/// its instance is dropped.
#[derive(Debug, Clone, Copy)]
pub enum Value {
    /// `null`, or what a field lacks.
    Null,
    /// A yes or no.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A decimal.
    Double(f64),
    /// A text, or a date.
    Text(&'static str),
    /// An amount.
    Money(&'static Money),
    /// A list.
    List(&'static [Value]),
    /// The parts of a record, in the order of the contract.
    Record(&'static [Value]),
}

impl Value {
    /// A text of its own.
    pub fn text(text: String) -> Self {
        Self::Text(text.leak())
    }

    /// A list of its own.
    pub fn list(values: Vec<Value>) -> Self {
        Self::List(values.leak())
    }

    /// The order of two that have one: numbers, texts, and amounts of one
    /// currency.
    pub(crate) fn order(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Text(a), Self::Text(b)) => Some(a.cmp(b)),
            (Self::Money(a), Self::Money(b)) if a.same_currency(b) => Some(a.minor.cmp(&b.minor)),
            _ => self.number_order(other),
        }
    }

    fn number_order(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Int(a), Self::Int(b)) => Some(a.cmp(&b)),
            (Self::Double(a), Self::Double(b)) => a.partial_cmp(&b),
            (Self::Int(a), Self::Double(b)) => (a as f64).partial_cmp(&b),
            (Self::Double(a), Self::Int(b)) => a.partial_cmp(&(b as f64)),
            _ => None,
        }
    }
}

/// `==`: never "not known"; two of different kinds are not equal.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        match (*self, *other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(a), Self::Bool(b)) => a == b,
            (Self::Text(a), Self::Text(b)) => a == b,
            (Self::Money(a), Self::Money(b)) => a == b,
            (Self::List(a), Self::List(b)) | (Self::Record(a), Self::Record(b)) => a == b,
            (a, b) => a.number_order(b) == Some(Ordering::Equal),
        }
    }
}

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Bool(flag)
    }
}

impl From<u32> for Value {
    fn from(count: u32) -> Self {
        Self::Int(count.into())
    }
}

impl From<u64> for Value {
    fn from(seconds: u64) -> Self {
        Self::Int(i64::try_from(seconds).unwrap_or(i64::MAX))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Double(number)
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<Money> for Value {
    fn from(money: Money) -> Self {
        Self::Money(Box::leak(Box::new(money)))
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(known: Option<T>) -> Self {
        known.map_or(Self::Null, Into::into)
    }
}

impl<T: Into<Value>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Self::list(items.into_iter().map(Into::into).collect())
    }
}

/// Made of parts, in the order of the contract.
fn record<const N: usize>(parts: [Value; N]) -> Value {
    Value::Record(Box::leak(Box::new(parts)))
}

impl From<(String, String)> for Value {
    fn from((name, value): (String, String)) -> Self {
        record([name.into(), value.into()])
    }
}

impl From<Line> for Value {
    fn from(line: Line) -> Self {
        record([
            line.product.into(),
            line.name.into(),
            line.quantity.into(),
            line.unit_price.into(),
            line.attributes.into(),
        ])
    }
}

impl From<PastOrder> for Value {
    fn from(order: PastOrder) -> Self {
        record([
            order.id.into(),
            order.status.into(),
            order.total.into(),
            order.lines.into(),
            order.age_days.into(),
        ])
    }
}

impl From<ThreadMessage> for Value {
    fn from(message: ThreadMessage) -> Self {
        record([
            message.author.into(),
            message.kind.into(),
            message.text.into(),
            message.age_hours.into(),
        ])
    }
}

impl From<OwnerSpan> for Value {
    fn from(span: OwnerSpan) -> Self {
        record([span.owner.into(), span.age_hours.into()])
    }
}
