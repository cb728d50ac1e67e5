//! One event of every kind and shape.

mod unasked;

use baton_domain::{
    decide::{Basis, Decision, DecisionRecord, RuleRun, Warning},
    decision::{Outcome, Verdict},
    event::*,
    field::{Field, FieldValue, OwnerSpan, PastOrder, ThreadMessage},
    ids::*,
    module::{ModuleFailure, ModuleRun, Read, SettingValue},
    occasion::OccasionKind,
    people::Principal,
    signal::{Score, Signal},
    spent::{ReadsFingerprint, SpentSignal},
};

use crate::given::*;

fn messages() -> Vec<EventBody> {
    let EventBody::MessageReceived(plain) = message("1", "Will it arrive before Friday? 🙏")
    else {
        unreachable!()
    };
    vec![
        EventBody::MessageReceived(InboundMessage {
            button_id: Some("yes".into()),
            referral: Some("Rings for two".into()),
            replies_to: Some(wamid("0")),
            lines: vec![line("ring", 5_000)],
            ..plain
        }),
        edit("1", "Will it arrive before Saturday?"),
        EventBody::MessageEdited(MessageEdited {
            original: wamid("1"),
            text: None,
        }),
        revoke("1"),
        echo("2"),
        past("3", Author::App),
        EventBody::Receipt(Receipt {
            since: start(),
            message: wamid("4"),
            status: ReceiptStatus::Failed,
            send: Some(SendKey("send-1".into())),
            error: Some(131_026),
        }),
        sending("send-1", Author::Bot),
        outcome("send-1", SendOutcome::Begun),
        outcome(
            "send-1",
            SendOutcome::Accepted {
                message: wamid("4"),
            },
        ),
        outcome(
            "send-2",
            SendOutcome::Suppressed {
                why: "people-own".into(),
            },
        ),
        outcome("send-3", SendOutcome::Crossed),
        outcome(
            "send-4",
            SendOutcome::Dead {
                why: "ambiguous".into(),
            },
        ),
        EventBody::BotAnswered(BotAnswered {
            id: Some(wamid("5")),
            text: Some("On Thursday".into()),
            intent: Some("track-order".into()),
        }),
        answered(),
        missed(Some("gold?")),
        missed(None),
    ]
}

fn commerce() -> Vec<EventBody> {
    let mut paid = order("o1", OrderStatus::Paid, 5_000);
    paid.placed_at = Some(start());
    paid.refunded = Some(usd(100));
    paid.basket = Some("b1".into());
    paid.tracking = Some("https://example.com/t/1".into());
    vec![
        EventBody::ProfileChanged(ProfileChanged {
            name: Some("Ana".into()),
            name_from: NameSource::Merchant,
            phone: Some("6281234567890".into()),
            user_id: Some("ID.123".into()),
            email: Some("ana@example.com".into()),
            country: Some("ID".into()),
            language: Some("id".into()),
            tags: Some(vec!["vip".into()]),
            marketing_consent: Some(true),
        }),
        EventBody::ProfileChanged(ProfileChanged::default()),
        EventBody::BasketChanged(basket(Some("b1"), 5_000)),
        EventBody::OrderChanged(paid),
        EventBody::PaymentChanged(payment("t1", PaymentStatus::Failed)),
        EventBody::DeliveryEstimated(DeliveryEstimated {
            order: Some(OrderId::parse("o1").unwrap()),
            latest: "2026-11-26".parse().unwrap(),
            certainty: "uncertain".into(),
            reason: Some("public holiday on 2026-11-26".into()),
        }),
        EventBody::BookingChanged(BookingChanged {
            id: "k1".into(),
            state: "requested".into(),
            date: Some("2026-12-01".parse().unwrap()),
            value: Some(usd(7_000)),
        }),
    ]
}

fn ownership() -> Vec<EventBody> {
    let story = Story::new();
    let (epoch, episode) = (OwnerEpoch(3), EpisodeNumber(2));
    let by = Some(agent("ana"));
    vec![
        EventBody::Decided(Box::new(decision())),
        EventBody::HandedOff(HandedOff {
            tier: Some(tier("senior")),
            agent: by.clone(),
            reasons: vec!["The basket is high.".into()],
            next_step: Some("Call".into()),
            due: Some(start()),
            because: vec![spent()],
            ..story.handoff()
        }),
        EventBody::Claimed(Claimed {
            epoch,
            agent: agent("ana"),
        }),
        EventBody::Returned(Returned {
            epoch,
            by: by.clone(),
            note: Some("paid".into()),
            by_policy: false,
        }),
        EventBody::Resolved(Resolved {
            epoch,
            episode: Some(episode),
            by,
        }),
        EventBody::Tagged(Tagged {
            episode,
            tags: vec!["vip".into()],
        }),
        EventBody::TimerFired(TimerFired {
            timer: "review".into(),
            too_late: true,
            is_occasion: true,
        }),
    ]
}

fn spent() -> SpentSignal {
    SpentSignal {
        module: ModuleName::parse("basket").unwrap(),
        signal: "high-basket".into(),
        reads: ReadsFingerprint::of(&[]),
    }
}

/// A value of every shape, and every kind of setting.
fn reads() -> Vec<Read> {
    let past_order = PastOrder {
        id: "o1".into(),
        status: "paid".into(),
        total: usd(5_000),
        lines: [line("ring", 5_000)].into(),
        age_days: 3,
    };
    let thread_message = ThreadMessage {
        author: "customer".into(),
        kind: "text".into(),
        text: "hi".into(),
        age_hours: 0,
    };
    let (owner, age_hours) = ("bot".into(), 1);
    let fields = [
        (Field::OccasionTime, FieldValue::Seconds(1_795_489_200)),
        (Field::MessageText, FieldValue::Unknown),
        (Field::OccasionKind, FieldValue::text("message")),
        (Field::ConversationTurns, FieldValue::Count(2)),
        (Field::CustomerMarketingConsent, FieldValue::Flag(false)),
        (Field::BasketValue, FieldValue::Money(usd(-5))),
        (
            Field::CustomerTags,
            FieldValue::Texts(["vip".into()].into()),
        ),
        (
            Field::BasketItems,
            FieldValue::Lines([line("ring", 5)].into()),
        ),
        (Field::OrderLast, FieldValue::Order(past_order.into())),
        (
            Field::MessageRecent,
            FieldValue::Messages([thread_message].into()),
        ),
        (
            Field::ConversationOwnerHistory,
            FieldValue::Owners([OwnerSpan { owner, age_hours }].into()),
        ),
    ];
    let settings = [
        Some(SettingValue::Boolean(true)),
        Some(SettingValue::Integer(i64::MIN)),
        Some(SettingValue::Decimal(1.0)),
        Some(SettingValue::Text("x".into())),
        Some(SettingValue::Texts(["x".into()].into())),
        None,
    ];
    let fields = fields
        .into_iter()
        .map(|(field, value)| Read::Field(field, value));
    let settings = settings
        .into_iter()
        .map(|value| Read::Setting("name".into(), value));
    fields.chain(settings).collect()
}

fn run<A>(name: &str, reads: Vec<Read>, answer: Result<A, ModuleFailure>) -> ModuleRun<A> {
    let (module, digest) = (ModuleName::parse(name).unwrap(), ModuleDigest::new([7; 32]));
    ModuleRun {
        module,
        digest,
        reads,
        answer,
        fuel: 9,
    }
}

/// Rules that failed in every way, and one that was heard.
fn rules() -> Vec<RuleRun> {
    let signal = Signal {
        name: "high-basket".into(),
        score: Score::new(0.75).unwrap(),
        reason: "high".into(),
        tag: Some("high basket".into()),
        next_step: None,
        extra: vec![("k".into(), "v".into())],
    };
    let failures = [
        ModuleFailure::Trapped("unreachable".into()),
        ModuleFailure::OutOfFuel,
        ModuleFailure::Overran,
        ModuleFailure::OutOfMemory,
        ModuleFailure::TooManyReads,
        ModuleFailure::OutputTooLarge("9 signals".into()),
        ModuleFailure::OutputInvalid("score 2".into()),
        ModuleFailure::NotStarted("no grant".into()),
    ];
    let failed = failures
        .into_iter()
        .map(|failure| run("broken", vec![], Err(failure)));
    let heard = run("basket", reads(), Ok(vec![signal]));
    [heard].into_iter().chain(failed).collect()
}

/// What a shadow release made of the same.
fn shadow() -> DecisionRecord {
    let failed = |failure| run("broken", vec![], Err(failure));
    DecisionRecord {
        shadow: vec![
            failed(ModuleFailure::Quarantined),
            failed(ModuleFailure::Suspended),
            failed(ModuleFailure::NotGranted("customer.phone".into())),
        ],
        ..decision()
    }
}

fn decision() -> DecisionRecord {
    let verdict = Verdict {
        outcome: Outcome::HandOff,
        team: Some("pirates".into()),
        tier: None,
        tags: vec!["high basket".into()],
        reasons: vec![],
        next_step: None,
        priority: 40,
        extra: vec![],
    };
    let unknown_team = Warning::UnknownTeam("pirates".into());
    DecisionRecord {
        release: ReleaseNumber(1),
        occasion: OccasionKind::BotMissed,
        epoch: OwnerEpoch(3),
        rules: rules(),
        shadow: vec![],
        spent: vec![spent()],
        policy: run("weighted", vec![], Ok(verdict)),
        decision: Decision {
            outcome: Outcome::HandOff,
            team: team("sales"),
            tier: Some(tier("senior")),
            tags: vec!["high basket".into()],
            reasons: vec![],
            next_step: None,
            priority: 40,
            basis: Basis::ExplicitRequest,
            is_degraded: true,
            is_advice: false,
            warnings: vec![unknown_team, Warning::UnknownTier("x".into())],
        },
        because: vec![spent()],
    }
}

/// What people owe, and how it passes among them.
fn duties() -> Vec<EventBody> {
    let alert = QueueAlert {
        why: QueueReason::Closed,
        expected_at: Some(start()),
    };
    let promised = Promised {
        first_reply: Some(start()),
        next_step: Some(start()),
    };
    let by = Some(agent("ana"));
    vec![
        EventBody::HandedOff(HandedOff {
            decided_at: Some(7),
            promised: promised.clone(),
            queue: Some(alert.clone()),
            open_question: Some("When?".into()),
            suggested_reply: Some("On Thursday.".into()),
            ..Story::new().handoff()
        }),
        EventBody::Escalated(Escalated {
            epoch: OwnerEpoch(4),
            promise: 2,
            cause: EscalationCause::FirstReplyLate,
            team: team("sales"),
            tier: Some(tier("senior")),
            to_operator: false,
            agent: Some(agent("budi")),
            queue: Some(alert.clone()),
            promised,
            by: by.clone(),
            note: Some("too hard for me".into()),
        }),
        EventBody::Requeued(Requeued {
            epoch: OwnerEpoch(5),
            team: team("sales"),
            tier: Some(tier("senior")),
            queue: alert,
            why: "agent_frozen".into(),
        }),
        EventBody::NextStepSet(NextStepSet {
            epoch: OwnerEpoch(5),
            promise: 3,
            closed: true,
            what: Some("Call".into()),
            due: Some(start()),
            by: by.clone(),
        }),
        EventBody::NoteTaken(NoteTaken {
            about: NoteKind::Lead,
            text: "wants two rings".into(),
            by: by.clone(),
            source: Some("crm".into()),
        }),
        EventBody::SendQueued(SendQueued {
            send: SendKey("send-9".into()),
            author: Author::Agent,
            message_kind: "text".into(),
            text: Some("Hello".into()),
            purpose: Some("win-back".into()),
            is_marketing: true,
            by,
        }),
    ]
}

pub(crate) fn samples() -> Vec<Event> {
    // Later kinds come last: what was stored keeps its place.
    let later = vec![
        EventBody::Shadowed(Box::new(shadow())),
        EventBody::FieldGranted(FieldGranted {
            agent: agent("ana"),
            fields: [Field::CustomerPhone].into_iter().collect(),
            reason: "calls the courier".into(),
            until: start(),
            by: Principal::Person(agent("budi")),
        }),
        EventBody::HandedOff(HandedOff {
            read: Some([Field::BasketValue].into_iter().collect()),
            ..Story::new().handoff()
        }),
        EventBody::Reassigned(Reassigned {
            epoch: OwnerEpoch(3),
            from: agent("ana"),
            to: agent("budi"),
            by: Principal::Key("console".into()),
        }),
    ];
    let flagged = EventBody::HandoffFlagged(HandoffFlagged {
        decision: 12,
        decided_at: start(),
        release: ReleaseNumber(3),
        rules: vec![RuleVersion {
            module: ModuleName::parse("basket").unwrap(),
            digest: ModuleDigest::new([7; 32]),
        }],
        flag: FlagKind::TooEarly,
        note: Some("The bot could have answered that".into()),
        by: Principal::Person(agent("ana")),
        again: false,
    });
    let coexisting = vec![
        EventBody::Called(Called { id: wamid("6") }),
        EventBody::ProfileChanged(ProfileChanged {
            name: Some("Ana".into()),
            name_from: NameSource::Contacts,
            ..ProfileChanged::default()
        }),
        EventBody::SendResolved(SendResolved {
            send: SendKey("send-1".into()),
            outcome: SendOutcome::Begun,
            message_kind: Some("template".into()),
            text: Some("[order_tracking] A-1".into()),
        }),
    ];
    let later = [
        later,
        duties(),
        vec![flagged],
        unasked::unasked(),
        coexisting,
    ]
    .concat();
    let bodies = [messages(), commerce(), ownership(), later].concat();
    let at = |place: usize| start() + jiff::SignedDuration::from_millis(place as i64 * 1_001);
    let event = |(place, body)| {
        let number = (place % 7 != 6).then(|| number(0));
        Event {
            at: at(place),
            number,
            body,
        }
    };
    bodies.into_iter().enumerate().map(event).collect()
}
