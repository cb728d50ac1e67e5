//! What a rule answers with.

use std::{borrow::Cow, fmt};

use crate::bindings::rule::baton::rules::types as wire;

/// Length of a reason that the host accepts, in characters.
pub const REASON_CHARS_MAX: usize = 280;

/// The name of a signal that this module declares. [`rule!`](crate::rule)
/// makes one constant for each, so that a name that is not declared does not
/// compile.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignalName(&'static str);

impl SignalName {
    #[doc(hidden)]
    pub const fn declared(name: &'static str) -> Self {
        Self(name)
    }

    /// The name as text.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// A signal of this name: how sure and how serious from 0 to 1, and why
    /// in one sentence for the agent. Scores beyond the range are clamped,
    /// reasons longer than [`REASON_CHARS_MAX`] cut.
    pub fn signal(self, score: f64, reason: impl Into<String>) -> Signal {
        Signal {
            name: self,
            score: score.clamp(0.0, 1.0),
            reason: clip(reason.into()),
            tag: None,
            next_step: None,
            extra: Vec::new(),
        }
    }
}

/// A short label of what is going on, such as "delivery promise". Declared by
/// the module, or taken over by a policy from the signals it gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag(Cow<'static, str>);

impl Tag {
    #[doc(hidden)]
    pub const fn declared(tag: &'static str) -> Self {
        Self(Cow::Borrowed(tag))
    }

    pub(crate) fn incoming(tag: String) -> Self {
        Self(Cow::Owned(tag))
    }

    /// The label.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Both labels as one: `delivery promise + repeat buyer`.
    #[must_use]
    pub fn join(&self, other: &Self) -> Self {
        Self::incoming([self.as_str(), " + ", other.as_str()].concat())
    }
}

/// What the agent should do next. Declared by the module, or taken over by a
/// policy from the signals it gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextStep(Cow<'static, str>);

impl NextStep {
    #[doc(hidden)]
    pub const fn declared(step: &'static str) -> Self {
        Self(Cow::Borrowed(step))
    }

    pub(crate) fn incoming(step: String) -> Self {
        Self(Cow::Owned(step))
    }

    /// The step as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for NextStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Something a rule noticed that bears on revenue.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Signal {
    name: SignalName,
    score: f64,
    reason: String,
    tag: Option<Tag>,
    next_step: Option<NextStep>,
    extra: Vec<(String, String)>,
}

impl Signal {
    /// With a label.
    pub fn tag(mut self, tag: Tag) -> Self {
        self.tag = Some(tag);
        self
    }

    /// With a proposal for the agent.
    pub fn next_step(mut self, step: NextStep) -> Self {
        self.next_step = Some(step);
        self
    }

    /// With a pair that the host keeps and does not act on.
    pub fn extra(mut self, key: &str, value: impl Into<String>) -> Self {
        self.extra.push((key.to_owned(), value.into()));
        self
    }

    /// Its declared name.
    pub fn name(&self) -> &'static str {
        self.name.0
    }

    /// From 0 to 1.
    pub fn score(&self) -> f64 {
        self.score
    }

    /// Why.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// Its label.
    pub fn tagged(&self) -> Option<&str> {
        self.tag.as_ref().map(Tag::as_str)
    }

    /// Its proposal.
    pub fn proposes(&self) -> Option<&str> {
        self.next_step.as_ref().map(NextStep::as_str)
    }
}

impl From<Signal> for wire::Signal {
    fn from(signal: Signal) -> Self {
        Self {
            name: signal.name.0.to_owned(),
            score: signal.score,
            reason: signal.reason,
            tag: signal.tag.map(|tag| tag.0.into_owned()),
            next_step: signal.next_step.map(|step| step.0.into_owned()),
            extra: signal.extra,
        }
    }
}

/// Cuts a reason that the host would refuse; a customer's words in it may be
/// of any length.
pub(crate) fn clip(mut reason: String) -> String {
    const ELLIPSIS: &str = "...";
    if reason.len() > REASON_CHARS_MAX && reason.chars().count() > REASON_CHARS_MAX {
        let keep = REASON_CHARS_MAX - ELLIPSIS.len();
        let end = reason
            .char_indices()
            .nth(keep)
            .map_or(reason.len(), |(at, _)| at);
        reason.truncate(end);
        reason.push_str(ELLIPSIS);
    }
    reason
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_are_cut_at_a_character() {
        assert_eq!(clip("short".into()), "short");
        assert_eq!(clip("é".repeat(280)), "é".repeat(280));
        let cut = clip("é".repeat(281));
        assert_eq!(cut.chars().count(), 280);
        assert!(cut.ends_with("é..."));
    }

    #[test]
    fn scores_stay_in_range() {
        let name = SignalName::declared("any");
        assert_eq!(name.signal(1.7, "").score(), 1.0);
        assert_eq!(name.signal(-1.0, "").score(), 0.0);
    }
}
