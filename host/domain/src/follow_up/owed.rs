//! Whether a follow-up is owed, from the state alone.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::{About, Canceller, Trigger};
use crate::{
    event::OrderStatus,
    field::Field,
    ids::{NumberId, OrderId},
    named::named,
    people::FieldSet,
    state::{CustomerState, Order},
};

named! {
    /// Why a follow-up was not owed, as stable codes. Beside them stand the codes
    /// of messages that may not leave, such as `opted_out`.
    Skip, UnknownSkip, "reason to skip a follow-up";
    CustomerReplied "customer_replied" "The customer wrote while it waited.";
    TakenOver "taken_over" "People had the conversation while it waited.";
    PeopleOwn "people_own" "People have the conversation.";
    OptedOut "opted_out" "The customer wants no marketing.";
    Refunded "refunded" "All of the order's value went back.";
    OrderCancelled "order_cancelled" "The order will not happen.";
    OrderedSince "ordered_since" "The customer ordered something else.";
    OrderUnknown "order_unknown" "The order is older than what is kept.";
    BasketPaid "basket_paid" "The basket was paid.";
    BasketChanged "basket_changed" "The basket is another by now.";
    BookingCancelled "booking_cancelled" "The booking was cancelled.";
    BookingChanged "booking_changed" "Another booking, or day, was told since.";
    TooLate "too_late" "It is later than it may be sent.";
    RuleChanged "rule_changed" "The tenant has no such follow-up any more.";
}

/// A follow-up whose time has come.
#[derive(Debug, Clone, Copy)]
pub struct Planned<'a> {
    /// What it waited after.
    pub trigger: Trigger,
    /// What it is about.
    pub about: &'a About,
    /// What takes it back.
    pub cancelled_by: &'a BTreeSet<Canceller>,
    /// The number that it is sent from.
    pub number: &'a NumberId,
    /// After this it is not sent.
    pub too_late_at: Timestamp,
}

/// What becomes of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is owed.
    Send,
    /// People own the conversation: it waits for the return.
    Wait,
    /// It is not owed, and it is recorded why.
    Skip(Skip),
}

/// What becomes of a follow-up at `now`.
pub fn verdict(state: &CustomerState, planned: &Planned<'_>, now: Timestamp) -> Verdict {
    let began_at = match still_stands(state, planned) {
        Ok(began_at) => began_at,
        Err(why) => return Verdict::Skip(why),
    };
    if let Some(why) = taken_back(state, planned, began_at) {
        return Verdict::Skip(why);
    }
    if now > planned.too_late_at {
        return Verdict::Skip(Skip::TooLate);
    }
    let conversation = state.conversation(planned.number);
    let is_with_people = conversation.is_some_and(|it| it.ownership.owner.is_people());
    match (is_with_people, planned.trigger.is_nudge()) {
        (false, _) => Verdict::Send,
        (true, false) => Verdict::Wait,
        (true, true) => Verdict::Skip(Skip::PeopleOwn),
    }
}

/// Since when it waits, when what it is about is still so.
fn still_stands(state: &CustomerState, planned: &Planned<'_>) -> Result<Timestamp, Skip> {
    match (planned.about, planned.trigger) {
        (About::Order(id), trigger) => {
            let status = trigger.order_status().ok_or(Skip::RuleChanged)?;
            let order = state.orders.order(id).ok_or(Skip::OrderUnknown)?;
            order.reached.get(&status).copied().ok_or(Skip::RuleChanged)
        }
        (About::LastOrder(id), Trigger::LastOrder) => {
            let order = state.orders.order(id).ok_or(Skip::OrderUnknown)?;
            let began_at = order.bought_at().ok_or(Skip::OrderCancelled)?;
            let others = others(state, id).filter_map(Order::bought_at);
            if others.max().is_some_and(|at| at > began_at) {
                return Err(Skip::OrderedSince);
            }
            Ok(began_at)
        }
        (About::Basket(at), Trigger::Basket) => {
            let basket = state.basket.as_ref().ok_or(Skip::BasketChanged)?;
            if &*basket.checkout_state() == "paid" {
                return Err(Skip::BasketPaid);
            }
            let is_it = basket.changed_at == *at && !basket.is_empty();
            is_it.then_some(*at).ok_or(Skip::BasketChanged)
        }
        (About::Booking { id, date }, trigger @ (Trigger::Booking | Trigger::Attended)) => {
            let booking = state.booking.as_ref().ok_or(Skip::BookingChanged)?;
            if booking.id != *id || booking.date != *date {
                return Err(Skip::BookingChanged);
            }
            let is_attended = &*booking.state == "attended";
            match &*booking.state {
                "cancelled" => Err(Skip::BookingCancelled),
                _ if is_attended == (trigger == Trigger::Attended) => Ok(booking.at),
                _ => Err(Skip::BookingChanged),
            }
        }
        _ => Err(Skip::RuleChanged),
    }
}

/// Orders other than this one.
fn others<'s>(state: &'s CustomerState, id: &OrderId) -> impl Iterator<Item = &'s Order> {
    let id = id.clone();
    let orders = state.orders.recent().iter();
    orders.filter(move |it| it.id != id)
}

/// What happened while it waited and takes it back.
fn taken_back(state: &CustomerState, planned: &Planned<'_>, began_at: Timestamp) -> Option<Skip> {
    let order = match planned.about {
        About::Order(id) | About::LastOrder(id) => state.orders.order(id),
        About::Basket(_) | About::Booking { .. } => None,
    };
    let mut happened = planned.cancelled_by.iter().filter_map(|it| match it {
        Canceller::Reply => {
            let spoke = state
                .conversations()
                .filter_map(|(_, it)| it.last_inbound_at);
            let is_later = spoke.max().is_some_and(|at| at > began_at);
            is_later.then_some(Skip::CustomerReplied)
        }
        Canceller::Takeover => had_people(state, began_at).then_some(Skip::TakenOver),
        Canceller::OptOut => {
            let refuses = state.profile.marketing_consent.get() == Some(&false);
            refuses.then_some(Skip::OptedOut)
        }
        Canceller::Refund => {
            let order = order?;
            let is_cancelled = order.has(OrderStatus::Cancelled);
            let refunded = order.is_refunded().then_some(Skip::Refunded);
            is_cancelled.then_some(Skip::OrderCancelled).or(refunded)
        }
        Canceller::Order => {
            let id = order.map(|it| &it.id);
            let mut orders = state.orders.recent().iter().filter(|it| Some(&it.id) != id);
            let is_later = orders.any(|it| it.placed_at > began_at);
            is_later.then_some(Skip::OrderedSince)
        }
    });
    happened.next()
}

/// Whether people had a conversation of the customer at any time since. Every
/// change of owner is to people or from them.
fn had_people(state: &CustomerState, since: Timestamp) -> bool {
    state.conversations().any(|(_, it)| {
        let has_moved = it.care.moved_at().is_some_and(|at| at > since);
        has_moved || it.ownership.owner.is_people()
    })
}

/// The fields that a code tells something of: who lacks one does not see it.
pub fn fields_behind(why: &str) -> FieldSet {
    let fields: &[Field] = match why {
        "opted_out" | "no_marketing_consent" => &[Field::CustomerMarketingConsent],
        "refunded" | "order_cancelled" | "ordered_since" | "order_unknown" => &[Field::OrderLast],
        "basket_paid" | "basket_changed" => &[Field::BasketCheckoutState],
        "booking_cancelled" | "booking_changed" => &[Field::BookingState],
        _ => &[],
    };
    fields.iter().copied().collect()
}
