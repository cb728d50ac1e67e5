//! How much advertising one customer gets.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{event::SendKey, state::CustomerState};

/// At most so many messages that advertise within so many days, on all numbers
/// together. Messages for a service are not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cap {
    /// How many.
    pub messages: u32,
    /// Within how many days.
    pub days: u32,
}

/// What holds for a tenant that says nothing: one a day, three a week.
pub fn usual_caps() -> Vec<Cap> {
    vec![
        Cap {
            messages: 1,
            days: 1,
        },
        Cap {
            messages: 3,
            days: 7,
        },
    ]
}

/// Whether one more message that advertises, under the key `next`, is too much
/// at `now`. What waits counts and what may have left, but not what certainly
/// did not leave.
pub fn is_capped(state: &CustomerState, caps: &[Cap], next: &SendKey, now: Timestamp) -> bool {
    let adverts = state
        .conversations()
        .flat_map(|(_, it)| it.unasked.adverts())
        .filter(|it| it.send != *next);
    let sent: Vec<Timestamp> = adverts.map(|it| it.at).collect();
    caps.iter().any(|cap| {
        let span = SignedDuration::from_hours(24 * i64::from(cap.days));
        let within = sent.iter().filter(|at| now.duration_since(**at) < span);
        within.count() >= cap.messages as usize
    })
}
