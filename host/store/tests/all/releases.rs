//! Modules, grants and releases are kept, each tenant's its own.

use std::{collections::BTreeMap, sync::Arc};

use baton_domain::{
    field::Field,
    ids::{ModuleDigest, ModuleName, ReleaseNumber, TenantId},
    limits::{SCRIPT_COMPONENT_BYTES_MAX, TENANT_MODULES_MAX, TENANT_RELEASES_MAX},
    module::Declaration,
    release::{Asked, Release, Rollout},
};
use baton_store::{
    CommitError, Document, Granted, Grants, Origin, Store, StoreError, StoredModule,
};

use crate::support::*;

both!(
    a_module_is_kept_once_and_whole,
    modules_are_limited,
    grants_are_documents,
    a_release_comes_with_its_rollout,
    of_two_moves_one_is_refused,
    old_releases_make_room
);

fn module(byte: u8) -> StoredModule {
    let name = format!("module-{byte}");
    let declaration: Declaration = serde_json::from_value(serde_json::json!({
        "name": name, "world": "rule", "summary": "", "signals": ["alarm"],
    }))
    .unwrap();
    StoredModule {
        digest: ModuleDigest::new([byte; 32]),
        declaration,
        reads: [Field::MessageText].into(),
        bytes: 3,
        added_at: at(0),
        added_by: "all".into(),
        origin: Origin::Upload,
    }
}

fn bytes(of: &[u8]) -> Arc<[u8]> {
    of.into()
}

fn release(number: u32) -> Release {
    Release {
        number: ReleaseNumber(number),
        made_at: at(0),
        made_by: "all".into(),
        note: "".into(),
        key: None,
        modules: Vec::new(),
    }
}

fn asked() -> Asked {
    Asked {
        at: at(0),
        by: "all".into(),
        why: None,
    }
}

/// One row of each kind.
pub(crate) async fn fill(store: &dyn Store) {
    let name = ModuleName::parse("eager").unwrap();
    let fields = BTreeMap::new();
    let grants = Grants {
        module: name,
        fields,
    };
    let grants = Document {
        revision: 0,
        body: grants,
    };
    let mut body = Rollout::default();
    let made = Some(release(body.next_number().0));
    let rollout = Document { revision: 0, body };
    let bytes = bytes(b"secret bytes");
    store.add_module(&tenant(), module(1), bytes).await.unwrap();
    store.put_grants(&tenant(), grants).await.unwrap();
    store.put_rollout(&tenant(), rollout, made).await.unwrap();
}

async fn a_module_is_kept_once_and_whole(mut fixture: Fixture) {
    let store = fixture.store();
    let (mine, large) = (module(1), vec![0xab; SCRIPT_COMPONENT_BYTES_MAX]);
    let all: Arc<[u8]> = large.clone().into();
    assert!(
        store
            .add_module(&tenant(), mine.clone(), all.clone())
            .await
            .unwrap()
    );
    assert!(
        !store
            .add_module(&tenant(), mine.clone(), all)
            .await
            .unwrap()
    );
    let digest = mine.digest;
    let other = TenantId::parse("other").unwrap();
    assert_eq!(store.module_bytes(&other, &digest).await.unwrap(), None);
    assert_eq!(store.modules(&other).await.unwrap(), []);
    drop(store);
    let store = fixture.reopen();
    let found = store.module(&tenant(), &digest).await.unwrap();
    assert_eq!(found.as_ref(), Some(&mine));
    assert_eq!(store.modules(&tenant()).await.unwrap(), [mine]);
    let kept = store.module_bytes(&tenant(), &digest).await.unwrap();
    assert!(kept.as_ref() == Some(&large), "byte for byte");
    let more = bytes(&vec![0; SCRIPT_COMPONENT_BYTES_MAX + 1]);
    let refused = store.add_module(&tenant(), module(2), more).await;
    assert!(matches!(refused, Err(StoreError::OverLimit { .. })));
}

async fn modules_are_limited(fixture: Fixture) {
    let store = fixture.store();
    for at in 0..TENANT_MODULES_MAX {
        let mut one = module(1);
        let mut digest = [0; 32];
        digest[..2].copy_from_slice(&u16::try_from(at).unwrap().to_be_bytes());
        one.digest = ModuleDigest::new(digest);
        store
            .add_module(&tenant(), one, bytes(b"abc"))
            .await
            .unwrap();
    }
    let refused = store
        .add_module(&tenant(), module(255), bytes(b"abc"))
        .await;
    assert!(matches!(
        refused,
        Err(StoreError::OverLimit {
            limit: ("TENANT_MODULES_MAX", TENANT_MODULES_MAX),
            ..
        })
    ));
    let other = TenantId::parse("other").unwrap();
    assert!(
        store
            .add_module(&other, module(255), bytes(b"abc"))
            .await
            .unwrap()
    );
}

async fn grants_are_documents(fixture: Fixture) {
    let store = fixture.store();
    let granted = Granted {
        at: at(0),
        by: "all".into(),
        last_read: None,
    };
    let grants = |fields: &[Field]| Grants {
        module: ModuleName::parse("eager").unwrap(),
        fields: fields
            .iter()
            .map(|it| (*it, granted.clone()))
            .collect::<BTreeMap<_, _>>(),
    };
    let document = |revision, fields: &[Field]| Document {
        revision,
        body: grants(fields),
    };
    let tenant = tenant();
    let put = |revision, fields| store.put_grants(&tenant, document(revision, fields));
    put(0, &[Field::MessageText]).await.unwrap();
    put(1, &[]).await.unwrap();
    let stale = put(1, &[Field::CustomerPhone]).await;
    assert!(matches!(stale, Err(CommitError::Stale)));
    assert_eq!(store.grants(&tenant).await.unwrap(), [document(2, &[])]);
    // A note leaves the revision that somebody may have read.
    put(2, &[Field::MessageText]).await.unwrap();
    let mut noted = document(3, &[Field::MessageText]);
    for field in noted.body.fields.values_mut() {
        field.last_read = Some(at(9));
    }
    store.note_grants(&tenant, noted.clone()).await.unwrap();
    assert_eq!(store.grants(&tenant).await.unwrap(), [noted.clone()]);
    noted.revision = 2;
    let stale = store.note_grants(&tenant, noted).await;
    assert!(matches!(stale, Err(CommitError::Stale)));
    put(3, &[]).await.unwrap();
}

async fn a_release_comes_with_its_rollout(mut fixture: Fixture) {
    let store = fixture.store();
    let start = store.rollout(&tenant()).await.unwrap();
    assert_eq!((start.revision, &start.body), (0, &Rollout::default()));
    let mut body = start.body;
    for number in 1..=3 {
        assert_eq!(body.next_number(), ReleaseNumber(number));
        let revision = u64::from(number) - 1;
        let rollout = Document {
            revision,
            body: body.clone(),
        };
        let made = Some(release(number));
        store.put_rollout(&tenant(), rollout, made).await.unwrap();
    }
    drop(store);
    let store = fixture.reopen();
    let numbers = async |before: Option<u32>, limit| {
        let before = before.map(ReleaseNumber);
        let found = store.releases(&tenant(), before, limit).await.unwrap();
        found.iter().map(|it| it.number.0).collect::<Vec<_>>()
    };
    assert_eq!(numbers(None, 10).await, [3, 2, 1]);
    assert_eq!(numbers(None, 2).await, [3, 2]);
    assert_eq!(numbers(Some(2), 10).await, [1]);
    assert!(numbers(Some(1), 10).await.is_empty());
    let other = TenantId::parse("other").unwrap();
    assert_eq!(store.releases(&other, None, 10).await.unwrap(), []);
    let found = store.made_release(&tenant(), ReleaseNumber(2)).await;
    assert_eq!(found.unwrap(), Some(release(2)));
}

async fn of_two_moves_one_is_refused(fixture: Fixture) {
    let store = fixture.store();
    let mut body = Rollout::default();
    let number = body.next_number();
    let first = Document { revision: 0, body };
    let made = Some(release(number.0));
    store
        .put_rollout(&tenant(), first.clone(), made.clone())
        .await
        .unwrap();
    let again = store.put_rollout(&tenant(), first, made).await;
    assert!(matches!(again, Err(CommitError::Stale)));
    let kept = store.rollout(&tenant()).await.unwrap();
    assert_eq!(kept.revision, 1);
}

async fn old_releases_make_room(fixture: Fixture) {
    let store = fixture.store();
    let mut body = Rollout::default();
    let count = u32::try_from(TENANT_RELEASES_MAX).unwrap() + 2;
    for number in 1..=count {
        body.next_number();
        if number == 1 {
            body.activate(ReleaseNumber(1), asked()).unwrap();
        }
        let rollout = Document {
            revision: u64::from(number) - 1,
            body: body.clone(),
        };
        let made = Some(release(number));
        store.put_rollout(&tenant(), rollout, made).await.unwrap();
    }
    let is_kept = async |number| {
        let found = store.made_release(&tenant(), ReleaseNumber(number)).await;
        found.unwrap().is_some()
    };
    assert!(is_kept(1).await, "it decides");
    assert!(!is_kept(2).await && !is_kept(3).await, "the oldest went");
    assert!(is_kept(4).await && is_kept(count).await);
}
