use std::collections::BTreeSet;

use baton_domain::{
    event::{Claimed, Event, EventBody, NextStepSet, Returned},
    ids::{AgentId, CustomerId, OwnerEpoch, TeamName},
};
use baton_store::{Held, Inbox, Listed, Store, StoreError, Version};

use crate::support::*;

both!(
    the_inbox_shows_the_last_touched_first,
    people_see_the_most_urgent_first,
    people_see_what_is_theirs_and_their_teams,
    what_is_put_off_is_less_urgent_and_what_owes_nothing_comes_last,
    pages_are_stable_while_others_write,
    handoffs_are_listed_the_latest_first,
    customers_are_listed_once_each,
    a_cursor_of_nowhere_is_refused,
);

async fn inbox(store: &dyn Store, inbox: Inbox<'_>) -> Vec<CustomerId> {
    let page = store
        .conversations(&tenant(), inbox, None, 100)
        .await
        .unwrap();
    page.items.into_iter().map(|row| row.customer).collect()
}

async fn the_inbox_shows_the_last_touched_first(mut fixture: Fixture) {
    let store = fixture.store();
    let one = write(&*store, "621", vec![message(10, "wamid.1", "hello")]).await;
    let two = write(&*store, "622", vec![message(20, "wamid.2", "hello")]).await;
    assert_eq!(inbox(&*store, Inbox::All).await, [two.clone(), one.clone()]);
    write(&*store, "621", vec![message(30, "wamid.3", "hello again")]).await;
    drop(store);
    let store = fixture.reopen();
    assert_eq!(inbox(&*store, Inbox::All).await, [one.clone(), two]);
    assert_eq!(inbox(&*store, Inbox::People).await, []);
    let page = store
        .conversations(&tenant(), Inbox::All, None, 1)
        .await
        .unwrap();
    let row = &page.items[0];
    assert_eq!(
        (&row.number, &*row.owner, row.touched_at),
        (&number(), "bot", at(30))
    );
}

async fn people_see_the_most_urgent_first(fixture: Fixture) {
    let store = fixture.store();
    let later = vec![
        message(0, "wamid.1", "hello"),
        handed_off(1, 0, Some(at(900))),
    ];
    let later = write(&*store, "621", later).await;
    let sooner = vec![
        message(5, "wamid.2", "hello"),
        handed_off(6, 0, Some(at(300))),
    ];
    let sooner = write(&*store, "622", sooner).await;
    let app = write(
        &*store,
        "623",
        vec![message(7, "wamid.3", "hi"), echo(8, "wamid.4")],
    )
    .await;
    let expected = [app.clone(), sooner.clone(), later.clone()];
    assert_eq!(inbox(&*store, Inbox::People).await, expected);
    // What the customer writes meanwhile makes it neither more nor less urgent.
    write(&*store, "622", vec![message(20, "wamid.5", "anyone?")]).await;
    assert_eq!(inbox(&*store, Inbox::People).await, expected);
    let returned = EventBody::Returned(Returned {
        epoch: OwnerEpoch(1),
        by: None,
        note: None,
        by_policy: false,
    });
    write(
        &*store,
        "623",
        vec![Event {
            at: at(30),
            number: Some(number()),
            body: returned,
        }],
    )
    .await;
    assert_eq!(inbox(&*store, Inbox::People).await, [sooner, later]);
    assert_eq!(inbox(&*store, Inbox::All).await.len(), 3);
}

/// Something that happens to the customer of these digits.
async fn tell(store: &dyn Store, digits: &str, body: EventBody) {
    let event = Event {
        at: at(30),
        number: Some(number()),
        body,
    };
    write(store, digits, vec![event]).await;
}

/// Three customers who wait for the team; the second has Ana.
async fn three_with_people(store: &dyn Store) -> [CustomerId; 3] {
    let mut all = Vec::new();
    for (digits, due) in [("621", 300), ("622", 900), ("623", 600)] {
        let id = format!("wamid.{digits}");
        let events = vec![message(0, &id, "hello"), handed_off(1, 0, Some(at(due)))];
        all.push(write(store, digits, events).await);
    }
    let claimed = Claimed {
        epoch: OwnerEpoch(1),
        agent: AgentId::parse("ana").unwrap(),
    };
    tell(store, "622", EventBody::Claimed(claimed)).await;
    all.try_into().unwrap()
}

async fn people_see_what_is_theirs_and_their_teams(fixture: Fixture) {
    let store = fixture.store();
    let [one, two, three] = three_with_people(&*store).await;
    let of = |agent: Option<&str>, team: Option<&str>, owner: Option<&str>| {
        let store = store.clone();
        let held = Held {
            owner: owner.map(Into::into),
            agent: agent.and_then(|it| AgentId::parse(it).ok()),
            team: team.and_then(|it| TeamName::parse(it).ok()),
        };
        async move { inbox(&*store, Inbox::PeopleOf(&held)).await }
    };
    let by_due = [&one, &three, &two].map(Clone::clone);
    assert_eq!(of(Some("ana"), None, None).await, by_due[2..]);
    assert_eq!(of(None, Some("sales"), None).await, by_due);
    assert_eq!(of(None, Some("sales"), Some("team")).await, by_due[..2]);
    assert_eq!(of(Some("ana"), None, Some("team")).await, []);
    assert_eq!(of(Some("budi"), None, None).await, []);
}

async fn what_is_put_off_is_less_urgent_and_what_owes_nothing_comes_last(fixture: Fixture) {
    let store = fixture.store();
    let [one, two, three] = three_with_people(&*store).await;
    let step = |closed, due| {
        EventBody::NextStepSet(NextStepSet {
            epoch: OwnerEpoch(1),
            promise: 1,
            closed,
            what: None,
            due,
            by: None,
        })
    };
    tell(&*store, "621", step(false, Some(at(700)))).await;
    let listed = inbox(&*store, Inbox::People).await;
    assert_eq!(listed, [&three, &one, &two].map(Clone::clone));
    tell(&*store, "623", step(true, None)).await;
    assert_eq!(inbox(&*store, Inbox::People).await, [one, two, three]);
}

async fn pages_are_stable_while_others_write(fixture: Fixture) {
    let store = fixture.store();
    let mut quiet = BTreeSet::new();
    for it in 0..40 {
        let id = format!("wamid.{it}");
        let digits = format!("62{it}");
        let customer = write(&*store, &digits, vec![message(it, &id, "hello")]).await;
        if it % 4 != 0 {
            quiet.insert(customer);
        }
    }
    let (mut seen, mut after) = (Vec::new(), None);
    for round in 0.. {
        let page = store
            .conversations(&tenant(), Inbox::All, after.as_deref(), 3)
            .await
            .unwrap();
        assert!(page.items.len() <= 3);
        seen.extend(page.items.into_iter().map(|row| row.customer));
        after = page.next;
        if after.is_none() {
            break;
        }
        // Someone writes, old or new, between every two pages.
        let id = format!("wamid.again.{round}");
        let digits = format!("62{}", round * 4 % 60);
        write(&*store, &digits, vec![message(1_000 + round, &id, "again")]).await;
    }
    seen.retain(|customer| quiet.contains(customer));
    let count = seen.len();
    assert_eq!(count, quiet.len(), "who did not write was seen once");
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>(), quiet);
}

async fn handoffs_are_listed_the_latest_first(fixture: Fixture) {
    let store = fixture.store();
    let one = vec![message(0, "wamid.1", "hello"), handed_off(1, 0, None)];
    let one = write(&*store, "621", one).await;
    let two = vec![message(5, "wamid.2", "hello"), handed_off(6, 0, None)];
    let two = write(&*store, "622", two).await;
    let page = store
        .listed(&tenant(), Listed::Handoffs, None, 1)
        .await
        .unwrap();
    let row = page.items[0].clone();
    assert_eq!(
        (row.customer, row.version, row.at),
        (two, Version(2), at(6))
    );
    let page = store
        .listed(&tenant(), Listed::Handoffs, page.next.as_deref(), 1)
        .await
        .unwrap();
    assert_eq!((&page.items[0].customer, page.next), (&one, None));
    let events = store
        .events(&tenant(), &one, page.items[0].version, 1)
        .await
        .unwrap();
    assert!(matches!(events[0].event.body, EventBody::HandedOff(_)));
    let decisions = store
        .listed(&tenant(), Listed::Decisions, None, 10)
        .await
        .unwrap();
    assert_eq!(decisions.items, []);
}

async fn customers_are_listed_once_each(fixture: Fixture) {
    let store = fixture.store();
    let mut expected = BTreeSet::new();
    for it in 0..25 {
        let events = (0..3)
            .map(|n| message(n, &format!("wamid.{it}.{n}"), "hello"))
            .collect();
        expected.insert(write(&*store, &format!("62{it}"), events).await);
    }
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let page = store
            .customers(&tenant(), after.as_deref(), 10)
            .await
            .unwrap();
        listed.extend(page.items);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(listed, expected.into_iter().collect::<Vec<_>>());
}

async fn a_cursor_of_nowhere_is_refused(fixture: Fixture) {
    let store = fixture.store();
    for bad in ["zz", "abc", "é", "00 "] {
        let page = store
            .conversations(&tenant(), Inbox::All, Some(bad), 10)
            .await;
        assert!(matches!(page, Err(StoreError::BadCursor)), "{bad}");
    }
    let page = store.customers(&tenant(), Some("Not An Id"), 10).await;
    assert!(matches!(page, Err(StoreError::BadCursor)));
}
