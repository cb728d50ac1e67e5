//! What the tests start from.

use std::sync::Arc;

use baton_domain::{
    decision::Outcome,
    event::*,
    facts::Facts,
    field::Line,
    ids::*,
    money::{Currency, Money},
    occasion::Occasion,
    owner::Owner,
    state::{Conversation, CustomerState, Episode},
    tenant::{Team, TenantProfile},
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

/// Tuesday, 24 November 2026, 03:00 in Jakarta is 20:00 of the day before in
/// UTC; tests start at 10:00 Jakarta time.
pub(crate) fn start() -> Timestamp {
    "2026-11-24T03:00:00Z".parse().unwrap()
}

pub(crate) fn hours(hours: i64) -> SignedDuration {
    SignedDuration::from_hours(hours)
}

pub(crate) fn number(index: usize) -> NumberId {
    NumberId::parse(&format!("10000{index}")).unwrap()
}

pub(crate) fn wamid(name: &str) -> MessageId {
    MessageId::parse(&format!("wamid.{name}")).unwrap()
}

pub(crate) fn team(name: &str) -> TeamName {
    TeamName::parse(name).unwrap()
}

pub(crate) fn tier(name: &str) -> TierName {
    TierName::parse(name).unwrap()
}

pub(crate) fn agent(name: &str) -> AgentId {
    AgentId::parse(name).unwrap()
}

pub(crate) fn usd(minor: i64) -> Money {
    Money::new(minor, Currency::parse("USD").unwrap())
}

pub(crate) fn line(name: &str, minor: i64) -> Line {
    Line {
        product: name.into(),
        name: name.into(),
        quantity: 1,
        unit_price: usd(minor),
        attributes: vec![("colour".into(), "blue".into())],
    }
}

pub(crate) fn tenant() -> TenantProfile {
    let teams = vec![
        Team {
            name: team("sales"),
            tiers: vec![tier("junior"), tier("senior")],
        },
        Team {
            name: team("care"),
            tiers: vec![],
        },
    ];
    TenantProfile::new(TimeZone::get("Asia/Jakarta").unwrap(), "id", teams).unwrap()
}

pub(crate) fn tenant_that_stays_on_failure() -> TenantProfile {
    tenant().with_outcome_on_failure(Outcome::Stay)
}

pub(crate) fn message(id: &str, text: &str) -> EventBody {
    EventBody::MessageReceived(InboundMessage {
        id: wamid(id),
        kind: "text".into(),
        text: Some(text.into()),
        button_id: None,
        referral: None,
        replies_to: None,
        lines: vec![],
        is_content: true,
    })
}

pub(crate) fn reaction(id: &str) -> EventBody {
    let EventBody::MessageReceived(message) = message(id, "👍") else {
        unreachable!()
    };
    EventBody::MessageReceived(InboundMessage {
        kind: "reaction".into(),
        is_content: false,
        ..message
    })
}

pub(crate) fn echo(id: &str) -> EventBody {
    let (kind, text) = ("text".into(), Some("We are here".into()));
    EventBody::EchoReceived(EchoReceived {
        id: wamid(id),
        kind,
        text,
        automatic: false,
        while_frozen: false,
    })
}

pub(crate) fn past(id: &str, author: Author) -> EventBody {
    let (message_kind, text) = ("text".into(), Some("Long ago".into()));
    EventBody::PastMessage(PastMessage {
        id: wamid(id),
        author,
        message_kind,
        text,
    })
}

pub(crate) fn edit(id: &str, text: &str) -> EventBody {
    EventBody::MessageEdited(MessageEdited {
        original: wamid(id),
        text: Some(text.into()),
    })
}

pub(crate) fn revoke(id: &str) -> EventBody {
    EventBody::MessageRevoked(MessageRevoked {
        original: wamid(id),
    })
}

pub(crate) fn missed(question: Option<&str>) -> EventBody {
    EventBody::BotMissed(BotMissed {
        question: question.map(Into::into),
    })
}

pub(crate) fn answered() -> EventBody {
    EventBody::BotAnswered(BotAnswered {
        id: None,
        text: None,
        intent: None,
    })
}

pub(crate) fn sending(send: &str, author: Author) -> EventBody {
    EventBody::SendQueued(SendQueued {
        send: SendKey(send.into()),
        author,
        message_kind: "text".into(),
        text: Some("Here you are".into()),
        purpose: None,
        is_marketing: false,
        by: None,
    })
}

pub(crate) fn outcome(send: &str, outcome: SendOutcome) -> EventBody {
    EventBody::SendResolved(SendResolved {
        send: SendKey(send.into()),
        outcome,
        message_kind: None,
        text: None,
    })
}

pub(crate) fn order(id: &str, status: OrderStatus, minor: i64) -> OrderChanged {
    OrderChanged {
        id: OrderId::parse(id).unwrap(),
        status,
        placed_at: None,
        total: Some(usd(minor)),
        refunded: None,
        lines: vec![line("ring", minor)],
        basket: None,
        imported: false,
        tracking: None,
    }
}

pub(crate) fn basket(id: Option<&str>, minor: i64) -> BasketChanged {
    BasketChanged {
        id: id.map(Into::into),
        lines: vec![line("ring", minor)],
        total: None,
        checkout_state: "checkout-offered".into(),
    }
}

pub(crate) fn payment(transaction: &str, status: PaymentStatus) -> PaymentChanged {
    PaymentChanged {
        reference: PaymentReference::parse("ref").unwrap(),
        transaction: Some(transaction.into()),
        status,
        amount: Some(usd(5_000)),
        reason: Some("insufficient-funds".into()),
    }
}

/// A customer whose story is told event by event on one number, with time
/// going by a second an event.
#[derive(Clone)]
pub(crate) struct Story {
    pub(crate) state: CustomerState,
    pub(crate) now: Timestamp,
}

impl Story {
    pub(crate) fn new() -> Self {
        Self {
            state: CustomerState::default(),
            now: start(),
        }
    }

    pub(crate) fn event(&self, body: EventBody) -> Event {
        Event {
            at: self.now,
            number: Some(number(0)),
            body,
        }
    }

    /// Something happens. Returns it, to tell it again later.
    pub(crate) fn tell(&mut self, body: EventBody) -> Event {
        self.now += SignedDuration::from_secs(1);
        let event = self.event(body);
        self.state.apply(&event);
        event
    }

    pub(crate) fn again(&mut self, event: &Event) {
        self.state.apply(event);
    }

    pub(crate) fn wait(&mut self, time: SignedDuration) {
        self.now += time;
    }

    pub(crate) fn conversation(&self) -> &Conversation {
        self.state
            .conversation(&number(0))
            .expect("the conversation has begun")
    }

    pub(crate) fn episode(&self) -> Option<&Episode> {
        self.state.conversation(&number(0))?.open_episode(self.now)
    }

    pub(crate) fn owner(&self) -> &Owner {
        &self.conversation().ownership.owner
    }

    pub(crate) fn epoch(&self) -> OwnerEpoch {
        let conversation = self.state.conversation(&number(0));
        conversation
            .map(|it| it.ownership.epoch)
            .unwrap_or_default()
    }

    pub(crate) fn handoff(&self) -> HandedOff {
        HandedOff {
            tags: vec!["high value".into()],
            priority: 50,
            ..HandedOff::to_team(self.epoch(), team("sales"))
        }
    }

    pub(crate) fn hand_off(&mut self) -> Event {
        self.tell(EventBody::HandedOff(self.handoff()))
    }

    pub(crate) fn claim(&mut self, by: &str, epoch: OwnerEpoch) -> Event {
        self.tell(EventBody::Claimed(Claimed {
            epoch,
            agent: agent(by),
        }))
    }

    pub(crate) fn give_back(&mut self) -> Event {
        self.tell(EventBody::Returned(Returned {
            epoch: self.epoch(),
            by: None,
            note: None,
            by_policy: false,
        }))
    }

    pub(crate) fn resolved(&self) -> EventBody {
        let episode = self
            .state
            .conversation(&number(0))
            .and_then(Conversation::last_episode);
        EventBody::Resolved(Resolved {
            epoch: self.epoch(),
            episode,
            by: None,
        })
    }

    pub(crate) fn resolve(&mut self) -> Event {
        self.tell(self.resolved())
    }

    /// The facts of this event, which has been told.
    pub(crate) fn facts_of(&self, event: &Event, tenant: TenantProfile) -> Arc<Facts> {
        let occasion = Occasion::of(event, &self.state).expect("rules run on this");
        Arc::new(Facts::new(
            Arc::new(self.state.clone()),
            occasion,
            Arc::new(tenant),
        ))
    }

    /// The customer writes, and rules look at it.
    pub(crate) fn facts_of_message(&mut self, id: &str, text: &str) -> Arc<Facts> {
        let event = self.tell(message(id, text));
        self.facts_of(&event, tenant())
    }
}
