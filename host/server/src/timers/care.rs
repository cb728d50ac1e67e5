//! Deadlines of what people owe: who did not act in time loses the next step to
//! the next tier, and silence with nothing left to do goes back to the bot.

use baton_domain::{
    assign::Asked,
    care::Deadline,
    event::{EscalationCause, Event, EventBody, Returned, TimerFired},
    limits::RETURN_WAIT_MINUTES,
};
use baton_store::{LeasedWork, WorkChange};
use jiff::Timestamp;

use super::{move_to, wait};
use crate::{
    host::Host,
    pipeline::{CareDue, Change, escalate},
};

/// Fires a deadline: what holds no more is recorded and does nothing.
pub(super) fn fire(
    host: &Host,
    change: &mut Change,
    now: Timestamp,
    due: &CareDue,
    leased: &LeasedWork,
) {
    let held = due.holds(change);
    if let Some((_, due_at)) = held
        && due_at > now
    {
        // The policy gives more time than when it began.
        return move_to(change, leased, due_at);
    }
    let deadline = held.map(|(deadline, _)| deadline);
    if matches!(deadline, Some(Deadline::AutoReturn(_))) && !host.is_bot_there(change.tenant(), now)
    {
        // People keep it until the bot is there.
        return wait(change, now, leased, RETURN_WAIT_MINUTES);
    }
    let number = Some(due.number.clone());
    let fired = TimerFired {
        timer: due.name().into(),
        too_late: false,
        is_occasion: false,
    };
    change.append(Event {
        at: now,
        number: number.clone(),
        body: EventBody::TimerFired(fired),
    });
    change.add_work(WorkChange::Done(leased.lease.clone()));
    match deadline {
        Some(Deadline::FirstReply(_)) => {
            go_up(host, change, now, due, EscalationCause::FirstReplyLate);
        }
        Some(Deadline::NextStep(_)) => {
            go_up(host, change, now, due, EscalationCause::NextStepLate);
        }
        Some(Deadline::AutoReturn(epoch)) => {
            change.alert("returned");
            let (by, note) = (None, None);
            let body = EventBody::Returned(Returned {
                epoch,
                by,
                note,
                by_policy: true,
            });
            change.append(Event {
                at: now,
                number,
                body,
            });
        }
        None => {}
    }
}

fn go_up(host: &Host, change: &mut Change, now: Timestamp, due: &CareDue, cause: EscalationCause) {
    let (by, note) = (None, None);
    let asked = Asked { cause, by, note };
    escalate(change, host, now, &due.number, asked);
}
