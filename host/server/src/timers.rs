//! Timers that are due become events, and what they call for goes into the
//! outbox, which looks again at owner, window and consent when it sends.

mod care;

use baton_domain::{
    event::{Author, Event, EventBody, OrderStatus, SendKey, SendQueued, TimerFired},
    limits::{COMMIT_TRIES_MAX, FOLLOW_UP_WAIT_MINUTES},
    state::{CustomerState, Order},
};
use baton_store::{
    CommitError, FollowUp, LeasedWork, NewWork, Stage, WorkChange, WorkKey, WorkKind,
};
use jiff::{Timestamp, ToSpan};

use crate::{
    directory::ActiveTenant,
    host::Host,
    outbox::{Effect, SendEffect},
    pipeline::{CareDue, Change, FollowUpDue, Refused},
    wire::OutgoingMessage,
};

/// Fires a timer: once, or never when it is too late.
///
/// # Errors
/// [`Refused::Store`]; the row is due again when its lease ends.
pub async fn fire(host: &Host, leased: LeasedWork) -> Result<(), Refused> {
    let work = &leased.work;
    let directory = host.directory();
    let Some(tenant) = directory.tenant(&work.tenant) else {
        return Ok(());
    };
    for _ in 0..COMMIT_TRIES_MAX {
        let Some(loaded) = host.store.load(&work.tenant, &work.customer, &[]).await? else {
            return Ok(());
        };
        let mut change = Change::onto(host, tenant.clone(), loaded).await?;
        let now = host.clock.now();
        match Due::of(&leased) {
            Some(Due::FollowUp(due)) => fire_follow_up(&mut change, now, tenant, &due, &leased),
            Some(Due::Care(due)) => care::fire(host, &mut change, now, &due, &leased),
            // What is wrong with it would show what it says.
            None => {
                tracing::error!("a timer that nothing understands is dropped");
                change.add_work(WorkChange::Done(leased.lease.clone()));
            }
        }
        match change.commit(host).await {
            Ok(_) | Err(CommitError::LeaseLost) => return Ok(()),
            Err(CommitError::Store(error)) => return Err(error.into()),
            Err(_changed_meanwhile) => {}
        }
    }
    Err(Refused::Contended)
}

/// What a timer is about.
enum Due {
    FollowUp(FollowUpDue),
    Care(CareDue),
}

impl Due {
    fn of(leased: &LeasedWork) -> Option<Self> {
        let payload = &leased.work.payload;
        let care = serde_json::from_value(payload.clone()).map(Self::Care);
        care.or_else(|_| serde_json::from_value(payload.clone()).map(Self::FollowUp))
            .ok()
    }
}

fn fire_follow_up(
    change: &mut Change,
    now: Timestamp,
    tenant: &ActiveTenant,
    due: &FollowUpDue,
    leased: &LeasedWork,
) {
    let too_late = now > due.too_late_at;
    let conversation = change.state().conversation(&due.number);
    let is_with_people = conversation.is_some_and(|it| it.ownership.owner.is_people());
    if is_with_people && !too_late {
        return wait_for_people(change, now, leased);
    }
    let fired = TimerFired {
        timer: due.name.as_str().into(),
        too_late,
        is_occasion: false,
    };
    let number = Some(due.number.clone());
    change.append(Event {
        at: now,
        number,
        body: EventBody::TimerFired(fired),
    });
    change.add_work(WorkChange::Done(leased.lease.clone()));
    let row = tenant
        .document
        .follow_ups
        .iter()
        .find(|row| *row.name == *due.name);
    let order = change.state().orders.order(&due.order).cloned();
    let is_owed = |order: &Order| !order.has(OrderStatus::Cancelled) && !order.is_refunded();
    let order = order.filter(is_owed);
    if let (false, Some(row), Some(order)) = (too_late, row, order) {
        queue(change, now, due, row, &order);
    }
}

/// Nobody is nudged over a person's head: the follow-up waits for the return
/// to the bot, until it is too late.
fn wait_for_people(change: &mut Change, now: Timestamp, leased: &LeasedWork) {
    change.add_work(WorkChange::Moved {
        lease: leased.lease.clone(),
        stage: Stage::Waiting,
        due_at: now
            .saturating_add(FOLLOW_UP_WAIT_MINUTES.minutes())
            .unwrap_or(Timestamp::MAX),
        keep: false,
    });
}

/// Puts the message into the thread and the outbox.
fn queue(change: &mut Change, now: Timestamp, due: &FollowUpDue, row: &FollowUp, order: &Order) {
    let state = change.state().clone();
    let fill = |text: &str| filled(text, &state, order);
    let key = format!("follow-up/{}/{}", due.name, due.order);
    let text = fill(&row.text);
    let template = row
        .template
        .as_ref()
        .map(|template| OutgoingMessage::Template {
            name: template.name.clone(),
            language: template.language.clone(),
            parameters: template.parameters.iter().map(|it| fill(it)).collect(),
            is_marketing: row.is_marketing,
        });
    let epoch = state
        .conversation(&due.number)
        .map(|it| it.ownership.epoch)
        .unwrap_or_default();
    let queued = SendQueued {
        send: SendKey(key.as_str().into()),
        author: Author::Bot,
        message_kind: "text".into(),
        text: Some(text.as_str().into()),
        purpose: Some(row.name.clone()),
        is_marketing: row.is_marketing,
        by: None,
    };
    let number = Some(due.number.clone());
    change.append(Event {
        at: now,
        number,
        body: EventBody::SendQueued(queued),
    });
    let effect = Effect::Send(SendEffect {
        number: due.number.clone(),
        author: Author::Bot,
        epoch,
        message: OutgoingMessage::Text { body: text },
        outside_window: template,
        is_marketing: row.is_marketing,
        too_late_at: Some(due.too_late_at),
    });
    change.add_work(WorkChange::Add(NewWork {
        key: WorkKey(format!("send/{key}").into()),
        kind: WorkKind::Effect,
        due_at: now,
        payload: effect.payload(),
    }));
}

/// `{order}`, `{name}` and `{tracking}` filled in.
fn filled(text: &str, state: &CustomerState, order: &Order) -> String {
    let name = state.profile.name.get().map_or("", |it| it);
    let tracking = order.tracking().map_or("", |it| it);
    let filled = text
        .replace("{order}", order.id.as_str())
        .replace("{name}", name);
    filled.replace("{tracking}", tracking)
}
