use baton_domain::limits::HOT_IDENTITIES_MAX;
use baton_store::{Commit, CommitError, Identity, Link, Store, StoreError, Version};
use jiff::SignedDuration;

use crate::support::*;

both!(
    a_commit_is_there_after_reopening,
    the_version_must_be_the_one_loaded,
    an_identity_is_known_once_committed,
    each_of_many_identities_is_known,
    identities_of_a_month_are_swept_after_it,
    one_identity_twice_in_a_commit_is_one,
    links_find_the_customer,
    a_link_that_became_anothers_is_a_conflict,
    a_refused_commit_changes_nothing,
    too_much_is_refused,
    unknown_customers_are_not_there,
    a_closed_store_takes_no_more,
);

async fn a_commit_is_there_after_reopening(mut fixture: Fixture) {
    let store = fixture.store();
    let one = write(
        &*store,
        "6281234567890",
        vec![message(0, "wamid.1", "hello")],
    )
    .await;
    write(
        &*store,
        "6281234567890",
        vec![message(1, "wamid.2", "anyone?")],
    )
    .await;
    drop(store);
    let store = fixture.reopen();
    let loaded = resolve(&*store, "6281234567890").await;
    assert_eq!((loaded.customer, loaded.version), (one.clone(), Version(2)));
    assert_eq!(texts(&*store, &one).await, ["hello", "anyone?"]);
    let thread = &loaded.state.conversation(&number()).unwrap().thread;
    assert_eq!(thread.len(), 2);
}

async fn the_version_must_be_the_one_loaded(fixture: Fixture) {
    let store = fixture.store();
    let one = write(&*store, "628", vec![message(0, "wamid.1", "one")]).await;
    let stale = load(&*store, &one).await;
    write(&*store, "628", vec![message(1, "wamid.2", "two")]).await;
    let late = store
        .commit(on(&stale, vec![message(2, "wamid.3", "three")]))
        .await;
    let expected = (one.clone(), Version(2));
    assert!(
        matches!(late, Err(CommitError::Conflict { customer, found }) if (customer.clone(), found) == expected)
    );
    assert_eq!(texts(&*store, &one).await, ["one", "two"]);
}

async fn an_identity_is_known_once_committed(mut fixture: Fixture) {
    let identities = [
        Identity::forever("106|wamid.1"),
        Identity::month("wamid.1|read"),
    ];
    let store = fixture.store();
    let links = vec![phone("628")];
    let loaded = store.resolve(&tenant(), &links, &identities).await.unwrap();
    assert_eq!(loaded.known, [false, false]);
    let commit = Commit {
        dedupe: identities.to_vec(),
        links: links.clone(),
        ..on(&loaded, vec![message(0, "wamid.1", "hello")])
    };
    store.commit(commit).await.unwrap();
    drop(store);

    let store = fixture.reopen();
    let again = store.resolve(&tenant(), &links, &identities).await.unwrap();
    assert_eq!(again.known, [true, true]);
    for identity in identities {
        let commit = Commit {
            dedupe: vec![identity],
            ..on(&again, vec![message(0, "wamid.1", "hello")])
        };
        assert!(matches!(
            store.commit(commit).await,
            Err(CommitError::Duplicate)
        ));
    }
    // Kept otherwise, the same bytes are another identity.
    let swapped = [
        Identity::month("106|wamid.1"),
        Identity::forever("wamid.1|read"),
    ];
    let loaded = store.resolve(&tenant(), &links, &swapped).await.unwrap();
    assert_eq!(loaded.known, [false, false]);
}

/// More than are kept in memory, with an event and without one.
async fn each_of_many_identities_is_known(mut fixture: Fixture) {
    let mut store = fixture.store();
    let customer = write(&*store, "628", vec![message(0, "wamid.1", "hello")]).await;
    let kept = |it: usize| match it % 2 {
        0 => identity(&format!("identity {it}")),
        _ => Identity::month(format!("identity {it}")),
    };
    let add = async |store: &dyn Store, it: usize| {
        let loaded = load(store, &customer).await;
        let events = match it % 3 {
            0 => Vec::new(),
            _ => vec![message(1, "wamid.2", "more")],
        };
        let commit = Commit {
            dedupe: vec![kept(it)],
            ..on(&loaded, events)
        };
        store.commit(commit).await
    };
    let many = HOT_IDENTITIES_MAX + 40;
    for it in 0..many {
        // Nobody remembers who was told what before the restart.
        if it == many / 2 {
            drop(store);
            store = fixture.reopen();
        }
        add(&*store, it).await.unwrap();
        for known in [it, it / 2, 0] {
            let again = add(&*store, known).await;
            assert!(
                matches!(again, Err(CommitError::Duplicate)),
                "{it}: {known}"
            );
        }
    }
}

async fn identities_of_a_month_are_swept_after_it(fixture: Fixture) {
    let store = fixture.store();
    let day = |days: i64| at(0) + SignedDuration::from_hours(24 * days);
    let customer = write(&*store, "628", vec![message(0, "wamid.1", "hello")]).await;
    let identities = [
        identity("forever"),
        Identity::month("early"),
        Identity::month("late"),
    ];
    let add = async |identity: &Identity| {
        let loaded = load(&*store, &customer).await;
        let commit = Commit {
            dedupe: vec![identity.clone()],
            ..on(&loaded, Vec::new())
        };
        store.commit(commit).await.unwrap();
    };
    let known = async || {
        store
            .load(&tenant(), &customer, &identities)
            .await
            .unwrap()
            .unwrap()
            .known
    };
    assert_eq!(store.sweep(day(0), 100).await.unwrap(), 0);
    add(&identities[0]).await;
    add(&identities[1]).await;
    assert_eq!(store.sweep(day(29), 100).await.unwrap(), 0);
    assert_eq!(
        store.sweep(day(30), 100).await.unwrap(),
        0,
        "the next generation starts"
    );
    add(&identities[2]).await;
    assert_eq!(known().await, [true, true, true], "30 days after");
    assert_eq!(store.sweep(day(59), 100).await.unwrap(), 0);
    assert_eq!(store.sweep(day(60), 100).await.unwrap(), 1);
    assert_eq!(known().await, [true, false, true]);
    assert_eq!(
        store.sweep(day(90), 0).await.unwrap(),
        0,
        "no more rows than asked for"
    );
    assert_eq!(store.sweep(day(90), 100).await.unwrap(), 1);
    assert_eq!(known().await, [true, false, false]);
}

async fn one_identity_twice_in_a_commit_is_one(fixture: Fixture) {
    let store = fixture.store();
    let customer = write(&*store, "628", vec![message(0, "wamid.1", "hello")]).await;
    let loaded = load(&*store, &customer).await;
    let dedupe = vec![identity("same"), identity("same")];
    store
        .commit(Commit {
            dedupe,
            ..on(&loaded, Vec::new())
        })
        .await
        .unwrap();
}

async fn links_find_the_customer(fixture: Fixture) {
    let store = fixture.store();
    let customer = write(&*store, "628", vec![message(0, "wamid.1", "hello")]).await;
    let user = Link::UserId("US.1234".into());
    let unknown = store
        .resolve(&tenant(), std::slice::from_ref(&user), &[])
        .await
        .unwrap();
    assert_ne!(unknown.customer, customer);
    assert_eq!(unknown.version, Version(0));
    let loaded = load(&*store, &customer).await;
    let links = vec![user.clone()];
    store
        .commit(Commit {
            links,
            ..on(&loaded, Vec::new())
        })
        .await
        .unwrap();
    for link in [phone("628"), user] {
        let found = store.resolve(&tenant(), &[link], &[]).await.unwrap();
        assert_eq!((found.customer, found.absorbs), (customer.clone(), None));
    }
    // The same text as another kind of link is somebody else.
    let found = store
        .resolve(&tenant(), &[Link::External("628".into())], &[])
        .await
        .unwrap();
    assert_ne!(found.customer, customer);
}

async fn a_link_that_became_anothers_is_a_conflict(fixture: Fixture) {
    let store = fixture.store();
    let (first, second) = (resolve(&*store, "628").await, resolve(&*store, "628").await);
    assert_ne!(first.customer, second.customer, "both are strangers yet");
    let links = vec![phone("628")];
    let commit = |loaded, id| Commit {
        links: links.clone(),
        ..on(loaded, vec![message(0, id, "hello")])
    };
    store.commit(commit(&first, "wamid.1")).await.unwrap();
    let late = store.commit(commit(&second, "wamid.2")).await;
    assert!(
        matches!(late, Err(CommitError::Conflict { customer, found }) if customer == first.customer && found == Version(1))
    );
    assert_eq!(resolve(&*store, "628").await.customer, first.customer);
    assert!(
        store
            .load(&tenant(), &second.customer, &[])
            .await
            .unwrap()
            .is_none()
    );
}

async fn a_refused_commit_changes_nothing(fixture: Fixture) {
    let store = fixture.store();
    let customer = write(&*store, "628", vec![message(0, "wamid.1", "hello")]).await;
    let loaded = load(&*store, &customer).await;
    let known = Commit {
        dedupe: vec![identity("known")],
        ..on(&loaded, Vec::new())
    };
    store.commit(known).await.unwrap();
    let refused = Commit {
        dedupe: vec![identity("new"), identity("known")],
        links: vec![phone("629")],
        work: vec![baton_store::WorkChange::Add(effect("reply", at(0)))],
        ..on(
            &loaded,
            vec![message(1, "wamid.2", "again"), handed_off(1, 0, None)],
        )
    };
    assert!(matches!(
        store.commit(refused).await,
        Err(CommitError::Duplicate)
    ));
    let new = store
        .load(&tenant(), &customer, &[identity("new")])
        .await
        .unwrap()
        .unwrap();
    assert_eq!((new.version, new.known), (Version(1), vec![false]));
    assert_ne!(resolve(&*store, "629").await.customer, customer);
    assert_eq!(
        store.next_due(baton_store::WorkKind::Effect).await.unwrap(),
        None
    );
    let handoffs = store
        .listed(&tenant(), baton_store::Listed::Handoffs, None, 10)
        .await
        .unwrap();
    assert_eq!(handoffs.items, []);
}

async fn too_much_is_refused(fixture: Fixture) {
    use baton_domain::limits::{COMMIT_ROWS_MAX, CUSTOMER_LINKS_MAX};
    let store = fixture.store();
    let loaded = resolve(&*store, "628").await;
    let digits = 0..CUSTOMER_LINKS_MAX;
    let links: Vec<_> = digits.map(|digits| phone(&digits.to_string())).collect();
    let commit = Commit {
        links,
        ..on(&loaded, vec![message(0, "wamid.1", "hello")])
    };
    store.commit(commit).await.unwrap();
    let loaded = resolve(&*store, "0").await;
    let over = |result| {
        matches!(
            result,
            Err(CommitError::Store(StoreError::OverLimit { .. }))
        )
    };
    let links = vec![phone("one more")];
    assert!(over(
        store
            .commit(Commit {
                links,
                ..on(&loaded, Vec::new())
            })
            .await
    ));
    let dedupe = vec![identity("same"); COMMIT_ROWS_MAX + 1];
    assert!(over(
        store
            .commit(Commit {
                dedupe,
                ..on(&loaded, Vec::new())
            })
            .await
    ));
    assert_eq!(resolve(&*store, "0").await.version, Version(1));
}

async fn unknown_customers_are_not_there(fixture: Fixture) {
    let store = fixture.store();
    let nobody = baton_domain::ids::CustomerId::parse("nobody").unwrap();
    assert!(store.load(&tenant(), &nobody, &[]).await.unwrap().is_none());
    assert!(
        store
            .events(&tenant(), &nobody, Version(1), 10)
            .await
            .unwrap()
            .is_empty()
    );
    assert!(!store.erase(&tenant(), &nobody).await.unwrap());
}

async fn a_closed_store_takes_no_more(fixture: Fixture) {
    let store = fixture.store();
    let customer = write(&*store, "628", vec![message(0, "wamid.1", "hello")]).await;
    store.close().await;
    let loaded = load(&*store, &customer).await;
    let late = store
        .commit(on(&loaded, vec![message(1, "wamid.2", "again")]))
        .await;
    assert!(
        matches!(late, Err(CommitError::Store(StoreError::Closing))),
        "{late:?}"
    );
    assert_eq!(texts(&*store, &customer).await, ["hello"]);
}
