use baton_store::{
    Commit, CommitError, Identity, Inbox, Listed, StoreError, Version, WorkChange, WorkKind,
};
use jiff::SignedDuration;

use crate::support::*;

both!(
    what_was_erased_answers_so_and_is_in_no_list,
    the_same_phone_is_a_new_customer,
    a_long_log_goes_whole,
    a_commit_that_meets_an_erasure_loses,
);

async fn what_was_erased_answers_so_and_is_in_no_list(mut fixture: Fixture) {
    let store = fixture.store();
    let events = vec![message(0, "wamid.1", "hello"), handed_off(1, 0, None)];
    let gone = write(&*store, "628", events).await;
    let loaded = load(&*store, &gone).await;
    let commit = Commit {
        dedupe: vec![identity("forever"), Identity::month("month")],
        work: vec![WorkChange::Add(effect("reply", at(0)))],
        ..on(&loaded, Vec::new())
    };
    store.commit(commit).await.unwrap();
    let stays = write(&*store, "629", vec![message(2, "wamid.2", "hello")]).await;

    assert!(store.erase(&tenant(), &gone).await.unwrap());
    assert!(
        store.erase(&tenant(), &gone).await.unwrap(),
        "again: it is erased"
    );
    drop(store);
    for _ in 0..2 {
        let store = fixture.store();
        assert!(matches!(
            store.load(&tenant(), &gone, &[]).await,
            Err(StoreError::Erased)
        ));
        let events = store.events(&tenant(), &gone, Version(1), 10).await;
        assert!(matches!(events, Err(StoreError::Erased)));
        let minute = SignedDuration::from_secs(60);
        assert_eq!(
            store
                .due(WorkKind::Effect, at(9), minute, 10)
                .await
                .unwrap(),
            []
        );
        assert_eq!(store.next_due(WorkKind::Effect).await.unwrap(), None);
        assert_eq!(
            store.customers(&tenant(), None, 10).await.unwrap().items,
            std::slice::from_ref(&stays)
        );
        let all = store
            .conversations(&tenant(), Inbox::All, None, 10)
            .await
            .unwrap();
        assert_eq!(all.items.len(), 1);
        let people = store
            .conversations(&tenant(), Inbox::People, None, 10)
            .await
            .unwrap();
        assert_eq!(people.items, []);
        let handoffs = store
            .listed(&tenant(), Listed::Handoffs, None, 10)
            .await
            .unwrap();
        assert_eq!(handoffs.items, []);
        assert_eq!(texts(&*store, &stays).await, ["hello"]);
        let refused = store
            .commit(on(&loaded, vec![message(9, "wamid.9", "more")]))
            .await;
        assert!(matches!(
            refused,
            Err(CommitError::Store(StoreError::Erased))
        ));
        drop(store);
        fixture.reopen();
    }
}

async fn the_same_phone_is_a_new_customer(fixture: Fixture) {
    let store = fixture.store();
    let gone = write(&*store, "628", vec![message(0, "wamid.1", "hello")]).await;
    store.erase(&tenant(), &gone).await.unwrap();
    let stranger = store
        .resolve(&tenant(), &[phone("628")], &[identity("x")])
        .await
        .unwrap();
    assert_ne!(stranger.customer, gone);
    assert_eq!(
        (stranger.version, stranger.known),
        (Version(0), vec![false])
    );
    let new = write(&*store, "628", vec![message(0, "wamid.1", "hello again")]).await;
    assert_eq!(texts(&*store, &new).await, ["hello again"]);
}

async fn a_long_log_goes_whole(mut fixture: Fixture) {
    let store = fixture.store();
    let count = 2_500;
    let events = (0..count)
        .map(|it| message(it, &format!("wamid.{it}"), "hello"))
        .collect();
    let dedupe = (0..count)
        .map(|it| identity(&format!("wamid.{it}")))
        .collect();
    let loaded = resolve(&*store, "628").await;
    let commit = Commit {
        dedupe,
        links: vec![phone("628")],
        ..on(&loaded, events)
    };
    store.commit(commit).await.unwrap();
    store.erase(&tenant(), &loaded.customer).await.unwrap();
    drop(store);
    let store = fixture.reopen();
    assert_eq!(
        store.customers(&tenant(), None, 10).await.unwrap().items,
        []
    );
}

async fn a_commit_that_meets_an_erasure_loses(fixture: Fixture) {
    for round in 0..20 {
        let store = fixture.store();
        let digits = format!("62{round}");
        let customer = write(&*store, &digits, vec![message(0, "wamid.0", "hello")]).await;
        let writer = {
            let (store, customer) = (store.clone(), customer.clone());
            tokio::spawn(async move {
                loop {
                    let loaded = match store.load(&tenant(), &customer, &[]).await {
                        Ok(Some(loaded)) => loaded,
                        Err(StoreError::Erased) => return,
                        other => panic!("{other:?}"),
                    };
                    match store
                        .commit(on(&loaded, vec![message(1, "wamid.1", "more")]))
                        .await
                    {
                        Ok(_) | Err(CommitError::Store(StoreError::Erased)) => {}
                        other => panic!("{other:?}"),
                    }
                }
            })
        };
        assert!(store.erase(&tenant(), &customer).await.unwrap());
        writer.await.unwrap();
        let erased = store.load(&tenant(), &customer, &[]).await;
        assert!(matches!(erased, Err(StoreError::Erased)));
    }
}
