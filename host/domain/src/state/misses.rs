//! Questions that the bot failed.

use std::{cmp::Ordering, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Latest, MessageRef, bound};
use crate::limits::MISSES_MAX;

/// A question that the bot failed. Two are the same when the bot says the same
/// of the same instant: a miss has no id, and told twice it counts once.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Miss {
    at: Timestamp,
    /// The question, as the bot told it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    told: Option<Arc<str>>,
    /// Else the customer's message it is about. Kept as a reference, so that
    /// an edit or a revoke changes the question too, whenever it comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    about: Option<MessageRef>,
    /// Whether it no longer counts: people helped since, or it belongs to an
    /// earlier episode. Kept all the same, to know it when it comes again.
    is_settled: bool,
}

impl Miss {
    fn key(&self) -> (Timestamp, &Option<Arc<str>>) {
        (self.at, &self.told)
    }
}

impl PartialEq for Miss {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}
impl Eq for Miss {}
impl PartialOrd for Miss {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Miss {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

/// The question of a miss.
pub(super) enum Question<'m> {
    /// In the bot's words.
    Told(&'m Arc<str>),
    /// What this message says now.
    Message(&'m MessageRef),
}

/// Recent questions that the bot failed, and until when it is forgiven.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Misses {
    recent: Latest<Miss, MISSES_MAX>,
    answered_at: Option<Timestamp>,
}

impl Misses {
    /// The bot failed `told`, or else what the message `about` asks.
    pub(super) fn missed(
        &mut self,
        at: Timestamp,
        told: Option<&Arc<str>>,
        about: Option<MessageRef>,
    ) {
        let told = told.map(bound::short);
        let about = about.filter(|_| told.is_none());
        self.recent.insert(Miss {
            at,
            told,
            about,
            is_settled: false,
        });
    }

    /// The bot answered: what it failed before is made good.
    pub(super) fn answered(&mut self, at: Timestamp) {
        self.answered_at = self.answered_at.max(Some(at));
    }

    /// What was failed so far no longer counts.
    pub(super) fn settle(&mut self) {
        self.recent
            .iter_mut()
            .for_each(|miss| miss.is_settled = true);
    }

    fn standing(&self) -> impl DoubleEndedIterator<Item = &Miss> {
        let answered_at = self.answered_at;
        self.recent
            .iter()
            .filter(move |it| !it.is_settled && Some(it.at) > answered_at)
    }

    /// How many questions in a row were failed.
    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.standing().count()).unwrap_or(u32::MAX)
    }

    /// The last of them, when the bot or the thread tells what it was.
    pub(super) fn question(&self) -> Option<Question<'_>> {
        let last = self.standing().next_back()?;
        let told = last.told.as_ref().map(Question::Told);
        told.or_else(|| last.about.as_ref().map(Question::Message))
    }
}
