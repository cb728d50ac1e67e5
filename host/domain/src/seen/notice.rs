//! Notices: what is told to somebody who did not ask.

use std::mem;

use super::Seen;
use crate::{field::Field, notify::Notice};

/// A notice as somebody sees it. Only [`Seen::notice`] makes one, so nothing is
/// kept or leaves uncut.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenNotice(Notice);

impl SeenNotice {
    /// What is left of it.
    pub fn notice(&self) -> &Notice {
        &self.0
    }

    /// The same, to be kept until it is delivered.
    pub fn into_notice(self) -> Notice {
        self.0
    }
}

impl Seen<'_> {
    /// The notice, without what is not held: each member as the events have it
    /// that it was taken from.
    pub fn notice(&self, mut notice: Notice) -> SeenNotice {
        let tags = mem::take(&mut notice.tags);
        // What is not there was not read.
        if !tags.is_empty() {
            let seen = self.field(Field::ConversationTags, || tags);
            notice.tags = seen.unwrap_or_default();
        }
        let reasons = mem::take(&mut notice.reasons);
        let seen = self.all_words(Some(notice.rests_on), &reasons);
        notice.reasons = seen.unwrap_or_default();
        notice.note = notice.note.and_then(|it| self.text(&it));
        let order = notice.order.take();
        notice.order = order.and_then(|it| self.field(Field::OrderLast, || it));
        let fields = mem::take(&mut notice.fields).into_iter();
        let seen = fields.filter_map(|(field, it)| Some((field, self.value(field, &it)?)));
        notice.fields = seen.collect();
        SeenNotice(notice)
    }
}
