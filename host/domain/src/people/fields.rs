//! A set of fields, small enough to be copied.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::field::Field;

/// A set of fields; as text, a list of their names.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "Vec<Field>", into = "Vec<Field>")]
pub struct FieldSet(u128);

// A bit for each field.
const _: () = assert!(Field::ALL.len() <= 128);

impl FieldSet {
    /// No field.
    pub const NONE: Self = Self(0);

    /// Every field of the catalogue.
    pub fn all() -> Self {
        Field::ALL.iter().copied().collect()
    }

    /// Whether `field` is one of them.
    pub fn contains(self, field: Field) -> bool {
        self.0 & bit(field) != 0
    }

    /// Whether every one of `others` is one of them.
    pub fn contains_all(self, others: Self) -> bool {
        others.0 & !self.0 == 0
    }

    /// Adds a field.
    pub fn insert(&mut self, field: Field) {
        self.0 |= bit(field);
    }

    /// Both sets together.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Those that are in `other` too.
    #[must_use]
    pub fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Those that are not in `other`.
    #[must_use]
    pub fn without(self, other: Self) -> Self {
        Self(self.0 & !other.0)
    }

    /// Whether there is none.
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The fields, in the order of the catalogue.
    pub fn iter(self) -> impl Iterator<Item = Field> {
        Field::ALL
            .iter()
            .copied()
            .filter(move |field| self.contains(*field))
    }
}

fn bit(field: Field) -> u128 {
    1 << (field as u8)
}

impl FromIterator<Field> for FieldSet {
    fn from_iter<I: IntoIterator<Item = Field>>(fields: I) -> Self {
        Self(fields.into_iter().fold(0, |set, field| set | bit(field)))
    }
}

impl From<Vec<Field>> for FieldSet {
    fn from(fields: Vec<Field>) -> Self {
        fields.into_iter().collect()
    }
}

impl From<FieldSet> for Vec<Field> {
    fn from(set: FieldSet) -> Self {
        set.iter().collect()
    }
}

impl fmt::Debug for FieldSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
