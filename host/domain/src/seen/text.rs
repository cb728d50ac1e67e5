//! What people typed into a message, for who may not see all of it.

use std::sync::Arc;

use super::Seen;
use crate::{
    facts::{Keep, masked_but},
    field::Field,
};

impl Seen<'_> {
    /// The text, masked but for what is held: nothing is with
    /// `message.text-raw`; phone numbers and e-mail addresses stay with the
    /// customer's own; cards and postal addresses never do.
    pub(super) fn masked(&self, text: &Arc<str>) -> Arc<str> {
        if self.holds(Field::MessageTextRaw) {
            self.note([Field::MessageTextRaw].into_iter().collect());
            return text.clone();
        }
        let keep = self.kept();
        let given = masked_but(text, keep);
        self.note_typed(text, &given, keep);
        given
    }

    /// A module's words, masked as well. They are no read of a field.
    pub(super) fn reworded(&self, text: &Arc<str>) -> Arc<str> {
        if self.holds(Field::MessageTextRaw) {
            text.clone()
        } else {
            masked_but(text, self.kept())
        }
    }

    fn kept(&self) -> Keep {
        Keep {
            phones: self.holds(Field::CustomerPhone),
            emails: self.holds(Field::CustomerEmail),
            addresses: false,
        }
    }

    /// A number or an address that stayed was read.
    fn note_typed(&self, text: &Arc<str>, given: &Arc<str>, keep: Keep) {
        let kinds = [
            (
                keep.phones,
                Field::CustomerPhone,
                Keep {
                    phones: false,
                    ..keep
                },
            ),
            (
                keep.emails,
                Field::CustomerEmail,
                Keep {
                    emails: false,
                    ..keep
                },
            ),
        ];
        for (_, field, without) in kinds.into_iter().filter(|(is_kept, ..)| *is_kept) {
            if masked_but(text, without) != *given {
                self.note([field].into_iter().collect());
            }
        }
    }
}
