use baton_domain::{
    ids::{NumberId, TeamName},
    limits::COMPARISONS_MAX,
    number::{News, NumberRecord},
};
use baton_store::{
    ApiKey, App, CommitError, Document, KeyHash, NumberSync, Role, StoreError, Tenant,
};

use crate::support::*;

both!(
    documents_are_kept_and_numbered,
    of_two_who_write_one_is_told_so,
    keys_are_found_by_hash,
    numbers_are_kept_by_tenant_and_outlive_a_restart,
    comparisons_are_kept_up_to_their_number
);

fn shop(name: &str) -> Tenant {
    let team = TeamName::parse("sales").unwrap();
    serde_json::from_value(serde_json::json!({
        "id": tenant(), "name": name, "timezone": "Asia/Jakarta", "language": "id",
        "teams": [{ "name": team }],
        "numbers": [{ "id": number(), "app": "demo", "token": "EAAG-secret" }],
    }))
    .unwrap()
}

fn app(secret: &str) -> App {
    let (secret, verify_token) = (secret.to_owned(), "verify".to_owned());
    App {
        name: "demo".into(),
        secret,
        previous_secret: None,
        verify_token,
    }
}

fn key(hash: u8) -> ApiKey {
    ApiKey {
        name: "bot".into(),
        hash: KeyHash([hash; 32]),
        tenant: tenant(),
        role: Role::Bot,
        expires_at: Some(at(0)),
        is_revoked: false,
    }
}

async fn documents_are_kept_and_numbered(mut fixture: Fixture) {
    let store = fixture.store();
    assert_eq!(store.tenant(&tenant()).await.unwrap(), None);
    let new = Document {
        revision: 0,
        body: shop("Kopi Senja"),
    };
    store.put_tenant(new, None).await.unwrap();
    store
        .put_app(Document {
            revision: 0,
            body: app("one"),
        })
        .await
        .unwrap();
    let change = Document {
        revision: 1,
        body: shop("Kopi Senja Baru"),
    };
    store.put_tenant(change, None).await.unwrap();
    drop(store);
    let store = fixture.reopen();
    let expected = Document {
        revision: 2,
        body: shop("Kopi Senja Baru"),
    };
    assert_eq!(
        store.tenant(&tenant()).await.unwrap(),
        Some(expected.clone())
    );
    assert_eq!(store.tenants().await.unwrap(), [expected]);
    assert_eq!(
        store.apps().await.unwrap(),
        [Document {
            revision: 1,
            body: app("one")
        }]
    );
    assert_eq!(store.tenant(&other_tenant()).await.unwrap(), None);
}

async fn numbers_are_kept_by_tenant_and_outlive_a_restart(mut fixture: Fixture) {
    let store = fixture.store();
    let mut record = NumberRecord::new(number());
    for revision in 0..2 {
        record.learn(at(0), &News::Account(format!("account-{revision}").into()));
        let body = record.clone();
        let document = Document { revision, body };
        store
            .put_number(&tenant(), document, None, None)
            .await
            .unwrap();
    }
    let late = Document {
        revision: 1,
        body: NumberRecord::new(number()),
    };
    let late = store.put_number(&tenant(), late, None, None).await;
    assert!(matches!(late, Err(CommitError::Stale)));
    // One that the tenant has no more makes room.
    let gone = NumberId::parse("200").unwrap();
    let document = |id: &NumberId| Document {
        revision: 0,
        body: NumberRecord::new(id.clone()),
    };
    let next = NumberId::parse("300").unwrap();
    for (id, instead) in [(&gone, None), (&next, Some(&gone))] {
        store
            .put_number(&tenant(), document(id), instead, None)
            .await
            .unwrap();
    }
    let ids = store.numbers(&tenant()).await.unwrap();
    let ids: Vec<_> = ids.into_iter().map(|it| it.body.id).collect();
    assert_eq!(ids, [next.clone(), number()]);
    drop(store);
    let store = fixture.reopen();
    let mut kept = store.numbers(&tenant()).await.unwrap();
    kept.retain(|it| it.body.id != next);
    let revision = 2;
    assert_eq!(
        kept,
        [Document {
            revision,
            body: record
        }]
    );
    assert_eq!(store.numbers(&other_tenant()).await.unwrap(), []);
}

async fn of_two_who_write_one_is_told_so(fixture: Fixture) {
    let store = fixture.store();
    store
        .put_app(Document {
            revision: 0,
            body: app("one"),
        })
        .await
        .unwrap();
    for revision in [0, 2] {
        let late = store
            .put_app(Document {
                revision,
                body: app("two"),
            })
            .await;
        assert!(matches!(late, Err(CommitError::Stale)));
    }
    assert_eq!(store.apps().await.unwrap()[0].body.secret, "one");
    store
        .put_app(Document {
            revision: 1,
            body: app("two"),
        })
        .await
        .unwrap();
}

async fn keys_are_found_by_hash(mut fixture: Fixture) {
    let store = fixture.store();
    for hash in [1, 2] {
        store
            .put_api_key(
                Document {
                    revision: 0,
                    body: key(hash),
                },
                None,
            )
            .await
            .unwrap();
    }
    let revoked = ApiKey {
        is_revoked: true,
        ..key(1)
    };
    store
        .put_api_key(
            Document {
                revision: 1,
                body: revoked.clone(),
            },
            None,
        )
        .await
        .unwrap();
    drop(store);
    let mut found = fixture.reopen().api_keys().await.unwrap();
    found.sort_by_key(|document| document.body.hash.0);
    let expected = [
        Document {
            revision: 2,
            body: revoked,
        },
        Document {
            revision: 1,
            body: key(2),
        },
    ];
    assert_eq!(found, expected);
}

async fn comparisons_are_kept_up_to_their_number(mut fixture: Fixture) {
    let store = fixture.store();
    let new = |place: usize| comparison(&format!("of-{place}"));
    for place in 0..COMPARISONS_MAX {
        store
            .put_comparison(&tenant(), new(place), None, None)
            .await
            .unwrap();
    }
    let one_more = new(COMPARISONS_MAX);
    let over = store
        .put_comparison(&tenant(), one_more.clone(), None, None)
        .await;
    let is_over = |it: &CommitError| matches!(it, CommitError::Store(StoreError::OverLimit { .. }));
    assert!(over.as_ref().is_err_and(is_over), "{over:?}");
    let first = new(0).body.id;
    store
        .put_comparison(&tenant(), one_more, Some(&first), None)
        .await
        .unwrap();
    // The same once more is another's.
    let again = store.put_comparison(&tenant(), new(1), None, None).await;
    assert!(matches!(again, Err(CommitError::Stale)), "{again:?}");
    let sync = Document {
        revision: 0,
        body: NumberSync::new(at(0)),
    };
    store
        .put_number_sync(&tenant(), &number(), sync)
        .await
        .unwrap();
    drop(store);
    let store = fixture.reopen();
    let kept = store.comparisons(&tenant(), &number()).await.unwrap();
    assert_eq!(kept.len(), COMPARISONS_MAX);
    assert!(kept.iter().all(|it| it.body.id != first));
    let sync = store.number_sync(&tenant(), &number()).await.unwrap();
    assert_eq!(sync.unwrap().body, NumberSync::new(at(0)));
}
