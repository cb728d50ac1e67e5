//! Follow-ups: messages that follow an order by themselves, as the tenant's
//! rows say. Starting one is a timer; what it says is decided when it fires.

use baton_domain::{
    event::{Event, EventBody, OrderChanged, OrderStatus},
    ids::{NumberId, OrderId},
    state::Order,
};
use baton_store::{FollowUp, NewWork, WorkChange, WorkKey, WorkKind};
use jiff::{Timestamp, ToSpan};
use serde::{Deserialize, Serialize};

use super::Change;

/// Payload of a follow-up's timer.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct FollowUpDue {
    /// Name of the tenant's row.
    pub name: String,
    /// The order that it follows.
    pub order: OrderId,
    /// The number to send from.
    pub number: NumberId,
    /// After this it is recorded and not sent.
    pub too_late_at: Timestamp,
}

/// Starts and cancels what follows from an event.
pub(super) fn start(change: &mut Change, event: &Event) {
    let EventBody::OrderChanged(order) = &event.body else {
        return;
    };
    if order.imported {
        return;
    }
    let rows = change.tenant().document.follow_ups.clone();
    let is_refunded = change
        .state()
        .orders
        .order(&order.id)
        .is_some_and(Order::is_refunded);
    let is_over = order.status == OrderStatus::Cancelled || is_refunded;
    for row in &rows {
        if is_over {
            change.add_work(WorkChange::Cancel(key(row, order)));
        } else if row.after == order.status {
            let number = event
                .number
                .clone()
                .or_else(|| change.state().latest_number().cloned());
            if let Some(timer) = number.and_then(|number| timer(row, order, event.at, number)) {
                change.add_work(WorkChange::Add(timer));
            }
        }
    }
}

fn key(row: &FollowUp, order: &OrderChanged) -> WorkKey {
    WorkKey(format!("follow-up/{}/{}", row.name, order.id).into())
}

fn timer(row: &FollowUp, order: &OrderChanged, at: Timestamp, number: NumberId) -> Option<NewWork> {
    let due_at = at.checked_add(i64::from(row.delay_hours).hours()).ok()?;
    let too_late_at = due_at
        .checked_add(i64::from(row.too_late_hours).hours())
        .ok()?;
    let due = FollowUpDue {
        name: row.name.to_string(),
        order: order.id.clone(),
        number,
        too_late_at,
    };
    let payload = serde_json::to_value(due).ok()?;
    Some(NewWork {
        key: key(row, order),
        kind: WorkKind::Timer,
        due_at,
        payload,
    })
}
