//! The window of recent messages of one conversation.
//!
//! Messages, edits, revokes, statuses and outcomes of sends are sets that are
//! only joined when the thread is read. So any order in which WhatsApp
//! delivers them, and any repetition, gives the same state.

use std::{cmp::Ordering, mem::discriminant, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Latest, bound};
use crate::{
    event::{Author, Receipt, ReceiptStatus, SendKey, SendOutcome},
    ids::MessageId,
    limits::{
        THREAD_EDITS_MAX, THREAD_MESSAGES_MAX, THREAD_OUTCOMES_MAX, THREAD_RECEIPTS_MAX,
        THREAD_REVOKES_MAX, THREAD_TEXT_CHARS_MAX,
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
    /// Whether it calls for no answer, such as a reaction.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_aside: bool,
    /// Whether it came from the App while the number was frozen: who wrote it is
    /// in doubt.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub while_frozen: bool,
}

/// The type under which history tells of a file that follows by itself, with
/// the same id (WhatsApp documentation, "Webhooks: history").
const PLACEHOLDER: &str = "media_placeholder";

impl ThreadEntry {
    /// How much it tells: the message itself more than history, and a file of
    /// the history more than what holds its place.
    fn weight(&self) -> u8 {
        match (self.is_past, &*self.kind) {
            (false, _) => 2,
            (true, PLACEHOLDER) => 0,
            (true, _) => 1,
        }
    }

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

/// A message's text after an edit; of a message the latest is kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Edit {
    at: Timestamp,
    target: MessageId,
    text: Option<Arc<str>>,
}

/// A message was taken back.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Revoke {
    at: Timestamp,
    target: MessageId,
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

impl MessageNow<'_> {
    /// Whether it is one of ours that never left, so that nobody read it.
    pub fn never_left(&self) -> bool {
        let is_held = matches!(
            self.outcome,
            Some(SendOutcome::Suppressed { .. } | SendOutcome::Dead { .. })
        );
        is_held
            && self
                .receipt
                .is_none_or(|furthest| furthest == ReceiptStatus::Failed)
    }
}

/// The window of one conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thread {
    messages: Latest<ThreadEntry, THREAD_MESSAGES_MAX>,
    #[serde(default, skip_serializing_if = "Latest::is_empty")]
    edits: Latest<Edit, THREAD_EDITS_MAX>,
    #[serde(default, skip_serializing_if = "Latest::is_empty")]
    revokes: Latest<Revoke, THREAD_REVOKES_MAX>,
    #[serde(default, skip_serializing_if = "Latest::is_empty")]
    receipts: Latest<Receipt, THREAD_RECEIPTS_MAX>,
    #[serde(default, skip_serializing_if = "Latest::is_empty")]
    outcomes: Latest<Outcome, THREAD_OUTCOMES_MAX>,
}

impl Thread {
    /// Adds a message. Returns whether it is new to the window: not when it
    /// was there, nor when it is older than a full window, so that a
    /// redelivery long after is seen for what it is. What history told first
    /// gives way to what tells more, so that either may come first.
    pub(super) fn add(&mut self, mut entry: ThreadEntry) -> bool {
        let is_it = |known: &ThreadEntry| known.id == entry.id;
        if let Some(known) = self.messages.iter().find(|it| is_it(it)) {
            if known.weight() >= entry.weight() {
                return false;
            }
            self.messages.remove(is_it);
        }
        entry.kind = bound::word(&entry.kind);
        entry.text = entry
            .text
            .map(|text| truncated(&text, THREAD_TEXT_CHARS_MAX));
        self.messages.insert(entry)
    }

    /// A send of ours leaves in other words than it was queued in.
    pub(super) fn left_as(&mut self, send: &SendKey, (kind, text): (&Arc<str>, Option<&Arc<str>>)) {
        let id = MessageRef::Send(bound::send_key(send));
        // Words take no part in the order.
        if let Some(entry) = self.messages.iter_mut().find(|it| it.id == id) {
            entry.kind = bound::word(kind);
            entry.text = text.map(|text| truncated(text, THREAD_TEXT_CHARS_MAX));
        }
    }

    pub(super) fn edited(&mut self, at: Timestamp, target: &MessageId, text: Option<&Arc<str>>) {
        let text = text.map(|text| truncated(text, THREAD_TEXT_CHARS_MAX));
        let edit = Edit {
            at,
            target: target.clone(),
            text,
        };
        self.edits
            .insert_newest(edit, |known| known.target == *target);
    }

    pub(super) fn revoked(&mut self, at: Timestamp, target: &MessageId) {
        let revoke = Revoke {
            at,
            target: target.clone(),
        };
        self.revokes
            .insert_newest(revoke, |known| known.target == *target);
    }

    pub(super) fn receipt(&mut self, receipt: &Receipt) {
        let send = receipt.send.as_ref().map(bound::send_key);
        let is_same =
            |known: &Receipt| known.message == receipt.message && known.status == receipt.status;
        self.receipts.insert_newest(
            Receipt {
                send,
                ..receipt.clone()
            },
            is_same,
        );
    }

    pub(super) fn outcome(&mut self, at: Timestamp, send: &SendKey, outcome: &SendOutcome) {
        let (send, outcome) = (bound::send_key(send), bound::outcome(outcome));
        let (key, kind) = (send.clone(), discriminant(&outcome));
        let is_same = |it: &Outcome| it.send == key && discriminant(&it.outcome) == kind;
        self.outcomes
            .insert_newest(Outcome { at, send, outcome }, is_same);
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
    pub fn messages(&self) -> impl DoubleEndedIterator<Item = MessageNow<'_>> {
        let told = self
            .messages
            .iter()
            .filter(|entry| !self.is_told_twice(entry));
        told.map(|entry| self.now(entry))
    }

    /// Whether it is what history tells of a send of ours, which stands here by
    /// itself. Looked at when it is read, since it may be known before or after.
    fn is_told_twice(&self, entry: &ThreadEntry) -> bool {
        let MessageRef::WhatsApp(id) = &entry.id else {
            return false;
        };
        let is_sent = |receipt: &Receipt| receipt.message == *id && receipt.send.is_some();
        entry.is_past && (self.is_own_send(id) || self.receipts.iter().any(is_sent))
    }

    /// The message of this id as it reads now.
    pub fn message(&self, id: &MessageId) -> Option<MessageNow<'_>> {
        let is_it =
            |entry: &&ThreadEntry| matches!(&entry.id, MessageRef::WhatsApp(it) if it == id);
        self.messages
            .iter()
            .find(is_it)
            .map(|entry| self.now(entry))
    }

    /// The text of a message as it reads now.
    pub(super) fn text_of(&self, id: &MessageRef) -> Option<&Arc<str>> {
        let entry = self.messages.iter().find(|entry| entry.id == *id)?;
        self.now(entry).text
    }

    /// The customer's latest message that says something. Looks at messages as
    /// they were written, since an edit may still be on its way.
    pub(super) fn last_question(&self) -> Option<&MessageRef> {
        let asks = |entry: &&ThreadEntry| {
            entry.author == Author::Customer
                && entry.text.is_some()
                && !entry.is_past
                && !entry.is_aside
        };
        self.messages.iter().rfind(asks).map(|entry| &entry.id)
    }

    /// Whether WhatsApp's id is that of a message that we sent, or that the
    /// bot said it sent. Statuses tell it too, and are not asked: they may come
    /// before the echo or after it.
    pub(super) fn is_ours(&self, id: &MessageId) -> bool {
        let is_accepted = self
            .outcomes
            .iter()
            .any(|it| matches!(&it.outcome, SendOutcome::Accepted { message } if message == id));
        is_accepted
            || self
                .message(id)
                .is_some_and(|it| it.entry.author == Author::Bot)
    }

    /// Whether a status of `message` tells nothing new: it is known to have got
    /// as far, or the window does not hold it.
    pub fn knows_receipt(&self, message: &MessageId, status: ReceiptStatus) -> bool {
        let known = self.message(message);
        known.is_none_or(|known| known.receipt.is_some_and(|furthest| furthest >= status))
    }

    /// Who wrote the send of this key, when the window holds it.
    pub(super) fn author_of(&self, send: &SendKey) -> Option<Author> {
        let is_it = |entry: &&ThreadEntry| matches!(&entry.id, MessageRef::Send(it) if it == send);
        self.messages.iter().find(is_it).map(|entry| entry.author)
    }

    /// Whether WhatsApp has told anything of the send of this key: then it was
    /// sent.
    pub fn has_receipt_of(&self, send: &SendKey) -> bool {
        self.receipts
            .iter()
            .any(|receipt| receipt.send.as_ref() == Some(send))
    }

    /// Under which id WhatsApp has the send of this key, as its statuses tell.
    pub fn sent_as(&self, send: &SendKey) -> Option<&MessageId> {
        let is_of =
            |it: &&Receipt| it.send.as_ref() == Some(send) && it.status != ReceiptStatus::Failed;
        self.receipts.iter().find(is_of).map(|it| &it.message)
    }

    /// Whether `id` is a message that Baton itself sent.
    pub fn is_own_send(&self, id: &MessageId) -> bool {
        self.outcomes
            .iter()
            .any(|it| matches!(&it.outcome, SendOutcome::Accepted { message } if message == id))
    }

    fn now<'t>(&'t self, entry: &'t ThreadEntry) -> MessageNow<'t> {
        let (edit, is_revoked) = match &entry.id {
            MessageRef::WhatsApp(id) => (
                self.edits.iter().find(|edit| edit.target == *id),
                self.revokes.iter().any(|revoke| revoke.target == *id),
            ),
            MessageRef::Send(_) => (None, false),
        };
        let text = match edit {
            _ if is_revoked => None,
            Some(edit) => edit.text.as_ref(),
            None => entry.text.as_ref(),
        };
        let (outcome, accepted_as) = self.fate(&entry.id);
        let receipt = self.furthest(&entry.id, accepted_as);
        MessageNow {
            entry,
            text,
            is_edited: edit.is_some(),
            is_revoked,
            outcome,
            receipt,
        }
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
        self.receipts
            .iter()
            .filter(is_of)
            .map(|receipt| receipt.status)
            .max()
    }
}
