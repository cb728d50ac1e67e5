//! Who has the next step. Always exactly one: the bot, a team (queued), an
//! agent, or the App (a person whose identity Meta does not tell).
//!
//! **Invariant:** this is the only place that moves the owner, and every move
//! raises the epoch.

use serde::{Deserialize, Serialize};

use crate::ids::{AgentId, OwnerEpoch, TeamName, TierName};

/// Who has the next step.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Owner {
    /// The bot.
    #[default]
    Bot,
    /// A team; nobody in it has taken it yet.
    Team {
        /// Which team.
        team: TeamName,
        /// Which tier of it.
        tier: Option<TierName>,
    },
    /// One of the tenant's people.
    Agent {
        /// Who.
        agent: AgentId,
        /// For which team, when a team had it before.
        team: Option<TeamName>,
    },
    /// A person on the WhatsApp Business App.
    App {
        /// The team that keeps the next step, when one had it before.
        team: Option<TeamName>,
    },
}

impl Owner {
    /// As in the contract: `bot`, `team`, `agent` or `app`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Bot => "bot",
            Self::Team { .. } => "team",
            Self::Agent { .. } => "agent",
            Self::App { .. } => "app",
        }
    }

    /// Whether people own the conversation: the bot is silent then.
    pub fn is_people(&self) -> bool {
        *self != Self::Bot
    }

    /// The agent, or without one the team.
    fn of(team: &TeamName, tier: Option<&TierName>, agent: Option<&AgentId>) -> Self {
        match agent {
            Some(agent) => Self::Agent {
                agent: agent.clone(),
                team: Some(team.clone()),
            },
            None => Self::Team {
                team: team.clone(),
                tier: tier.cloned(),
            },
        }
    }

    /// The agent, when one owns.
    pub fn agent(&self) -> Option<&AgentId> {
        match self {
            Self::Agent { agent, .. } => Some(agent),
            _ => None,
        }
    }

    /// The team that has or keeps the next step.
    pub fn team(&self) -> Option<&TeamName> {
        match self {
            Self::Bot => None,
            Self::Team { team, .. } => Some(team),
            Self::Agent { team, .. } | Self::App { team } => team.as_ref(),
        }
    }
}

/// Something that may move the owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OwnerChange {
    /// A handoff decided under `epoch`.
    HandOff {
        /// The epoch it was decided under.
        epoch: OwnerEpoch,
        /// To which team.
        team: TeamName,
        /// To which tier.
        tier: Option<TierName>,
        /// To whom, when someone was available.
        agent: Option<AgentId>,
    },
    /// A person takes the next step, having seen `epoch`.
    Claim {
        /// The epoch the person saw.
        epoch: OwnerEpoch,
        /// Who.
        agent: AgentId,
    },
    /// The conversation of `from` passes to `to`, decided under `epoch`.
    Reassign {
        /// The epoch it was decided under.
        epoch: OwnerEpoch,
        /// Who has it.
        from: AgentId,
        /// Who takes it.
        to: AgentId,
    },
    /// A person wrote on the App.
    Echo,
    /// From people to others, or up, decided under `epoch`.
    PassOn {
        /// The epoch it was decided under.
        epoch: OwnerEpoch,
        /// To which team.
        team: TeamName,
        /// To which tier.
        tier: Option<TierName>,
        /// To whom, when someone was available.
        agent: Option<AgentId>,
    },
    /// Back to the bot.
    Return {
        /// The epoch that whoever returns it saw.
        epoch: OwnerEpoch,
    },
}

/// An owner and how often it changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ownership {
    /// Who has the next step.
    pub owner: Owner,
    /// Counts the changes.
    pub epoch: OwnerEpoch,
}

impl Ownership {
    /// The ownership after `change`, or `None` when it changes nothing: a
    /// claim that lost, a handoff while people own, an echo of the agent who
    /// owns, ...
    #[must_use]
    pub fn after(&self, change: &OwnerChange) -> Option<Self> {
        let owner = self.owner_after(change)?;
        Some(Self {
            owner,
            epoch: self.epoch.next(),
        })
    }

    fn owner_after(&self, change: &OwnerChange) -> Option<Owner> {
        match (change, &self.owner) {
            (
                OwnerChange::HandOff {
                    epoch,
                    team,
                    tier,
                    agent,
                },
                Owner::Bot,
            ) if *epoch == self.epoch => Some(Owner::of(team, tier.as_ref(), agent.as_ref())),
            (
                OwnerChange::PassOn {
                    epoch,
                    team,
                    tier,
                    agent,
                },
                owner,
            ) if *epoch == self.epoch && owner.is_people() => {
                let next = Owner::of(team, tier.as_ref(), agent.as_ref());
                (next != *owner).then_some(next)
            }
            (OwnerChange::Claim { epoch, agent }, owner) if *epoch == self.epoch => {
                let (agent, team) = (agent.clone(), owner.team().cloned());
                let claimed = Owner::Agent { agent, team };
                (claimed != *owner).then_some(claimed)
            }
            (OwnerChange::Reassign { epoch, from, to }, Owner::Agent { agent, team })
                if *epoch == self.epoch && from == agent && from != to =>
            {
                let (agent, team) = (to.clone(), team.clone());
                Some(Owner::Agent { agent, team })
            }
            (OwnerChange::Echo, Owner::Bot) => Some(Owner::App { team: None }),
            (OwnerChange::Echo, Owner::Team { team, .. }) => Some(Owner::App {
                team: Some(team.clone()),
            }),
            (OwnerChange::Return { epoch }, owner) if *epoch == self.epoch => {
                owner.is_people().then_some(Owner::Bot)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn team() -> TeamName {
        TeamName::parse("sales").unwrap()
    }

    fn agent(name: &str) -> AgentId {
        AgentId::parse(name).unwrap()
    }

    fn hand_off(epoch: OwnerEpoch) -> OwnerChange {
        OwnerChange::HandOff {
            epoch,
            team: team(),
            tier: None,
            agent: None,
        }
    }

    #[test]
    fn an_echo_takes_over_as_promised() {
        let bot = Ownership::default();
        let from_bot = bot.after(&OwnerChange::Echo).unwrap();
        assert_eq!(from_bot.owner, Owner::App { team: None });
        assert_eq!(from_bot.after(&OwnerChange::Echo), None);

        let queued = bot.after(&hand_off(bot.epoch)).unwrap();
        let from_queue = queued.after(&OwnerChange::Echo).unwrap();
        assert_eq!(from_queue.owner, Owner::App { team: Some(team()) });

        let claim = OwnerChange::Claim {
            epoch: queued.epoch,
            agent: agent("ana"),
        };
        let assigned = queued.after(&claim).unwrap();
        assert_eq!(
            assigned.after(&OwnerChange::Echo),
            None,
            "that agent's own reply"
        );
    }

    #[test]
    fn of_two_claims_exactly_one_wins() {
        let bot = Ownership::default();
        let queued = bot.after(&hand_off(bot.epoch)).unwrap();
        let claim = |name| OwnerChange::Claim {
            epoch: queued.epoch,
            agent: agent(name),
        };
        let won = queued.after(&claim("ana")).unwrap();
        assert_eq!(won.after(&claim("budi")), None);
    }

    #[test]
    fn only_what_somebody_has_is_taken_from_them() {
        let bot = Ownership::default();
        let queued = bot.after(&hand_off(bot.epoch)).unwrap();
        let (epoch, to) = (queued.epoch.next(), agent("budi"));
        let reassign = |from| OwnerChange::Reassign {
            epoch,
            from: agent(from),
            to: to.clone(),
        };
        assert_eq!(queued.after(&reassign("ana")), None);
        let claim = OwnerChange::Claim {
            epoch: queued.epoch,
            agent: agent("ana"),
        };
        let assigned = queued.after(&claim).unwrap();
        assert_eq!(assigned.after(&reassign("citra")), None);
        let passed = assigned.after(&reassign("ana")).unwrap();
        let team = Some(team());
        assert_eq!(
            passed.owner,
            Owner::Agent {
                agent: to.clone(),
                team
            }
        );
        assert_eq!(passed.after(&reassign("ana")), None, "an older epoch");
    }

    #[test]
    fn a_decision_of_an_older_epoch_moves_nothing() {
        let bot = Ownership::default();
        let returned = bot
            .after(&OwnerChange::Echo)
            .and_then(|app| app.after(&OwnerChange::Return { epoch: app.epoch }))
            .unwrap();
        assert_eq!(returned.owner, Owner::Bot);
        assert_eq!(returned.after(&hand_off(bot.epoch)), None);
        assert!(returned.after(&hand_off(returned.epoch)).is_some());
    }

    #[test]
    fn what_passes_among_people_never_comes_from_the_bot_and_raises_the_epoch() {
        let pass = |epoch, agent| OwnerChange::PassOn {
            epoch,
            team: team(),
            tier: None,
            agent,
        };
        let bot = Ownership::default();
        assert_eq!(bot.after(&pass(bot.epoch, None)), None);
        let queued = bot.after(&hand_off(bot.epoch)).unwrap();
        assert_eq!(queued.after(&pass(queued.epoch, None)), None, "the same");
        let ana = queued
            .after(&pass(queued.epoch, Some(agent("ana"))))
            .unwrap();
        assert_eq!(ana.epoch, queued.epoch.next());
        assert_eq!(ana.after(&pass(queued.epoch, None)), None, "stale");
        let app = bot.after(&OwnerChange::Echo).unwrap();
        assert!(app.after(&pass(app.epoch, None)).is_some());
    }

    #[test]
    fn people_are_never_handed_what_they_own() {
        let app = Ownership::default().after(&OwnerChange::Echo).unwrap();
        assert_eq!(app.after(&hand_off(app.epoch)), None);
    }
}
