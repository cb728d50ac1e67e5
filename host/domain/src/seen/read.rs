//! What modules read. They see postal addresses in texts, and of what the
//! merchant tells nothing is masked for them; people see as much of it as they do
//! of the thread.

use std::sync::Arc;

use super::Seen;
use crate::{
    field::{Field, FieldValue, Sensitivity, ThreadMessage},
    module::Read,
    people::FieldSet,
};

/// The fields without which nobody sees a value of `field`: the thread is of the
/// customer's texts, too.
pub fn needed_for(field: Field) -> FieldSet {
    let thread: &[Field] = match field {
        Field::MessageRecent => &[Field::MessageText],
        _ => &[],
    };
    thread.iter().copied().chain([field]).collect()
}

impl Seen<'_> {
    /// Something that a module read; `None` when its value may not be seen.
    /// Settings are the tenant's own.
    pub fn read(&self, read: &Read) -> Option<Read> {
        match read {
            Read::Field(field, value) => {
                let seen = self.value(*field, value)?;
                Some(Read::Field(*field, seen))
            }
            Read::Setting(..) => Some(read.clone()),
        }
    }

    /// A value of a field, as modules read it: the one way for such a value to
    /// reach people.
    pub fn value(&self, field: Field, value: &FieldValue) -> Option<FieldValue> {
        self.all(needed_for(field), || match value {
            FieldValue::Text(text) if is_typed(field) => FieldValue::Text(self.masked(text)),
            FieldValue::Messages(messages) => {
                let messages = messages.iter().map(|it| ThreadMessage {
                    text: self.masked(&it.text),
                    ..it.clone()
                });
                FieldValue::Messages(messages.collect::<Arc<[_]>>())
            }
            value => value.clone(),
        })
    }
}

/// Whether somebody typed it, so that anything may stand in it.
fn is_typed(field: Field) -> bool {
    let told = [
        Field::DeliveryUncertaintyReason,
        Field::PaymentLastFailureReason,
    ];
    field.sensitivity() == Sensitivity::Content || told.contains(&field)
}
