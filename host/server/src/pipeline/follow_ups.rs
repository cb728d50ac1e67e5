//! Follow-ups: messages that nobody asked for just then, as the tenant's rows
//! say. Starting one is a timer and nothing else; whether it is owed, and what it
//! says, is decided when it fires.

use baton_domain::{
    event::{Event, EventBody, OrderStatus},
    follow_up::{About, Trigger},
    ids::NumberId,
    state::{Booking, CustomerState, Order},
};
use baton_store::{FollowUp, NewWork, WorkChange, WorkKey, WorkKind};
use jiff::{Timestamp, ToSpan, tz::TimeZone};
use serde::{Deserialize, Serialize};

use super::Change;

/// Payload of a follow-up's timer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FollowUpDue {
    /// Name of the tenant's row.
    pub name: String,
    /// What it is about.
    #[serde(flatten)]
    pub about: About,
    /// The number to send from.
    pub number: NumberId,
    /// After this it is recorded and not sent.
    pub too_late_at: Timestamp,
}

impl FollowUpDue {
    /// Its key: of its timer, and of the message that comes of it.
    pub fn key(&self) -> String {
        key(&self.name, &self.about)
    }
}

fn key(name: &str, about: &About) -> String {
    format!("follow-up/{name}/{}", about.key())
}

/// Starts what follows from an event, which was appended. The basket was changed
/// last at `basket_at` before it: what waited for that one waits no more.
pub(super) fn start(change: &mut Change, event: &Event, basket_at: Option<Timestamp>) {
    let tenant = change.tenant().clone();
    if tenant.document.follow_ups.is_empty() {
        return;
    }
    let state = change.state().clone();
    let number = event.number.clone();
    let Some(number) = number.or_else(|| state.latest_number().cloned()) else {
        return;
    };
    let is_old = |at: &Timestamp| state.basket.as_ref().is_some_and(|it| it.changed_at != *at);
    let old = basket_at.filter(is_old).map(About::Basket);
    for row in &tenant.document.follow_ups {
        if let Some(old) = old.as_ref().filter(|_| row.after == Trigger::Basket) {
            let key = WorkKey(key(&row.name, old).into());
            change.add_work(WorkChange::Cancel(key));
        }
        let zone = tenant.profile.timezone();
        if let Some((about, due_at)) = begun(row, &state, event, zone)
            && let Some(timer) = timer(row, about, due_at, number.clone())
        {
            change.add_work(WorkChange::Add(timer));
        }
    }
}

/// What `event` makes `row` wait for, and until when.
fn begun(
    row: &FollowUp,
    state: &CustomerState,
    event: &Event,
    zone: &TimeZone,
) -> Option<(About, Timestamp)> {
    let after = |at: Timestamp| at.checked_add(i64::from(row.delay_hours).hours()).ok();
    match (&event.body, row.after) {
        (EventBody::OrderChanged(order), _) if order.imported => None,
        (EventBody::OrderChanged(order), Trigger::LastOrder) => {
            let is_buying = [OrderStatus::Paid, OrderStatus::Delivered].contains(&order.status);
            let bought_at = state.orders.order(&order.id)?.bought_at()?;
            let orders = state.orders.recent().iter().filter_map(Order::bought_at);
            let is_last = orders.max() == Some(bought_at);
            let about = About::LastOrder(order.id.clone());
            (is_buying && is_last).then_some((about, after(bought_at)?))
        }
        (EventBody::OrderChanged(order), trigger) => {
            let is_reached = trigger.order_status() == Some(order.status);
            is_reached.then_some((About::Order(order.id.clone()), after(event.at)?))
        }
        (EventBody::BasketChanged(_) | EventBody::MessageReceived(_), Trigger::Basket) => {
            let basket = state.basket.as_ref()?;
            let is_open = !basket.is_empty() && &*basket.checkout_state() != "paid";
            let at = basket.changed_at;
            let is_changed = at == event.at && is_open;
            is_changed.then_some((About::Basket(at), after(at)?))
        }
        (EventBody::BookingChanged(told), trigger) => {
            let booking = state.booking.as_ref()?;
            let is_it = booking.id == told.id && booking.at == event.at;
            let about = About::Booking {
                id: booking.id.clone(),
                date: booking.date,
            };
            let due_at = match (trigger, &*booking.state) {
                (Trigger::Booking, "requested" | "confirmed") => reminder_at(row, booking, zone),
                (Trigger::Attended, "attended") => after(event.at),
                _ => None,
            };
            is_it.then_some((about, due_at?))
        }
        _ => None,
    }
}

/// When to remind of a booking: before its day begins where the tenant is. Of one
/// that was made later than that nobody needs to be reminded.
fn reminder_at(row: &FollowUp, booking: &Booking, zone: &TimeZone) -> Option<Timestamp> {
    let day = zone.to_timestamp(booking.date?.at(0, 0, 0, 0)).ok()?;
    let due_at = day.checked_sub(i64::from(row.delay_hours).hours()).ok()?;
    (due_at > booking.at).then_some(due_at)
}

fn timer(row: &FollowUp, about: About, due_at: Timestamp, number: NumberId) -> Option<NewWork> {
    let too_late_at = due_at
        .checked_add(i64::from(row.too_late_hours).hours())
        .ok()?;
    let due = FollowUpDue {
        name: row.name.to_string(),
        about,
        number,
        too_late_at,
    };
    Some(NewWork {
        key: WorkKey(due.key().into()),
        kind: WorkKind::Timer,
        due_at,
        payload: serde_json::to_value(due).ok()?,
    })
}
