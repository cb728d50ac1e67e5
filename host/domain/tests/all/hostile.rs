//! Events as large and as many-sided as anybody could make them, without end.

use std::sync::Arc;

use baton_domain::{
    event::*,
    field::Line,
    follow_up::About,
    ids::*,
    limits::{
        ATTRIBUTES_MAX, CONVERSATIONS_MAX, LINES_MAX, MESSAGE_TEXT_CHARS_MAX, ORDERS_MAX,
        SPENT_SIGNALS_MAX, TAGS_MAX, THREAD_RECEIPTS_MAX,
    },
    money::{Currency, Money},
    spent::{ReadsFingerprint, SpentSignal},
};
use jiff::{SignedDuration, Timestamp};

use crate::given::*;

/// An endless stream of events that this seed decides.
pub(crate) fn events(seed: u64) -> impl Iterator<Item = Event> {
    let mut dice = Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
    std::iter::from_fn(move || {
        let body = body(&mut dice);
        let at = start() + SignedDuration::from_secs(dice.below(40_000_000) as i64);
        let number = (dice.below(20) > 0).then(|| long_number(dice.below(200)));
        Some(Event { at, number, body })
    })
}

/// Events that overfill every list of a state with the longest texts:
/// characters that JSON writes in six bytes.
pub(crate) fn fullest() -> Vec<Event> {
    let text: Arc<str> = "\u{1}".repeat(MESSAGE_TEXT_CHARS_MAX).into();
    let mut events = Vec::new();
    let mut tell = |number: usize, place: usize, body: EventBody| {
        let at = start() + SignedDuration::from_nanos(1_234_567_891 * place as i64);
        let number = Some(long_number(number as u64));
        events.push(Event { at, number, body });
    };
    for number in 0..CONVERSATIONS_MAX {
        for place in 0..THREAD_RECEIPTS_MAX {
            for body in thread(&text, place) {
                tell(number, place, body);
            }
        }
        tell(
            number,
            THREAD_RECEIPTS_MAX,
            EventBody::HandedOff(handoff(&text)),
        );
    }
    purchases(&text, &mut tell);
    events
}

fn thread(text: &Arc<str>, place: usize) -> Vec<EventBody> {
    let EventBody::MessageReceived(plain) = message("1", "") else {
        unreachable!()
    };
    let id = MessageId::parse(&format!("{place:->256}")).unwrap();
    let key = SendKey(format!("{place}{text}").into());
    let outcome = SendOutcome::Dead { why: text.clone() };
    vec![
        EventBody::MessageReceived(InboundMessage {
            id: id.clone(),
            kind: text.clone(),
            text: Some(text.clone()),
            ..plain
        }),
        EventBody::MessageEdited(MessageEdited {
            original: id.clone(),
            text: Some(text.clone()),
        }),
        EventBody::MessageRevoked(MessageRevoked {
            original: id.clone(),
        }),
        EventBody::Receipt(Receipt {
            since: start(),
            message: id,
            status: ReceiptStatus::Delivered,
            send: Some(key.clone()),
            error: Some(i64::MIN),
        }),
        EventBody::SendResolved(SendResolved {
            send: key,
            outcome,
            message_kind: Some(text.clone()),
            text: Some(text.clone()),
        }),
        missed(Some(&format!("{place}{text}"))),
    ]
}

fn numbered(text: &str, count: usize) -> impl Iterator<Item = Arc<str>> {
    (0..count).map(move |index| format!("{index}{text}").into())
}

fn handoff(text: &str) -> HandedOff {
    let spent = |signal| SpentSignal {
        module: ModuleName::parse(&"m".repeat(64)).unwrap(),
        signal,
        reads: ReadsFingerprint::of(&[]),
    };
    HandedOff {
        tags: numbered(text, 10 * TAGS_MAX).collect(),
        because: numbered(text, 10 * SPENT_SIGNALS_MAX).map(spent).collect(),
        ..Story::new().handoff()
    }
}

fn purchases(text: &Arc<str>, tell: &mut dyn FnMut(usize, usize, EventBody)) {
    let some = Some(text.clone());
    let line = Line {
        product: text.clone(),
        name: text.clone(),
        attributes: vec![(text.clone(), text.clone()); 10 * ATTRIBUTES_MAX],
        ..line("ring", i64::MIN)
    };
    let lines = vec![line; 5 * LINES_MAX];
    for place in 0..ORDERS_MAX {
        let order = order(&format!("{place:->256}"), OrderStatus::Paid, i64::MAX);
        for status in [OrderStatus::Placed, OrderStatus::Paid, OrderStatus::Shipped] {
            tell(
                0,
                place,
                EventBody::OrderChanged(OrderChanged {
                    status,
                    lines: lines.clone(),
                    tracking: some.clone(),
                    ..order.clone()
                }),
            );
        }
        let payment = payment(&format!("{place}{text}"), PaymentStatus::Failed);
        let payment = PaymentChanged {
            reason: some.clone(),
            ..payment
        };
        tell(0, place, EventBody::PaymentChanged(payment));
    }
    let (id, total, checkout_state) = (some.clone(), None, text.clone());
    let basket = BasketChanged {
        id,
        lines,
        total,
        checkout_state,
    };
    tell(0, ORDERS_MAX, EventBody::BasketChanged(basket));
    let tags = numbered(text, 100 * TAGS_MAX).collect();
    tell(
        0,
        ORDERS_MAX,
        EventBody::ProfileChanged(ProfileChanged {
            name: some.clone(),
            name_from: NameSource::Merchant,
            phone: some.clone(),
            user_id: some.clone(),
            email: some.clone(),
            country: some.clone(),
            language: some,
            tags: Some(tags),
            marketing_consent: Some(true),
        }),
    );
}

struct Dice(u64);

impl Dice {
    /// xorshift64*: enough to mix, and the same for ever.
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % end
    }

    /// A text of up to 5,000 characters, mostly of those that take most bytes.
    fn text(&mut self) -> Arc<str> {
        let letter = ["😀", "\u{1}", "a", "\""][self.below(4) as usize];
        let length = [0, 7, 280, 4_096, 5_000][self.below(5) as usize];
        letter.repeat(length).into()
    }

    fn some(&mut self) -> Option<Arc<str>> {
        (self.below(4) > 0).then(|| self.text())
    }

    fn texts(&mut self) -> Vec<Arc<str>> {
        (0..self.below(60))
            .map(|index| format!("{index}{}", self.text()).into())
            .collect()
    }

    /// One of many ids as long as ids may be.
    fn id(&mut self) -> String {
        let id = self.below(2_000);
        format!("{id:->256}")
    }

    fn money(&mut self) -> Money {
        let letter = |dice: &mut Self| char::from(b'A' + dice.below(26) as u8);
        let code: String = (0..3).map(|_| letter(self)).collect();
        let minor = [0, 1, -1, i64::MAX, i64::MIN, 5_000][self.below(6) as usize];
        Money::new(minor, Currency::parse(&code).unwrap())
    }

    fn some_money(&mut self) -> Option<Money> {
        (self.below(3) > 0).then(|| self.money())
    }

    fn lines(&mut self) -> Vec<Line> {
        let count = [0, 1, 120][self.below(3) as usize];
        let text = self.text();
        let attributes = vec![(text.clone(), text.clone()); 20];
        let line = Line {
            product: text.clone(),
            name: text,
            quantity: u32::MAX,
            unit_price: self.money(),
            attributes,
        };
        vec![line; count]
    }

    fn wamid(&mut self) -> MessageId {
        MessageId::parse(&self.id()).unwrap()
    }

    fn send(&mut self) -> SendKey {
        SendKey(format!("{}{}", self.below(500), self.text()).into())
    }
}

fn long_number(index: u64) -> NumberId {
    NumberId::parse(&format!("{index:->256}")).unwrap()
}

fn body(dice: &mut Dice) -> EventBody {
    match dice.below(3) {
        0 => said(dice),
        1 => bought(dice),
        _ => owned(dice),
    }
}

fn said(dice: &mut Dice) -> EventBody {
    match dice.below(11) {
        0 => EventBody::MessageReceived(InboundMessage {
            id: dice.wamid(),
            kind: dice.text(),
            text: dice.some(),
            button_id: dice.some(),
            referral: dice.some(),
            replies_to: None,
            lines: dice.lines(),
            is_content: dice.below(5) > 0,
        }),
        1 => EventBody::MessageEdited(MessageEdited {
            original: dice.wamid(),
            text: dice.some(),
        }),
        2 => EventBody::MessageRevoked(MessageRevoked {
            original: dice.wamid(),
        }),
        3 => EventBody::EchoReceived(EchoReceived {
            id: dice.wamid(),
            kind: dice.text(),
            text: dice.some(),
            automatic: dice.below(2) > 0,
            while_frozen: dice.below(2) > 0,
        }),
        4 => EventBody::PastMessage(PastMessage {
            id: dice.wamid(),
            author: Author::Customer,
            message_kind: dice.text(),
            text: dice.some(),
        }),
        5 => EventBody::Receipt(Receipt {
            since: Timestamp::from_second(dice.below(4_000_000_000) as i64).unwrap(),
            message: dice.wamid(),
            status: ReceiptStatus::Failed,
            send: Some(dice.send()),
            error: Some(i64::MIN),
        }),
        6 => EventBody::SendQueued(SendQueued {
            send: dice.send(),
            author: Author::Bot,
            message_kind: dice.text(),
            text: dice.some(),
            purpose: dice.some(),
            is_marketing: true,
            by: None,
        }),
        7 => EventBody::FollowUpSkipped(FollowUpSkipped {
            follow_up: dice.text(),
            about: About::Basket(Timestamp::from_second(dice.below(4_000_000_000) as i64).unwrap()),
            why: dice.text(),
        }),
        8 => EventBody::MarketingCapped(MarketingCapped { send: dice.send() }),
        _ => EventBody::SendResolved(SendResolved {
            send: dice.send(),
            outcome: match dice.below(4) {
                0 => SendOutcome::Accepted {
                    message: dice.wamid(),
                },
                1 => SendOutcome::Dead { why: dice.text() },
                2 => SendOutcome::Crossed,
                _ => SendOutcome::Suppressed { why: dice.text() },
            },
            message_kind: dice.some(),
            text: dice.some(),
        }),
    }
}

fn bought(dice: &mut Dice) -> EventBody {
    use OrderStatus::{Cancelled, Delivered, Paid, Placed, Refunded, Shipped};
    match dice.below(8) {
        0 => EventBody::ProfileChanged(ProfileChanged {
            name: dice.some(),
            name_from: NameSource::Merchant,
            phone: dice.some(),
            user_id: dice.some(),
            email: dice.some(),
            country: dice.some(),
            language: dice.some(),
            tags: Some(dice.texts()),
            marketing_consent: None,
        }),
        1 => EventBody::BasketChanged(BasketChanged {
            id: dice.some(),
            lines: dice.lines(),
            total: dice.some_money(),
            checkout_state: dice.text(),
        }),
        2 => EventBody::PaymentChanged(PaymentChanged {
            reference: PaymentReference::parse(&dice.id()).unwrap(),
            transaction: dice.some(),
            status: PaymentStatus::Failed,
            amount: dice.some_money(),
            reason: dice.some(),
        }),
        3 => EventBody::DeliveryEstimated(DeliveryEstimated {
            order: None,
            latest: jiff::civil::Date::MAX,
            certainty: dice.text(),
            reason: dice.some(),
        }),
        4 => EventBody::BookingChanged(BookingChanged {
            id: dice.text(),
            state: dice.text(),
            date: Some(jiff::civil::Date::MIN),
            value: dice.some_money(),
        }),
        _ => EventBody::OrderChanged(OrderChanged {
            id: OrderId::parse(&dice.id()).unwrap(),
            status: [Placed, Paid, Shipped, Delivered, Refunded, Cancelled][dice.below(6) as usize],
            placed_at: Some(Timestamp::from_second(dice.below(4_000_000_000) as i64).unwrap()),
            total: dice.some_money(),
            refunded: dice.some_money(),
            lines: dice.lines(),
            basket: dice.some(),
            imported: false,
            tracking: dice.some(),
        }),
    }
}

fn owned(dice: &mut Dice) -> EventBody {
    let epoch = OwnerEpoch(dice.below(2_000));
    match dice.below(7) {
        0 => EventBody::BotMissed(BotMissed {
            question: dice.some(),
        }),
        1 => EventBody::BotAnswered(BotAnswered {
            id: Some(dice.wamid()),
            text: dice.some(),
            intent: dice.some(),
        }),
        2 | 3 => {
            let tags = dice.texts();
            let spent = |tag: &Arc<str>| SpentSignal {
                module: ModuleName::parse(&"m".repeat(64)).unwrap(),
                signal: tag.clone(),
                reads: ReadsFingerprint::of(&[]),
            };
            let because = tags.iter().cycle().take(200).map(spent).collect();
            let handoff = Story::new().handoff();
            let epoch = OwnerEpoch(dice.below(4));
            EventBody::HandedOff(HandedOff {
                epoch,
                tags,
                because,
                ..handoff
            })
        }
        4 => EventBody::Claimed(Claimed {
            epoch,
            agent: agent(&"a".repeat(64)),
        }),
        5 => EventBody::Returned(Returned {
            epoch,
            by: None,
            note: dice.some(),
            by_policy: false,
        }),
        _ => EventBody::Tagged(Tagged {
            episode: EpisodeNumber(1),
            tags: dice.texts(),
        }),
    }
}
