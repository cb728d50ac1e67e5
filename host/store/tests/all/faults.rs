//! Every write fails once, at every point and to every extent: what was asked
//! for is answered with an error, nothing more is taken, and once the store is
//! opened again the same request succeeds and leaves what it would have left.

use std::sync::Arc;

use baton_store::{
    App, Commit, CommitError, Document, Extent, Faults, Identity, Inbox, Link, Listed, Options,
    Quarantined, SeededEntropy, SledStore, Stage, Store, StoreError, Version, WorkChange, WorkKind,
};
use jiff::SignedDuration;
use tempfile::TempDir;

use crate::support::*;

/// A step failed: the disk did.
type Step = Result<(), StoreError>;

/// What the store said, when it is nothing but the injected fault.
fn only_backend(error: CommitError) -> StoreError {
    match error {
        CommitError::Store(error) => error,
        other => panic!("{other}"),
    }
}

/// Commits `events` under an identity, unless that was committed before.
async fn told(store: &dyn Store, link: Link, name: &str, more: Commit) -> Step {
    let identity = identity(name);
    let loaded = store
        .resolve(
            &tenant(),
            std::slice::from_ref(&link),
            std::slice::from_ref(&identity),
        )
        .await?;
    if loaded.known == [true] {
        return Ok(());
    }
    let commit = Commit {
        links: vec![link],
        dedupe: vec![identity, Identity::month(name)],
        work: more.work,
        ..on(&loaded, more.events)
    };
    store.commit(commit).await.map(drop).map_err(only_backend)
}

/// One life of a store, step by step; each may be done again.
async fn step(store: &dyn Store, number: usize) -> Step {
    let template = resolve_nobody(store).await?;
    let events = |events| Commit {
        events,
        ..template.clone()
    };
    match number {
        0 => {
            let mut commit = events(vec![message(0, "wamid.1", "one"), handed_off(1, 0, None)]);
            commit.work = vec![WorkChange::Add(effect("reply", at(0)))];
            told(store, phone("628"), "one", commit).await
        }
        1 => {
            let user = Link::UserId("U1".into());
            told(
                store,
                user,
                "two",
                events(vec![message(2, "wamid.2", "two")]),
            )
            .await
        }
        2 => merge(store).await,
        3 => settle(store).await,
        4 => quarantine(store).await,
        5 => administer(store).await,
        6 => {
            told(
                store,
                phone("629"),
                "three",
                events(vec![message(3, "wamid.3", "bye")]),
            )
            .await
        }
        7 => {
            let links = [phone("629")];
            let loaded = store.resolve(&tenant(), &links, &[]).await?;
            store.erase(&tenant(), &loaded.customer).await.map(drop)
        }
        _ => {
            store.sweep(at(0), 10).await?;
            store.sweep(at(60 * 86_400), 10).await.map(drop)
        }
    }
}
const STEPS: usize = 9;

async fn resolve_nobody(store: &dyn Store) -> Result<Commit, StoreError> {
    let loaded = store.resolve(&tenant(), &[], &[]).await?;
    Ok(on(&loaded, Vec::new()))
}

/// The customer of the user id becomes the one of the phone.
async fn merge(store: &dyn Store) -> Step {
    let links = [phone("628"), Link::UserId("U1".into())];
    let loaded = store.resolve(&tenant(), &links, &[]).await?;
    let Some(younger) = loaded.absorbs.clone() else {
        return Ok(());
    };
    let theirs = store.events(&tenant(), &younger, Version(1), 10).await?;
    let version = Version(theirs.len() as u64);
    let events = theirs.into_iter().map(|it| it.event).collect();
    let commit = Commit {
        absorb: Some((younger, version)),
        links: links.to_vec(),
        ..on(&loaded, events)
    };
    store.commit(commit).await.map(drop).map_err(only_backend)
}

/// Leases the work and gives it up. A lease that nobody heard of ends.
async fn settle(store: &dyn Store) -> Step {
    let minute = SignedDuration::from_secs(60);
    for now in [0, 120] {
        let leased = store.due(WorkKind::Effect, at(now), minute, 10).await?;
        for leased in leased {
            let customer = leased.work.customer.clone();
            let Some(loaded) = store.load(&tenant(), &customer, &[]).await? else {
                continue;
            };
            let dead = WorkChange::Moved {
                lease: leased.lease,
                stage: Stage::Dead {
                    why: "ambiguous".into(),
                    at: at(1),
                },
                due_at: at(1),
                keep: false,
            };
            let commit = Commit {
                work: vec![dead],
                ..on(&loaded, Vec::new())
            };
            store.commit(commit).await.map_err(only_backend)?;
        }
    }
    Ok(())
}

async fn quarantine(store: &dyn Store) -> Step {
    // Kept at least once: whoever did not hear of it keeps it again.
    let item = Quarantined {
        at: at(0),
        app: "demo".into(),
        why: "not_json".into(),
        number: None,
        body: b"{".to_vec(),
    };
    let id = store.quarantine(item).await?;
    for (other, _) in store.quarantined(None, 10).await? {
        if other != id {
            store.release(other).await?;
        }
    }
    Ok(())
}

async fn administer(store: &dyn Store) -> Step {
    if !store.apps().await?.is_empty() {
        return Ok(());
    }
    let body = App {
        name: "demo".into(),
        secret: "secret".into(),
        previous_secret: None,
        verify_token: "verify".into(),
    };
    let document = Document { revision: 0, body };
    store.put_app(document).await.map_err(only_backend)
}

/// What can be seen of a store at the end, without its random ids.
async fn seen(store: &dyn Store) -> String {
    let customers = store.customers(&tenant(), None, 10).await.unwrap().items;
    assert_eq!(customers.len(), 1, "one was merged, one erased");
    let customer = &customers[0];
    for links in [phone("628"), Link::UserId("U1".into())] {
        let loaded = store
            .resolve(&tenant(), &[links], &[identity("two")])
            .await
            .unwrap();
        assert_eq!((&loaded.customer, loaded.known), (customer, vec![true]));
    }
    let stranger = resolve(store, "629").await;
    assert_eq!(stranger.version, Version(0));
    let state = load(store, customer).await.state;
    let events = store
        .events(&tenant(), customer, Version(1), 100)
        .await
        .unwrap();
    let dead = store.dead_letters(&tenant(), None, 10).await.unwrap().items;
    let dead: Vec<_> = dead.into_iter().map(|it| (it.key, it.stage)).collect();
    let handoffs = store
        .listed(&tenant(), Listed::Handoffs, None, 10)
        .await
        .unwrap();
    let handoffs: Vec<_> = handoffs
        .items
        .iter()
        .map(|it| (it.version, it.at))
        .collect();
    let inbox = store
        .conversations(&tenant(), Inbox::People, None, 10)
        .await
        .unwrap();
    let inbox: Vec<_> = inbox
        .items
        .iter()
        .map(|it| (&it.owner, it.touched_at))
        .collect();
    let apps = store.apps().await.unwrap();
    let quarantined = store.quarantined(None, 10).await.unwrap();
    let quarantined: Vec<_> = quarantined.into_iter().map(|(_, item)| item).collect();
    format!("{state:?} {events:?} {dead:?} {handoffs:?} {inbox:?} {apps:?} {quarantined:?}")
}

/// Lives with the `nth` write failing. Answers whether there was one, and what
/// is there at the end.
async fn live(nth: usize, extent: Extent) -> (bool, String) {
    let folder = TempDir::new().unwrap();
    let faults = Faults::at(nth, extent);
    let mut seed = 0;
    let mut options = || {
        seed += 1;
        Options::new(SeededEntropy::new(seed))
    };
    let open = |options| SledStore::open(folder.path(), options);
    let broken = open(options().with_faults(faults.clone()));
    let mut store = match broken {
        Ok(store) => Arc::new(store),
        // It failed before anything was asked for: the next start is well.
        Err(error) => {
            assert!(faults.has_fired(), "{error}");
            Arc::new(open(options()).unwrap())
        }
    };
    for number in 0..STEPS {
        let done = step(&*store, number).await;
        let Err(error) = done else { continue };
        let told = format!("write {nth} {extent:?}, step {number}: {error:?}");
        assert!(matches!(error, StoreError::Backend { .. }), "{told}");
        assert!(faults.has_fired(), "{told}");
        // Whoever tries again at once is served, or told that the disk failed.
        match step(&*store, number).await {
            Ok(()) => assert!(!has_failed(&*store).await, "{told}"),
            Err(StoreError::Backend { .. }) => assert!(has_failed(&*store).await, "{told}"),
            Err(other) => panic!("{told}, again: {other}"),
        }
        drop(store);
        store = Arc::new(open(options()).unwrap_or_else(|error| panic!("{told}: {error}")));
        step(&*store, number)
            .await
            .unwrap_or_else(|error| panic!("{told}, again: {error}"));
    }
    let seen = seen(&*store).await;
    drop(store);
    let found = SledStore::examine(folder.path(), &options(), &mut |_| {}).unwrap();
    assert_eq!(found.findings, [], "write {nth} {extent:?}");
    (faults.has_fired(), seen)
}

#[tokio::test]
async fn every_write_fails_once_at_every_point() {
    let (_, expected) = live(usize::MAX, Extent::None).await;
    for extent in [Extent::None, Extent::Half, Extent::All] {
        let mut points = 0;
        for nth in 1.. {
            let (has_fired, seen) = live(nth, extent).await;
            assert_eq!(seen, expected, "write {nth} {extent:?}");
            if !has_fired {
                break;
            }
            points = nth;
        }
        println!("{points} writes failed, {extent:?} of each");
        assert!(points > 20);
    }
}

/// A disk that failed is not asked again, and the store says so.
#[tokio::test]
async fn a_store_that_failed_says_so_until_it_is_opened_again() {
    let folder = TempDir::new().unwrap();
    let options = |seed| Options::new(SeededEntropy::new(seed));
    drop(SledStore::open(folder.path(), options(1)).unwrap());
    let faults = Faults::at(2, Extent::All);
    let faulty = options(2).with_faults(faults);
    let store = SledStore::open(folder.path(), faulty).unwrap();
    assert!(!has_failed(&store).await);
    assert!(step(&store, 0).await.is_err());
    assert!(has_failed(&store).await);
    let after = store.resolve(&tenant(), &[phone("628")], &[]).await;
    assert!(
        matches!(after, Err(StoreError::Backend { .. })),
        "{after:?}"
    );
    drop(store);
    let store = SledStore::open(folder.path(), options(3)).unwrap();
    assert!(!has_failed(&store).await);
    assert_eq!(
        resolve(&store, "628").await.version,
        Version(2),
        "it was written after all"
    );
}

async fn has_failed(store: &dyn Store) -> bool {
    tokio::select! {
        biased;
        () = store.failed() => true,
        () = std::future::ready(()) => false,
    }
}
