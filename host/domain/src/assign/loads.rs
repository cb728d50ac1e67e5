//! How much everybody has, and how fast it goes.

use std::{
    cmp::Ordering,
    collections::{BTreeMap, VecDeque},
};

use jiff::{SignedDuration, Timestamp};

use crate::{
    ids::{AgentId, TeamName},
    limits::{PACE_ENDINGS_MAX, PACE_HOURS_MAX},
};

/// What somebody has of what they can: shares are compared, not counts.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Conversations that they own.
    pub open: u32,
    /// How many they can, at least 1.
    pub capacity: u32,
}

impl Ord for Load {
    fn cmp(&self, other: &Self) -> Ordering {
        let share = |load: &Self, of: &Self| u64::from(load.open) * u64::from(of.capacity.max(1));
        share(self, other).cmp(&share(other, self))
    }
}
impl PartialOrd for Load {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl PartialEq for Load {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Load {}

/// What everybody of one tenant has: conversations by agent, conversations that
/// wait by team, and when people's part ended lately.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Loads {
    open: BTreeMap<AgentId, u32>,
    waiting: BTreeMap<TeamName, u32>,
    endings: VecDeque<Timestamp>,
}

impl Loads {
    /// Conversations that the agent owns, and those that are being given to
    /// them.
    pub fn open_of(&self, agent: &AgentId) -> u32 {
        self.open.get(agent).copied().unwrap_or(0)
    }

    /// Conversations that wait for the team.
    pub fn waiting_for(&self, team: &TeamName) -> u32 {
        self.waiting.get(team).copied().unwrap_or(0)
    }

    /// The agent has one more.
    pub fn given(&mut self, agent: &AgentId) {
        *self.open.entry(agent.clone()).or_default() += 1;
    }

    /// The agent has one less.
    pub fn taken(&mut self, agent: &AgentId) {
        one_less(&mut self.open, agent);
    }

    /// One more waits for the team.
    pub fn queued(&mut self, team: &TeamName) {
        *self.waiting.entry(team.clone()).or_default() += 1;
    }

    /// One less waits for the team.
    pub fn unqueued(&mut self, team: &TeamName) {
        one_less(&mut self.waiting, team);
    }

    /// People's part of a conversation ended.
    pub fn ended(&mut self, at: Timestamp) {
        if self.endings.len() == PACE_ENDINGS_MAX {
            self.endings.pop_front();
        }
        self.endings.push_back(at);
    }

    /// When it is the turn of whoever comes now, if conversations go on ending
    /// as fast as lately; `None` when too few ended to tell.
    pub fn expected_at(&self, team: &TeamName, at: Timestamp) -> Option<Timestamp> {
        let is_recent = |ended: &&Timestamp| {
            at.duration_since(**ended) <= SignedDuration::from_hours(PACE_HOURS_MAX)
        };
        let recent: Vec<_> = self.endings.iter().filter(is_recent).collect();
        let (first, last) = (recent.iter().min()?, recent.iter().max()?);
        let gaps = i64::try_from(recent.len()).ok()?.checked_sub(1)?;
        let between = last.duration_since(**first).as_secs().checked_div(gaps)?;
        let turn = i64::from(self.waiting_for(team)) + 1;
        let wait = SignedDuration::from_secs(between.checked_mul(turn)?);
        at.checked_add(wait).ok()
    }
}

fn one_less<K: Ord + Clone>(counts: &mut BTreeMap<K, u32>, of: &K) {
    if let Some(count) = counts.get_mut(of) {
        *count = count.saturating_sub(1);
        if *count == 0 {
            counts.remove(of);
        }
    }
}
