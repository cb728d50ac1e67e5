//! What is told: of an event, and of the customer as the moment knows them, no
//! more than whoever is told may see.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{NoticeKind, Standing};
use crate::{
    event::{Event, EventBody, FlagKind, OrderStatus, QueueAlert},
    facts::Facts,
    field::{Field, FieldValue},
    ids::{AgentId, CustomerId, NumberId, OrderId, OwnerEpoch, TeamName, TierName},
    module::FieldSource,
    occasion::{Occasion, OccasionKind},
    owner::Owner,
    people::{FieldSet, Principal},
    seen::{Seen, SeenNotice},
    state::CustomerState,
    tenant::TenantProfile,
};

/// One thing to tell, to somebody who may see certain fields. It is kept until
/// it is delivered, sealed under the customer's key.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// What it is about.
    pub kind: NoticeKind,
    /// When it happened.
    pub at: Timestamp,
    /// Whose conversation.
    pub customer: CustomerId,
    /// On which business number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<NumberId>,
    /// How often the owner had changed by then.
    pub epoch: OwnerEpoch,
    /// The team that has, or had, the next step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamName>,
    /// The tier of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<TierName>,
    /// Who has the next step, when it is one person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<AgentId>,
    /// Who did it, when it was one of the people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<AgentId>,
    /// Whether it is the operator's turn.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_with_operator: bool,
    /// Stable code of why it went up, or back into the queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Arc<str>>,
    /// That nobody was available.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<QueueAlert>,
    /// By when the next step is due.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<u8>,
    /// What was wrong with the handoff.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flag: Option<FlagKind>,
    /// Labels; whoever lacks `conversation.tags` does not get them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tags: Vec<Arc<str>>,
    /// Why; whoever lacks a field of `rests_on` does not get it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub reasons: Vec<Arc<str>>,
    /// What to do next, in words that modules declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_step: Option<Arc<str>>,
    /// The fields that the reasons rest on.
    #[serde(default)]
    pub rests_on: FieldSet,
    /// What somebody wrote; whoever lacks the fields of the thread does not get
    /// it, and to others it is masked as their role wants it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<Arc<str>>,
    /// The order; whoever lacks `order.last` does not get it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderNews>,
    /// What the moment knows of the customer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<(Field, FieldValue)>,
}

/// What became of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderNews {
    /// Which.
    pub id: OrderId,
    /// What it is now.
    pub status: OrderStatus,
}

/// Where an event stands: whose it is, and what is known after it.
pub struct Moment<'m> {
    /// Whose log it is in.
    pub customer: &'m CustomerId,
    /// How its conversation stood before it.
    pub before: Option<&'m Standing>,
    /// The customer after it.
    pub after: &'m Arc<CustomerState>,
    /// The tenant.
    pub tenant: &'m Arc<TenantProfile>,
}

impl Notice {
    /// What `kind` tells of `event`, as `seen`.
    pub fn of(kind: NoticeKind, event: &Event, moment: &Moment<'_>, seen: &Seen<'_>) -> SeenNotice {
        let number = event.number.clone();
        let number = number.or_else(|| moment.after.latest_number().cloned());
        let conversation = number.as_ref().and_then(|it| moment.after.conversation(it));
        let after = conversation.map(|it| &it.ownership);
        let owner = after.map(|it| &it.owner);
        let mut notice = Self {
            kind,
            at: event.at,
            customer: moment.customer.clone(),
            number: number.clone(),
            epoch: after.map(|it| it.epoch).unwrap_or_default(),
            team: owner.and_then(Owner::team).cloned(),
            tier: None,
            agent: None,
            by: None,
            is_with_operator: false,
            cause: None,
            queue: None,
            due: None,
            priority: None,
            flag: None,
            tags: Vec::new(),
            reasons: Vec::new(),
            next_step: None,
            rests_on: FieldSet::NONE,
            note: None,
            order: None,
            fields: Vec::new(),
        };
        match owner {
            Some(Owner::Agent { agent, .. }) => notice.agent = Some(agent.clone()),
            Some(Owner::Team { tier, .. }) => notice.tier = tier.clone(),
            _ => {}
        }
        notice.read_event(&event.body, moment.before);
        if let Some(number) = number.filter(|_| conversation.is_some()) {
            notice.fields = known(number, event.at, moment, seen);
        }
        seen.notice(notice)
    }

    fn read_event(&mut self, body: &EventBody, before: Option<&Standing>) {
        let had = || before.and_then(|it| it.ownership.owner.team()).cloned();
        match body {
            EventBody::HandedOff(handoff) => {
                self.tier.clone_from(&handoff.tier);
                self.due = handoff.due;
                self.priority = Some(handoff.priority);
                self.tags.clone_from(&handoff.tags);
                self.reasons.clone_from(&handoff.reasons);
                self.next_step.clone_from(&handoff.next_step);
                // Of older handoffs it is not known: any field counts.
                self.rests_on = handoff.read.unwrap_or_else(FieldSet::all);
                self.queue.clone_from(&handoff.queue);
            }
            EventBody::Escalated(escalated) => {
                self.tier.clone_from(&escalated.tier);
                self.is_with_operator = escalated.to_operator;
                self.cause = Some(escalated.cause.as_str().into());
                self.queue.clone_from(&escalated.queue);
                self.due = escalated.promised.next_step;
                self.by.clone_from(&escalated.by);
                self.note.clone_from(&escalated.note);
            }
            EventBody::Requeued(requeued) => {
                self.cause = Some(requeued.why.clone());
                self.queue = Some(requeued.queue.clone());
            }
            EventBody::Reassigned(passed) => self.by = person(&passed.by),
            EventBody::Claimed(claimed) => self.by = Some(claimed.agent.clone()),
            EventBody::Returned(returned) => {
                self.team = had();
                self.by.clone_from(&returned.by);
                self.note.clone_from(&returned.note);
            }
            EventBody::Resolved(resolved) => {
                self.team = had();
                self.by.clone_from(&resolved.by);
            }
            EventBody::Tagged(tagged) => self.tags.clone_from(&tagged.tags),
            EventBody::HandoffFlagged(flagged) => {
                self.flag = Some(flagged.flag);
                self.by = person(&flagged.by);
                self.note.clone_from(&flagged.note);
            }
            EventBody::OrderChanged(order) => {
                self.order = Some(OrderNews {
                    id: order.id.clone(),
                    status: order.status,
                });
            }
            _ => {}
        }
    }
}

fn person(principal: &Principal) -> Option<AgentId> {
    match principal {
        Principal::Person(agent) => Some(agent.clone()),
        _ => None,
    }
}

/// What the moment knows of the fields that are seen. Those of the message and of the occasion
/// are not among them: a notice is about neither.
fn known(
    number: NumberId,
    at: Timestamp,
    moment: &Moment<'_>,
    seen: &Seen<'_>,
) -> Vec<(Field, FieldValue)> {
    let occasion = Occasion {
        kind: OccasionKind::Timer,
        at,
        number,
        message: None,
    };
    let facts = Facts::new(moment.after.clone(), occasion, moment.tenant.clone());
    let is_of_moment = |field: &Field| {
        *field != Field::MessageRecent && ["message", "occasion"].contains(&field.interface())
    };
    let read = |field: Field| (field, facts.read(field));
    let held = Field::ALL.iter().copied().filter(|it| seen.holds(*it));
    let known = held.filter(|it| !is_of_moment(it)).map(read);
    known.filter(|(_, it)| *it != FieldValue::Unknown).collect()
}
