//! WhatsApp tells statuses, edits and revokes in any order and any number of
//! times: the same log with those moved and repeated folds to the same state.

use baton_domain::{
    event::{Event, EventBody},
    state::{CustomerState, fold},
};
use fastrand::Rng;

use super::Oracle;

/// Orders that are tried for each customer.
const ORDERS: usize = 3;

fn folded(events: &[Event]) -> String {
    let state = events.iter().fold(CustomerState::default(), fold);
    serde_json::to_string(&state).expect("a state")
}

fn is_movable(event: &Event) -> bool {
    matches!(
        event.body,
        EventBody::MessageEdited(_) | EventBody::MessageRevoked(_) | EventBody::Receipt(_)
    )
}

/// What may be told again without a change: all that carries an id.
fn is_repeatable(event: &Event) -> bool {
    is_movable(event)
        || matches!(
            event.body,
            EventBody::MessageReceived(_) | EventBody::EchoReceived(_)
        )
}

/// The log with what may move put elsewhere, and some of it repeated.
fn shuffled(log: &[Event], rng: &mut Rng) -> Vec<Event> {
    let (moving, mut all): (Vec<_>, Vec<_>) = log.iter().cloned().partition(is_movable);
    for event in moving {
        all.insert(rng.usize(..=all.len()), event);
    }
    for _ in 0..all.len().min(5) {
        let which = rng.usize(..all.len());
        if is_repeatable(&all[which]) {
            let again = all[which].clone();
            all.insert(rng.usize(which + 1..=all.len()), again);
        }
    }
    all
}

impl Oracle {
    pub(super) fn check_any_order(&mut self, rng: &mut Rng) {
        let mut wrong = None;
        for ((_, customer), shadow) in &self.customers {
            let expected = folded(&shadow.log);
            for _ in 0..ORDERS {
                let other = shuffled(&shadow.log, rng);
                if folded(&other) != expected {
                    wrong = Some(format!("the fold of {customer} depends on the order"));
                }
            }
        }
        self.check(wrong.is_none(), || wrong.unwrap_or_default());
    }
}
