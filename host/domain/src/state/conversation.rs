//! One conversation: one customer on one business number.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Latest, Thread};
use crate::{
    ids::EpisodeNumber,
    limits::{OWNER_SPANS_MAX, SERVICE_WINDOW_HOURS, SPENT_SIGNALS_MAX, TAGS_MAX},
    owner::{OwnerChange, Ownership},
    spent::SpentSignal,
};

/// A span of ownership.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OwnerSince {
    /// Since when.
    pub at: Timestamp,
    /// `bot`, `team`, `agent` or `app`.
    pub owner: Arc<str>,
}

/// A span from the first inbound message to resolve or silence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Episode {
    /// Counts the episodes of this conversation.
    pub number: EpisodeNumber,
    /// When it opened.
    pub opened_at: Timestamp,
    /// Messages from the customer.
    pub turns: u32,
    /// Questions in a row that the bot failed.
    pub failed_answers: u32,
    /// The last of them.
    pub failed_question: Option<Arc<str>>,
    /// Handoffs to people.
    pub handoffs: u32,
    /// Who had the next step.
    pub owners: Latest<OwnerSince, OWNER_SPANS_MAX>,
    /// Tags.
    pub tags: Vec<Arc<str>>,
    /// Signals that brought about a handoff.
    pub spent: Vec<SpentSignal>,
}

impl Episode {
    pub(super) fn tag(&mut self, tags: &[Arc<str>]) {
        for tag in tags {
            if self.tags.len() < TAGS_MAX && !self.tags.contains(tag) {
                self.tags.push(tag.clone());
            }
        }
    }

    pub(super) fn spend(&mut self, signals: &[SpentSignal]) {
        for signal in signals {
            self.spent.retain(|known| !known.is_of_same_source(signal));
            self.spent.push(signal.clone());
        }
        let excess = self.spent.len().saturating_sub(SPENT_SIGNALS_MAX);
        self.spent.drain(..excess);
    }
}

/// One conversation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Conversation {
    /// Who has the next step.
    pub ownership: Ownership,
    /// Recent messages.
    pub thread: Thread,
    /// The latest episode, open or not: see [`Conversation::open_episode`].
    pub(super) episode: Option<Episode>,
    /// Whether the latest episode was resolved.
    pub(super) is_resolved: bool,
    /// The customer's last message or call, which opens the service window.
    pub last_inbound_at: Option<Timestamp>,
    /// The last message in either direction.
    pub last_activity_at: Option<Timestamp>,
}

/// Silence after which an episode is over.
const SILENCE: SignedDuration = SignedDuration::from_hours(SERVICE_WINDOW_HOURS);

impl Conversation {
    /// The episode that is open at `now`: not resolved, and either owned by
    /// people or not silent for 24 hours.
    pub fn open_episode(&self, now: Timestamp) -> Option<&Episode> {
        let is_silent = self.last_activity_at.is_none_or(|last| now.duration_since(last) >= SILENCE);
        let is_over = self.is_resolved || (is_silent && !self.ownership.owner.is_people());
        self.episode.as_ref().filter(|_| !is_over)
    }

    /// Whether a free-form message may be sent at `now` (WhatsApp: customer
    /// service window, 24 hours from the customer's last message or call).
    pub fn is_window_open(&self, now: Timestamp) -> bool {
        self.last_inbound_at.is_some_and(|last| now.duration_since(last) < SILENCE)
    }

    /// The customer wrote at `at`: opens an episode when none is.
    pub(super) fn customer_spoke(&mut self, at: Timestamp) -> &mut Episode {
        if self.open_episode(at).is_none() {
            self.open_new_episode(at);
        }
        self.last_inbound_at = self.last_inbound_at.max(Some(at));
        self.touched(at);
        let is_open = "an episode was opened above";
        self.episode.as_mut().expect(is_open)
    }

    fn open_new_episode(&mut self, at: Timestamp) {
        let number = self.episode.as_ref().map_or(1, |last| last.number.0 + 1);
        let mut owners = Latest::default();
        owners.insert(OwnerSince { at, owner: self.ownership.owner.as_str().into() });
        self.is_resolved = false;
        self.episode = Some(Episode {
            number: EpisodeNumber(number),
            opened_at: at,
            turns: 0,
            failed_answers: 0,
            failed_question: None,
            handoffs: 0,
            owners,
            tags: Vec::new(),
            spent: Vec::new(),
        });
    }

    /// Something was said at `at`, by either side.
    pub(super) fn touched(&mut self, at: Timestamp) {
        self.last_activity_at = self.last_activity_at.max(Some(at));
    }

    /// Moves the owner when the state machine lets `change`. Returns whether
    /// it moved.
    pub(super) fn change_owner(&mut self, at: Timestamp, change: &OwnerChange) -> bool {
        let Some(ownership) = self.ownership.after(change) else {
            return false;
        };
        self.ownership = ownership;
        if let Some(episode) = &mut self.episode {
            let owner = self.ownership.owner.as_str().into();
            episode.owners.insert(OwnerSince { at, owner });
        }
        true
    }

    /// The latest episode, when it is not resolved.
    pub(super) fn current(&mut self) -> Option<&mut Episode> {
        self.episode.as_mut().filter(|_| !self.is_resolved)
    }

    /// The number of the latest episode, open or not.
    pub fn last_episode(&self) -> Option<EpisodeNumber> {
        self.episode.as_ref().map(|episode| episode.number)
    }
}
