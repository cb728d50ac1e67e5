use std::sync::Arc;

use baton_domain::{ids::CustomerId, state::CustomerState};
use baton_store::{
    Commit, CommitError, Identity, Inbox, Link, Listed, Loaded, Store, StoreError, Version,
    WorkChange, WorkKey, WorkKind,
};
use jiff::SignedDuration;

use crate::support::*;

both!(
    the_younger_becomes_the_older,
    work_moves_sealed_for_its_new_customer,
    what_was_done_for_one_is_not_done_for_the_other,
    a_merge_on_a_younger_that_moved_is_a_conflict,
    a_commit_under_the_old_id_is_a_conflict,
    merges_chain,
    an_erasure_takes_the_merged_with_it,
);

fn user(id: &str) -> Link {
    Link::UserId(id.into())
}

/// Two customers, the older found by phone 628, the younger by user id U1.
pub(crate) async fn two(store: &dyn Store) -> (CustomerId, CustomerId) {
    let older = write(store, "628", vec![message(0, "wamid.1", "by phone")]).await;
    let stranger = store.resolve(&tenant(), &[user("U1")], &[]).await.unwrap();
    let commit = Commit {
        links: vec![user("U1")],
        dedupe: vec![identity("forever"), Identity::month("month")],
        work: vec![
            WorkChange::Add(effect("reply", at(10))),
            WorkChange::Add(effect("sent", at(0))),
        ],
        ..on(
            &stranger,
            vec![message(5, "wamid.2", "by user id"), handed_off(6, 0, None)],
        )
    };
    store.commit(commit).await.unwrap();
    (older, stranger.customer)
}

/// The commit that merges what was loaded.
async fn merging(store: &dyn Store, loaded: &Loaded) -> Commit {
    let younger = loaded.absorbs.clone().expect("the links name two");
    let theirs = store
        .events(&tenant(), &younger, Version(1), 1_000)
        .await
        .unwrap();
    let ours = store
        .events(&tenant(), &loaded.customer, Version(1), 1_000)
        .await
        .unwrap();
    let version = Version(theirs.len() as u64);
    let mut all: Vec<_> = ours
        .iter()
        .chain(&theirs)
        .map(|it| it.event.clone())
        .collect();
    all.sort_by_key(|event| event.at);
    let mut state = CustomerState::default();
    all.iter().for_each(|event| state.apply(event));
    Commit {
        state: Arc::new(state),
        absorb: Some((younger, version)),
        ..on(loaded, theirs.into_iter().map(|it| it.event).collect())
    }
}

async fn both_links(store: &dyn Store) -> Loaded {
    store
        .resolve(&tenant(), &[user("U1"), phone("628")], &[])
        .await
        .unwrap()
}

/// Merges what [`two`] made.
pub(crate) async fn join(store: &dyn Store) {
    let loaded = both_links(store).await;
    let commit = merging(store, &loaded).await;
    store.commit(commit).await.unwrap();
}

async fn the_younger_becomes_the_older(mut fixture: Fixture) {
    let store = fixture.store();
    let (older, younger) = two(&*store).await;
    let loaded = both_links(&*store).await;
    assert_eq!(
        (&loaded.customer, &loaded.absorbs),
        (&older, &Some(younger.clone()))
    );
    let commit = merging(&*store, &loaded).await;
    let state = commit.state.clone();
    store.commit(commit).await.unwrap();
    drop(store);

    let store = fixture.reopen();
    let identities = [identity("forever"), Identity::month("month")];
    let now = store
        .load(&tenant(), &younger, &identities)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (&now.customer, now.version, now.known),
        (&older, Version(3), vec![true, true])
    );
    assert_eq!(*now.state, *state);
    for link in [user("U1"), phone("628")] {
        let found = store.resolve(&tenant(), &[link], &[]).await.unwrap();
        assert_eq!((found.customer, found.absorbs), (older.clone(), None));
    }
    let rows = store
        .conversations(&tenant(), Inbox::All, None, 10)
        .await
        .unwrap()
        .items;
    assert_eq!(
        rows.iter().map(|row| &row.customer).collect::<Vec<_>>(),
        [&older]
    );
    let handoffs = store
        .listed(&tenant(), Listed::Handoffs, None, 10)
        .await
        .unwrap()
        .items;
    assert_eq!(handoffs.len(), 1);
    assert_eq!(
        (&handoffs[0].customer, handoffs[0].version),
        (&older, Version(3))
    );
    let customers = store.customers(&tenant(), None, 10).await.unwrap().items;
    assert_eq!(customers, std::slice::from_ref(&older));
    assert_eq!(
        store
            .events(&tenant(), &younger, Version(1), 10)
            .await
            .unwrap()
            .len(),
        3
    );
}

async fn work_moves_sealed_for_its_new_customer(fixture: Fixture) {
    let store = fixture.store();
    let (older, younger) = two(&*store).await;
    let minute = SignedDuration::from_secs(60);
    let sent = store
        .due(WorkKind::Effect, at(0), minute, 1)
        .await
        .unwrap()
        .pop()
        .unwrap();
    change(&*store, &younger, vec![WorkChange::Done(sent.lease)])
        .await
        .unwrap();
    let held = store
        .due(WorkKind::Effect, at(10), minute, 1)
        .await
        .unwrap()
        .pop()
        .unwrap();
    store
        .commit(merging(&*store, &both_links(&*store).await).await)
        .await
        .unwrap();

    // What was done stays done, and a lease goes with its row.
    let add = vec![WorkChange::Add(effect("sent", at(0)))];
    change(&*store, &older, add).await.unwrap();
    let leased = store
        .due(WorkKind::Effect, at(60), minute, 10)
        .await
        .unwrap();
    assert_eq!(leased, []);
    let work = store
        .work(&tenant(), &older, &held.lease.key)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (&work.customer, &work.payload["for"]),
        (&older, &"reply".into())
    );
    change(&*store, &older, vec![WorkChange::Done(held.lease)])
        .await
        .unwrap();
    let leased = store
        .due(WorkKind::Effect, at(900), minute, 10)
        .await
        .unwrap();
    assert_eq!(leased, []);
}

/// Both were told of one order, and one had its follow-up already.
async fn what_was_done_for_one_is_not_done_for_the_other(fixture: Fixture) {
    let store = fixture.store();
    let (older, younger) = two(&*store).await;
    let minute = SignedDuration::from_secs(60);
    let waits = ["sent", "reply"].map(|key| WorkChange::Add(effect(key, at(500))));
    change(&*store, &older, waits.to_vec()).await.unwrap();
    let sent = store.due(WorkKind::Effect, at(0), minute, 1).await.unwrap();
    let done = sent.into_iter().map(|it| WorkChange::Done(it.lease));
    change(&*store, &younger, done.collect()).await.unwrap();
    join(&*store).await;
    // The one that nobody did is there once, as the older has it.
    let due = store
        .due(WorkKind::Effect, at(900), minute, 10)
        .await
        .unwrap();
    let keys: Vec<_> = due.iter().map(|it| it.work.key.0.as_ref()).collect();
    assert_eq!(keys, ["reply"]);
    assert_eq!(due[0].work.due_at, at(500));
}

async fn a_merge_on_a_younger_that_moved_is_a_conflict(fixture: Fixture) {
    let store = fixture.store();
    let (older, younger) = two(&*store).await;
    let stale = merging(&*store, &both_links(&*store).await).await;
    let loaded = load(&*store, &younger).await;
    store
        .commit(on(&loaded, vec![message(9, "wamid.3", "more")]))
        .await
        .unwrap();
    let late = store.commit(stale).await;
    assert!(
        matches!(late, Err(CommitError::Conflict { customer, found }) if customer == younger && found == Version(3))
    );
    assert_eq!(load(&*store, &older).await.version, Version(1));
    assert_eq!(load(&*store, &younger).await.customer, younger);
    let again = merging(&*store, &both_links(&*store).await).await;
    store.commit(again).await.unwrap();
    assert_eq!(load(&*store, &younger).await.version, Version(4));
}

async fn a_commit_under_the_old_id_is_a_conflict(fixture: Fixture) {
    let store = fixture.store();
    let (older, younger) = two(&*store).await;
    let stale = load(&*store, &younger).await;
    store
        .commit(merging(&*store, &both_links(&*store).await).await)
        .await
        .unwrap();
    let stranger = Loaded {
        version: Version(0),
        ..stale.clone()
    };
    for loaded in [stale, stranger] {
        let late = store
            .commit(on(&loaded, vec![message(9, "wamid.3", "more")]))
            .await;
        let is_told = |customer: &CustomerId| *customer == older;
        assert!(
            matches!(&late, Err(CommitError::Conflict { customer, .. }) if is_told(customer)),
            "{late:?}"
        );
    }
    assert_eq!(texts(&*store, &older).await.len(), 3);
}

/// Merges youngest into younger, then both into the older.
async fn chain(store: &dyn Store) -> (CustomerId, CustomerId, CustomerId) {
    let (older, younger) = two(store).await;
    let stranger = store.resolve(&tenant(), &[user("U2")], &[]).await.unwrap();
    let commit = Commit {
        links: vec![user("U2")],
        ..on(&stranger, vec![message(7, "wamid.7", "the youngest")])
    };
    store.commit(commit).await.unwrap();
    let loaded = store
        .resolve(&tenant(), &[user("U2"), user("U1")], &[])
        .await
        .unwrap();
    assert_eq!(loaded.customer, younger);
    store.commit(merging(store, &loaded).await).await.unwrap();
    store
        .commit(merging(store, &both_links(store).await).await)
        .await
        .unwrap();
    (older, younger, stranger.customer)
}

async fn merges_chain(mut fixture: Fixture) {
    let (older, younger, youngest) = chain(&*fixture.store()).await;
    let store = fixture.reopen();
    for id in [&older, &younger, &youngest] {
        assert_eq!(load(&*store, id).await.customer, older);
    }
    let work = store
        .work(&tenant(), &youngest, &WorkKey("reply".into()))
        .await
        .unwrap();
    assert_eq!(work.expect("the work moved twice").customer, older);
}

async fn an_erasure_takes_the_merged_with_it(mut fixture: Fixture) {
    let store = fixture.store();
    let (older, younger, youngest) = chain(&*store).await;
    assert!(
        store.erase(&tenant(), &youngest).await.unwrap(),
        "by any of the ids"
    );
    drop(store);
    let store = fixture.reopen();
    for id in [&older, &younger, &youngest] {
        let loaded = store.load(&tenant(), id, &[]).await;
        assert!(matches!(loaded, Err(StoreError::Erased)), "{loaded:?}");
    }
}
