//! Values of fields: what a moment knows, in the shapes of `wit/v1/types.wit`.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::money::Money;

/// The type of a field, as in its WIT function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "each is the WIT type of the same name")]
pub enum Shape {
    /// `string`
    Text,
    /// `option<string>`
    OptionalText,
    /// `u32`
    Count,
    /// `option<u32>`
    OptionalCount,
    /// `u64`
    Seconds,
    /// `option<bool>`
    OptionalFlag,
    /// `option<money>`
    OptionalMoney,
    /// `list<string>`
    Texts,
    /// `list<line>`
    Lines,
    /// `option<past-order>`
    OptionalOrder,
    /// `list<thread-message>`
    Messages,
    /// `list<owner-span>`
    Owners,
}

/// The value of a field at one moment. Cheap to clone: what is long is shared.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is", content = "value")]
pub enum FieldValue {
    /// Not known (`none`); only for the optional shapes.
    Unknown,
    /// A yes or no.
    Flag(bool),
    /// A count.
    Count(u32),
    /// Unix seconds.
    Seconds(u64),
    /// A text; dates are texts as `YYYY-MM-DD`.
    Text(Arc<str>),
    /// An amount.
    Money(Money),
    /// Texts.
    Texts(Arc<[Arc<str>]>),
    /// Lines of a basket.
    Lines(Arc<[Line]>),
    /// An order.
    Order(Arc<PastOrder>),
    /// Messages of the thread.
    Messages(Arc<[ThreadMessage]>),
    /// Owners of the episode.
    Owners(Arc<[OwnerSpan]>),
}

/// One line of a basket or an order.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Line {
    /// The merchant's own id of the product.
    pub product: Arc<str>,
    /// What it is called; empty when not known.
    #[serde(default = "empty")]
    pub name: Arc<str>,
    /// Pieces, at least 1.
    pub quantity: u32,
    /// Price of one piece.
    pub unit_price: Money,
    /// Variant attributes, such as `colour` = `blue`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attributes: Vec<(Arc<str>, Arc<str>)>,
}

fn empty() -> Arc<str> {
    "".into()
}

/// An order, seen from a moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PastOrder {
    /// The merchant's own id.
    pub id: Arc<str>,
    /// `paid`, `shipped`, ...
    pub status: Arc<str>,
    /// Net value.
    pub total: Money,
    /// What was ordered.
    pub lines: Arc<[Line]>,
    /// Whole days since it was placed.
    pub age_days: u32,
}

/// A message of the thread, seen from a moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ThreadMessage {
    /// `customer`, `bot`, `agent` or `app`.
    pub author: Arc<str>,
    /// WhatsApp's type.
    pub kind: Arc<str>,
    /// Masked text; empty when there is none.
    pub text: Arc<str>,
    /// Whole hours before the moment.
    pub age_hours: u32,
}

/// A span of ownership, seen from a moment.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct OwnerSpan {
    /// `bot`, `team`, `agent` or `app`.
    pub owner: Arc<str>,
    /// Whole hours between its start and the moment.
    pub age_hours: u32,
}

impl FieldValue {
    /// A text.
    pub fn text(text: &str) -> Self {
        Self::Text(text.into())
    }

    /// The value, or [`FieldValue::Unknown`].
    pub fn or_unknown<T>(value: Option<T>, wrap: impl FnOnce(T) -> Self) -> Self {
        value.map_or(Self::Unknown, wrap)
    }

    /// What a field of this shape holds when nothing is known: `none`, zero,
    /// the empty text or list.
    pub fn nothing(shape: Shape) -> Self {
        match shape {
            Shape::Text => Self::text(""),
            Shape::Count => Self::Count(0),
            Shape::Seconds => Self::Seconds(0),
            Shape::Texts => Self::Texts(Arc::new([])),
            Shape::Lines => Self::Lines(Arc::new([])),
            Shape::Messages => Self::Messages(Arc::new([])),
            Shape::Owners => Self::Owners(Arc::new([])),
            Shape::OptionalText
            | Shape::OptionalCount
            | Shape::OptionalFlag
            | Shape::OptionalMoney
            | Shape::OptionalOrder => Self::Unknown,
        }
    }

    /// Whether the value is one that a field of this shape can hold.
    pub fn fits(&self, shape: Shape) -> bool {
        match self {
            Self::Unknown => Self::nothing(shape) == Self::Unknown,
            Self::Flag(_) => shape == Shape::OptionalFlag,
            Self::Count(_) => matches!(shape, Shape::Count | Shape::OptionalCount),
            Self::Seconds(_) => shape == Shape::Seconds,
            Self::Text(_) => matches!(shape, Shape::Text | Shape::OptionalText),
            Self::Money(_) => shape == Shape::OptionalMoney,
            Self::Texts(_) => shape == Shape::Texts,
            Self::Lines(_) => shape == Shape::Lines,
            Self::Order(_) => shape == Shape::OptionalOrder,
            Self::Messages(_) => shape == Shape::Messages,
            Self::Owners(_) => shape == Shape::Owners,
        }
    }
}

/// For people: an explanation shows values in this form.
impl fmt::Display for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown => f.write_str("not known"),
            Self::Flag(flag) => f.write_str(if *flag { "yes" } else { "no" }),
            Self::Count(count) => write!(f, "{count}"),
            Self::Seconds(seconds) => write!(f, "{seconds} s"),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Money(money) => write!(f, "{money}"),
            Self::Texts(texts) => write_list(f, texts, |f, text| f.write_str(text)),
            Self::Lines(lines) => write_list(f, lines, write_line),
            Self::Order(order) => {
                let PastOrder {
                    id,
                    status,
                    total,
                    lines,
                    age_days,
                } = &**order;
                write!(f, "{id}, {status}, {total}, {age_days} d ago: ")?;
                write_list(f, lines, write_line)
            }
            Self::Messages(messages) => write_list(f, messages, |f, message| {
                write!(f, "{}: {:?}", message.author, message.text)
            }),
            Self::Owners(spans) => write_list(f, spans, |f, span| {
                write!(f, "{} since {} h", span.owner, span.age_hours)
            }),
        }
    }
}

impl fmt::Debug for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn write_list<T>(
    f: &mut fmt::Formatter<'_>,
    items: &[T],
    mut write_item: impl FnMut(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    f.write_str("[")?;
    for (at, item) in items.iter().enumerate() {
        if at > 0 {
            f.write_str(", ")?;
        }
        write_item(f, item)?;
    }
    f.write_str("]")
}

fn write_line(f: &mut fmt::Formatter<'_>, line: &Line) -> fmt::Result {
    let name = if line.name.is_empty() {
        &line.product
    } else {
        &line.name
    };
    write!(f, "{} × {name}", line.quantity)?;
    for (attribute, value) in &line.attributes {
        write!(f, " ({attribute} {value})")?;
    }
    Ok(())
}
