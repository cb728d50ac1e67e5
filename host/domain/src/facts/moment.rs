//! The facts of one moment: one arm for each field of the catalogue.

use std::sync::{Arc, OnceLock};

use jiff::{SignedDuration, Timestamp, civil::Date};

use super::{language::language_of, masked, requested_date};
use crate::{
    event::Author,
    field::{Field, FieldValue, OwnerSpan, PastOrder, ThreadMessage},
    limits::{MESSAGE_TEXT_CHARS_MAX, RECENT_MESSAGES_MAX, SHORT_TEXT_CHARS_MAX},
    module::FieldSource,
    money::Money,
    occasion::Occasion,
    state::{
        Basket, Conversation, CustomerState, Episode, MessageNow, Order, OwnerSince, PaymentFailure,
    },
    tenant::TenantProfile,
    text::truncated,
};

/// All that one moment knows. Every field it holds is a pure function of the
/// state after the event, the occasion and the tenant's profile.
#[derive(Debug, Clone)]
pub struct Facts {
    state: Arc<CustomerState>,
    occasion: Occasion,
    tenant: Arc<TenantProfile>,
    found: Found,
}

/// What takes reading through texts, found once for all modules that ask.
#[derive(Debug, Clone, Default)]
struct Found {
    language: OnceLock<Arc<str>>,
    recent: OnceLock<Arc<[ThreadMessage]>>,
    requested_date: OnceLock<Option<Date>>,
    asks_for_person: OnceLock<bool>,
}

impl Facts {
    /// The facts of `occasion`, `state` being the state after its event.
    pub fn new(state: Arc<CustomerState>, occasion: Occasion, tenant: Arc<TenantProfile>) -> Self {
        Self {
            state,
            occasion,
            tenant,
            found: Found::default(),
        }
    }

    /// The moment they are about.
    pub fn occasion(&self) -> &Occasion {
        &self.occasion
    }

    /// The state after the event.
    pub fn state(&self) -> &CustomerState {
        &self.state
    }

    /// The tenant whose customer it is.
    pub fn tenant(&self) -> &TenantProfile {
        &self.tenant
    }

    /// Whether the customer asks for a person in so many words.
    pub fn asks_for_person(&self) -> bool {
        let asks = || {
            let message = self.occasion.message.as_ref();
            message.is_some_and(|it| self.tenant.asks_for_person(it))
        };
        *self.found.asks_for_person.get_or_init(asks)
    }

    /// The conversation of the occasion.
    pub fn conversation(&self) -> Option<&Conversation> {
        self.state.conversation(&self.occasion.number)
    }

    /// Its open episode.
    pub fn episode(&self) -> Option<&Episode> {
        self.conversation()?.open_episode(self.occasion.at)
    }

    fn day_of(&self, at: Timestamp) -> Date {
        self.tenant.timezone().to_datetime(at).date()
    }

    fn hours_since(&self, at: Timestamp) -> u32 {
        let hours = self
            .occasion
            .at
            .duration_since(at)
            .max(SignedDuration::ZERO)
            .as_hours();
        u32::try_from(hours).unwrap_or(u32::MAX)
    }

    fn days_since(&self, at: Timestamp) -> u32 {
        self.hours_since(at) / 24
    }

    fn raw_text(&self) -> Option<Arc<str>> {
        let text = self.occasion.message.as_ref()?.text.as_ref()?;
        Some(truncated(text, MESSAGE_TEXT_CHARS_MAX))
    }

    fn language(&self) -> Arc<str> {
        let text = self.raw_text().or_else(|| self.last_said().cloned());
        let of_text = text.as_deref().and_then(language_of).map(Arc::from);
        let of_customer = || self.state.profile.language.get().cloned();
        of_text
            .or_else(of_customer)
            .unwrap_or_else(|| self.tenant.language().clone())
    }

    /// What the customer said last, on occasions that are no message.
    fn last_said(&self) -> Option<&Arc<str>> {
        let mut messages = self.conversation()?.thread.messages().rev();
        messages
            .find(|it| it.entry.author == Author::Customer && !it.entry.is_aside)?
            .text
    }

    /// Latest messages of both sides, oldest first, revoked ones without text;
    /// not those of ours that never left.
    fn recent(&self) -> Arc<[ThreadMessage]> {
        let Some(conversation) = self.conversation() else {
            return Arc::new([]);
        };
        let messages = conversation
            .thread
            .messages()
            .rev()
            .filter(|it| !it.never_left());
        let mut latest: Vec<_> = messages
            .take(RECENT_MESSAGES_MAX)
            .map(|message| self.seen(&message))
            .collect();
        latest.reverse();
        latest.into()
    }

    fn seen(&self, message: &MessageNow<'_>) -> ThreadMessage {
        ThreadMessage {
            author: message.entry.author.as_str().into(),
            kind: message.entry.kind.clone(),
            text: message.text.map_or_else(|| "".into(), masked),
            age_hours: self.hours_since(message.entry.at),
        }
    }

    /// The last wish for a date among the customer's messages of this episode.
    fn requested_date(&self) -> Option<Date> {
        let opened_at = self.episode()?.opened_at;
        let mut messages = self.conversation()?.thread.messages().rev();
        messages.find_map(|message| {
            let is_asked = message.entry.author == Author::Customer
                && message.entry.at >= opened_at
                && !message.entry.is_past;
            let text = message.text.filter(|_| is_asked)?;
            requested_date(text, self.day_of(message.entry.at))
        })
    }

    fn owner_history(&self) -> Arc<[OwnerSpan]> {
        let spans = self.episode().map(|episode| &episode.owners);
        let seen = |span: &OwnerSince| OwnerSpan {
            owner: span.owner.clone(),
            age_hours: self.hours_since(span.at),
        };
        spans
            .into_iter()
            .flat_map(|spans| spans.iter())
            .map(seen)
            .collect()
    }

    fn past_order(&self, order: &Order) -> Option<PastOrder> {
        Some(PastOrder {
            id: order.id.as_str().into(),
            status: order.status().as_str().into(),
            total: order.net()?,
            lines: order.lines().into(),
            age_days: self.days_since(order.placed_at),
        })
    }

    fn last_failure(&self) -> Option<PaymentFailure> {
        self.state.payments.failures().next_back()
    }

    fn of_episode(&self, count: impl Fn(&Episode) -> u32) -> FieldValue {
        FieldValue::Count(self.episode().map_or(0, count))
    }

    fn of_message(&self, field: Field) -> FieldValue {
        let message = self.occasion.message.as_deref();
        match field {
            Field::MessageKind => text(message.map(|it| it.kind.clone())),
            Field::MessageText => text(self.raw_text().map(|it| masked(&it))),
            Field::MessageTextRaw => text(self.raw_text()),
            Field::MessageButtonId => text(message.and_then(|it| it.button_id.clone())),
            Field::MessageReferral => text(message.and_then(|it| it.referral.clone())),
            _ => FieldValue::Messages(self.found.recent.get_or_init(|| self.recent()).clone()),
        }
    }

    fn of_conversation(&self, field: Field) -> FieldValue {
        match field {
            Field::ConversationTurns => self.of_episode(|it| it.turns),
            Field::ConversationFailedAnswers => {
                let failed = self.conversation().map_or(0, Conversation::failed_answers);
                self.of_episode(|_| failed)
            }
            Field::ConversationFailedQuestion => {
                let conversation = self.conversation().filter(|_| self.episode().is_some());
                let question = conversation.and_then(Conversation::failed_question);
                text(question.map(|it| truncated(&masked(it), SHORT_TEXT_CHARS_MAX)))
            }
            Field::ConversationAgeHours => self.of_episode(|it| self.hours_since(it.opened_at)),
            Field::ConversationHandoffs => self.of_episode(|it| it.handoffs),
            Field::ConversationOwnerHistory => FieldValue::Owners(self.owner_history()),
            _ => texts(self.episode().map_or(&[], |it| &it.tags)),
        }
    }

    fn of_purchases(&self, field: Field) -> FieldValue {
        let (basket, orders) = (self.state.basket.as_ref(), &self.state.orders);
        let last = orders.last_bought();
        match field {
            Field::BasketValue => money(basket.and_then(Basket::value)),
            Field::BasketItems => FieldValue::Lines(basket.map_or(&[][..], |it| &it.lines).into()),
            Field::BasketCheckoutState => text(basket.map(Basket::checkout_state)),
            Field::BasketAgeHours => count(basket.map(|it| self.hours_since(it.at))),
            Field::PaymentFailures => {
                let failures = self.state.payments.failures().count();
                FieldValue::Count(u32::try_from(failures).unwrap_or(u32::MAX))
            }
            Field::PaymentLastFailureReason => text(self.last_failure().and_then(|it| it.reason)),
            Field::PaymentLastFailureAmount => money(self.last_failure().and_then(|it| it.amount)),
            Field::PaymentLastFailureAgeHours => {
                count(self.last_failure().map(|it| self.hours_since(it.at)))
            }
            Field::OrderCount => FieldValue::Count(orders.bought),
            Field::OrderLast => {
                let order = last.and_then(|order| self.past_order(order)).map(Arc::new);
                FieldValue::or_unknown(order, FieldValue::Order)
            }
            Field::OrderDaysSinceLast => count(last.map(|it| self.days_since(it.placed_at))),
            Field::OrderRefunded => counted(orders.recent(), Order::is_refunded),
            _ => counted(orders.recent(), Order::is_under_way),
        }
    }

    fn of_customer(&self, field: Field) -> FieldValue {
        let profile = &self.state.profile;
        match field {
            Field::CustomerName => text(profile.name.get().cloned()),
            Field::CustomerPhone => text(profile.phone.get().cloned()),
            Field::CustomerEmail => text(profile.email.get().cloned()),
            Field::CustomerCountry => text(profile.country.get().cloned()),
            Field::CustomerLanguage => text(profile.language.get().cloned()),
            Field::CustomerLifetimeValue => money(self.state.orders.lifetime_value()),
            Field::CustomerAverageOrder => money(self.state.orders.average()),
            Field::CustomerTags => texts(profile.tags.get().map_or(&[], Vec::as_slice)),
            Field::CustomerMarketingConsent => {
                FieldValue::or_unknown(profile.marketing_consent.get().copied(), FieldValue::Flag)
            }
            _ => count(self.state.first_seen_at.map(|first| self.days_since(first))),
        }
    }
}

impl FieldSource for Facts {
    fn read(&self, field: Field) -> FieldValue {
        let date = |date: Option<Date>| text(date.map(|it| it.to_string().into()));
        let delivery = self.state.delivery();
        let booking = self.state.booking.as_ref();
        match field {
            Field::OccasionKind => FieldValue::text(self.occasion.kind.as_str()),
            Field::OccasionTime => {
                FieldValue::Seconds(u64::try_from(self.occasion.at.as_second()).unwrap_or(0))
            }
            Field::OccasionDate => FieldValue::text(&self.day_of(self.occasion.at).to_string()),
            Field::OccasionChannel => FieldValue::text("whatsapp"),
            Field::OccasionLanguage => {
                FieldValue::Text(self.found.language.get_or_init(|| self.language()).clone())
            }
            Field::MessageKind
            | Field::MessageText
            | Field::MessageTextRaw
            | Field::MessageButtonId
            | Field::MessageReferral
            | Field::MessageRecent => self.of_message(field),
            Field::ConversationTurns
            | Field::ConversationFailedAnswers
            | Field::ConversationFailedQuestion
            | Field::ConversationAgeHours
            | Field::ConversationHandoffs
            | Field::ConversationOwnerHistory
            | Field::ConversationTags => self.of_conversation(field),
            Field::BasketValue
            | Field::BasketItems
            | Field::BasketCheckoutState
            | Field::BasketAgeHours
            | Field::PaymentFailures
            | Field::PaymentLastFailureReason
            | Field::PaymentLastFailureAmount
            | Field::PaymentLastFailureAgeHours
            | Field::OrderCount
            | Field::OrderLast
            | Field::OrderDaysSinceLast
            | Field::OrderUndelivered
            | Field::OrderRefunded => self.of_purchases(field),
            Field::CustomerName
            | Field::CustomerPhone
            | Field::CustomerEmail
            | Field::CustomerCountry
            | Field::CustomerLanguage
            | Field::CustomerLifetimeValue
            | Field::CustomerAverageOrder
            | Field::CustomerTags
            | Field::CustomerMarketingConsent
            | Field::CustomerDaysKnown => self.of_customer(field),
            Field::DeliveryPromisedDate => date(delivery.map(|it| it.latest)),
            Field::DeliveryRequestedDate => date(
                *self
                    .found
                    .requested_date
                    .get_or_init(|| self.requested_date()),
            ),
            Field::DeliveryCertainty => text(delivery.map(|it| it.certainty.clone())),
            Field::DeliveryUncertaintyReason => text(delivery.and_then(|it| it.reason.clone())),
            Field::BookingState => text(booking.map(|it| it.state.clone())),
            Field::BookingDate => date(booking.and_then(|it| it.date)),
        }
    }
}

fn text(value: Option<Arc<str>>) -> FieldValue {
    FieldValue::or_unknown(value, FieldValue::Text)
}

fn texts(values: &[Arc<str>]) -> FieldValue {
    FieldValue::Texts(values.into())
}

fn money(value: Option<Money>) -> FieldValue {
    FieldValue::or_unknown(value, FieldValue::Money)
}

fn counted(orders: &[Order], is_counted: impl Fn(&Order) -> bool) -> FieldValue {
    let found = orders.iter().filter(|it| is_counted(it)).count();
    FieldValue::Count(u32::try_from(found).unwrap_or(u32::MAX))
}

fn count(value: Option<u32>) -> FieldValue {
    FieldValue::or_unknown(value, FieldValue::Count)
}
