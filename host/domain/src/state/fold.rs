//! The fold: what an event makes of a state. Total: an event that does not
//! fit (a claim that lost, a revoke of a message never seen) changes what it
//! must and nothing else, and never fails. What is of the customer is here, what
//! is of one conversation in a file of its own.

mod conversation;

use std::sync::Arc;

use jiff::Timestamp;

use super::{Basket, Booking, Conversation, CustomerState, Delivery, Known, PaidOrder, bound};
use crate::{
    event::{
        BasketChanged, BookingChanged, DeliveryEstimated, Event, EventBody, InboundMessage,
        OrderChanged, OrderStatus, ProfileChanged, Receipt,
    },
    ids::NumberId,
    limits::CONVERSATIONS_MAX,
};

/// WhatsApp's code of a message that the customer would get too much with.
const MARKETING_CAPPED: i64 = 131_049;

/// The state after `event`.
#[must_use]
pub fn fold(mut state: CustomerState, event: &Event) -> CustomerState {
    state.apply(event);
    state
}

impl CustomerState {
    /// [`fold`] in place.
    pub fn apply(&mut self, event: &Event) {
        let at = event.at;
        if !matches!(event.body, EventBody::PastMessage(_)) {
            self.first_seen_at = Some(self.first_seen_at.map_or(at, |first| first.min(at)));
        }
        match &event.body {
            EventBody::ProfileChanged(change) => self.learn_profile(at, change),
            EventBody::BasketChanged(change) => self.change_basket(at, change),
            EventBody::OrderChanged(change) => self.change_order(at, change),
            EventBody::PaymentChanged(change) => self.payments.apply(at, change),
            EventBody::DeliveryEstimated(estimate) => self.estimate_delivery(at, estimate),
            EventBody::BookingChanged(change) => self.change_booking(at, change),
            EventBody::MarketingCapped(_) => self.cap_marketing(at),
            body => {
                if let EventBody::Receipt(receipt) = body {
                    self.learn_refusal(receipt);
                }
                if let EventBody::MessageReceived(message) = body
                    && !message.lines.is_empty()
                {
                    self.take_cart(at, message);
                }
                let number = event
                    .number
                    .clone()
                    .or_else(|| self.latest_number().cloned());
                if let Some(conversation) = number.and_then(|number| self.entry(number)) {
                    conversation.apply(at, body);
                }
            }
        }
    }

    fn cap_marketing(&mut self, at: Timestamp) {
        self.marketing_capped_at = self.marketing_capped_at.max(Some(at));
    }

    /// WhatsApp takes a message and says only later that it delivers no marketing
    /// to the customer (WhatsApp documentation, "Error codes").
    fn learn_refusal(&mut self, receipt: &Receipt) {
        match receipt.error {
            Some(MARKETING_CAPPED) => self.cap_marketing(receipt.since),
            Some(Receipt::MARKETING_REFUSED) => {
                let consent = &mut self.profile.marketing_consent;
                consent.learn(receipt.since, false);
            }
            _ => {}
        }
    }

    /// The conversation on `number`, made when there is room for one more.
    fn entry(&mut self, number: NumberId) -> Option<&mut Conversation> {
        let has_room = self.conversations.len() < CONVERSATIONS_MAX;
        if !has_room && !self.conversations.contains_key(&number) {
            return None;
        }
        Some(self.conversations.entry(number).or_default())
    }

    fn learn_profile(&mut self, at: Timestamp, change: &ProfileChanged) {
        let profile = &mut self.profile;
        let learn = |known: &mut Known<Arc<str>>, told: &Option<Arc<str>>| {
            if let Some(told) = told {
                known.learn(at, bound::short(told));
            }
        };
        profile.learn_name(at, change);
        learn(&mut profile.phone, &change.phone);
        learn(&mut profile.user_id, &change.user_id);
        learn(&mut profile.email, &change.email);
        learn(&mut profile.country, &change.country);
        learn(&mut profile.language, &change.language);
        if let Some(tags) = &change.tags {
            profile.tags.learn(at, bound::tags(tags));
        }
        if let Some(is_allowed) = change.marketing_consent {
            profile.marketing_consent.learn(at, is_allowed);
        }
    }

    fn change_basket(&mut self, at: Timestamp, change: &BasketChanged) {
        let mut basket = Basket {
            at,
            changed_at: at,
            id: change.id.as_ref().map(bound::foreign_id),
            lines: bound::lines(&change.lines),
            total: change.total.clone(),
            told_state: bound::word(&change.checkout_state),
            is_paid: false,
        };
        let known = self.basket.as_ref();
        let is_as_it_was = known.is_some_and(|known| known.is_as(&basket));
        if let Some(known) = known.filter(|_| is_as_it_was) {
            basket.changed_at = known.changed_at;
        }
        let is_news = |known: &Basket| known.at < at || known.at == at && !is_as_it_was;
        if known.is_none_or(is_news) {
            self.basket = Some(basket);
            self.settle_basket();
        }
    }

    /// A cart sent from the catalogue is the basket, until someone says more
    /// (WhatsApp documentation, "Order messages").
    fn take_cart(&mut self, at: Timestamp, message: &InboundMessage) {
        if self.basket.as_ref().is_none_or(|known| known.at < at) {
            let lines = bound::lines(&message.lines);
            let (id, total, told_state) = (None, None, "open".into());
            self.basket = Some(Basket {
                at,
                changed_at: at,
                id,
                lines,
                total,
                told_state,
                is_paid: false,
            });
            self.settle_basket();
        }
    }

    fn change_order(&mut self, at: Timestamp, change: &OrderChanged) {
        self.orders.apply(at, change);
        // What is told after the fact says nothing of the basket and the
        // promises of today.
        if change.imported {
            return;
        }
        let is_latest = self.last_paid.as_ref().is_none_or(|known| known.at <= at);
        if change.status == OrderStatus::Paid && is_latest {
            let basket = change.basket.as_ref().map(bound::foreign_id);
            self.last_paid = Some(PaidOrder { at, basket });
            self.settle_basket();
        }
        if change.status == OrderStatus::Delivered {
            self.last_delivered_at = self.last_delivered_at.max(Some(at));
        }
    }

    /// A paid order settles the basket it came from, or, when it does not say
    /// from which, the one that was there.
    fn settle_basket(&mut self) {
        let (Some(basket), Some(paid)) = (&mut self.basket, &self.last_paid) else {
            return;
        };
        basket.is_paid |= match (&basket.id, &paid.basket) {
            (Some(known), Some(told)) => known == told,
            _ => basket.at <= paid.at,
        };
    }

    fn estimate_delivery(&mut self, at: Timestamp, estimate: &DeliveryEstimated) {
        if self.estimate.as_ref().is_none_or(|known| known.at <= at) {
            self.estimate = Some(Delivery {
                at,
                order: estimate.order.clone(),
                latest: estimate.latest,
                certainty: bound::word(&estimate.certainty),
                reason: estimate.reason.as_ref().map(bound::short),
            });
        }
    }

    fn change_booking(&mut self, at: Timestamp, change: &BookingChanged) {
        if self.booking.as_ref().is_none_or(|known| known.at <= at) {
            let (id, state) = (bound::foreign_id(&change.id), bound::word(&change.state));
            self.booking = Some(Booking {
                at,
                id,
                state,
                date: change.date,
            });
        }
    }
}
