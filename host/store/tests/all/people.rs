//! People, roles, tokens, and the audit: a chain that shows every change.

use baton_domain::{
    field::Field,
    ids::{AgentId, CustomerId, RoleName},
    people::{Action, Agent, Principal, Role},
};
use baton_store::{
    AuditEntry, AuditQuery, Commit, CommitError, Document, KeyHash, PersonalToken, Store,
};

use crate::{
    doctor::{everything, examine},
    files::{copy_all, rows},
    support::*,
};

both!(
    people_are_kept_and_leave_with_their_tokens,
    the_audit_tells_who_read_whom,
    an_action_is_durable_with_its_entry_or_not_at_all,
    the_audit_of_a_merged_customer_is_whole
);

fn ana() -> AgentId {
    AgentId::parse("ana").unwrap()
}

fn agent(name: &str) -> Agent {
    serde_json::from_value(serde_json::json!({
        "id": "ana", "name": name, "role": "junior-agent",
        "contact": { "whatsapp": "628555000111" },
    }))
    .unwrap()
}

fn token(hash: u8) -> PersonalToken {
    PersonalToken {
        agent: ana(),
        name: "phone".into(),
        hash: KeyHash([hash; 32]),
        made_at: at(0),
        expires_at: None,
        is_revoked: false,
    }
}

fn role() -> Role {
    Role {
        name: RoleName::parse("night-shift").unwrap(),
        fields: [Field::CustomerName].into_iter().collect(),
        actions: [Action::Claim].into(),
    }
}

fn entry(seconds: i64, what: &str) -> AuditEntry {
    AuditEntry::of(Principal::Key("console".into()), at(seconds), what)
}

fn read_by(seconds: i64, agent: &str, customer: &CustomerId, field: Field) -> AuditEntry {
    AuditEntry {
        who: Principal::Person(AgentId::parse(agent).unwrap()),
        customer: Some(customer.clone()),
        fields: [field].into_iter().collect(),
        ..entry(seconds, "read-customer")
    }
}

fn new<T>(body: T) -> Document<T> {
    Document { revision: 0, body }
}

/// A row of each kind that people bring.
pub(crate) async fn fill(store: &dyn Store) {
    let tenant = tenant();
    let made = store.put_agent(&tenant, new(agent("Ana")), entry(0, "put-person"));
    made.await.unwrap();
    let made = store.put_role(&tenant, new(role()), entry(1, "put-role"));
    made.await.unwrap();
    let made = store.put_personal_token(&tenant, new(token(1)), entry(2, "make-token"));
    made.await.unwrap();
    let customer = resolve(store, "628").await.customer;
    let read = read_by(3, "ana", &customer, Field::CustomerPhone);
    store.audit(&tenant, vec![read]).await.unwrap();
}

async fn told(store: &dyn Store, query: &AuditQuery) -> Vec<String> {
    let page = store.audited(&tenant(), query, None, 100).await.unwrap();
    let line =
        |it: baton_store::Audited| format!("{} {} {}", it.place, it.entry.who, it.entry.what);
    page.items.into_iter().map(line).collect()
}

async fn people_are_kept_and_leave_with_their_tokens(mut fixture: Fixture) {
    fill(&*fixture.store()).await;
    let store = fixture.reopen();
    let (tenant, ana, name) = (tenant(), ana(), role().name);
    let found = store.agents(&tenant).await.unwrap();
    assert_eq!(found[0].body, agent("Ana"));
    assert_eq!(store.roles(&tenant).await.unwrap()[0].body, role());
    let tokens = store.personal_tokens(&tenant).await.unwrap();
    assert_eq!(tokens[0].body, token(1));
    assert_eq!(store.agents(&other_tenant()).await.unwrap(), []);

    let stale = store.put_agent(&tenant, new(agent("Anna")), entry(4, "put-person"));
    assert!(matches!(stale.await, Err(CommitError::Stale)));
    let stale = store.remove_agent(&tenant, &ana, 7, entry(5, "remove-person"));
    assert!(matches!(stale.await, Err(CommitError::Stale)));
    let gone = store.remove_agent(&tenant, &ana, 1, entry(6, "remove-person"));
    gone.await.unwrap();
    assert_eq!(store.agents(&tenant).await.unwrap(), []);
    assert_eq!(store.personal_tokens(&tenant).await.unwrap(), []);
    let gone = store.remove_role(&tenant, &name, 1, entry(7, "remove-role"));
    gone.await.unwrap();
    assert_eq!(store.roles(&tenant).await.unwrap(), []);
    // What was refused left no entry.
    let all = told(&*store, &AuditQuery::default()).await;
    let expected = [
        "6 key:console remove-role",
        "5 key:console remove-person",
        "4 person:ana read-customer",
        "3 key:console make-token",
        "2 key:console put-role",
        "1 key:console put-person",
    ];
    assert_eq!(all, expected);
}

async fn the_audit_tells_who_read_whom(fixture: Fixture) {
    let store = fixture.store();
    let sari = write(&*store, "628", vec![message(0, "wamid.1", "hello")]).await;
    let nadia = write(&*store, "629", vec![message(0, "wamid.2", "hello")]).await;
    let reads = vec![
        read_by(1, "ana", &sari, Field::CustomerPhone),
        read_by(2, "budi", &sari, Field::CustomerName),
        read_by(3, "budi", &nadia, Field::CustomerPhone),
        read_by(4, "citra", &sari, Field::CustomerPhone),
    ];
    store.audit(&tenant(), reads).await.unwrap();
    let asked = |field, from, until| AuditQuery {
        customer: Some(sari.clone()),
        field: Some(field),
        from: Some(at(from)),
        until: Some(at(until)),
        ..AuditQuery::default()
    };
    let phone = told(&*store, &asked(Field::CustomerPhone, 0, 10)).await;
    assert_eq!(
        phone,
        ["4 person:citra read-customer", "1 person:ana read-customer"]
    );
    let early = told(&*store, &asked(Field::CustomerPhone, 0, 4)).await;
    assert_eq!(early, ["1 person:ana read-customer"]);
    let by_budi = AuditQuery {
        who: Some("person:budi".into()),
        ..AuditQuery::default()
    };
    assert_eq!(told(&*store, &by_budi).await.len(), 2);

    let mut after = None::<String>;
    let mut places = Vec::new();
    for _ in 0..5 {
        let (query, tenant) = (AuditQuery::default(), tenant());
        let page = store.audited(&tenant, &query, after.as_deref(), 1).await;
        let page = page.unwrap();
        places.extend(page.items.iter().map(|it| it.place));
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(places, [4, 3, 2, 1]);
    let other = other_tenant();
    let page = store
        .audited(&other, &AuditQuery::default(), None, 10)
        .await;
    assert_eq!(page.unwrap().items, []);
}

async fn an_action_is_durable_with_its_entry_or_not_at_all(mut fixture: Fixture) {
    let store = fixture.store();
    let loaded = resolve(&*store, "628").await;
    let commit = Commit {
        audit: vec![entry(1, "claim")],
        ..on(&loaded, vec![message(0, "wamid.1", "hello")])
    };
    store.commit(commit.clone()).await.unwrap();
    // On a version that is no longer there.
    let lost = store.commit(commit).await;
    assert!(matches!(lost, Err(CommitError::Conflict { .. })));
    drop(store);
    let store = fixture.reopen();
    let all = told(&*store, &AuditQuery::default()).await;
    assert_eq!(all, ["1 key:console claim"]);
}

async fn the_audit_of_a_merged_customer_is_whole(mut fixture: Fixture) {
    let store = fixture.store();
    let (older, younger) = crate::merge::two(&*store).await;
    let reads = vec![
        read_by(1, "ana", &younger, Field::CustomerPhone),
        read_by(2, "budi", &older, Field::CustomerPhone),
    ];
    store.audit(&tenant(), reads).await.unwrap();
    crate::merge::join(&*store).await;
    drop(store);
    let store = fixture.reopen();
    for customer in [older, younger] {
        let query = AuditQuery {
            customer: Some(customer),
            ..AuditQuery::default()
        };
        assert_eq!(told(&*store, &query).await.len(), 2);
    }
}

#[tokio::test]
async fn erasing_a_customer_leaves_the_chain_valid() {
    let mut fixture = Fixture::sled();
    let store = fixture.store();
    let sari = write(&*store, "628", vec![message(0, "wamid.1", "hello")]).await;
    for it in 1..5 {
        let read = read_by(it, "ana", &sari, Field::CustomerPhone);
        store.audit(&tenant(), vec![read]).await.unwrap();
    }
    assert!(store.erase(&tenant(), &sari).await.unwrap());
    drop(store);
    assert_eq!(examine(&fixture.close()).findings, []);
}

/// Whoever can write to the disk, and has every key but not the host's, cannot
/// change, remove, exchange or cut off entries.
#[tokio::test]
async fn every_change_of_the_audit_shows() {
    let mut fixture = Fixture::sled();
    let folder = everything(&mut fixture).await;
    type Tamper = fn(&::sled::Db, &[::sled::IVec]);
    let tampers: [(&str, Tamper); 4] = [
        ("the last is cut off", |db, keys| {
            db.remove(keys.last().unwrap()).unwrap();
        }),
        ("the first is cut off", |db, keys| {
            db.remove(&keys[0]).unwrap();
        }),
        ("one in the middle is gone", |db, keys| {
            db.remove(&keys[1]).unwrap();
        }),
        ("all are gone", |db, keys| {
            for key in keys {
                db.remove(key).unwrap();
            }
        }),
    ];
    for (name, change) in tampers {
        let copy = tempfile::TempDir::new().unwrap();
        copy_all(&folder, copy.path());
        {
            let db = rows(copy.path());
            let keys: Vec<::sled::IVec> = db.scan_prefix(b"u").keys().map(Result::unwrap).collect();
            assert_eq!(keys.len(), 4);
            change(&db, &keys);
            db.flush().unwrap();
        }
        let found = examine(copy.path());
        let mut problems = found.findings.iter().map(|it| it.problem.code());
        assert!(
            problems.any(|it| it == "audit_broken"),
            "{name}: {:?}",
            found.findings
        );
    }
}
