use baton_domain::ids::CustomerId;
use baton_store::{
    Commit, CommitError, Lease, LeasedWork, NewWork, Stage, Store, WorkChange, WorkKey, WorkKind,
};
use jiff::{SignedDuration, Timestamp};

use crate::support::*;

both!(
    work_is_due_in_order_and_hidden_while_leased,
    a_lost_lease_settles_nothing,
    added_once_is_added_for_ever,
    a_reschedule_moves_what_waits_and_takes_the_lease,
    what_was_cancelled_comes_again_only_by_a_reschedule,
    begun_is_kept_by_its_holder_and_never_taken_back,
    moved_without_keep_ends_the_lease,
    dead_letters_are_listed_until_dismissed,
    tenants_take_turns,
    two_who_lease_never_get_the_same,
    kinds_are_apart,
    what_a_clock_put_off_that_was_ahead_waits_anew,
);

const MINUTE: SignedDuration = SignedDuration::from_secs(60);

async fn customer(store: &dyn Store) -> CustomerId {
    write(store, "628", vec![message(0, "wamid.0", "hello")]).await
}

async fn add(store: &dyn Store, customer: &CustomerId, key: &str, due_at: Timestamp) {
    change(store, customer, vec![WorkChange::Add(effect(key, due_at))])
        .await
        .unwrap();
}

async fn due(store: &dyn Store, now: Timestamp) -> Vec<LeasedWork> {
    store.due(WorkKind::Effect, now, MINUTE, 100).await.unwrap()
}

fn keys(leased: &[LeasedWork]) -> Vec<&str> {
    leased.iter().map(|it| &*it.work.key.0).collect()
}

async fn settle(store: &dyn Store, customer: &CustomerId, change_: WorkChange) {
    change(store, customer, vec![change_]).await.unwrap();
}

async fn lease_of(store: &dyn Store, now: Timestamp) -> Lease {
    due(store, now).await.pop().expect("one row is due").lease
}

async fn work_is_due_in_order_and_hidden_while_leased(mut fixture: Fixture) {
    let store = fixture.store();
    let who = customer(&*store).await;
    assert_eq!(store.next_due(WorkKind::Effect).await.unwrap(), None);
    for (key, seconds) in [("second", 20), ("first", 10), ("third", 30)] {
        add(&*store, &who, key, at(seconds)).await;
    }
    assert_eq!(
        store.next_due(WorkKind::Effect).await.unwrap(),
        Some(at(10))
    );
    assert_eq!(due(&*store, at(9)).await, []);
    let leased = due(&*store, at(20)).await;
    assert_eq!(keys(&leased), ["first", "second"]);
    let work = &leased[0].work;
    assert_eq!(
        (work.tries, work.stage.clone(), work.due_at),
        (1, Stage::Waiting, at(10))
    );
    assert_eq!(work.payload["for"], "first");
    assert_eq!(due(&*store, at(79)).await.len(), 1, "only the third");
    drop(store);

    // A lease outlives its host, and its end makes the row due again.
    let store = fixture.reopen();
    assert_eq!(
        store.next_due(WorkKind::Effect).await.unwrap(),
        Some(at(80))
    );
    let mut again = due(&*store, at(80)).await;
    again.sort_by_key(|it| it.work.due_at);
    assert_eq!(keys(&again), ["first", "second"]);
    assert_eq!(again[0].work.tries, 2);
    assert!(again[0].lease.number > leased[0].lease.number);
}

async fn a_lost_lease_settles_nothing(fixture: Fixture) {
    let store = fixture.store();
    let who = customer(&*store).await;
    add(&*store, &who, "reply", at(0)).await;
    let lost = lease_of(&*store, at(0)).await;
    let held = lease_of(&*store, at(60)).await;
    let moved = WorkChange::Moved {
        lease: lost.clone(),
        stage: Stage::Waiting,
        due_at: at(0),
        keep: false,
    };
    for change_ in [WorkChange::Done(lost), moved] {
        let loaded = load(&*store, &who).await;
        let events = vec![queued(1, "reply")];
        let late = Commit {
            work: vec![change_],
            ..on(&loaded, events)
        };
        assert!(matches!(
            store.commit(late).await,
            Err(CommitError::LeaseLost)
        ));
    }
    assert_eq!(
        load(&*store, &who).await.version.0,
        1,
        "the whole commit was refused"
    );
    settle(&*store, &who, WorkChange::Done(held.clone())).await;
    let twice = change(&*store, &who, vec![WorkChange::Done(held)]).await;
    assert!(matches!(twice, Err(CommitError::LeaseLost)));
    assert_eq!(due(&*store, at(1_000)).await, []);
    assert_eq!(store.next_due(WorkKind::Effect).await.unwrap(), None);
}

async fn added_once_is_added_for_ever(mut fixture: Fixture) {
    let store = fixture.store();
    let who = customer(&*store).await;
    add(&*store, &who, "reply", at(0)).await;
    let other = NewWork {
        payload: "other".into(),
        ..effect("reply", at(50))
    };
    change(&*store, &who, vec![WorkChange::Add(other)])
        .await
        .unwrap();
    let leased = due(&*store, at(0)).await;
    assert_eq!(leased[0].work.payload["for"], "reply", "the first stays");
    settle(&*store, &who, WorkChange::Done(leased[0].lease.clone())).await;
    drop(store);
    let store = fixture.reopen();
    add(&*store, &who, "reply", at(0)).await;
    let again = WorkChange::Reschedule(effect("reply", at(0)));
    settle(&*store, &who, again).await;
    assert_eq!(due(&*store, at(1_000)).await, []);
    let gone = store
        .work(&tenant(), &who, &WorkKey("reply".into()))
        .await
        .unwrap();
    assert_eq!(gone, None);
}

async fn a_reschedule_moves_what_waits_and_takes_the_lease(fixture: Fixture) {
    let store = fixture.store();
    let who = customer(&*store).await;
    settle(
        &*store,
        &who,
        WorkChange::Reschedule(effect("silence", at(10))),
    )
    .await;
    settle(
        &*store,
        &who,
        WorkChange::Reschedule(effect("silence", at(20))),
    )
    .await;
    assert_eq!(due(&*store, at(19)).await, []);
    let lease = lease_of(&*store, at(20)).await;
    let later = NewWork {
        payload: "later".into(),
        ..effect("silence", at(30))
    };
    settle(&*store, &who, WorkChange::Reschedule(later)).await;
    let late = change(&*store, &who, vec![WorkChange::Done(lease)]).await;
    assert!(matches!(late, Err(CommitError::LeaseLost)));
    let leased = due(&*store, at(30)).await;
    assert_eq!(leased[0].work.payload, "later");
    settle(&*store, &who, WorkChange::Done(leased[0].lease.clone())).await;
}

async fn what_was_cancelled_comes_again_only_by_a_reschedule(fixture: Fixture) {
    let store = fixture.store();
    let who = customer(&*store).await;
    settle(
        &*store,
        &who,
        WorkChange::Cancel(WorkKey("never-there".into())),
    )
    .await;
    add(&*store, &who, "reply", at(0)).await;
    let lease = lease_of(&*store, at(0)).await;
    settle(&*store, &who, WorkChange::Cancel(WorkKey("reply".into()))).await;
    add(&*store, &who, "reply", at(0)).await;
    assert_eq!(due(&*store, at(1_000)).await, []);
    settle(
        &*store,
        &who,
        WorkChange::Reschedule(effect("reply", at(5))),
    )
    .await;
    let again = due(&*store, at(1_000)).await;
    assert_eq!(keys(&again), ["reply"]);
    let late = change(&*store, &who, vec![WorkChange::Done(lease)]).await;
    assert!(
        matches!(late, Err(CommitError::LeaseLost)),
        "the lease of before the cancel"
    );
}

async fn begun_is_kept_by_its_holder_and_never_taken_back(fixture: Fixture) {
    let store = fixture.store();
    let who = customer(&*store).await;
    add(&*store, &who, "reply", at(0)).await;
    let lease = lease_of(&*store, at(0)).await;
    let stage = Stage::Begun { at: at(1) };
    let begun = WorkChange::Moved {
        lease: lease.clone(),
        stage,
        due_at: at(100),
        keep: true,
    };
    settle(&*store, &who, begun).await;
    settle(&*store, &who, WorkChange::Cancel(WorkKey("reply".into()))).await;
    settle(
        &*store,
        &who,
        WorkChange::Reschedule(effect("reply", at(2))),
    )
    .await;
    assert_eq!(due(&*store, at(99)).await, [], "hidden until it says");
    let work = store
        .work(&tenant(), &who, &WorkKey("reply".into()))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(work.stage, Stage::Begun { at: at(1) });
    settle(&*store, &who, WorkChange::Done(lease)).await;

    // The holder that dies leaves it begun for whoever looks next.
    add(&*store, &who, "second", at(0)).await;
    let lease = lease_of(&*store, at(0)).await;
    let stage = Stage::Begun { at: at(1) };
    let begun = WorkChange::Moved {
        lease,
        stage: stage.clone(),
        due_at: at(100),
        keep: true,
    };
    settle(&*store, &who, begun).await;
    assert_eq!(due(&*store, at(100)).await[0].work.stage, stage);
}

async fn moved_without_keep_ends_the_lease(fixture: Fixture) {
    let store = fixture.store();
    let who = customer(&*store).await;
    add(&*store, &who, "reply", at(0)).await;
    let lease = lease_of(&*store, at(0)).await;
    let retry = |lease| {
        let (stage, due_at) = (Stage::Waiting, at(10));
        WorkChange::Moved {
            lease,
            stage,
            due_at,
            keep: false,
        }
    };
    settle(&*store, &who, retry(lease.clone())).await;
    let twice = change(&*store, &who, vec![retry(lease)]).await;
    assert!(matches!(twice, Err(CommitError::LeaseLost)));
    assert_eq!(
        store.next_due(WorkKind::Effect).await.unwrap(),
        Some(at(10))
    );
    assert_eq!(due(&*store, at(10)).await[0].work.tries, 2);
}

async fn dead_letters_are_listed_until_dismissed(fixture: Fixture) {
    let store = fixture.store();
    let who = customer(&*store).await;
    for (key, seconds) in [("older", 10), ("newer", 20)] {
        add(&*store, &who, key, at(0)).await;
        let lease = lease_of(&*store, at(0)).await;
        let stage = Stage::Dead {
            why: "ambiguous".into(),
            at: at(seconds),
        };
        let dead = WorkChange::Moved {
            lease,
            stage,
            due_at: at(0),
            keep: true,
        };
        settle(&*store, &who, dead).await;
    }
    assert_eq!(due(&*store, at(1_000)).await, []);
    let page = store.dead_letters(&tenant(), None, 1).await.unwrap();
    assert_eq!(&*page.items[0].key.0, "newer");
    let page = store
        .dead_letters(&tenant(), page.next.as_deref(), 1)
        .await
        .unwrap();
    assert_eq!((&*page.items[0].key.0, page.next), ("older", None));
    settle(&*store, &who, WorkChange::Dismiss(WorkKey("newer".into()))).await;
    add(&*store, &who, "newer", at(0)).await;
    let page = store.dead_letters(&tenant(), None, 10).await.unwrap();
    assert_eq!(page.items.len(), 1);
    assert_eq!(due(&*store, at(1_000)).await, []);
}

async fn tenants_take_turns(fixture: Fixture) {
    let store = fixture.store();
    // Whichever of the two comes first by name is the busy one.
    for (busy, quiet) in [(tenant(), other_tenant()), (other_tenant(), tenant())] {
        for (of, count) in [(&busy, 50), (&quiet, 1)] {
            let stranger = store.resolve(of, &[phone("628")], &[]).await.unwrap();
            let work = (0..count).map(|it| WorkChange::Add(effect(&format!("it-{it}"), at(0))));
            let commit = Commit {
                tenant: of.clone(),
                work: work.collect(),
                ..on(&stranger, vec![message(0, "wamid.0", "hello")])
            };
            store.commit(commit).await.unwrap();
        }
        let mut served = std::collections::BTreeSet::new();
        for _ in 0..2 {
            let leased = store
                .due(WorkKind::Effect, at(10), MINUTE, 1)
                .await
                .unwrap();
            served.insert(leased[0].work.tenant.clone());
        }
        assert_eq!(served, [busy, quiet].into(), "each within two turns");
        let rest = store
            .due(WorkKind::Effect, at(10), MINUTE, 100)
            .await
            .unwrap();
        assert_eq!(rest.len(), 49);
    }
}

async fn two_who_lease_never_get_the_same(fixture: Fixture) {
    let store = fixture.store();
    let who = customer(&*store).await;
    let work = (0..200)
        .map(|it| WorkChange::Add(effect(&format!("it-{it}"), at(0))))
        .collect();
    change(&*store, &who, work).await.unwrap();
    let lease = || {
        let store = store.clone();
        tokio::spawn(async move {
            let mut leased = Vec::new();
            loop {
                let some = store.due(WorkKind::Effect, at(0), MINUTE, 7).await.unwrap();
                if some.is_empty() {
                    return leased;
                }
                leased.extend(some.into_iter().map(|it| it.work.key));
            }
        })
    };
    let (one, two) = (lease(), lease());
    let mut leased = one.await.unwrap();
    leased.extend(two.await.unwrap());
    leased.sort();
    let count = leased.len();
    leased.dedup();
    assert_eq!((leased.len(), count), (200, 200));
}

async fn kinds_are_apart(fixture: Fixture) {
    let store = fixture.store();
    let who = customer(&*store).await;
    let kinds = WorkKind::ALL;
    for (it, kind) in kinds.into_iter().enumerate() {
        let new = new_work(&format!("it-{it}"), kind, at(it as i64));
        change(&*store, &who, vec![WorkChange::Add(new)])
            .await
            .unwrap();
    }
    for (it, kind) in kinds.into_iter().enumerate() {
        assert_eq!(store.next_due(kind).await.unwrap(), Some(at(it as i64)));
        let leased = store.due(kind, at(100), MINUTE, 10).await.unwrap();
        assert_eq!(keys(&leased), [format!("it-{it}")]);
        assert_eq!(leased[0].work.kind, kind);
    }
}

async fn what_a_clock_put_off_that_was_ahead_waits_anew(fixture: Fixture) {
    const DAY: i64 = 24 * 60 * 60;
    let store = fixture.store();
    let who = customer(&*store).await;
    let ahead = 400 * DAY;
    let commit = |seconds, work: Vec<WorkChange>| {
        let (store, who) = (store.clone(), who.clone());
        async move {
            let loaded = load(&*store, &who).await;
            let commit = Commit {
                at: at(seconds),
                work,
                ..on(&loaded, Vec::new())
            };
            store.commit(commit).await.unwrap();
        }
    };
    // Before: two that wait, one of them for long.
    let add = |key, seconds| WorkChange::Add(effect(key, at(seconds)));
    let long = 500 * DAY;
    commit(0, vec![add("long", long), add("held", 1), add("moved", 2)]).await;
    // While the clock was ahead: two are leased, and one of them is put off;
    // one is added, one settled.
    let leased = due(&*store, at(ahead)).await;
    assert_eq!(keys(&leased), ["held", "moved"]);
    let moved = WorkChange::Moved {
        lease: leased[1].lease.clone(),
        stage: Stage::Waiting,
        due_at: at(ahead + 300),
        keep: false,
    };
    let settled = WorkChange::Reschedule(effect("long", at(long)));
    commit(ahead, vec![moved, add("added", ahead + 30), settled]).await;
    // Hosts need not agree to the minute.
    assert_eq!(store.clock_set_back(at(ahead - 60)).await.unwrap(), 0);
    assert_eq!(store.clock_set_back(at(10)).await.unwrap(), 4);
    assert_eq!(store.clock_set_back(at(10)).await.unwrap(), 0, "once");
    assert!(due(&*store, at(39)).await.is_empty());
    assert_eq!(keys(&due(&*store, at(40)).await), ["added"]);
    assert_eq!(keys(&due(&*store, at(70)).await), ["held"]);
    let later = due(&*store, at(310)).await;
    assert!(keys(&later).contains(&"moved"), "{later:?}");
    // A lease goes on: whoever holds the row settles it.
    let (_, first) = (&leased[1], &leased[0]);
    let lost = change(&*store, &who, vec![WorkChange::Done(first.lease.clone())]).await;
    assert!(matches!(lost, Err(CommitError::LeaseLost)), "leased anew");
    let wait = long - ahead;
    let next = due(&*store, at(10 + wait)).await;
    assert!(
        keys(&next).contains(&"long"),
        "as far off as it was: {next:?}"
    );
}
