//! What was said unasked in one conversation, and what was not said.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Latest, bound};
use crate::{
    event::{FollowUpSkipped, SendKey, SendOutcome, SendQueued},
    follow_up::About,
    limits::{PROMOTIONS_MAX, SKIPPED_MAX},
};

/// A message that nobody asked for just then.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Promotion {
    /// When it was decided on.
    pub at: Timestamp,
    /// Its key: the thread tells what became of it as long as it holds it.
    pub send: SendKey,
    /// Its text, or the name of its template.
    pub text: Option<Arc<str>>,
    /// `tracking`, `review`, ...
    pub purpose: Option<Arc<str>>,
    /// Whether it advertises.
    pub is_marketing: bool,
}

/// A message that advertises, as far as caps count it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Advert {
    /// When it left; when it was decided on, as long as it waits.
    pub at: Timestamp,
    /// Its key.
    pub send: SendKey,
}

/// A follow-up that was not owed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Skipped {
    /// When that was decided.
    pub at: Timestamp,
    /// Which one: `tracking`, `review`, ...
    pub follow_up: Arc<str>,
    /// What it was about.
    pub about: About,
    /// Stable code.
    pub why: Arc<str>,
}

/// What was said unasked in one conversation, and what was not said.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Unasked {
    #[serde(skip_serializing_if = "Latest::is_empty")]
    promotions: Latest<Promotion, PROMOTIONS_MAX>,
    #[serde(skip_serializing_if = "Latest::is_empty")]
    skipped: Latest<Skipped, SKIPPED_MAX>,
    /// Apart from those that may have left: however many are tried and refused,
    /// they push none of them out.
    #[serde(skip_serializing_if = "Latest::is_empty")]
    adverts_waiting: Latest<Advert, PROMOTIONS_MAX>,
    #[serde(skip_serializing_if = "Latest::is_empty")]
    adverts_left: Latest<Advert, PROMOTIONS_MAX>,
}

impl Unasked {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Messages that nobody asked for just then, the oldest first.
    pub fn promotions(&self) -> impl DoubleEndedIterator<Item = &Promotion> {
        self.promotions.iter()
    }

    /// Messages that advertise and wait, or may have left; none that certainly
    /// did not leave.
    pub fn adverts(&self) -> impl Iterator<Item = &Advert> {
        self.adverts_waiting.iter().chain(self.adverts_left.iter())
    }

    /// Follow-ups that were not owed, the oldest first.
    pub fn skipped(&self) -> impl DoubleEndedIterator<Item = &Skipped> {
        self.skipped.iter()
    }

    pub(super) fn queued(&mut self, at: Timestamp, send: &SendQueued) {
        if send.purpose.is_none() && !send.is_marketing {
            return;
        }
        let key = bound::send_key(&send.send);
        if send.is_marketing {
            let send = key.clone();
            self.adverts_waiting.insert(Advert { at, send });
        }
        self.promotions.insert(Promotion {
            at,
            send: key,
            text: send.text.as_ref().map(bound::short),
            purpose: send.purpose.as_ref().map(bound::word),
            is_marketing: send.is_marketing,
        });
    }

    /// What became of a send, which may be one of these.
    pub(super) fn resolved(&mut self, at: Timestamp, send: &SendKey, outcome: &SendOutcome) {
        let send = bound::send_key(send);
        let is_it = |it: &Advert| it.send == send;
        if outcome.is_certainly_unsent() {
            self.adverts_waiting.remove(is_it);
            self.adverts_left.remove(is_it);
            return;
        }
        let is_waiting = self.adverts_waiting.iter().any(is_it);
        // One that was given up and turns out to have been taken.
        let mut promotions = self.promotions.iter();
        let is_known = promotions.any(|it| it.send == send && it.is_marketing);
        let has_left = self.adverts_left.iter().any(is_it);
        let leaves_again = has_left && *outcome == SendOutcome::Begun;
        if leaves_again || !has_left && (is_waiting || is_known) {
            self.adverts_waiting.remove(is_it);
            self.adverts_left.remove(is_it);
            self.adverts_left.insert(Advert { at, send });
        }
    }

    /// It leaves in other words than it was queued in.
    pub(super) fn left_as(&mut self, send: &SendKey, text: Option<&Arc<str>>) {
        let send = bound::send_key(send);
        let found = self.promotions.iter().find(|it| it.send == send).cloned();
        if let Some(promotion) = found {
            self.promotions.remove(|it| it.send == send);
            let text = text.map(bound::short);
            self.promotions.insert(Promotion { text, ..promotion });
        }
    }

    pub(super) fn skip(&mut self, at: Timestamp, skipped: &FollowUpSkipped) {
        self.skipped.insert(Skipped {
            at,
            follow_up: bound::word(&skipped.follow_up),
            about: skipped.about.clone(),
            why: bound::word(&skipped.why),
        });
    }
}
