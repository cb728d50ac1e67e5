//! Which of the tenant's people should know.

use super::{Notice, NoticeKind};
use crate::{ids::AgentId, limits::NOTICE_AGENTS_MAX, people::Agent};

/// Whom `notice` should reach: who has the conversation; when a team has it,
/// those of the team who work now; when nobody of it does, or it is the
/// operator's turn, or what was promised is overdue, the operators. Nobody is
/// told of what they did themselves, and whoever is frozen is told nothing.
pub fn agents_told<'p>(
    notice: &Notice,
    people: impl Iterator<Item = &'p Agent> + Clone,
    is_there: impl Fn(&Agent) -> bool,
) -> Vec<AgentId> {
    let has_it = |id: &AgentId| {
        let theirs = people.clone().filter(|it| it.id == *id);
        theirs.collect::<Vec<_>>()
    };
    let told = match (notice.kind, &notice.agent) {
        (
            NoticeKind::HandoffCreated | NoticeKind::HandoffRequeued | NoticeKind::HandoffEscalated,
            None,
        ) => waiting(notice, people, is_there),
        (NoticeKind::HandoffAssigned | NoticeKind::HandoffEscalated, Some(agent)) => has_it(agent),
        (NoticeKind::HandoffOverdue, agent) => {
            let mut told = match agent {
                Some(agent) => has_it(agent),
                None => waiting(notice, people.clone(), is_there),
            };
            told.extend(people.filter(|it| it.is_operator()));
            told
        }
        _ => Vec::new(),
    };
    let mut ids: Vec<AgentId> = Vec::new();
    for agent in told {
        let is_news = notice.by.as_ref() != Some(&agent.id) && !ids.contains(&agent.id);
        if !agent.is_frozen && is_news && ids.len() < NOTICE_AGENTS_MAX {
            ids.push(agent.id.clone());
        }
    }
    ids
}

/// Those who may take what waits for a team.
fn waiting<'p>(
    notice: &Notice,
    people: impl Iterator<Item = &'p Agent> + Clone,
    is_there: impl Fn(&Agent) -> bool,
) -> Vec<&'p Agent> {
    let may_take = |agent: &&Agent| {
        let is_of_team = agent.teams.iter().any(|membership| {
            let fits = match (&membership.tier, &notice.tier) {
                (Some(theirs), Some(wanted)) => theirs == wanted,
                _ => true,
            };
            Some(&membership.team) == notice.team.as_ref() && fits
        });
        is_of_team && !agent.is_frozen && is_there(agent)
    };
    let team: Vec<_> = people.clone().filter(may_take).collect();
    if team.is_empty() || notice.is_with_operator {
        people.filter(|it| it.is_operator()).collect()
    } else {
        team
    }
}
