//! Which message of one side is which of the other: each at most once.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};

use super::{Cause, Compared, Difference, Message, Ours};
use crate::limits::{
    COMPARISON_DRIFT_HOURS, COMPARISON_TELLING_CHARS, COMPARISON_TOLERANCE_SECONDS,
};

const TOLERANCE: SignedDuration = SignedDuration::from_secs(COMPARISON_TOLERANCE_SECONDS);
const DRIFT: SignedDuration = SignedDuration::from_hours(COMPARISON_DRIFT_HOURS);

/// Places of messages that could be one, by what they have in common.
type Groups<K> = BTreeMap<K, (Vec<usize>, Vec<usize>)>;

/// A matching as it grows.
pub(super) struct Matching<'m> {
    there: &'m [Message],
    here: &'m [Ours],
    /// For each of the App's, which of ours it is.
    pairs: Vec<Option<usize>>,
    /// Which of ours have theirs.
    taken: Vec<bool>,
}

impl<'m> Matching<'m> {
    pub(super) fn of(there: &'m [Message], here: &'m [Ours]) -> Self {
        Self {
            there,
            here,
            pairs: vec![None; there.len()],
            taken: vec![false; here.len()],
        }
    }

    /// Those that WhatsApp calls the same.
    pub(super) fn by_id(&mut self) {
        let known = self.here.iter().enumerate();
        let known: HashMap<_, _> = known
            .filter_map(|(at, ours)| Some((ours.message.id.as_ref()?, at)))
            .collect();
        for at in 0..self.there.len() {
            let id = self.there[at].id.as_ref();
            if let Some(ours) = id.and_then(|id| known.get(id)).copied() {
                self.pair(at, ours);
            }
        }
    }

    /// Those of the same direction and text, at about the same time.
    pub(super) fn by_text(&mut self) {
        let groups = self.groups(
            |it| (!it.is_revoked).then(|| said(it)),
            |it| {
                texts(it)
                    .map(|text| (it.message.is_inbound, text))
                    .collect()
            },
        );
        self.pair_nearby(groups, TOLERANCE);
    }

    /// Those of which the text cannot tell: taken back or edited in the App, or
    /// sent by us in words that the App fills in itself.
    pub(super) fn by_time(&mut self) {
        let groups = self.groups(
            |it| (it.is_revoked || it.is_edited).then_some(it.is_inbound),
            |it| vec![it.message.is_inbound],
        );
        self.pair_nearby(groups, TOLERANCE);
        let groups = self.groups(
            |it| (!it.is_inbound).then_some(()),
            |it| {
                if it.is_sent && &*it.message.kind != "text" {
                    vec![()]
                } else {
                    Vec::new()
                }
            },
        );
        self.pair_nearby(groups, TOLERANCE);
    }

    /// Those of the same text that is long enough to tell, at another time of
    /// the day.
    pub(super) fn by_longer_text(&mut self) {
        let is_telling = |text: &Option<Arc<str>>| {
            text.as_ref()
                .is_some_and(|it| it.chars().count() >= COMPARISON_TELLING_CHARS)
        };
        let groups = self.groups(
            |it| Some(said(it)).filter(|(_, text)| is_telling(text)),
            |it| {
                let texts = texts(it).filter(is_telling);
                texts.map(|text| (it.message.is_inbound, text)).collect()
            },
        );
        self.pair_nearby(groups, DRIFT);
    }

    fn pair(&mut self, there: usize, here: usize) {
        if self.pairs[there].is_none() && !self.taken[here] {
            self.pairs[there] = Some(here);
            self.taken[here] = true;
        }
    }

    /// What is not matched yet, by what it has in common.
    fn groups<K: Ord>(
        &self,
        of_there: impl Fn(&Message) -> Option<K>,
        of_here: impl Fn(&Ours) -> Vec<K>,
    ) -> Groups<K> {
        let mut groups = Groups::new();
        for (at, message) in self.there.iter().enumerate() {
            if let (None, Some(key)) = (self.pairs[at], of_there(message)) {
                groups.entry(key).or_default().0.push(at);
            }
        }
        for (at, ours) in self
            .here
            .iter()
            .enumerate()
            .filter(|(at, _)| !self.taken[*at])
        {
            for key in of_here(ours) {
                if let Some(group) = groups.get_mut(&key) {
                    group.1.push(at);
                }
            }
        }
        groups
    }

    /// Within each group, in the order of time, each with the first that is
    /// near: no other way pairs more of them.
    fn pair_nearby<K: Ord>(&mut self, groups: Groups<K>, within: SignedDuration) {
        for (mut there, mut here) in groups.into_values() {
            there.sort_by_key(|at| self.there[*at].at);
            here.sort_by_key(|at| self.here[*at].message.at);
            // Two that both have an id are two messages.
            let (named, unnamed): (Vec<_>, Vec<_>) = there
                .into_iter()
                .partition(|at| self.there[*at].id.is_some());
            self.pair_in_order(&unnamed, &here, within);
            here.retain(|at| self.here[*at].message.id.is_none());
            self.pair_in_order(&named, &here, within);
        }
    }

    fn pair_in_order(&mut self, there: &[usize], here: &[usize], within: SignedDuration) {
        let mut here = here.iter().copied().peekable();
        for at in there.iter().copied() {
            let written = self.there[at].at;
            let is_too_early =
                |ours: &usize| written.duration_since(self.here[*ours].message.at) > within;
            while here
                .next_if(|ours| self.taken[*ours] || is_too_early(ours))
                .is_some()
            {}
            let is_near = |ours: &usize| is_within(self.here[*ours].message.at, written, within);
            if let Some(ours) = here.next_if(is_near) {
                self.pair(at, ours);
            }
        }
    }

    /// What became of each.
    pub(super) fn judged(self) -> Compared {
        let mut compared = Compared::default();
        let span = self.span();
        for (at, message) in self.there.iter().enumerate() {
            let (cause, here) = match self.pairs[at] {
                Some(ours) => {
                    compared.matched += 1;
                    (between(message, &self.here[ours]), Some(ours))
                }
                None if message.is_inbound => (Some(Cause::MissingHere), None),
                None => (Some(Cause::WrittenOnUnlinkedDevice), None),
            };
            let there = Some(at);
            compared
                .differences
                .extend(cause.map(|cause| Difference { cause, there, here }));
        }
        for (at, ours) in self.here.iter().enumerate() {
            let is_in_span =
                span.is_some_and(|(first, last)| (first..=last).contains(&ours.message.at));
            // What was taken back may be gone without a trace.
            if self.taken[at] || !is_in_span || ours.message.is_revoked {
                continue;
            }
            if ours.is_sent {
                compared.sent_by_us += 1;
            } else {
                let cause = Cause::MissingInApp;
                let (there, here) = (None, Some(at));
                compared.differences.push(Difference { cause, there, here });
            }
        }
        compared
    }

    /// From the App's first message to its last.
    fn span(&self) -> Option<(Timestamp, Timestamp)> {
        let times = || self.there.iter().map(|it| it.at);
        times().min().zip(times().max())
    }
}

fn is_within(one: Timestamp, other: Timestamp, within: SignedDuration) -> bool {
    one.duration_since(other).abs() <= within
}

/// What is told of a message without its time.
fn said(message: &Message) -> (bool, Option<Arc<str>>) {
    (message.is_inbound, message.text.as_deref().map(plain))
}

/// All that one of ours ever read.
fn texts(ours: &Ours) -> impl Iterator<Item = Option<Arc<str>>> {
    let now = ours.message.text.as_deref().map(plain);
    let is_gone = now.is_none() && ours.message.is_revoked;
    let before = ours.before.iter().map(|text| Some(plain(text)));
    (!is_gone).then_some(now).into_iter().chain(before)
}

/// Spaces at line ends come and go on the way through a file.
fn plain(text: &str) -> Arc<str> {
    text.split_whitespace().collect::<Vec<_>>().join(" ").into()
}

/// What differs between two that are one message.
fn between(there: &Message, ours: &Ours) -> Option<Cause> {
    let here = &ours.message;
    match (there.is_revoked, here.is_revoked) {
        (true, true) => return None,
        (true, false) => return Some(Cause::RevokedThere),
        (false, true) => return Some(Cause::RevokedHere),
        (false, false) => {}
    }
    let texts = there.text.as_deref().zip(here.text.as_deref());
    if !ours.is_sent && texts.is_some_and(|(there, here)| plain(there) != plain(here)) {
        return Some(Cause::TextDiffers);
    }
    (!is_within(there.at, here.at, TOLERANCE)).then_some(Cause::TimeDiffers)
}
