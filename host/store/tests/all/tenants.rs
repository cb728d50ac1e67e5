use baton_store::{Commit, Inbox, Listed, Stage, Store, Version, WorkChange, WorkKey, WorkKind};
use jiff::SignedDuration;

use crate::support::*;

both!(another_tenants_things_are_not_there);

/// Everything that a tenant can ask, with ids that are another's and ids that
/// are nobody's, as text: the answers must be the same.
async fn answers(store: &dyn Store, customer: &baton_domain::ids::CustomerId) -> String {
    let (foreign, key) = (other_tenant(), WorkKey("reply".into()));
    let mut answers = Vec::new();
    let loaded = store
        .load(&foreign, customer, &[identity("known")])
        .await
        .unwrap();
    answers.push(format!("{loaded:?}"));
    answers.push(format!(
        "{:?}",
        store
            .events(&foreign, customer, Version(1), 9)
            .await
            .unwrap()
    ));
    answers.push(format!(
        "{:?}",
        store.work(&foreign, customer, &key).await.unwrap()
    ));
    answers.push(format!(
        "{:?}",
        store.erase(&foreign, customer).await.unwrap()
    ));
    let known = store
        .resolve(&foreign, &[phone("628")], &[identity("known")])
        .await
        .unwrap();
    answers.push(format!("{:?} {:?}", known.version, known.known));
    for after in [None, Some("00")] {
        let page = store
            .conversations(&foreign, Inbox::People, after, 9)
            .await
            .unwrap();
        answers.push(format!("{page:?}"));
        let page = store
            .listed(&foreign, Listed::Handoffs, after, 9)
            .await
            .unwrap();
        answers.push(format!("{page:?}"));
        answers.push(format!(
            "{:?}",
            store.dead_letters(&foreign, after, 9).await.unwrap()
        ));
    }
    answers.push(format!(
        "{:?}",
        store.customers(&foreign, None, 9).await.unwrap()
    ));
    answers.join("\n")
}

async fn another_tenants_things_are_not_there(fixture: Fixture) {
    let store = fixture.store();
    let events = vec![message(0, "wamid.1", "hello"), handed_off(1, 0, None)];
    let customer = write(&*store, "628", events).await;
    let loaded = load(&*store, &customer).await;
    let work = vec![
        WorkChange::Add(effect("dead", at(0))),
        WorkChange::Add(effect("reply", at(9))),
    ];
    let commit = Commit {
        dedupe: vec![identity("known")],
        work,
        ..on(&loaded, Vec::new())
    };
    store.commit(commit).await.unwrap();
    let minute = SignedDuration::from_secs(60);
    let leased = store
        .due(WorkKind::Effect, at(0), minute, 1)
        .await
        .unwrap()
        .pop()
        .unwrap();
    let stage = Stage::Dead {
        why: "window-closed".into(),
        at: at(1),
    };
    let dead = WorkChange::Moved {
        lease: leased.lease,
        stage,
        due_at: at(0),
        keep: false,
    };
    change(&*store, &customer, vec![dead]).await.unwrap();

    let missing = baton_domain::ids::CustomerId::parse("missing").unwrap();
    assert_eq!(
        answers(&*store, &customer).await,
        answers(&*store, &missing).await
    );
    assert_eq!(
        load(&*store, &customer).await.version,
        Version(2),
        "still there for its own"
    );

    // A customer of the same id elsewhere is another one.
    let elsewhere = Commit {
        tenant: other_tenant(),
        expected: Version(0),
        ..on(
            &resolve(&*store, "999").await,
            vec![message(0, "wamid.9", "elsewhere")],
        )
    };
    let elsewhere = Commit {
        customer: customer.clone(),
        ..elsewhere
    };
    store.commit(elsewhere).await.unwrap();
    assert_eq!(load(&*store, &customer).await.version, Version(2));
    store.erase(&other_tenant(), &customer).await.unwrap();
    assert_eq!(load(&*store, &customer).await.version, Version(2));
}
