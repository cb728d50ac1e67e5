//! Stories that could have happened, for property tests.

use std::collections::BTreeSet;

use baton_domain::{
    event::*,
    ids::{EpisodeNumber, NumberId, OrderId, OwnerEpoch},
    state::CustomerState,
};
use jiff::{SignedDuration, Timestamp};
use proptest::{prelude::*, sample::Index};

use crate::given::*;

/// One step of a story. Numbers pick among what there is when it happens.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    Message(usize),
    Reaction,
    Edit(Index, u8),
    Revoke(Index),
    Receipt(Index, u8),
    Send,
    Outcome(Index, u8),
    Echo(bool),
    OwnEcho(Index),
    Past(u8),
    Answered(bool),
    Missed(bool),
    HandOff(bool),
    Claim(u8, bool),
    Return(bool),
    Resolve(bool),
    Escalate(bool),
    Settle(bool),
    Note(u8),
    Tag(u8),
    Profile(u8),
    Basket(u8),
    Order(u8, u8),
    Payment(u8, u8),
    Delivery(u8),
    Booking(u8),
    Wait(u8),
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        10 => (0..2usize).prop_map(Step::Message),
        1 => Just(Step::Reaction),
        4 => (any::<Index>(), any::<u8>()).prop_map(|(of, text)| Step::Edit(of, text)),
        3 => any::<Index>().prop_map(Step::Revoke),
        6 => (any::<Index>(), 0..5u8).prop_map(|(of, status)| Step::Receipt(of, status)),
        4 => Just(Step::Send),
        4 => (any::<Index>(), 0..5u8).prop_map(|(of, outcome)| Step::Outcome(of, outcome)),
        2 => any::<bool>().prop_map(Step::Echo),
        1 => any::<Index>().prop_map(Step::OwnEcho),
        1 => any::<u8>().prop_map(Step::Past),
        2 => any::<bool>().prop_map(Step::Answered),
        3 => any::<bool>().prop_map(Step::Missed),
        3 => any::<bool>().prop_map(Step::HandOff),
        3 => (0..3u8, any::<bool>()).prop_map(|(who, stale)| Step::Claim(who, stale)),
        2 => any::<bool>().prop_map(Step::Return),
        1 => any::<bool>().prop_map(Step::Resolve),
        2 => any::<bool>().prop_map(Step::Escalate),
        2 => any::<bool>().prop_map(Step::Settle),
        1 => (0..4u8).prop_map(Step::Note),
        1 => (0..4u8).prop_map(Step::Tag),
        1 => any::<u8>().prop_map(Step::Profile),
        2 => (0..3u8).prop_map(Step::Basket),
        3 => ((0..4u8), (0..6u8)).prop_map(|(id, status)| Step::Order(id, status)),
        2 => ((0..4u8), (0..3u8)).prop_map(|(id, status)| Step::Payment(id, status)),
        1 => (0..4u8).prop_map(Step::Delivery),
        1 => (0..2u8).prop_map(Step::Booking),
        2 => (0..60u8).prop_map(Step::Wait),
    ]
}

/// Turns steps into events that fit what came before, as a host would.
pub(crate) struct Teller {
    state: CustomerState,
    now: Timestamp,
    number: NumberId,
    events: Vec<Event>,
    messages: Vec<String>,
    sends: Vec<String>,
    echoed: BTreeSet<String>,
}

impl Teller {
    pub(crate) fn story(steps: &[Step]) -> Vec<Event> {
        let mut teller = Self {
            state: CustomerState::default(),
            now: start(),
            number: number(0),
            events: vec![],
            messages: vec![],
            sends: vec![],
            echoed: BTreeSet::new(),
        };
        for step in steps {
            teller.now += SignedDuration::from_secs(7);
            if let Some(body) = teller.body(step) {
                let number = Some(teller.number.clone());
                let at = teller.time_of(&body);
                let event = Event { at, number, body };
                teller.state.apply(&event);
                teller.events.push(event);
            }
        }
        teller.events
    }

    /// History tells when a message was written, also of one that is known.
    fn time_of(&self, body: &EventBody) -> Timestamp {
        let EventBody::PastMessage(past) = body else {
            return self.now;
        };
        let is_it = |event: &&Event| match &event.body {
            EventBody::MessageReceived(message) => message.id == past.id,
            _ => false,
        };
        let known = self.events.iter().find(is_it).map(|event| event.at);
        let before = SignedDuration::from_secs(self.events.len() as i64);
        known.unwrap_or(start() - before)
    }

    /// The epoch as it is, or an older one.
    fn epoch(&self, is_stale: bool) -> OwnerEpoch {
        let conversation = self.state.conversation(&self.number);
        let epoch = conversation
            .map(|it| it.ownership.epoch)
            .unwrap_or_default();
        if is_stale {
            OwnerEpoch(epoch.0.saturating_sub(1))
        } else {
            epoch
        }
    }

    fn episode(&self) -> Option<EpisodeNumber> {
        self.state.conversation(&self.number)?.last_episode()
    }

    fn fresh(&self, kind: &str) -> String {
        format!("{kind}{}", self.events.len())
    }

    fn body(&mut self, step: &Step) -> Option<EventBody> {
        self.said(step)
            .or_else(|| self.owned(step))
            .or_else(|| self.bought(step))
    }

    fn said(&mut self, step: &Step) -> Option<EventBody> {
        Some(match step {
            Step::Message(index) => {
                self.number = number(*index);
                self.message()?
            }
            Step::Reaction => reaction(&self.fresh("r")),
            Step::Edit(of, text) => edit(pick(&self.messages, of)?, &format!("edit {text}")),
            Step::Revoke(of) => revoke(pick(&self.messages, of)?),
            Step::Receipt(of, status) => {
                let send = pick(&self.sends, of)?;
                let status = [
                    ReceiptStatus::Failed,
                    ReceiptStatus::Sent,
                    ReceiptStatus::Delivered,
                    ReceiptStatus::Read,
                    ReceiptStatus::Played,
                ][usize::from(*status)];
                EventBody::Receipt(Receipt {
                    since: self.now,
                    message: wamid(&format!("of-{send}")),
                    status,
                    send: Some(SendKey(send.into())),
                    error: None,
                })
            }
            Step::Send => {
                let send = self.fresh("s");
                self.sends.push(send.clone());
                let authors = [Author::Bot, Author::Agent];
                sending(&send, authors[self.sends.len() % 2])
            }
            Step::Outcome(of, kind) => {
                let send = pick(&self.sends, of)?;
                let message = wamid(&format!("of-{send}"));
                let why = || "why".into();
                let outcomes = [
                    SendOutcome::Begun,
                    SendOutcome::Accepted { message },
                    SendOutcome::Suppressed { why: why() },
                    SendOutcome::Crossed,
                    SendOutcome::Dead { why: why() },
                ];
                outcome(send, outcomes[usize::from(*kind)].clone())
            }
            Step::Echo(automatic) => {
                let EventBody::EchoReceived(echo) = echo(&self.fresh("e")) else {
                    return None;
                };
                EventBody::EchoReceived(EchoReceived {
                    automatic: *automatic,
                    ..echo
                })
            }
            Step::OwnEcho(of) => {
                let id = format!("of-{}", pick(&self.sends, of)?);
                // WhatsApp echoes a message once; again is a redelivery.
                if !self.echoed.insert(id.clone()) {
                    return None;
                }
                echo(&id)
            }
            Step::Past(index) => {
                // Some of what history tells has been received, some has not.
                let known = self.messages.get(usize::from(*index));
                past(
                    &known.cloned().unwrap_or_else(|| self.fresh("p")),
                    Author::Customer,
                )
            }
            _ => return None,
        })
    }

    /// A new message, sometimes a cart.
    fn message(&mut self) -> Option<EventBody> {
        let id = self.fresh("m");
        self.messages.push(id.clone());
        let EventBody::MessageReceived(message) = message(&id, &format!("text of {id}")) else {
            return None;
        };
        let is_cart = self.events.len().is_multiple_of(5);
        let lines = vec![line("ring", 5_000); usize::from(is_cart)];
        Some(EventBody::MessageReceived(InboundMessage {
            lines,
            ..message
        }))
    }

    fn promises(&self) -> u32 {
        let conversation = self.state.conversation(&self.number);
        conversation.map_or(0, |it| it.care.promises())
    }

    fn owned(&mut self, step: &Step) -> Option<EventBody> {
        Some(match step {
            Step::Answered(is_own) => EventBody::BotAnswered(BotAnswered {
                id: is_own.then(|| wamid(&self.fresh("b"))),
                text: is_own.then(|| "Yes".into()),
                intent: None,
            }),
            Step::Missed(is_told) => missed(is_told.then_some("gold?")),
            Step::HandOff(is_stale) => {
                let handoff = Story::new().handoff();
                EventBody::HandedOff(HandedOff {
                    epoch: self.epoch(*is_stale),
                    ..handoff
                })
            }
            Step::Claim(who, is_stale) => EventBody::Claimed(Claimed {
                epoch: self.epoch(*is_stale),
                agent: agent(&format!("agent-{who}")),
            }),
            Step::Return(is_stale) => EventBody::Returned(Returned {
                epoch: self.epoch(*is_stale),
                by: None,
                note: None,
                by_policy: false,
            }),
            Step::Resolve(is_stale) => EventBody::Resolved(Resolved {
                epoch: self.epoch(*is_stale),
                episode: self.episode(),
                by: None,
            }),
            Step::Escalate(is_stale) => self.escalated(self.epoch(*is_stale)),
            Step::Settle(closed) => EventBody::NextStepSet(NextStepSet {
                epoch: self.epoch(false),
                promise: self.promises(),
                closed: *closed,
                what: None,
                due: Some(self.now),
                by: None,
            }),
            Step::Note(number) => EventBody::NoteTaken(NoteTaken {
                about: NoteKind::Lead,
                text: format!("note {number}").into(),
                by: None,
                source: None,
            }),
            Step::Tag(tag) => EventBody::Tagged(Tagged {
                episode: self.episode()?,
                tags: vec![format!("tag {tag}").into()],
            }),
            Step::Wait(hours) => {
                self.now += SignedDuration::from_hours(i64::from(*hours));
                EventBody::TimerFired(TimerFired {
                    timer: "review".into(),
                    too_late: false,
                    is_occasion: false,
                })
            }
            _ => return None,
        })
    }

    fn escalated(&self, epoch: OwnerEpoch) -> EventBody {
        EventBody::Escalated(Escalated {
            epoch,
            promise: self.promises(),
            cause: EscalationCause::Asked,
            team: team("sales"),
            tier: Some(tier("senior")),
            to_operator: false,
            agent: None,
            queue: None,
            promised: Promised {
                first_reply: Some(self.now),
                next_step: Some(self.now),
            },
            by: None,
            note: None,
        })
    }

    fn bought(&mut self, step: &Step) -> Option<EventBody> {
        use OrderStatus::{Cancelled, Delivered, Paid, Placed, Refunded, Shipped};
        Some(match step {
            Step::Profile(index) => EventBody::ProfileChanged(ProfileChanged {
                name: (index % 2 == 0).then(|| format!("Name {index}").into()),
                tags: (index % 3 == 0).then(|| vec![format!("tag {index}").into()]),
                marketing_consent: (index % 5 == 0).then_some(index % 10 == 0),
                ..ProfileChanged::default()
            }),
            Step::Basket(id) => {
                let id = (*id > 0).then(|| format!("b{id}"));
                EventBody::BasketChanged(basket(id.as_deref(), 100 * self.events.len() as i64))
            }
            Step::Order(id, status) => {
                let all = [Placed, Paid, Shipped, Delivered, Refunded, Cancelled];
                let order = order(&format!("o{id}"), all[usize::from(*status)], 1_000);
                EventBody::OrderChanged(OrderChanged {
                    total: (!self.events.len().is_multiple_of(3))
                        .then(|| usd(self.events.len() as i64)),
                    refunded: (*status == 4).then(|| usd(self.events.len() as i64 / 2)),
                    basket: (self.events.len().is_multiple_of(2)).then(|| format!("b{id}").into()),
                    imported: self.events.len().is_multiple_of(7),
                    ..order
                })
            }
            Step::Payment(id, status) => {
                let all = [
                    PaymentStatus::Pending,
                    PaymentStatus::Failed,
                    PaymentStatus::Captured,
                ];
                EventBody::PaymentChanged(payment(&format!("t{id}"), all[usize::from(*status)]))
            }
            Step::Delivery(order) => EventBody::DeliveryEstimated(DeliveryEstimated {
                order: (*order > 0).then(|| OrderId::parse(&format!("o{order}")).unwrap()),
                latest: "2026-11-27".parse().unwrap(),
                certainty: "likely".into(),
                reason: None,
            }),
            Step::Booking(id) => EventBody::BookingChanged(BookingChanged {
                id: format!("k{id}").into(),
                state: "requested".into(),
                date: None,
                value: None,
            }),
            _ => return None,
        })
    }
}

fn pick<'t>(among: &'t [String], index: &Index) -> Option<&'t str> {
    (!among.is_empty()).then(|| among[index.index(among.len())].as_str())
}
