//! Earlier handoffs, and what became of them.

use crate::{
    event::OrderStatus,
    ids::OrderId,
    state::{Care, CustomerState, Handoff},
};

/// What became of a handoff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// People closed the episode.
    Resolved,
    /// People gave it back to the bot.
    Returned,
    /// The tenant's policy gave it back.
    ReturnedByPolicy,
}

impl Outcome {
    /// As it is written.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Resolved => "resolved",
            Self::Returned => "returned",
            Self::ReturnedByPolicy => "returned_by_policy",
        }
    }
}

/// A handoff that is over.
#[derive(Debug, Clone)]
pub struct Past<'s> {
    /// It.
    pub handoff: &'s Handoff,
    /// How it ended.
    pub outcome: Outcome,
    /// Orders that were paid from then until the next one, or until now.
    pub paid: Vec<&'s OrderId>,
}

/// Those of a conversation, the latest first.
pub(super) fn of<'s>(state: &'s CustomerState, care: &'s Care) -> Vec<Past<'s>> {
    let handoffs = care.handoffs();
    let after = |place: usize| handoffs.get(place + 1).map(|next| next.at);
    let ended = handoffs.iter().enumerate().rev();
    ended
        .filter_map(|(place, handoff)| {
            let ended = handoff.ended.as_ref()?;
            let outcome = match (ended.is_resolved, ended.by_policy) {
                (true, _) => Outcome::Resolved,
                (false, false) => Outcome::Returned,
                (false, true) => Outcome::ReturnedByPolicy,
            };
            let until = after(place);
            let is_paid = |at: &&jiff::Timestamp| {
                **at >= handoff.at && until.is_none_or(|until| **at < until)
            };
            let orders = state.orders.recent().iter();
            let paid = orders.filter(|it| {
                it.reached
                    .get(&OrderStatus::Paid)
                    .is_some_and(|at| is_paid(&at))
            });
            Some(Past {
                handoff,
                outcome,
                paid: paid.map(|order| &order.id).collect(),
            })
        })
        .collect()
}
