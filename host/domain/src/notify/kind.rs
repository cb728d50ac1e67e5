//! What there is to be told of.

use serde::{Deserialize, Serialize};

use crate::{
    event::{EscalationCause, Event, EventBody},
    named::{by_name, named},
    owner::Ownership,
    state::Conversation,
};

named! {
    /// What a notice is about. Its name is the `type` of a webhook.
    #[derive(Serialize, Deserialize)]
    #[serde(try_from = "String", into = "String")]
    NoticeKind, UnknownKind, "notice";
    HandoffCreated "handoff.created" "A conversation passed from the bot to people.";
    HandoffAssigned "handoff.assigned" "A conversation was given to one of the agents.";
    HandoffClaimed "handoff.claimed" "An agent took the next step.";
    HandoffEscalated "handoff.escalated" "Somebody sent a conversation up, to the next tier or the operator.";
    HandoffRequeued "handoff.requeued" "A conversation went back into the queue of its team.";
    HandoffOverdue "handoff.overdue" "Nobody did in time what was promised the customer.";
    HandoffFlagged "handoff.flagged" "Somebody found fault with a handoff.";
    ConversationReturned "conversation.returned" "People gave a conversation back to the bot.";
    ConversationResolved "conversation.resolved" "An episode is over.";
    ConversationTagged "conversation.tagged" "Tags were put on an episode.";
    OrderChanged "order.changed" "An order was placed, paid, shipped, ...";
}

/// How a conversation stands among people, as far as there is something to tell
/// when it changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Who has the next step.
    pub ownership: Ownership,
    /// The count of promises: going up raises it, also when nobody else is
    /// found and the owner stays.
    pub promises: u32,
}

impl Standing {
    /// How this one stands.
    pub fn of(conversation: &Conversation) -> Self {
        Self {
            ownership: conversation.ownership.clone(),
            promises: conversation.care.promises(),
        }
    }
}

impl NoticeKind {
    /// What there is to tell of `event`. `before` and `after` are how its
    /// conversation stood and stands: what changed nothing, such as a claim that
    /// lost, is nothing to tell.
    pub fn of(event: &Event, before: Option<&Standing>, after: Option<&Standing>) -> Vec<Self> {
        let epoch = |it: Option<&Standing>| it.map(|it| it.ownership.epoch);
        let promises = |it: Option<&Standing>| it.map(|it| it.promises);
        let has_moved = after.is_some() && epoch(before) != epoch(after);
        let has_gone_up = after.is_some() && promises(before) != promises(after);
        match &event.body {
            EventBody::HandedOff(handoff) if has_moved => {
                let assigned = handoff.agent.is_some().then_some(Self::HandoffAssigned);
                [Self::HandoffCreated].into_iter().chain(assigned).collect()
            }
            EventBody::Reassigned(_) if has_moved => vec![Self::HandoffAssigned],
            EventBody::Requeued(_) if has_moved => vec![Self::HandoffRequeued],
            EventBody::Escalated(escalated) if has_gone_up => match escalated.cause {
                EscalationCause::FirstReplyLate | EscalationCause::NextStepLate => {
                    vec![Self::HandoffOverdue]
                }
                EscalationCause::Asked => vec![Self::HandoffEscalated],
            },
            EventBody::Claimed(_) if has_moved => vec![Self::HandoffClaimed],
            EventBody::Returned(_) if has_moved => vec![Self::ConversationReturned],
            EventBody::Resolved(resolved) if epoch(before) == Some(resolved.epoch) => {
                vec![Self::ConversationResolved]
            }
            EventBody::HandoffFlagged(_) => vec![Self::HandoffFlagged],
            EventBody::Tagged(_) => vec![Self::ConversationTagged],
            EventBody::OrderChanged(order) if !order.imported => vec![Self::OrderChanged],
            _ => Vec::new(),
        }
    }
}

by_name!(NoticeKind, UnknownKind);
