//! One fixture for both siblings, and short words for what tests say.

use std::{path::PathBuf, sync::Arc};

use baton_domain::{
    event::{
        Author, EchoReceived, Event, EventBody, HandedOff, InboundMessage, SendKey, SendQueued,
    },
    ids::{ComparisonId, CustomerId, MessageId, NumberId, OwnerEpoch, TeamName, TenantId},
    state::CustomerState,
};
use baton_store::{
    Appended, Commit, CommitError, Comparison, ComparisonSource, Document, Identity, Link, Loaded,
    MemoryStore, NewWork, Options, SeededEntropy, SledStore, Store, Version, WorkChange, WorkKey,
    WorkKind,
};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

/// Makes a test of each sibling.
macro_rules! both {
    ($($name:ident),* $(,)?) => {
        mod memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::support::Fixture::memory()).await;
            })*
        }
        mod sled {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name($crate::support::Fixture::sled()).await;
            })*
        }
    };
}
pub(crate) use both;

/// A store of one of the siblings that can be closed and opened again.
pub(crate) struct Fixture {
    sibling: Sibling,
    seed: u64,
}

enum Sibling {
    Memory(Arc<MemoryStore>),
    Sled(TempDir, Option<Arc<SledStore>>),
}

const SEED: u64 = 20_261_124;

fn options(seed: u64) -> Options {
    Options::new(SeededEntropy::new(seed))
}

impl Fixture {
    pub(crate) fn memory() -> Self {
        println!("seed {SEED}");
        let store = MemoryStore::new(options(SEED)).unwrap();
        Self {
            sibling: Sibling::Memory(Arc::new(store)),
            seed: SEED,
        }
    }

    pub(crate) fn sled() -> Self {
        println!("seed {SEED}");
        let folder = TempDir::new().unwrap();
        let store = SledStore::open(folder.path(), options(SEED)).unwrap();
        Self {
            sibling: Sibling::Sled(folder, Some(Arc::new(store))),
            seed: SEED,
        }
    }

    pub(crate) fn store(&self) -> Arc<dyn Store> {
        match &self.sibling {
            Sibling::Memory(store) => store.clone(),
            Sibling::Sled(_, store) => store.clone().expect("the store is open"),
        }
    }

    /// Closes the store and opens it again.
    pub(crate) fn reopen(&mut self) -> Arc<dyn Store> {
        self.reopen_with(|options| options)
    }

    /// The same with changed options.
    pub(crate) fn reopen_with(&mut self, change: impl Fn(Options) -> Options) -> Arc<dyn Store> {
        // Another seed: the same bytes again would be the same nonces.
        self.seed += 1;
        let options = change(options(self.seed));
        match &mut self.sibling {
            Sibling::Memory(store) => *store = Arc::new(store.reopened(options).unwrap()),
            Sibling::Sled(folder, store) => {
                drop(store.take());
                *store = Some(Arc::new(SledStore::open(folder.path(), options).unwrap()));
            }
        }
        self.store()
    }

    /// The folder of the durable one, closed.
    pub(crate) fn close(&mut self) -> PathBuf {
        match &mut self.sibling {
            Sibling::Memory(_) => panic!("only the durable sibling has a folder"),
            Sibling::Sled(folder, store) => {
                drop(store.take());
                folder.path().to_owned()
            }
        }
    }
}

pub(crate) fn tenant() -> TenantId {
    TenantId::parse("kopi-senja").unwrap()
}

pub(crate) fn other_tenant() -> TenantId {
    TenantId::parse("teh-pagi").unwrap()
}

pub(crate) fn number() -> NumberId {
    NumberId::parse("106540352242922").unwrap()
}

pub(crate) fn phone(digits: &str) -> Link {
    Link::Phone(digits.into())
}

/// Seconds after the time at which all tests play.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_764_000_000).unwrap() + SignedDuration::from_secs(seconds)
}

fn event(seconds: i64, body: EventBody) -> Event {
    Event {
        at: at(seconds),
        number: Some(number()),
        body,
    }
}

pub(crate) fn message(seconds: i64, id: &str, text: &str) -> Event {
    event(
        seconds,
        EventBody::MessageReceived(InboundMessage {
            id: MessageId::parse(id).unwrap(),
            kind: "text".into(),
            text: Some(text.into()),
            button_id: None,
            referral: None,
            replies_to: None,
            lines: Vec::new(),
            is_content: true,
        }),
    )
}

pub(crate) fn echo(seconds: i64, id: &str) -> Event {
    let (id, kind) = (MessageId::parse(id).unwrap(), "text".into());
    event(
        seconds,
        EventBody::EchoReceived(EchoReceived {
            id,
            kind,
            text: None,
            automatic: false,
            while_frozen: false,
        }),
    )
}

pub(crate) fn queued(seconds: i64, key: &str) -> Event {
    event(
        seconds,
        EventBody::SendQueued(SendQueued {
            send: SendKey(key.into()),
            author: Author::Bot,
            message_kind: "text".into(),
            text: Some("It arrives on Thursday".into()),
            purpose: None,
            is_marketing: false,
            by: None,
        }),
    )
}

pub(crate) fn handed_off(seconds: i64, epoch: u64, due: Option<Timestamp>) -> Event {
    event(
        seconds,
        EventBody::HandedOff(HandedOff {
            reasons: vec!["it is about money".into()],
            due,
            priority: 50,
            ..HandedOff::to_team(OwnerEpoch(epoch), TeamName::parse("sales").unwrap())
        }),
    )
}

/// A commit of `events` on what was loaded, with the state they make.
pub(crate) fn on(loaded: &Loaded, events: Vec<Event>) -> Commit {
    let mut state = CustomerState::clone(&loaded.state);
    events.iter().for_each(|event| state.apply(event));
    Commit {
        tenant: tenant(),
        customer: loaded.customer.clone(),
        at: at(0),
        expected: loaded.version,
        events,
        state: Arc::new(state),
        dedupe: Vec::new(),
        links: Vec::new(),
        absorb: None,
        work: Vec::new(),
        audit: Vec::new(),
    }
}

/// Who has this phone number, known or not.
pub(crate) async fn resolve(store: &dyn Store, digits: &str) -> Loaded {
    store
        .resolve(&tenant(), &[phone(digits)], &[])
        .await
        .unwrap()
}

pub(crate) async fn load(store: &dyn Store, customer: &CustomerId) -> Loaded {
    store
        .load(&tenant(), customer, &[])
        .await
        .unwrap()
        .expect("the customer is known")
}

/// Commits `events` for whoever has this phone number.
pub(crate) async fn write(store: &dyn Store, digits: &str, events: Vec<Event>) -> CustomerId {
    let loaded = resolve(store, digits).await;
    let commit = Commit {
        links: vec![phone(digits)],
        ..on(&loaded, events)
    };
    store.commit(commit).await.unwrap();
    loaded.customer
}

/// Commits changes of work alone.
pub(crate) async fn change(
    store: &dyn Store,
    customer: &CustomerId,
    work: Vec<WorkChange>,
) -> Result<Appended, CommitError> {
    let loaded = load(store, customer).await;
    store
        .commit(Commit {
            work,
            ..on(&loaded, Vec::new())
        })
        .await
}

pub(crate) fn new_work(key: &str, kind: WorkKind, due_at: Timestamp) -> NewWork {
    let payload = serde_json::json!({ "text": "It arrives on Thursday", "for": key });
    NewWork {
        key: WorkKey(key.into()),
        kind,
        due_at,
        payload,
    }
}

pub(crate) fn effect(key: &str, due_at: Timestamp) -> NewWork {
    new_work(key, WorkKind::Effect, due_at)
}

pub(crate) fn identity(text: &str) -> Identity {
    Identity::forever(text)
}

/// The texts of all messages of a log, page by page.
pub(crate) async fn texts(store: &dyn Store, customer: &CustomerId) -> Vec<String> {
    let text = |event: &Event| match &event.body {
        EventBody::MessageReceived(message) => message.text.as_deref().unwrap().to_owned(),
        other => format!("{other:?}"),
    };
    let mut texts = Vec::new();
    loop {
        let from = Version(texts.len() as u64 + 1);
        let events = store
            .events(&tenant(), customer, from, 1_000)
            .await
            .unwrap();
        if events.is_empty() {
            return texts;
        }
        texts.extend(events.iter().map(|stored| text(&stored.event)));
    }
}

/// A comparison that nobody has made yet.
pub(crate) fn comparison(id: &str) -> Document<Comparison> {
    let (id, source) = (ComparisonId::parse(id).unwrap(), ComparisonSource::Messages);
    let body = Comparison::open(id, number(), source, (at(0), at(1)));
    Document { revision: 0, body }
}
