//! The kinds of values that expressions have, and the fields that have them.

use baton_domain::{
    field::{Field, Shape},
    module::SettingType,
};

/// A kind of value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Something is wrong with it already; it fits everywhere.
    Any,
    Null,
    Bool,
    Int,
    Double,
    Text,
    Money,
    List(Box<Kind>),
    Record(Record),
}

/// A record of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Record {
    Line,
    Order,
    Message,
    Owner,
    Pair,
}

impl Kind {
    /// What a field of this shape holds, and whether it may be absent.
    pub(crate) fn of(shape: Shape) -> (Self, bool) {
        let list = |record| Self::List(Box::new(Self::Record(record)));
        match shape {
            Shape::Text => (Self::Text, false),
            Shape::OptionalText => (Self::Text, true),
            Shape::Count | Shape::Seconds => (Self::Int, false),
            Shape::OptionalCount => (Self::Int, true),
            Shape::OptionalFlag => (Self::Bool, true),
            Shape::OptionalMoney => (Self::Money, true),
            Shape::Texts => (Self::List(Box::new(Self::Text)), false),
            Shape::Lines => (list(Record::Line), false),
            Shape::OptionalOrder => (Self::Record(Record::Order), true),
            Shape::Messages => (list(Record::Message), false),
            Shape::Owners => (list(Record::Owner), false),
        }
    }

    /// What a setting of this type holds.
    pub(crate) fn of_setting(kind: SettingType) -> Self {
        match kind {
            SettingType::Boolean => Self::Bool,
            SettingType::Integer => Self::Int,
            SettingType::Decimal => Self::Double,
            SettingType::Text => Self::Text,
            SettingType::Texts => Self::List(Box::new(Self::Text)),
        }
    }

    /// The parts that a value of this kind has, in the order of the contract.
    pub(crate) fn parts(&self) -> Vec<(&'static str, Kind)> {
        let lines = || Self::List(Box::new(Self::Record(Record::Line)));
        let pairs = || Self::List(Box::new(Self::Record(Record::Pair)));
        match self {
            Self::Money => vec![("minor", Self::Int), ("currency", Self::Text)],
            Self::Record(Record::Line) => vec![
                ("product", Self::Text),
                ("name", Self::Text),
                ("quantity", Self::Int),
                ("unit_price", Self::Money),
                ("attributes", pairs()),
            ],
            Self::Record(Record::Order) => vec![
                ("id", Self::Text),
                ("status", Self::Text),
                ("total", Self::Money),
                ("lines", lines()),
                ("age_days", Self::Int),
            ],
            Self::Record(Record::Message) => vec![
                ("author", Self::Text),
                ("kind", Self::Text),
                ("text", Self::Text),
                ("age_hours", Self::Int),
            ],
            Self::Record(Record::Owner) => vec![("owner", Self::Text), ("age_hours", Self::Int)],
            Self::Record(Record::Pair) => vec![("name", Self::Text), ("value", Self::Text)],
            _ => Vec::new(),
        }
    }

    /// In words, with its article.
    pub(crate) fn words(&self) -> &'static str {
        match self {
            Self::Any => "a value",
            Self::Null => "null",
            Self::Bool => "a yes or no",
            Self::Int => "a whole number",
            Self::Double => "a decimal",
            Self::Text => "a text",
            Self::Money => "an amount of money",
            Self::List(_) => "a list",
            Self::Record(Record::Line) => "a line",
            Self::Record(Record::Order) => "an order",
            Self::Record(Record::Message) => "a message",
            Self::Record(Record::Owner) => "a span of ownership",
            Self::Record(Record::Pair) => "an attribute",
        }
    }

    pub(crate) fn is_number(&self) -> bool {
        matches!(self, Self::Int | Self::Double)
    }

    /// The kind that both are, if there is one.
    pub(crate) fn common(&self, other: &Self) -> Option<Self> {
        match (self, other) {
            (Self::Any, kind) | (kind, Self::Any) => Some(kind.clone()),
            (Self::Null, kind) | (kind, Self::Null) => Some(kind.clone()),
            (Self::List(a), Self::List(b)) => Some(Self::List(Box::new(a.common(b)?))),
            (a, b) => (a == b).then(|| a.clone()),
        }
    }
}

/// A field as expressions spell it: `customer.lifetime_value` is
/// `customer.lifetime-value` of the contract, where no name has a `_`.
pub(crate) fn spelling(field: Field) -> String {
    field.name().replace('-', "_")
}

/// The field of this group that is spelt so; with backticks, the contract's
/// own spelling will do.
pub(crate) fn field(group: &str, name: &str) -> Option<Field> {
    format!("{group}.{}", name.replace('_', "-")).parse().ok()
}

/// The fields of a group, as expressions spell them.
pub(crate) fn group(group: &str) -> Vec<String> {
    let fields = Field::ALL.iter().copied();
    let inside = fields.filter(|field| field.interface() == group);
    inside.map(spelling).collect()
}

/// The known text that is most like `wrong`, if one is like it at all.
pub(crate) fn nearest<'k>(
    wrong: &str,
    known: impl IntoIterator<Item = &'k str>,
) -> Option<&'k str> {
    let far = |known: &&str| distance(wrong, known);
    let best = known.into_iter().min_by_key(far)?;
    (distance(wrong, best) <= best.len().div_ceil(3)).then_some(best)
}

/// Levenshtein's.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.bytes().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.bytes().enumerate() {
            let change = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = change.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_one_spelling_and_is_found_by_it() {
        for known in Field::ALL {
            let spelt = spelling(*known);
            let (group, name) = spelt.split_once('.').unwrap();
            assert_eq!(field(group, name), Some(*known));
            assert!(!known.name().contains('_'));
        }
    }

    #[test]
    fn what_is_misspelt_is_guessed() {
        assert_eq!(nearest("valeu", ["value", "items"]), Some("value"));
        assert_eq!(nearest("colour", ["value", "items"]), None);
    }
}
