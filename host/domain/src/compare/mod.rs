//! What the Business App holds of a customer's messages, beside what Baton
//! does: what is missing where, and what reads otherwise.
//!
//! Messages with an id are matched by it. The export of a chat has none: there
//! a message is matched by its direction, its text and its time, one to one, so
//! that of two messages "ok" with one of them lost one is found missing.

mod cause;
mod matching;

use std::sync::Arc;

use jiff::Timestamp;

pub use cause::{Cause, UnknownCause};

use crate::ids::MessageId;
use matching::Matching;

/// A message as one side has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// WhatsApp's id, where it is known.
    pub id: Option<MessageId>,
    /// Whether the customer wrote it.
    pub is_inbound: bool,
    /// When.
    pub at: Timestamp,
    /// WhatsApp's type.
    pub kind: Arc<str>,
    /// Its text as it reads now.
    pub text: Option<Arc<str>>,
    /// Whether the text was edited.
    pub is_edited: bool,
    /// Whether it was taken back.
    pub is_revoked: bool,
}

/// A message as Baton's log has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ours {
    /// The message.
    pub message: Message,
    /// What it read before it was edited or taken back.
    pub before: Vec<Arc<str>>,
    /// Whether it left by the Cloud API. The App may show such a message or not,
    /// in words of its own.
    pub is_sent: bool,
    /// Its place in the log.
    pub version: u64,
}

/// Something that is not the same on both sides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Difference {
    /// What it is.
    pub cause: Cause,
    /// Which message of the App's, by its place.
    pub there: Option<usize>,
    /// Which of ours, by its place.
    pub here: Option<usize>,
}

/// What a comparison found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Compared {
    /// Messages that are on both sides.
    pub matched: u64,
    /// Messages that left by the Cloud API and that the App does not show, which
    /// is as it should be.
    pub sent_by_us: u64,
    /// Everything else.
    pub differences: Vec<Difference>,
}

/// Holds the App's messages with one customer against ours of the same time.
/// What is ours from before the App's first message or after its last is left
/// out: nobody says that the App's are all there are.
pub fn compare(there: &[Message], here: &[Ours]) -> Compared {
    let mut matching = Matching::of(there, here);
    matching.by_id();
    matching.by_text();
    matching.by_time();
    matching.by_longer_text();
    matching.judged()
}
