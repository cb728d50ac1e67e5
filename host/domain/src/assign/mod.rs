//! Who gets a conversation: a pure function of who is wanted, who there is, how
//! much they have, and the time. The server calls it while a handoff commits,
//! and again when one goes up.

mod ladder;
mod loads;
mod roster;

use std::{cmp::Reverse, sync::Arc};

use jiff::{Timestamp, tz::TimeZone};

pub use ladder::{Asked, escalated, next_rung, out_of_doubt, passed_on, team_of};
pub use loads::{Load, Loads};
pub use roster::{Ineligible, Member, Roster};

use crate::{
    event::{QueueAlert, QueueReason},
    ids::{AgentId, TeamName},
    limits::OPENING_DAYS_MAX,
    state::Rung,
    tenant::Team,
};

/// For whom somebody is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'w> {
    /// The team, with its tiers, lowest first.
    pub team: &'w Team,
    /// The tier of it, or the operator.
    pub rung: &'w Rung,
    /// What it is about.
    pub tags: &'w [Arc<str>],
    /// The customer's language, ISO 639-1.
    pub language: Option<&'w str>,
    /// Who of the tenant's people took care of this customer before.
    pub previous: Option<&'w AgentId>,
    /// Who must not get it: they have it, and did not do it.
    pub not: Option<&'w AgentId>,
}

/// What comes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assignment {
    /// Somebody has it.
    Agent(AgentId),
    /// Nobody can take it now, and somebody should know.
    Queued(QueueAlert),
}

impl Assignment {
    /// Who has it, or what to tell.
    pub fn parts(self) -> (Option<AgentId>, Option<QueueAlert>) {
        match self {
            Self::Agent(agent) => (Some(agent), None),
            Self::Queued(alert) => (None, Some(alert)),
        }
    }
}

/// Finds somebody: of the right team and tier (a senior may take a junior's,
/// not the other way), not frozen, trained as the tenant wants, allowed to
/// claim, in working hours, with room. Of several: who knows the customer, who
/// speaks the language, who is good at it, whose tier is the lowest that will
/// do, who has the least to do for what they can, and the first by id.
pub fn assign(
    wanted: &Wanted<'_>,
    roster: &Roster,
    loads: &Loads,
    (at, zone): (Timestamp, &TimeZone),
) -> Assignment {
    let training = roster.training();
    let today = zone.to_datetime(at).date();
    let eligible: Vec<&Member> = roster
        .members()
        .filter(|it| wanted.rank(it).is_some() && wanted.not != Some(&it.agent.id))
        .filter(|it| it.agent.capacity > 0 && it.lacks(training, today).is_none())
        .collect();
    let (open, off): (Vec<_>, Vec<_>) = eligible
        .into_iter()
        .partition(|it| it.agent.hours.is_open(at, zone));
    let has_room = |it: &&&Member| loads.open_of(&it.agent.id) < it.agent.capacity.into();
    let best = open
        .iter()
        .filter(has_room)
        .min_by_key(|it| wanted.preference(it, loads));
    if let Some(best) = best {
        return Assignment::Agent(best.agent.id.clone());
    }
    let opening = off
        .iter()
        .filter_map(|it| it.agent.hours.next_open_within(at, OPENING_DAYS_MAX, zone))
        .min();
    let alert = match (open.is_empty(), off.is_empty()) {
        (true, true) => QueueAlert {
            why: QueueReason::Nobody,
            expected_at: None,
        },
        (true, false) => QueueAlert {
            why: QueueReason::Closed,
            expected_at: opening,
        },
        (false, _) => {
            let by_pace = loads.expected_at(&wanted.team.name, at);
            QueueAlert {
                why: QueueReason::Busy,
                expected_at: [by_pace, opening].into_iter().flatten().min(),
            }
        }
    };
    Assignment::Queued(alert)
}

/// Smaller is better.
type Preference<'m> = (bool, bool, Reverse<usize>, usize, Load, &'m AgentId);

impl Wanted<'_> {
    /// How far above the wanted tier a member works; `None` when they may not
    /// take it.
    fn rank(&self, member: &Member) -> Option<usize> {
        if self.rung.is_operator {
            return member.is_operator.then_some(0);
        }
        let place = |tier| self.team.tiers.iter().position(|it| it == tier);
        let lowest = self.rung.tier.as_ref().map_or(Some(0), place)?;
        let mut ranks: Vec<usize> = member
            .agent
            .teams
            .iter()
            .filter(|it| it.team == self.team.name)
            .filter_map(|it| match &it.tier {
                // In any tier of the team: the one that is wanted.
                None => Some(lowest),
                Some(tier) => place(tier),
            })
            .filter(|rank| *rank >= lowest)
            .collect();
        ranks.sort_unstable();
        ranks.first().map(|rank| rank - lowest)
    }

    fn preference<'m>(&self, member: &'m Member, loads: &Loads) -> Preference<'m> {
        let agent = &member.agent;
        let knows = self.previous == Some(&agent.id);
        let speaks = self
            .language
            .is_none_or(|wanted| agent.languages.iter().any(|it| **it == *wanted));
        let is_skill = |tag: &&Arc<str>| agent.skills.contains(tag);
        let skills = self.tags.iter().filter(is_skill).count();
        let rank = self.rank(member).unwrap_or(usize::MAX);
        let load = Load {
            open: loads.open_of(&agent.id),
            capacity: agent.capacity.into(),
        };
        (!knows, !speaks, Reverse(skills), rank, load, &agent.id)
    }
}

/// The team of this name with its tiers; a team of no tiers when the tenant has
/// it no more.
pub(crate) fn team_or_bare(teams: &[Team], name: &TeamName) -> Team {
    let found = teams.iter().find(|team| team.name == *name);
    found.cloned().unwrap_or_else(|| Team {
        name: name.clone(),
        tiers: Vec::new(),
    })
}
