//! Who has the next step, and the ends and deadlines of episodes.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Promised, QueueAlert};
use crate::{
    ids::{AgentId, EpisodeNumber, OwnerEpoch, TeamName, TierName},
    people::FieldSet,
    spent::SpentSignal,
};

/// The conversation passed from the bot to people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HandedOff {
    /// The epoch it was decided under; under another it changes nothing.
    pub epoch: OwnerEpoch,
    /// To which team.
    pub team: TeamName,
    /// To which tier of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<TierName>,
    /// To whom, when someone was available.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentId>,
    /// Labels, the headline first.
    #[serde(default)]
    pub tags: Vec<Arc<str>>,
    /// Why, most important first.
    #[serde(default)]
    pub reasons: Vec<Arc<str>>,
    /// What to do next.
    #[serde(default)]
    pub next_step: Option<Arc<str>>,
    /// By when.
    #[serde(default)]
    pub due: Option<Timestamp>,
    /// 0 to 100.
    #[serde(default)]
    pub priority: u8,
    /// The signals that brought it about, which are spent from now on.
    #[serde(default)]
    pub because: Vec<SpentSignal>,
    /// The fields that the reasons rest on: who lacks one of them does not see
    /// the reasons. Of older handoffs it is not known, and any field counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read: Option<FieldSet>,
    /// Where the decision stands in the log; a merge tells it with the place in
    /// the older customer's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decided_at: Option<u64>,
    /// What is promised to the customer.
    #[serde(default, skip_serializing_if = "Promised::is_none")]
    pub promised: Promised,
    /// That nobody was available.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueAlert>,
    /// What the customer waits to hear, in the customer's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_question: Option<Arc<str>>,
    /// What could be answered, from facts alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suggested_reply: Option<Arc<str>>,
}

impl HandedOff {
    /// A handoff to a team and nothing else said of it.
    pub fn to_team(epoch: OwnerEpoch, team: TeamName) -> Self {
        Self {
            epoch,
            team,
            tier: None,
            agent: None,
            tags: Vec::new(),
            reasons: Vec::new(),
            next_step: None,
            due: None,
            priority: 0,
            because: Vec::new(),
            read: None,
            decided_at: None,
            promised: Promised::default(),
            queue: None,
            open_question: None,
            suggested_reply: None,
        }
    }
}

/// A person took the next step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claimed {
    /// The epoch the person saw; under another the claim is lost.
    pub epoch: OwnerEpoch,
    /// Who.
    pub agent: AgentId,
}

/// People gave the conversation back to the bot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Returned {
    /// The epoch that whoever returned it saw; under another it changes
    /// nothing.
    pub epoch: OwnerEpoch,
    /// Who; `None` when no person was named, or the tenant's policy did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<AgentId>,
    /// What they leave the bot and the next person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Arc<str>>,
    /// Whether the tenant's policy did.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_policy: bool,
}

/// The episode is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resolved {
    /// The epoch that whoever resolved it saw; under another it changes
    /// nothing.
    pub epoch: OwnerEpoch,
    /// The episode it is about, when there was one; of another it changes
    /// nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub episode: Option<EpisodeNumber>,
    /// Who said so; `None` for the bot or the tenant's policy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<AgentId>,
}

/// Tags were put on the episode.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tagged {
    /// The episode they are put on.
    pub episode: EpisodeNumber,
    /// The tags to add.
    pub tags: Vec<Arc<str>>,
}

/// A declared deadline passed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimerFired {
    /// What the timer is for: `tracking`, `review`, `episode-silence`, ...
    pub timer: Arc<str>,
    /// Whether it came later than it may: recorded, nothing is done.
    #[serde(default)]
    pub too_late: bool,
    /// Whether rules asked to look at it.
    #[serde(default)]
    pub is_occasion: bool,
}
