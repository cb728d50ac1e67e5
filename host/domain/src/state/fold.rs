//! The fold: what an event makes of a state. Total: an event that does not
//! fit (a claim that lost, a revoke of a message never seen) changes what it
//! must and nothing else, and never fails.

use jiff::Timestamp;

use super::{Basket, Booking, Conversation, CustomerState, Delivery, MessageRef, ThreadEntry};
use crate::{
    event::{
        Author, BasketChanged, BotAnswered, BotMissed, DeliveryEstimated, EchoReceived, Event,
        EventBody, HandedOff, InboundMessage, OrderChanged, OrderStatus, PastMessage,
        ProfileChanged, SendQueued,
    },
    ids::{MessageId, NumberId},
    limits::{CONVERSATIONS_MAX, LINES_MAX, SHORT_TEXT_CHARS_MAX, TAGS_MAX},
    owner::OwnerChange,
    text::truncated,
};

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
            EventBody::ProfileChanged(change) => self.learn_profile(change),
            EventBody::BasketChanged(change) => self.change_basket(at, change),
            EventBody::OrderChanged(change) => self.change_order(at, change),
            EventBody::PaymentChanged(change) => self.payments.apply(at, change),
            EventBody::DeliveryEstimated(estimate) => self.estimate_delivery(at, estimate),
            EventBody::BookingChanged(change) => {
                let newer = self.booking.as_ref().is_none_or(|known| known.at <= at);
                if newer {
                    let (id, state, date) = (change.id.clone(), change.state.clone(), change.date);
                    self.booking = Some(Booking { at, id, state, date });
                }
            }
            body => {
                if let EventBody::MessageReceived(message) = body
                    && !message.lines.is_empty()
                {
                    self.take_cart(at, message);
                }
                let number = event.number.clone().or_else(|| self.latest_number().cloned());
                if let Some(conversation) = number.and_then(|number| self.entry(number)) {
                    conversation.apply(at, body);
                }
            }
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

    fn learn_profile(&mut self, change: &ProfileChanged) {
        let profile = &mut self.profile;
        let learn = |known: &mut Option<_>, told: &Option<std::sync::Arc<str>>| {
            if let Some(told) = told {
                *known = Some(truncated(told, SHORT_TEXT_CHARS_MAX));
            }
        };
        learn(&mut profile.name, &change.name);
        learn(&mut profile.phone, &change.phone);
        learn(&mut profile.user_id, &change.user_id);
        learn(&mut profile.email, &change.email);
        learn(&mut profile.country, &change.country);
        learn(&mut profile.language, &change.language);
        if let Some(tags) = &change.tags {
            profile.tags = tags.iter().take(TAGS_MAX).cloned().collect();
        }
        profile.marketing_consent = change.marketing_consent.or(profile.marketing_consent);
    }

    fn change_basket(&mut self, at: Timestamp, change: &BasketChanged) {
        if self.basket.as_ref().is_some_and(|known| known.at > at) {
            return;
        }
        self.basket = Some(Basket {
            at,
            id: change.id.clone(),
            lines: change.lines.iter().take(LINES_MAX).cloned().collect(),
            total: change.total.clone(),
            checkout_state: change.checkout_state.clone(),
        });
    }

    /// A cart sent from the catalogue is the basket, until someone says more
    /// (WhatsApp documentation, "Order messages").
    fn take_cart(&mut self, at: Timestamp, message: &InboundMessage) {
        if self.basket.as_ref().is_some_and(|known| known.at >= at) {
            return;
        }
        let lines = message.lines.iter().take(LINES_MAX).cloned().collect();
        let (id, total, checkout_state) = (None, None, "open".into());
        self.basket = Some(Basket { at, id, lines, total, checkout_state });
    }

    fn change_order(&mut self, at: Timestamp, change: &OrderChanged) {
        self.orders.apply(at, change);
        if change.imported {
            return;
        }
        if change.status == OrderStatus::Paid {
            self.basket_became_order(at, change);
        }
        if change.status == OrderStatus::Delivered {
            let is_about_it = |estimate: &Delivery| {
                estimate.order.as_ref().map_or(estimate.at <= at, |order| *order == change.id)
            };
            self.delivery.take_if(|estimate| is_about_it(estimate));
        }
    }

    /// A paid order settles the basket it came from, or, when it does not say
    /// from which, the one that was there.
    fn basket_became_order(&mut self, at: Timestamp, change: &OrderChanged) {
        let Some(basket) = &mut self.basket else { return };
        let is_it = match (&basket.id, &change.basket) {
            (Some(known), Some(told)) => known == told,
            _ => basket.at <= at,
        };
        if is_it {
            basket.checkout_state = "paid".into();
            basket.at = basket.at.max(at);
        }
    }

    fn estimate_delivery(&mut self, at: Timestamp, estimate: &DeliveryEstimated) {
        if self.delivery.as_ref().is_some_and(|known| known.at > at) {
            return;
        }
        self.delivery = Some(Delivery {
            at,
            order: estimate.order.clone(),
            latest: estimate.latest,
            certainty: estimate.certainty.clone(),
            reason: estimate.reason.as_ref().map(|it| truncated(it, SHORT_TEXT_CHARS_MAX)),
        });
    }
}

impl Conversation {
    fn apply(&mut self, at: Timestamp, body: &EventBody) {
        match body {
            EventBody::MessageReceived(message) => self.receive(at, message),
            EventBody::MessageEdited(edit) => {
                self.thread.edited(at, edit.original.clone(), edit.text.clone());
            }
            EventBody::MessageRevoked(revoke) => self.thread.revoked(at, revoke.original.clone()),
            EventBody::EchoReceived(echo) => self.receive_echo(at, echo),
            EventBody::PastMessage(message) => self.learn_past(at, message),
            EventBody::Receipt(receipt) => self.thread.receipt(receipt.clone()),
            EventBody::SendQueued(send) => self.queue_send(at, send),
            EventBody::SendResolved(resolved) => {
                self.thread.outcome(at, resolved.send.clone(), resolved.outcome.clone());
            }
            EventBody::BotAnswered(answer) => self.bot_answered(at, answer),
            EventBody::BotMissed(miss) => self.bot_missed(miss),
            EventBody::HandedOff(handoff) => self.hand_off(at, handoff),
            EventBody::Claimed(claim) => {
                let (epoch, agent) = (claim.epoch, claim.agent.clone());
                self.change_owner(at, &OwnerChange::Claim { epoch, agent });
            }
            EventBody::Returned(_) => self.return_to_bot(at),
            EventBody::Resolved(_) => {
                self.return_to_bot(at);
                self.is_resolved = self.episode.is_some();
            }
            EventBody::Tagged(tagged) => {
                if let Some(episode) = self.current() {
                    episode.tag(&tagged.tags);
                }
            }
            // Records for people and audit; what follows from a decision or a
            // timer comes as an event of its own.
            EventBody::Decided(_) | EventBody::TimerFired(_) => {}
            EventBody::ProfileChanged(_)
            | EventBody::BasketChanged(_)
            | EventBody::OrderChanged(_)
            | EventBody::PaymentChanged(_)
            | EventBody::DeliveryEstimated(_)
            | EventBody::BookingChanged(_) => {}
        }
    }

    fn receive(&mut self, at: Timestamp, message: &InboundMessage) {
        let entry = whatsapp_entry(at, &message.id, Author::Customer, &message.kind, &message.text);
        if self.thread.add(entry) {
            let episode = self.customer_spoke(at);
            if message.is_content {
                episode.turns += 1;
            }
        }
    }

    fn receive_echo(&mut self, at: Timestamp, echo: &EchoReceived) {
        let entry = whatsapp_entry(at, &echo.id, Author::App, &echo.kind, &echo.text);
        if !self.thread.add(entry) {
            return;
        }
        self.touched(at);
        if !echo.automatic {
            self.change_owner(at, &OwnerChange::Echo);
        }
    }

    /// History opens no episode and no window and counts no turn.
    fn learn_past(&mut self, at: Timestamp, message: &PastMessage) {
        let (author, kind) = (message.author, &message.message_kind);
        let mut entry = whatsapp_entry(at, &message.id, author, kind, &message.text);
        entry.is_past = true;
        self.thread.add(entry);
    }

    fn queue_send(&mut self, at: Timestamp, send: &SendQueued) {
        let is_new = self.thread.add(ThreadEntry {
            at,
            id: MessageRef::Send(send.send.clone()),
            author: send.author,
            kind: send.message_kind.clone(),
            text: send.text.clone(),
            is_past: false,
        });
        if is_new {
            self.touched(at);
        }
    }

    fn bot_answered(&mut self, at: Timestamp, answer: &BotAnswered) {
        if let (Some(id), Some(_)) = (&answer.id, &answer.text) {
            let entry = whatsapp_entry(at, id, Author::Bot, &"text".into(), &answer.text);
            if self.thread.add(entry) {
                self.touched(at);
            }
        }
        if let Some(episode) = self.current() {
            episode.failed_answers = 0;
            episode.failed_question = None;
        }
    }

    fn bot_missed(&mut self, miss: &BotMissed) {
        let last_question = || {
            let mut messages = self.thread.messages().rev();
            messages.find(|it| it.entry.author == Author::Customer).and_then(|it| it.text.cloned())
        };
        let question = miss.question.clone().or_else(last_question);
        if let Some(episode) = self.current() {
            episode.failed_answers = episode.failed_answers.saturating_add(1);
            episode.failed_question = question.map(|it| truncated(&it, SHORT_TEXT_CHARS_MAX));
        }
    }

    fn hand_off(&mut self, at: Timestamp, handoff: &HandedOff) {
        let HandedOff { epoch, team, tier, agent, tags, because, .. } = handoff;
        let (team, tier, agent) = (team.clone(), tier.clone(), agent.clone());
        let change = OwnerChange::HandOff { epoch: *epoch, team, tier, agent };
        if self.change_owner(at, &change)
            && let Some(episode) = self.current()
        {
            episode.handoffs = episode.handoffs.saturating_add(1);
            episode.tag(tags);
            episode.spend(because);
        }
    }

    /// What the bot failed before people helped no longer counts against it.
    fn return_to_bot(&mut self, at: Timestamp) {
        let moved = self.change_owner(at, &OwnerChange::Return);
        if moved && let Some(episode) = self.current() {
            episode.failed_answers = 0;
            episode.failed_question = None;
        }
    }
}

fn whatsapp_entry(
    at: Timestamp,
    id: &MessageId,
    author: Author,
    kind: &std::sync::Arc<str>,
    text: &Option<std::sync::Arc<str>>,
) -> ThreadEntry {
    let id = MessageRef::WhatsApp(id.clone());
    ThreadEntry { at, id, author, kind: kind.clone(), text: text.clone(), is_past: false }
}
