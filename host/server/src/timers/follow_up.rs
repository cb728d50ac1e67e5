//! A follow-up whose time has come: it is sent when it is owed and may leave, and
//! otherwise it is recorded why not.

use baton_domain::{
    event::{Author, Event, EventBody, FollowUpSkipped, SendKey, SendQueued, TimerFired},
    follow_up::{About, Planned, Skip, Verdict, verdict},
    limits::FOLLOW_UP_WAIT_MINUTES,
    state::CustomerState,
};
use baton_store::{FollowUp, LeasedWork, NewWork, WorkChange, WorkKey, WorkKind};
use jiff::Timestamp;

use super::wait;
use crate::{
    directory::ActiveTenant,
    outbox::{Effect, Fate, NOT_SENDABLE, SendEffect, check_message, fate},
    pipeline::{Change, FollowUpDue},
    wire::OutgoingMessage,
};

/// Fires one: once, or never when it is too late.
pub(super) fn fire(
    change: &mut Change,
    now: Timestamp,
    tenant: &ActiveTenant,
    due: &FollowUpDue,
    leased: &LeasedWork,
) {
    let mut rows = tenant.document.follow_ups.iter();
    let row = rows.find(|row| *row.name == *due.name);
    let verdict = row.map(|row| judged(change.state(), row, due, now));
    if verdict == Some(Verdict::Wait) {
        // News of what was bought is told over nobody's head: it waits for the
        // return to the bot, until it is too late.
        return wait(change, now, leased, FOLLOW_UP_WAIT_MINUTES);
    }
    let fired = TimerFired {
        timer: due.name.as_str().into(),
        too_late: now > due.too_late_at,
        is_occasion: false,
    };
    append(change, now, due, EventBody::TimerFired(fired));
    change.add_work(WorkChange::Done(leased.lease.clone()));
    let why = match (verdict, row) {
        (Some(Verdict::Skip(why)), _) => why.name(),
        (Some(Verdict::Send), Some(row)) => match queue(change, now, tenant, due, row) {
            Ok(()) => return,
            Err(why) => why,
        },
        _ => Skip::RuleChanged.name(),
    };
    let skipped = FollowUpSkipped {
        follow_up: due.name.as_str().into(),
        about: due.about.clone(),
        why: why.into(),
    };
    append(change, now, due, EventBody::FollowUpSkipped(skipped));
}

fn judged(state: &CustomerState, row: &FollowUp, due: &FollowUpDue, now: Timestamp) -> Verdict {
    let usual;
    let cancelled_by = match &row.cancelled_by {
        Some(said) => said,
        None => {
            usual = row.after.usually_cancelled_by();
            &usual
        }
    };
    let planned = Planned {
        trigger: row.after,
        about: &due.about,
        cancelled_by,
        number: &due.number,
        too_late_at: due.too_late_at,
    };
    verdict(state, &planned, now)
}

/// Puts the message into the thread and the outbox; tells why it cannot leave.
fn queue(
    change: &mut Change,
    now: Timestamp,
    tenant: &ActiveTenant,
    due: &FollowUpDue,
    row: &FollowUp,
) -> Result<(), &'static str> {
    let key = due.key();
    let send = SendKey(key.as_str().into());
    let effect = effect(change.state(), (due, row), now)?;
    // What could not leave is no message: it is said here why. The outbox looks
    // again.
    if change.state().conversation(&due.number).is_some()
        && let Fate::Suppress(why) = fate(tenant, change.state(), (&send, &effect), now)
    {
        return Err(why);
    }
    let queued = SendQueued {
        send,
        author: Author::Bot,
        message_kind: effect.message.kind().into(),
        text: effect.message.text(),
        purpose: Some(row.name.clone()),
        is_marketing: row.is_marketing,
        by: None,
    };
    append(change, now, due, EventBody::SendQueued(queued));
    change.add_work(WorkChange::Add(NewWork {
        key: WorkKey(format!("send/{key}").into()),
        kind: WorkKind::Effect,
        due_at: now,
        payload: Effect::Send(effect).payload(),
    }));
    Ok(())
}

/// What is to be sent. Outside the window it is the template from the start, so
/// that the thread shows what the customer gets.
fn effect(
    state: &CustomerState,
    (due, row): (&FollowUpDue, &FollowUp),
    now: Timestamp,
) -> Result<SendEffect, &'static str> {
    let conversation = state.conversation(&due.number);
    let is_window_open = conversation.is_some_and(|it| it.is_window_open(now));
    let (text, template) = forms(state, due, row);
    let (message, outside_window) = match (text, template) {
        (Some(text), template) if is_window_open => (text, template),
        (_, Some(template)) => (template, None),
        // Nothing was to be said outside the window: that is why.
        (Some(text), None) if row.template.is_none() => (text, None),
        (_, None) => return Err(NOT_SENDABLE),
    };
    Ok(SendEffect {
        number: due.number.clone(),
        author: Author::Bot,
        by: None,
        epoch: conversation
            .map(|it| it.ownership.epoch)
            .unwrap_or_default(),
        message,
        outside_window,
        is_marketing: row.is_marketing,
        too_late_at: Some(due.too_late_at),
        refused: 0,
        waited: 0,
    })
}

/// What is said inside the window and outside of it, as far as WhatsApp would
/// take it: filled in, it may be blank or too long.
fn forms(
    state: &CustomerState,
    due: &FollowUpDue,
    row: &FollowUp,
) -> (Option<OutgoingMessage>, Option<OutgoingMessage>) {
    let fill = |text: &str| filled(text, state, &due.about);
    let text = OutgoingMessage::Text {
        body: fill(&row.text),
    };
    let template = row
        .template
        .as_ref()
        .map(|template| OutgoingMessage::Template {
            name: template.name.clone(),
            language: template.language.clone(),
            parameters: template.parameters.iter().map(|it| fill(it)).collect(),
            is_marketing: row.is_marketing,
        });
    let fits = |message: &OutgoingMessage| check_message(message).is_ok();
    (Some(text).filter(fits), template.filter(fits))
}

fn append(change: &mut Change, at: Timestamp, due: &FollowUpDue, body: EventBody) {
    let number = Some(due.number.clone());
    change.append(Event { at, number, body });
}

/// `{name}`, `{order}`, `{tracking}`, `{booking}` and `{date}` filled in, as far
/// as it is about one.
fn filled(text: &str, state: &CustomerState, about: &About) -> String {
    let name = state.profile.name.get().map_or("", |it| it);
    let order = match about {
        About::Order(id) | About::LastOrder(id) => state.orders.order(id),
        About::Basket(_) | About::Booking { .. } => None,
    };
    let tracking = order.and_then(|it| it.tracking()).map_or("", |it| it);
    let (booking, date) = match about {
        About::Booking { id, date } => (&**id, date.map(|it| it.to_string())),
        _ => ("", None),
    };
    let words = [
        ("{name}", name),
        ("{order}", order.map_or("", |it| it.id.as_str())),
        ("{tracking}", tracking),
        ("{booking}", booking),
        ("{date}", date.as_deref().unwrap_or_default()),
    ];
    let fill = |text: String, (place, word): (&str, &str)| text.replace(place, word);
    words.into_iter().fold(text.to_owned(), fill)
}
