//! The window of recent messages of one conversation.
//!
//! Messages, changes to them (edits, revokes), statuses and outcomes of sends
//! are four sets that are only joined when the thread is read. So any order in
//! which WhatsApp delivers them, and any repetition, gives the same state.

use std::{cmp::Ordering, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Latest;
use crate::{
    event::{Author, Receipt, ReceiptStatus, SendKey, SendOutcome},
    ids::MessageId,
    limits::{
        THREAD_MARKS_MAX, THREAD_MESSAGES_MAX, THREAD_OUTCOMES_MAX, THREAD_RECEIPTS_MAX,
        THREAD_TEXT_CHARS_MAX,
    },
    text::truncated,
};

/// What a message is known by: WhatsApp's id, or the key of our own send.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageRef {
    /// WhatsApp's id.
    WhatsApp(MessageId),
    /// The key of our own send.
    Send(SendKey),
}

/// A message of the window. Two entries are the same when time and reference
/// are.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct ThreadEntry {
    /// When it was written.
    pub at: Timestamp,
    /// What it is known by.
    pub id: MessageRef,
    /// Who wrote it.
    pub author: Author,
    /// WhatsApp's type.
    pub kind: Arc<str>,
    /// Its text as it was written, cut to what the state holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Arc<str>>,
    /// Whether it is from before Baton.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_past: bool,
}

impl ThreadEntry {
    fn key(&self) -> (Timestamp, &MessageRef) {
        (self.at, &self.id)
    }
}

impl PartialEq for ThreadEntry {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}
impl Eq for ThreadEntry {}
impl PartialOrd for ThreadEntry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for ThreadEntry {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

/// A change to a message.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Mark {
    at: Timestamp,
    target: MessageId,
    change: Change,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Change {
    Edited(Option<Arc<str>>),
    Revoked,
}

/// An outcome of a send.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Outcome {
    at: Timestamp,
    send: SendKey,
    outcome: SendOutcome,
}

/// A message as it reads now, with all that is known of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MessageNow<'t> {
    /// The message.
    pub entry: &'t ThreadEntry,
    /// Its text after edits; `None` when it has none or was revoked.
    pub text: Option<&'t Arc<str>>,
    /// Whether the text was edited.
    pub is_edited: bool,
    /// Whether it was taken back.
    pub is_revoked: bool,
    /// What became of it, when it is one of ours.
    pub outcome: Option<&'t SendOutcome>,
    /// The furthest it got.
    pub receipt: Option<ReceiptStatus>,
}

/// The window of one conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thread {
    messages: Latest<ThreadEntry, THREAD_MESSAGES_MAX>,
    #[serde(default, skip_serializing_if = "Latest::is_empty")]
    marks: Latest<Mark, THREAD_MARKS_MAX>,
    #[serde(default, skip_serializing_if = "Latest::is_empty")]
    receipts: Latest<Receipt, THREAD_RECEIPTS_MAX>,
    #[serde(default, skip_serializing_if = "Latest::is_empty")]
    outcomes: Latest<Outcome, THREAD_OUTCOMES_MAX>,
}

impl Thread {
    /// Adds a message. Returns whether it is new to the window: not when it
    /// was there, nor when it is older than a full window, so that a
    /// redelivery long after is seen for what it is.
    pub(super) fn add(&mut self, mut entry: ThreadEntry) -> bool {
        entry.text = entry.text.map(|text| truncated(&text, THREAD_TEXT_CHARS_MAX));
        self.messages.insert(entry)
    }

    pub(super) fn edited(&mut self, at: Timestamp, target: MessageId, text: Option<Arc<str>>) {
        let text = text.map(|text| truncated(&text, THREAD_TEXT_CHARS_MAX));
        self.marks.insert(Mark { at, target, change: Change::Edited(text) });
    }

    pub(super) fn revoked(&mut self, at: Timestamp, target: MessageId) {
        self.marks.insert(Mark { at, target, change: Change::Revoked });
    }

    pub(super) fn receipt(&mut self, receipt: Receipt) {
        self.receipts.insert(receipt);
    }

    pub(super) fn outcome(&mut self, at: Timestamp, send: SendKey, outcome: SendOutcome) {
        self.outcomes.insert(Outcome { at, send, outcome });
    }

    /// How many messages the window holds.
    pub fn len(&self) -> usize {
        self.messages.len()
    }

    /// Whether nothing was written yet.
    pub fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// The messages as they read now, oldest first.
    pub fn messages(&self) -> impl DoubleEndedIterator<Item = MessageNow<'_>> + ExactSizeIterator {
        self.messages.iter().map(|entry| self.now(entry))
    }

    /// The message of this id as it reads now.
    pub fn message(&self, id: &MessageId) -> Option<MessageNow<'_>> {
        let is_it = |entry: &&ThreadEntry| matches!(&entry.id, MessageRef::WhatsApp(it) if it == id);
        self.messages.iter().find(is_it).map(|entry| self.now(entry))
    }

    fn now<'t>(&'t self, entry: &'t ThreadEntry) -> MessageNow<'t> {
        let (is_revoked, edit) = self.changes(&entry.id);
        let (outcome, accepted_as) = self.fate(&entry.id);
        let text = match edit {
            _ if is_revoked => None,
            Some(edited) => edited.as_ref(),
            None => entry.text.as_ref(),
        };
        let receipt = self.furthest(&entry.id, accepted_as);
        MessageNow { entry, text, is_edited: edit.is_some(), is_revoked, outcome, receipt }
    }

    /// Whether it was revoked, and the text of the latest edit.
    fn changes(&self, id: &MessageRef) -> (bool, Option<&Option<Arc<str>>>) {
        let MessageRef::WhatsApp(id) = id else {
            return (false, None);
        };
        let (mut is_revoked, mut edit) = (false, None);
        for mark in self.marks.iter().filter(|mark| mark.target == *id) {
            match &mark.change {
                Change::Revoked => is_revoked = true,
                Change::Edited(text) => edit = Some(text),
            }
        }
        (is_revoked, edit)
    }

    /// The outcome of a send, and the id under which WhatsApp took it.
    fn fate(&self, id: &MessageRef) -> (Option<&SendOutcome>, Option<&MessageId>) {
        let MessageRef::Send(send) = id else {
            return (None, None);
        };
        let of_send = || self.outcomes.iter().filter(|outcome| outcome.send == *send);
        let accepted_as = of_send().find_map(|outcome| match &outcome.outcome {
            SendOutcome::Accepted { message } => Some(message),
            _ => None,
        });
        (of_send().map(|outcome| &outcome.outcome).max(), accepted_as)
    }

    fn furthest(&self, id: &MessageRef, accepted_as: Option<&MessageId>) -> Option<ReceiptStatus> {
        let is_of = |receipt: &&Receipt| match id {
            MessageRef::WhatsApp(id) => receipt.message == *id,
            MessageRef::Send(send) => {
                receipt.send.as_ref() == Some(send) || accepted_as == Some(&receipt.message)
            }
        };
        self.receipts.iter().filter(is_of).map(|receipt| receipt.status).max()
    }
}
