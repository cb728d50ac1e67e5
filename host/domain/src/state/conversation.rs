//! One conversation: one customer on one business number.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{
    Advices, Care, Ended, Flags, Grants, Thread, Unasked, bound,
    misses::{Misses, Question},
};
use crate::{
    ids::EpisodeNumber,
    limits::{OWNER_SPANS_MAX, SERVICE_WINDOW_HOURS, SPENT_SIGNALS_MAX, TAGS_MAX},
    owner::{OwnerChange, Ownership},
    spent::SpentSignal,
};

/// A span of ownership.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The last message in either direction, or return to the bot: silence is
    /// counted from here.
    pub active_at: Timestamp,
    /// Messages from the customer.
    pub turns: u32,
    /// Handoffs to people.
    pub handoffs: u32,
    /// Who had the next step, in the order in which it passed.
    pub owners: Vec<OwnerSince>,
    /// Tags.
    pub tags: Vec<Arc<str>>,
    /// Signals that brought about a handoff.
    pub spent: Vec<SpentSignal>,
}

impl Episode {
    fn new(number: EpisodeNumber, at: Timestamp) -> Self {
        Self {
            number,
            opened_at: at,
            active_at: at,
            turns: 0,
            handoffs: 0,
            owners: Vec::new(),
            tags: Vec::new(),
            spent: Vec::new(),
        }
    }

    pub(super) fn tag(&mut self, tags: &[Arc<str>]) {
        for tag in tags.iter().map(bound::short) {
            if self.tags.len() < TAGS_MAX && !self.tags.contains(&tag) {
                self.tags.push(tag);
            }
        }
    }

    pub(super) fn spend(&mut self, signals: &[SpentSignal]) {
        for signal in signals {
            let signal = SpentSignal {
                signal: bound::short(&signal.signal),
                ..signal.clone()
            };
            self.spent.retain(|known| !known.is_of_same_source(&signal));
            self.spent.push(signal);
        }
        let excess = self.spent.len().saturating_sub(SPENT_SIGNALS_MAX);
        self.spent.drain(..excess);
    }

    fn owned(&mut self, at: Timestamp, owner: &'static str) {
        if self.owners.len() == OWNER_SPANS_MAX {
            self.owners.remove(0);
        }
        self.owners.push(OwnerSince {
            at,
            owner: owner.into(),
        });
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
    episode: Option<Episode>,
    /// Whether the latest episode is known to be over. What is over stays so,
    /// also when people take the conversation afterwards.
    is_closed: bool,
    /// Questions that the bot failed.
    pub(super) misses: Misses,
    /// What people owe.
    #[serde(default, skip_serializing_if = "Care::is_empty")]
    pub care: Care,
    /// What the rules notice while people own.
    #[serde(default, skip_serializing_if = "Advices::is_empty")]
    pub advice: Advices,
    /// What was said unasked.
    #[serde(default, skip_serializing_if = "Unasked::is_empty")]
    pub unasked: Unasked,
    /// The customer's last message or call, which opens the service window.
    pub last_inbound_at: Option<Timestamp>,
    /// The last message in either direction.
    pub last_activity_at: Option<Timestamp>,
    /// Fields that somebody may see of it for a while.
    #[serde(default)]
    pub grants: Grants,
    /// Which of its handoffs were flagged.
    #[serde(default)]
    pub flags: Flags,
}

/// Silence after which an episode is over.
const SILENCE: SignedDuration = SignedDuration::from_hours(SERVICE_WINDOW_HOURS);

impl Conversation {
    /// The episode that is open at `now`: not resolved, and either owned by
    /// people or not silent for 24 hours.
    pub fn open_episode(&self, now: Timestamp) -> Option<&Episode> {
        let is_silent = |episode: &&Episode| now.duration_since(episode.active_at) >= SILENCE;
        let episode = self.episode.as_ref().filter(|_| !self.is_closed)?;
        let is_over = is_silent(&episode) && !self.ownership.owner.is_people();
        (!is_over).then_some(episode)
    }

    /// The number of the latest episode, open or not.
    pub fn last_episode(&self) -> Option<EpisodeNumber> {
        self.episode.as_ref().map(|episode| episode.number)
    }

    /// Whether a free-form message may be sent at `now` (WhatsApp: customer
    /// service window, 24 hours from the customer's last message or call).
    pub fn is_window_open(&self, now: Timestamp) -> bool {
        self.last_inbound_at
            .is_some_and(|last| now.duration_since(last) < SILENCE)
    }

    /// Questions in a row that the bot failed in the latest episode.
    pub fn failed_answers(&self) -> u32 {
        self.misses.count()
    }

    /// The last of them: as the bot told it, else what the customer's message
    /// says now, edited or taken back as it may be.
    pub fn failed_question(&self) -> Option<&Arc<str>> {
        match self.misses.question()? {
            Question::Told(question) => Some(question),
            Question::Message(message) => self.thread.text_of(message),
        }
    }

    /// The customer wrote at `at`, which opens an episode when none is.
    pub(super) fn customer_spoke(&mut self, at: Timestamp) {
        self.last_inbound_at = self.last_inbound_at.max(Some(at));
        let episode = self.episode_at(at);
        episode.turns = episode.turns.saturating_add(1);
        self.touched(at);
    }

    /// The customer did something that calls for no answer, such as a
    /// reaction: it opens WhatsApp's window and no episode.
    pub(super) fn customer_stirred(&mut self, at: Timestamp) {
        self.last_inbound_at = self.last_inbound_at.max(Some(at));
        self.touched(at);
    }

    /// Something was said at `at`, by either side. It keeps an open episode
    /// open and wakes none that is over.
    pub(super) fn touched(&mut self, at: Timestamp) {
        self.last_activity_at = self.last_activity_at.max(Some(at));
        let is_open = self.open_episode(at).is_some();
        if let Some(episode) = self.episode.as_mut().filter(|_| is_open) {
            episode.active_at = episode.active_at.max(at);
        }
    }

    /// The episode that is open at `at`, opened when none is.
    pub(super) fn episode_at(&mut self, at: Timestamp) -> &mut Episode {
        let is_open = self.open_episode(at).is_some();
        let last = self.episode.take();
        let number = EpisodeNumber(
            last.as_ref()
                .map_or(1, |last| last.number.0.saturating_add(1)),
        );
        let episode = last.filter(|_| is_open).unwrap_or_else(|| {
            // A new episode starts clean.
            self.is_closed = false;
            self.misses.settle();
            let mut episode = Episode::new(number, at);
            episode.owned(at, self.ownership.owner.as_str());
            episode
        });
        self.episode.insert(episode)
    }

    /// Moves the owner when the state machine lets `change`. Returns whether
    /// it moved.
    pub(super) fn change_owner(&mut self, at: Timestamp, change: &OwnerChange) -> bool {
        let Some(ownership) = self.ownership.after(change) else {
            return false;
        };
        // People who take a conversation do not wake an episode that silence
        // has ended.
        self.is_closed |= self.open_episode(at).is_none();
        self.ownership = ownership;
        self.care.moved(at);
        if let Some(episode) = self.episode.as_mut().filter(|_| !self.is_closed) {
            episode.owned(at, self.ownership.owner.as_str());
        }
        true
    }

    /// Back to the bot. What it failed before people helped no longer counts
    /// against it, and silence is counted anew: while people own, an episode
    /// does not run out.
    pub(super) fn return_to_bot(&mut self, ended: Ended, change: &OwnerChange) {
        let at = ended.at;
        if self.change_owner(at, change) {
            self.misses.settle();
            self.care.ended(ended);
            self.advice.clear();
            if let Some(episode) = &mut self.episode {
                episode.active_at = episode.active_at.max(at);
            }
        }
    }

    /// When somebody last said something, took or gave the next step, or closed
    /// it: silence between people
    /// and customer is counted from here.
    pub fn last_stir_at(&self) -> Option<Timestamp> {
        let closed_at = self.care.step().and_then(|step| step.closed_at);
        self.last_activity_at
            .max(self.care.moved_at())
            .max(closed_at)
    }

    /// Ends the episode; one that has ended stays as it ended.
    pub(super) fn close(&mut self) {
        if !self.is_closed {
            self.misses.settle();
            self.is_closed = true;
        }
    }

    /// The latest episode when it has this number.
    pub(super) fn episode_of(&mut self, number: EpisodeNumber) -> Option<&mut Episode> {
        self.episode
            .as_mut()
            .filter(|episode| episode.number == number)
    }
}
