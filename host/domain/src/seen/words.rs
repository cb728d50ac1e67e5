//! Modules' own words: for who holds all that they rest on, and masked like what
//! people wrote, since a module may repeat what it read.

use std::sync::Arc;

use serde_json::Value;

use super::Seen;
use crate::people::FieldSet;

impl Seen<'_> {
    /// What a module made of `fields`, and of every field when that is not known.
    /// What it says of them is not noted as read. A text of it goes through
    /// [`Seen::words`].
    pub fn made_of<T>(&self, fields: Option<FieldSet>, value: impl FnOnce() -> T) -> Option<T> {
        let fields = fields.unwrap_or_else(FieldSet::all);
        self.holds_all(fields).then(value)
    }

    /// A module's own text that rests on `fields`, as [`Seen::made_of`].
    pub fn words(&self, fields: Option<FieldSet>, text: &Arc<str>) -> Option<Arc<str>> {
        self.made_of(fields, || self.reworded(text))
    }

    /// [`Seen::words`] of several.
    pub fn all_words(&self, fields: Option<FieldSet>, texts: &[Arc<str>]) -> Option<Vec<Arc<str>>> {
        let reworded = || texts.iter().map(|it| self.reworded(it)).collect();
        self.made_of(fields, reworded)
    }

    /// Masks every text in some JSON of a module's.
    pub(super) fn reword(&self, value: &mut Value) {
        match value {
            Value::String(text) => {
                let given = self.reworded(&text.as_str().into());
                *text = given.as_ref().into();
            }
            Value::Array(items) => items.iter_mut().for_each(|it| self.reword(it)),
            Value::Object(members) => members.values_mut().for_each(|it| self.reword(it)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}
