//! Cutting what others send to what the state holds; the log keeps all of it.

use std::sync::Arc;

use crate::{
    event::{SendKey, SendOutcome},
    field::Line,
    limits::{
        ATTRIBUTES_MAX, FOREIGN_ID_CHARS_MAX, LINES_MAX, NAME_CHARS_MAX, NOTE_CHARS_MAX,
        SEND_KEY_CHARS_MAX, SHORT_TEXT_CHARS_MAX, TAGS_MAX,
    },
    text::truncated,
};

/// A name, a reason, a note.
pub(super) fn short(text: &Arc<str>) -> Arc<str> {
    truncated(text, SHORT_TEXT_CHARS_MAX)
}

/// A note of several lines.
pub(super) fn note(text: &Arc<str>) -> Arc<str> {
    truncated(text, NOTE_CHARS_MAX)
}

/// One of an open set of words, such as a message's type.
pub(super) fn word(text: &Arc<str>) -> Arc<str> {
    truncated(text, NAME_CHARS_MAX)
}

/// An id of another system that has no type of its own.
pub(super) fn foreign_id(text: &Arc<str>) -> Arc<str> {
    truncated(text, FOREIGN_ID_CHARS_MAX)
}

/// Labels.
pub(super) fn tags(tags: &[Arc<str>]) -> Vec<Arc<str>> {
    tags.iter().take(TAGS_MAX).map(short).collect()
}

/// Lines of a basket or an order.
pub(super) fn lines(lines: &[Line]) -> Vec<Line> {
    let line = |line: &Line| Line {
        product: foreign_id(&line.product),
        name: short(&line.name),
        quantity: line.quantity,
        unit_price: line.unit_price.clone(),
        attributes: line
            .attributes
            .iter()
            .take(ATTRIBUTES_MAX)
            .map(|(name, value)| (word(name), word(value)))
            .collect(),
    };
    lines.iter().take(LINES_MAX).map(line).collect()
}

/// The key of a send.
pub(super) fn send_key(key: &SendKey) -> SendKey {
    SendKey(truncated(&key.0, SEND_KEY_CHARS_MAX))
}

/// The outcome of a send.
pub(super) fn outcome(outcome: &SendOutcome) -> SendOutcome {
    match outcome {
        SendOutcome::Suppressed { why } => SendOutcome::Suppressed { why: word(why) },
        SendOutcome::Dead { why } => SendOutcome::Dead { why: word(why) },
        SendOutcome::Begun | SendOutcome::Accepted { .. } | SendOutcome::Crossed => outcome.clone(),
    }
}
