//! The committer and those who read beside it, on rows whose sync waits for a
//! word: what happens between "visible" and "durable".

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    time::Duration,
};

use baton_domain::{
    event::{Event, EventBody, MessageRevoked},
    ids::{MessageId, TenantId},
};
use jiff::Timestamp;
use tokio::task::{JoinHandle, yield_now};

use super::{
    Backend, Embedded, Options, Shared,
    rows::{Batch, Row, Rows},
    side_file::MemoryFile,
};
use crate::{
    Appended, Commit, CommitError, Identity, Link, Loaded, SeededEntropy, Store, StoreError,
    Version, memory::MemoryRows,
};

/// Rows that sync when, and as, they are told to.
struct Gated {
    rows: MemoryRows,
    gate: Mutex<Option<Receiver<bool>>>,
    arrived: Sender<()>,
    syncs: AtomicUsize,
}

impl Rows for Gated {
    fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.rows.get(key)
    }
    fn scan(&self, from: &[u8], to: &[u8], limit: usize) -> Result<Vec<Row>, StoreError> {
        self.rows.scan(from, to, limit)
    }
    fn apply(&self, batch: &Batch) -> Result<(), StoreError> {
        self.rows.apply(batch)
    }
    fn sync(&self) -> Result<(), StoreError> {
        self.syncs.fetch_add(1, Ordering::SeqCst);
        let gate = self.gate.lock().unwrap();
        let Some(gate) = &*gate else { return Ok(()) };
        self.arrived.send(()).unwrap();
        match gate.recv() {
            Ok(true) => Ok(()),
            _ => Err(StoreError::Backend {
                doing: "syncing",
                source: "disk full".into(),
            }),
        }
    }
}

/// A store whose syncs wait, and the word that lets one go.
struct Rig {
    store: Arc<Embedded<()>>,
    rows: Arc<Gated>,
    go: Sender<bool>,
    arrived: Receiver<()>,
}

impl Rig {
    fn new() -> Self {
        let (arrived_at, arrived) = channel();
        let rows = Arc::new(Gated {
            rows: MemoryRows::default(),
            gate: Mutex::new(None),
            arrived: arrived_at,
            syncs: AtomicUsize::new(0),
        });
        let backend = Backend {
            rows: rows.clone(),
            keys: Box::new(MemoryFile::default()),
            erasures: Box::new(MemoryFile::default()),
            has_committer_thread: true,
        };
        let shared = Shared::open(backend, Options::new(SeededEntropy::new(1))).unwrap();
        let store = Arc::new(Embedded {
            shared,
            backend: (),
        });
        let (go, gate) = channel();
        *rows.gate.lock().unwrap() = Some(gate);
        rows.syncs.store(0, Ordering::SeqCst);
        Self {
            store,
            rows,
            go,
            arrived,
        }
    }

    async fn loaded(&self, digits: &str) -> Loaded {
        self.store
            .resolve(&tenant(), &[link(digits)], &[])
            .await
            .unwrap()
    }

    /// Commits something under an identity of its own.
    fn commit(
        &self,
        loaded: &Loaded,
        digits: &str,
        identity: &str,
    ) -> JoinHandle<Result<Appended, CommitError>> {
        let original = MessageId::parse("wamid.1").expect("an id");
        let body = EventBody::MessageRevoked(MessageRevoked { original });
        let commit = Commit {
            tenant: tenant(),
            customer: loaded.customer.clone(),
            at: Timestamp::UNIX_EPOCH,
            expected: loaded.version,
            events: vec![Event {
                at: Timestamp::UNIX_EPOCH,
                number: None,
                body,
            }],
            state: loaded.state.clone(),
            dedupe: vec![Identity::forever(identity)],
            links: vec![link(digits)],
            absorb: None,
            work: Vec::new(),
            audit: Vec::new(),
        };
        let store = self.store.clone();
        tokio::spawn(async move { store.commit(commit).await })
    }

    /// Returns when a sync has begun.
    fn syncing(&self) {
        self.arrived
            .recv_timeout(Duration::from_secs(60))
            .expect("a sync begins");
    }

    /// Returns when so many changes wait for the committer or its sync.
    async fn waiting(&self, changes: usize) {
        while self.store.shared.committer.waiting() < changes {
            yield_now().await;
        }
    }
}

fn tenant() -> TenantId {
    TenantId::parse("kopi").unwrap()
}

fn link(digits: &str) -> Link {
    Link::Phone(digits.into())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_known_is_durable() {
    let rig = Rig::new();
    let stranger = rig.loaded("628").await;
    let commit = rig.commit(&stranger, "628", "it");
    rig.syncing();
    // Visible and not durable: a redelivery must wait for the answer.
    let store = rig.store.clone();
    let mut redelivery = tokio::spawn(async move {
        store
            .resolve(&tenant(), &[link("628")], &[Identity::forever("it")])
            .await
    });
    for _ in 0..1_000 {
        yield_now().await;
        assert!(!redelivery.is_finished() && !commit.is_finished());
    }
    // Who is not concerned does not wait.
    assert_eq!(rig.loaded("629").await.version, Version(0));
    rig.go.send(true).unwrap();
    commit.await.unwrap().unwrap();
    let loaded = (&mut redelivery).await.unwrap().unwrap();
    assert_eq!(
        (loaded.customer, loaded.known),
        (stranger.customer, vec![true])
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_who_wait_share_one_sync() {
    let rig = Rig::new();
    let first = rig.loaded("first").await;
    let first = rig.commit(&first, "first", "it");
    rig.syncing();
    let mut commits = Vec::new();
    for it in 0..20 {
        let digits = format!("62{it}");
        let loaded = rig.loaded(&digits).await;
        commits.push(rig.commit(&loaded, &digits, "it"));
    }
    rig.waiting(21).await;
    rig.go.send(true).unwrap();
    rig.go.send(true).unwrap();
    first.await.unwrap().unwrap();
    for commit in commits {
        commit.await.unwrap().unwrap();
    }
    assert_eq!(rig.rows.syncs.load(Ordering::SeqCst), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_in_one_batch_the_second_meets_the_first() {
    let rig = Rig::new();
    // First of a stranger, then of a customer who is known.
    for version in [Version(1), Version(2)] {
        let syncs = rig.rows.syncs.load(Ordering::SeqCst);
        let blocker = rig.loaded("blocker").await;
        let blocker = rig.commit(&blocker, "blocker", &format!("{version:?}"));
        rig.syncing();
        let loaded = rig.loaded("628").await;
        let rivals = ["one", "two"].map(|name| {
            let identity = format!("{name} {version:?}");
            rig.commit(&loaded, "628", &identity)
        });
        rig.waiting(3).await;
        rig.go.send(true).unwrap();
        rig.go.send(true).unwrap();
        blocker.await.unwrap().unwrap();
        let mut won = 0;
        for rival in rivals {
            match rival.await.unwrap() {
                Ok(appended) => won += usize::from(appended.version == version),
                Err(CommitError::Conflict { found, .. }) => assert_eq!(found, version),
                Err(error) => panic!("{error}"),
            }
        }
        let syncs = rig.rows.syncs.load(Ordering::SeqCst) - syncs;
        assert_eq!((won, syncs), (1, 2), "in one batch");
        rig.syncing();
        assert_eq!(rig.loaded("628").await.version, version);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_failed_sync_nothing_is_acknowledged() {
    let rig = Rig::new();
    let stranger = rig.loaded("628").await;
    let commit = rig.commit(&stranger, "628", "it");
    rig.go.send(false).unwrap();
    let is_backend =
        |error: &CommitError| matches!(error, CommitError::Store(StoreError::Backend { .. }));
    assert!(is_backend(&commit.await.unwrap().unwrap_err()));
    let known = rig
        .store
        .resolve(&tenant(), &[link("628")], &[Identity::forever("it")])
        .await;
    assert!(
        matches!(known, Err(StoreError::Backend { .. })),
        "{known:?}"
    );
    let later = rig.commit(&stranger, "629", "it");
    rig.go.send(true).unwrap();
    assert!(later.await.unwrap().is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn closing_lets_those_who_wait_finish() {
    let rig = Rig::new();
    let stranger = rig.loaded("628").await;
    let commit = rig.commit(&stranger, "628", "it");
    rig.syncing();
    let store = rig.store.clone();
    let closing = tokio::spawn(async move { store.close().await });
    rig.go.send(true).unwrap();
    commit.await.unwrap().unwrap();
    closing.await.unwrap();
    let other = rig.loaded("629").await;
    let late = rig.commit(&other, "629", "it").await.unwrap();
    assert!(
        matches!(late, Err(CommitError::Store(StoreError::Closing))),
        "{late:?}"
    );
}
