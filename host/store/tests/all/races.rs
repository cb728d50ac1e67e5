use std::{collections::BTreeSet, sync::Arc};

use baton_store::{Commit, CommitError, Store, Version};

use crate::support::*;

both!(
    of_two_who_race_one_wins_each_round,
    strangers_with_one_phone_become_one_customer,
    a_redelivery_in_parallel_is_committed_once,
    many_customers_at_once_lose_nothing,
);

async fn of_two_who_race_one_wins_each_round(mut fixture: Fixture) {
    const ROUNDS: usize = 60;
    let store = fixture.store();
    let customer = write(&*store, "628", vec![message(0, "wamid.0", "start")]).await;
    let racer = |name: &'static str| {
        let (store, customer) = (store.clone(), customer.clone());
        tokio::spawn(async move {
            let mut won = Vec::new();
            for round in 0..ROUNDS {
                let id = format!("wamid.{name}.{round}");
                loop {
                    let loaded = load(&*store, &customer).await;
                    let commit = on(&loaded, vec![message(1, &id, &id)]);
                    match store.commit(commit).await {
                        Ok(appended) => break won.push((appended.version, id)),
                        Err(CommitError::Conflict { .. }) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            }
            won
        })
    };
    let (one, two) = (racer("one"), racer("two"));
    let mut won = one.await.unwrap();
    won.extend(two.await.unwrap());
    won.sort();
    let versions: Vec<_> = won.iter().map(|(version, _)| version.0).collect();
    let expected: Vec<_> = (2..2 + 2 * ROUNDS as u64).collect();
    assert_eq!(versions, expected, "each version was won once");
    drop(store);
    let store = fixture.reopen();
    let ids: Vec<_> = won.into_iter().map(|(_, id)| id).collect();
    assert_eq!(texts(&*store, &customer).await[1..], ids);
}

async fn strangers_with_one_phone_become_one_customer(fixture: Fixture) {
    for round in 0..20 {
        let digits = format!("62{round}");
        let meet = |id: String| {
            let (store, digits) = (fixture.store(), digits.clone());
            tokio::spawn(async move {
                loop {
                    let loaded = resolve(&*store, &digits).await;
                    let links = vec![phone(&digits)];
                    let commit = Commit {
                        links,
                        ..on(&loaded, vec![message(0, &id, &id)])
                    };
                    match store.commit(commit).await {
                        Ok(_) => return loaded.customer,
                        Err(CommitError::Conflict { .. }) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            })
        };
        let meetings: Vec<_> = (0..4)
            .map(|it| meet(format!("wamid.{round}.{it}")))
            .collect();
        let mut met = BTreeSet::new();
        for meeting in meetings {
            met.insert(meeting.await.unwrap());
        }
        assert_eq!(met.len(), 1);
        let customer = met.first().unwrap();
        assert_eq!(load(&*fixture.store(), customer).await.version, Version(4));
    }
}

async fn a_redelivery_in_parallel_is_committed_once(fixture: Fixture) {
    let store = fixture.store();
    let customer = write(&*store, "628", vec![message(0, "wamid.0", "start")]).await;
    for round in 1..=20_u64 {
        let deliver = || {
            let (store, customer) = (store.clone(), customer.clone());
            tokio::spawn(async move {
                let dedupe = vec![identity(&format!("wamid.{round}"))];
                loop {
                    let loaded = store.load(&tenant(), &customer, &dedupe).await;
                    let loaded = loaded.unwrap().unwrap();
                    if loaded.known == [true] {
                        return 0;
                    }
                    let id = format!("wamid.{round}");
                    let events = vec![message(1, &id, &id)];
                    let commit = Commit {
                        dedupe: dedupe.clone(),
                        ..on(&loaded, events)
                    };
                    match store.commit(commit).await {
                        Ok(_) => return 1,
                        Err(CommitError::Conflict { .. } | CommitError::Duplicate) => {}
                        Err(error) => panic!("{error}"),
                    }
                }
            })
        };
        let deliveries: Vec<_> = (0..4).map(|_| deliver()).collect();
        let mut committed = 0;
        for delivery in deliveries {
            committed += delivery.await.unwrap();
        }
        assert_eq!(committed, 1);
        assert_eq!(load(&*store, &customer).await.version, Version(1 + round));
    }
}

async fn many_customers_at_once_lose_nothing(mut fixture: Fixture) {
    const CUSTOMERS: usize = 64;
    let write_some = |store: Arc<dyn Store>, digits: String| {
        tokio::spawn(async move {
            for it in 0..5 {
                let id = format!("wamid.{digits}.{it}");
                write(&*store, &digits, vec![message(it, &id, &id)]).await;
            }
        })
    };
    let writers: Vec<_> = (0..CUSTOMERS)
        .map(|it| write_some(fixture.store(), format!("62{it}")))
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let store = fixture.reopen();
    let mut customers = BTreeSet::new();
    for it in 0..CUSTOMERS {
        let loaded = resolve(&*store, &format!("62{it}")).await;
        assert_eq!(loaded.version, Version(5));
        let expected: Vec<_> = (0..5).map(|n| format!("wamid.62{it}.{n}")).collect();
        assert_eq!(texts(&*store, &loaded.customer).await, expected);
        customers.insert(loaded.customer);
    }
    assert_eq!(customers.len(), CUSTOMERS);
}
