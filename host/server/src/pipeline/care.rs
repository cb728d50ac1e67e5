//! What people owe, as a change grows: who gets a handoff is decided while it
//! commits, and deadlines start and stop with what the state says.

use std::{collections::BTreeMap, sync::Arc};

use baton_domain::{
    assign::{Asked, Assignment, Wanted, escalated, next_rung, out_of_doubt, passed_on, team_of},
    care::{Deadline, deadlines, due_at},
    event::{EscalationCause, Event, EventBody, HandedOff},
    ids::{AgentId, CustomerId, NumberId, OwnerEpoch},
    limits::{COMMIT_TRIES_MAX, PAGE_ITEMS_MAX},
    package,
    people::Principal,
    state::{Conversation, Rung},
    tenant::Team,
};
use baton_store::{
    CommitError, ConversationRow, Inbox, NewWork, StoreError, WorkChange, WorkKey, WorkKind,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Change, Refused};
use crate::{directory::ActiveTenant, host::Host, people::Reservation};

/// Payload of a deadline's timer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CareDue {
    /// `first-reply`, `next-step` or `auto-return`.
    care: String,
    /// Whose conversation it was when it started: a merge moves timers, and
    /// starts those that hold afresh.
    customer: CustomerId,
    /// On which number.
    pub number: NumberId,
    /// What tells it from others of its name.
    count: u64,
}

impl CareDue {
    fn new(customer: &CustomerId, number: &NumberId, deadline: Deadline) -> Self {
        Self {
            care: deadline.as_str().to_owned(),
            customer: customer.clone(),
            number: number.clone(),
            count: deadline.number(),
        }
    }

    fn key(&self) -> WorkKey {
        let Self {
            care,
            customer,
            number,
            count,
        } = self;
        WorkKey(format!("care/{care}/{customer}/{number}/{count}").into())
    }

    /// What the timer is for.
    pub fn name(&self) -> &str {
        &self.care
    }

    /// The deadline and when it is due, when it still holds.
    pub fn holds(&self, change: &Change) -> Option<(Deadline, Timestamp)> {
        let count = u32::try_from(self.count).ok();
        let deadline = match (&*self.care, count) {
            ("first-reply", Some(count)) => Deadline::FirstReply(count),
            ("next-step", Some(count)) => Deadline::NextStep(count),
            ("auto-return", _) => Deadline::AutoReturn(OwnerEpoch(self.count)),
            _ => return None,
        };
        let conversation = change.state().conversation(&self.number)?;
        let policy = change.tenant().profile.care();
        let due_at = due_at(conversation, policy, deadline)?;
        (self.customer == *change.customer()).then_some((deadline, due_at))
    }
}

/// The timers that should run for a customer.
pub(super) type Timers = BTreeMap<WorkKey, NewWork>;

/// The timers that follow from how the customer stands.
pub(super) fn timers(change: &Change) -> Timers {
    let policy = change.tenant().profile.care();
    let mut timers = Timers::new();
    for (number, conversation) in change.state().conversations() {
        for (deadline, due_at) in deadlines(conversation, policy) {
            let due = CareDue::new(change.customer(), number, deadline);
            let key = due.key();
            let new = NewWork {
                key: key.clone(),
                kind: WorkKind::Timer,
                due_at,
                // Strings and numbers only: this cannot fail.
                payload: serde_json::to_value(&due).unwrap_or_default(),
            };
            timers.insert(key, new);
        }
    }
    timers
}

/// What makes `after` of the timers `before`.
pub(super) fn changes(before: &Timers, after: &Timers) -> Vec<WorkChange> {
    let gone = before.keys().filter(|key| !after.contains_key(*key));
    let cancelled = gone.cloned().map(WorkChange::Cancel);
    let is_new = |(key, new): &(&WorkKey, &NewWork)| {
        before.get(*key).is_none_or(|was| was.due_at != new.due_at)
    };
    let started = after.iter().filter(is_new);
    let started = started.map(|(_, new)| WorkChange::Reschedule(new.clone()));
    cancelled.chain(started).collect()
}

/// Starts the deadlines of a tenant that should run by its policy of now and do
/// not: it may want some that it did not when the conversations last moved, or
/// want them sooner. Answers for how many customers; one that is damaged or busy is
/// told in the log, and begins with the next that happens to it.
///
/// # Errors
/// [`Refused`]; what was started runs.
pub async fn start_deadlines(host: &Host, tenant: &Arc<ActiveTenant>) -> Result<usize, Refused> {
    let (mut count, mut after) = (0, None::<String>);
    loop {
        let (id, people) = (&tenant.document.id, Inbox::People);
        let page = host
            .store
            .conversations(id, people, after.as_deref(), PAGE_ITEMS_MAX)
            .await?;
        for ConversationRow { customer, .. } in page.items {
            match start_deadlines_of(host, tenant, &customer).await {
                Ok(is_late) => count += usize::from(is_late),
                Err(error @ (Refused::Contended | Refused::Store(StoreError::Damaged { .. }))) => {
                    tracing::error!(tenant = %id, %customer, %error, "its deadlines do not begin");
                }
                Err(error) => return Err(error),
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(count);
        }
    }
}

async fn start_deadlines_of(
    host: &Host,
    tenant: &Arc<ActiveTenant>,
    customer: &CustomerId,
) -> Result<bool, Refused> {
    let id = &tenant.document.id;
    for _ in 0..COMMIT_TRIES_MAX {
        let loaded = match host.store.load(id, customer, &[]).await {
            Ok(Some(loaded)) => loaded,
            Ok(None) | Err(StoreError::Erased) => return Ok(false),
            Err(error) => return Err(error.into()),
        };
        let mut change = Change::onto(host, tenant.clone(), loaded).await?;
        let mut is_late = false;
        for (key, new) in timers(&change) {
            // What fired or was settled comes back as nothing, and stays so.
            let runs = host.store.work(id, change.customer(), &key).await?;
            if runs.is_none_or(|it| it.due_at > new.due_at) {
                change.add_work(WorkChange::Reschedule(new));
                is_late = true;
            }
        }
        if !is_late {
            return Ok(false);
        }
        match change.commit(host).await {
            Ok(_) => return Ok(true),
            Err(CommitError::Store(error)) => return Err(error.into()),
            Err(_changed_meanwhile) => {}
        }
    }
    Err(Refused::Contended)
}

/// Completes a handoff that is about to be appended: who has it, what is
/// promised, what goes with it. The decision was appended right before.
pub(super) fn handed_over(
    change: &mut Change,
    host: &Host,
    (now, number): (Timestamp, &NumberId),
    mut handoff: HandedOff,
) -> HandedOff {
    let tenant = change.tenant().clone();
    let (profile, policy) = (&tenant.profile, tenant.profile.care());
    let zone = profile.timezone();
    handoff.decided_at = Some(change.place());
    handoff.promised = policy.promised(handoff.tier.as_ref(), now, zone);
    let usual = || {
        let minutes = tenant.document.next_step_minutes;
        policy.hours.after_work(now, minutes, zone)
    };
    handoff.due = handoff.promised.next_step.or_else(usual);
    package::complete(&mut handoff, change.state(), number, profile);
    if tenant.roster.is_empty() {
        return handoff;
    }
    let rung = Rung {
        tier: handoff.tier.clone(),
        is_operator: false,
    };
    let team = profile.team(handoff.team.as_str()).cloned();
    let team = team.unwrap_or_else(|| Team {
        name: handoff.team.clone(),
        tiers: Vec::new(),
    });
    let (assignment, reservation) = find(change, host, (now, number), &team, &rung, &handoff.tags);
    change.reserve(reservation);
    (handoff.agent, handoff.queue) = assignment.parts();
    if handoff.queue.is_some() {
        change.alert("queued");
    }
    handoff
}

fn find(
    change: &Change,
    host: &Host,
    (now, number): (Timestamp, &NumberId),
    team: &Team,
    rung: &Rung,
    tags: &[Arc<str>],
) -> (Assignment, Option<Reservation>) {
    let tenant = change.tenant();
    let (state, profile) = (change.state(), &tenant.profile);
    let language = package::language(state, number, profile);
    let conversation = state.conversation(number);
    let wanted = Wanted {
        team,
        rung,
        tags,
        language: Some(&language),
        previous: state.last_agent(),
        not: conversation.and_then(|it| it.ownership.owner.agent()),
    };
    let now = (now, profile.timezone());
    host.loads
        .assign(&tenant.document.id, &wanted, &tenant.roster, now)
}

/// Tags of the handoff that people are busy with.
fn tags(conversation: &Conversation) -> Vec<Arc<str>> {
    let handoff = conversation.care.handoff();
    handoff.map(|it| it.tags.clone()).unwrap_or_default()
}

/// Sends a conversation that people own to the next tier, or from the last to
/// the operator. Returns whether there was somebody above.
pub fn escalate(
    change: &mut Change,
    host: &Host,
    now: Timestamp,
    number: &NumberId,
    asked: Asked,
) -> bool {
    let tenant = change.tenant().clone();
    let state = change.state().clone();
    let Some(conversation) = state.conversation(number) else {
        return false;
    };
    if !conversation.ownership.owner.is_people() {
        return false;
    }
    let team = team_of(conversation, &tenant.profile);
    // Nobody is above the operator. What is overdue there is told once more, and
    // goes to another operator when there is one.
    let is_overdue = asked.cause != EscalationCause::Asked;
    let is_again = is_overdue && conversation.care.rung().is_operator;
    let again = || is_again.then(|| conversation.care.rung().clone());
    let Some(rung) = next_rung(&team, conversation.care.rung()).or_else(again) else {
        return false;
    };
    let tags = tags(conversation);
    let (assignment, reservation) = find(change, host, (now, number), &team, &rung, &tags);
    change.reserve(reservation);
    let assignment = match (assignment, conversation.ownership.owner.agent()) {
        (Assignment::Queued(_), Some(agent)) if is_again => Assignment::Agent(agent.clone()),
        (found, _) => found,
    };
    change.alert("escalated");
    let target = (team.name, rung);
    let body = escalated(
        conversation,
        &tenant.profile,
        target,
        assignment,
        (now, asked),
    );
    // Or the state would be copied to append to it.
    drop(state);
    append(change, now, number, EventBody::Escalated(body));
    true
}

/// Passes a conversation that an agent owns to somebody else on the same rung,
/// or to `to`; into the queue when nobody can take it. Returns whether an agent
/// had it.
pub fn reassign(
    change: &mut Change,
    host: &Host,
    (now, number): (Timestamp, &NumberId),
    to: Option<&AgentId>,
    (why, by): (&str, Principal),
) -> bool {
    let tenant = change.tenant().clone();
    let state = change.state().clone();
    let Some(conversation) = state.conversation(number) else {
        return false;
    };
    if !conversation.ownership.owner.is_people() {
        return false;
    }
    let team = team_of(conversation, &tenant.profile);
    let assignment = match to {
        Some(agent) => Assignment::Agent(agent.clone()),
        None => {
            let (rung, tags) = (conversation.care.rung(), tags(conversation));
            let (assignment, reservation) = find(change, host, (now, number), &team, rung, &tags);
            change.reserve(reservation);
            assignment
        }
    };
    let body = passed_on(conversation, team.name, assignment, (why, by));
    // Or the state would be copied to append to it.
    drop(state);
    let is_passed = body.is_some();
    if let Some(body) = body {
        append(change, now, number, body);
    }
    is_passed
}

/// Puts a conversation that the App owns back into the queue of its team, since its
/// number is frozen. Returns whether the App had it.
pub fn requeue(change: &mut Change, now: Timestamp, number: &NumberId) -> bool {
    let tenant = change.tenant().clone();
    let body = change.state().conversation(number).and_then(|it| {
        let team = team_of(it, &tenant.profile).name;
        out_of_doubt(it, team)
    });
    let is_requeued = body.is_some();
    body.into_iter()
        .for_each(|body| append(change, now, number, body));
    is_requeued
}

fn append(change: &mut Change, at: Timestamp, number: &NumberId, body: EventBody) {
    let number = Some(number.clone());
    change.append(Event { at, number, body });
}
