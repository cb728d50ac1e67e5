//! Up: from a tier to the next, and from the last to the operator.

use std::sync::Arc;

use jiff::Timestamp;

use super::{Assignment, team_or_bare};
use crate::{
    event::{
        Escalated, EscalationCause, EventBody, Promised, QueueAlert, QueueReason, Reassigned,
        Requeued,
    },
    ids::{AgentId, TeamName},
    owner::Owner,
    people::Principal,
    state::{Conversation, Rung},
    tenant::{Team, TenantProfile},
};

/// Where it goes from `rung`; `None` from the operator, above whom there is
/// nobody.
pub fn next_rung(team: &Team, rung: &Rung) -> Option<Rung> {
    if rung.is_operator {
        return None;
    }
    let place = |tier| team.tiers.iter().position(|it| it == tier);
    let above = match &rung.tier {
        // Any tier could have taken it: the highest is asked by name.
        None => team.tiers.last().filter(|_| team.tiers.len() > 1),
        Some(tier) => place(tier).and_then(|place| team.tiers.get(place + 1)),
    };
    Some(match above {
        Some(tier) => Rung {
            tier: Some(tier.clone()),
            is_operator: false,
        },
        None => Rung {
            tier: None,
            is_operator: true,
        },
    })
}

/// The team of a conversation that people own, as the tenant has it now: the
/// default team when it has none.
pub fn team_of(conversation: &Conversation, tenant: &TenantProfile) -> Team {
    let owner = &conversation.ownership.owner;
    let team = owner.team().unwrap_or_else(|| tenant.default_team());
    team_or_bare(tenant.teams(), team)
}

/// Who or what has a conversation go up, and what they say.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Why.
    pub cause: EscalationCause,
    /// Who, when somebody asked.
    pub by: Option<AgentId>,
    /// What they say.
    pub note: Option<Arc<str>>,
}

/// The event of going up to `rung`. What nobody above could take better is not
/// promised again.
pub fn escalated(
    conversation: &Conversation,
    tenant: &TenantProfile,
    (team, rung): (TeamName, Rung),
    assignment: Assignment,
    (at, asked): (Timestamp, Asked),
) -> Escalated {
    let promised = if rung.is_operator {
        Promised::default()
    } else {
        let care = tenant.care();
        care.promised(rung.tier.as_ref(), at, tenant.timezone())
    };
    let (agent, queue) = assignment.parts();
    Escalated {
        epoch: conversation.ownership.epoch,
        promise: conversation.care.promises(),
        cause: asked.cause,
        team,
        tier: rung.tier,
        to_operator: rung.is_operator,
        agent,
        queue,
        promised,
        by: asked.by,
        note: asked.note,
    }
}

/// The event of going from the App back into the queue of its team, on a number
/// that was frozen: whoever is on the App may be anybody. `None` when the App does
/// not have it.
pub fn out_of_doubt(conversation: &Conversation, team: TeamName) -> Option<EventBody> {
    let ownership = &conversation.ownership;
    let queue = QueueAlert {
        why: QueueReason::NumberFrozen,
        expected_at: None,
    };
    matches!(ownership.owner, Owner::App { .. }).then(|| {
        EventBody::Requeued(Requeued {
            epoch: ownership.epoch,
            team,
            tier: conversation.care.rung().tier.clone(),
            queue,
            why: "number_frozen".into(),
        })
    })
}

/// The event of going to somebody else on the same rung, or back into the queue
/// when nobody else is found; `None` when no agent has it.
pub fn passed_on(
    conversation: &Conversation,
    team: TeamName,
    assignment: Assignment,
    (why, by): (&str, Principal),
) -> Option<EventBody> {
    let epoch = conversation.ownership.epoch;
    let from = conversation.ownership.owner.agent()?.clone();
    Some(match assignment {
        Assignment::Agent(to) => EventBody::Reassigned(Reassigned {
            epoch,
            from,
            to,
            by,
        }),
        Assignment::Queued(queue) => EventBody::Requeued(Requeued {
            epoch,
            team,
            tier: conversation.care.rung().tier.clone(),
            queue,
            why: why.into(),
        }),
    })
}
