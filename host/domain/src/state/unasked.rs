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
    /// Whether it never left.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_held: bool,
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

    /// Follow-ups that were not owed, the oldest first.
    pub fn skipped(&self) -> impl DoubleEndedIterator<Item = &Skipped> {
        self.skipped.iter()
    }

    pub(super) fn queued(&mut self, at: Timestamp, send: &SendQueued) {
        if send.purpose.is_none() && !send.is_marketing {
            return;
        }
        self.promotions.insert(Promotion {
            at,
            send: bound::send_key(&send.send),
            text: send.text.as_ref().map(bound::short),
            purpose: send.purpose.as_ref().map(bound::word),
            is_marketing: send.is_marketing,
            is_held: false,
        });
    }

    /// What became of a send, which may be one of these.
    pub(super) fn resolved(&mut self, send: &SendKey, outcome: &SendOutcome) {
        let send = bound::send_key(send);
        let mut promotions = self.promotions.iter_mut();
        if let Some(promotion) = promotions.find(|it| it.send == send) {
            promotion.is_held = matches!(
                outcome,
                SendOutcome::Suppressed { .. } | SendOutcome::Dead { .. }
            );
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
