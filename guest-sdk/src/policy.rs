//! What a policy gets and answers with.

use crate::{
    bindings::rule::baton::rules::types as wire,
    signal::{NextStep, Tag, clip},
};

/// A rule's signal on its way to the policy.
#[derive(Debug, Clone, PartialEq)]
pub struct ScoredSignal {
    /// Name of the module that emitted it.
    pub module: String,
    /// The weight that the release gives that module, from 0 to 1.
    pub weight: f64,
    /// Name of the signal.
    pub name: String,
    /// How sure and how serious, from 0 to 1.
    pub score: f64,
    /// Why.
    pub reason: String,
    /// Its label.
    pub tag: Option<Tag>,
    /// Its proposal for the agent.
    pub next_step: Option<NextStep>,
}

impl From<wire::ScoredSignal> for ScoredSignal {
    fn from(
        wire::ScoredSignal {
            module,
            signal,
            weight,
            ..
        }: wire::ScoredSignal,
    ) -> Self {
        Self {
            module,
            weight,
            name: signal.name,
            score: signal.score,
            reason: signal.reason,
            tag: signal.tag.map(Tag::incoming),
            next_step: signal.next_step.map(NextStep::incoming),
        }
    }
}

/// What the policy wants done.
#[derive(Debug, Clone, PartialEq)]
#[must_use]
pub struct Decision {
    hand_off: bool,
    team: Option<String>,
    tier: Option<String>,
    tags: Vec<Tag>,
    reasons: Vec<String>,
    next_step: Option<NextStep>,
    priority: u8,
}

impl Decision {
    /// The bot goes on.
    pub fn stay() -> Self {
        Self {
            hand_off: false,
            team: None,
            tier: None,
            tags: Vec::new(),
            reasons: Vec::new(),
            next_step: None,
            priority: 0,
        }
    }

    /// People take over; the merchant's default team unless
    /// [`Decision::team`] names another.
    pub fn hand_off() -> Self {
        Self {
            hand_off: true,
            ..Self::stay()
        }
    }

    /// To this team; an empty name means the merchant's default team.
    pub fn team(mut self, team: impl Into<String>) -> Self {
        self.team = Some(team.into()).filter(|team| !team.is_empty());
        self
    }

    /// To this tier of the team; an empty name means any.
    pub fn tier(mut self, tier: impl Into<String>) -> Self {
        self.tier = Some(tier.into()).filter(|tier| !tier.is_empty());
        self
    }

    /// With labels; the first is the headline.
    pub fn tags(mut self, tags: impl IntoIterator<Item = Tag>) -> Self {
        self.tags.extend(tags);
        self
    }

    /// With reasons, a sentence each, most important first.
    pub fn reasons(mut self, reasons: impl IntoIterator<Item = String>) -> Self {
        self.reasons.extend(reasons.into_iter().map(clip));
        self
    }

    /// With what the agent should do next.
    pub fn next_step(mut self, step: Option<NextStep>) -> Self {
        self.next_step = step;
        self
    }

    /// With a priority from 0 (whenever) to 100 (now); more is clamped.
    pub fn priority(mut self, priority: u8) -> Self {
        self.priority = priority.min(100);
        self
    }

    /// Whether people take over.
    pub fn hands_off(&self) -> bool {
        self.hand_off
    }

    /// The labels.
    pub fn tag_names(&self) -> Vec<&str> {
        self.tags.iter().map(Tag::as_str).collect()
    }

    /// The reasons.
    pub fn reason_texts(&self) -> &[String] {
        &self.reasons
    }

    /// The proposal.
    pub fn proposes(&self) -> Option<&str> {
        self.next_step.as_ref().map(NextStep::as_str)
    }

    /// The team, when one is named.
    pub fn to_team(&self) -> Option<&str> {
        self.team.as_deref()
    }

    /// The tier, when one is named.
    pub fn to_tier(&self) -> Option<&str> {
        self.tier.as_deref()
    }

    /// The priority.
    pub fn urgency(&self) -> u8 {
        self.priority
    }
}

impl From<Decision> for wire::Decision {
    fn from(decision: Decision) -> Self {
        Self {
            outcome: if decision.hand_off {
                "hand-off"
            } else {
                "stay"
            }
            .to_owned(),
            team: decision.team,
            tier: decision.tier,
            tags: decision
                .tags
                .iter()
                .map(|tag| tag.as_str().to_owned())
                .collect(),
            reasons: decision.reasons,
            next_step: decision.next_step.map(|step| step.as_str().to_owned()),
            priority: decision.priority,
            extra: Vec::new(),
        }
    }
}
