//! The doctor names whatever is wrong, and changes nothing.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use baton_domain::{ids::NumberId, number::NumberRecord, state::CustomerState};
use baton_store::{
    ApiKey, App, Commit, Document, Examination, Finding, Identity, KeyHash, Link, NumberSync,
    Options, Quarantined, Role, SeededEntropy, SledStore, Stage, Store, Version, WorkChange,
    WorkKind,
};
use jiff::SignedDuration;

use crate::{
    files::{copy_all, is_part, rows, tamper},
    support::*,
};

/// Looks at the store in `folder`, and that the look changed nothing of ours.
pub(crate) fn examine(folder: &Path) -> Examination {
    let before = contents(folder);
    let found = SledStore::examine(folder, &Options::new(SeededEntropy::new(9)), &mut |_| {});
    assert!(contents(folder) == before, "the doctor changed something");
    found.unwrap()
}

/// All rows, and the small files.
fn contents(folder: &Path) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let db = rows(folder);
    let row = |(key, value): (sled::IVec, sled::IVec)| (key.to_vec(), value.to_vec());
    let mut all: BTreeMap<_, _> = db.iter().map(|it| row(it.unwrap())).collect();
    for name in ["keys", "erasures"] {
        all.insert(name.into(), fs::read(folder.join(name)).unwrap_or_default());
    }
    all
}

fn is_row(key: &[u8]) -> bool {
    key != b"keys" && key != b"erasures"
}

fn codes(found: &Examination) -> Vec<&'static str> {
    let mut codes: Vec<_> = found.findings.iter().map(|it| it.problem.code()).collect();
    codes.sort_unstable();
    codes.dedup();
    codes
}

/// A closed store with a row of every kind.
pub(crate) async fn everything(fixture: &mut Fixture) -> std::path::PathBuf {
    let store = fixture.store();
    people(&*store).await;
    merged(&*store).await;
    let gone = write(&*store, "600", vec![message(0, "wamid.600", "hello")]).await;
    assert!(store.erase(&tenant(), &gone).await.unwrap());
    directory(&*store).await;
    coexistence(&*store).await;
    store.sweep(at(0), 10).await.unwrap();
    drop(store);
    fixture.close()
}

/// What was told of a number's past, and a comparison of it.
async fn coexistence(store: &dyn Store) {
    let sync = Document {
        revision: 0,
        body: NumberSync::new(at(0)),
    };
    let (tenant, number) = (tenant(), number());
    let put = store.put_number_sync(&tenant, &number, sync);
    put.await.unwrap();
    let put = store.put_comparison(&tenant, comparison("monthly-2026-11"), None, None);
    put.await.unwrap();
}

/// A customer with people, due work and a dead letter.
async fn people(store: &dyn Store) {
    let loaded = resolve(store, "628").await;
    let commit = Commit {
        links: vec![phone("628"), Link::External("crm-1".into())],
        dedupe: vec![identity("forever"), Identity::month("month")],
        work: vec![
            WorkChange::Add(effect("dies", at(0))),
            WorkChange::Add(effect("later", at(900))),
            WorkChange::Add(new_work("timer", WorkKind::Timer, at(900))),
        ],
        ..on(
            &loaded,
            vec![message(0, "wamid.1", "one"), handed_off(1, 0, None)],
        )
    };
    store.commit(commit).await.unwrap();
    for it in 2..12 {
        write(
            store,
            "628",
            vec![message(it, &format!("wamid.{it}"), "more")],
        )
        .await;
    }
    let minute = SignedDuration::from_secs(60);
    let mut leased = store.due(WorkKind::Effect, at(0), minute, 1).await.unwrap();
    let dead = WorkChange::Moved {
        lease: leased.remove(0).lease,
        stage: Stage::Dead {
            why: "ambiguous".into(),
            at: at(1),
        },
        due_at: at(1),
        keep: false,
    };
    change(store, &loaded.customer, vec![dead]).await.unwrap();
}

/// A customer into whom another was merged.
async fn merged(store: &dyn Store) {
    let older = write(store, "629", vec![message(0, "wamid.21", "by phone")]).await;
    let younger = store
        .resolve(&tenant(), &[Link::UserId("U1".into())], &[])
        .await
        .unwrap();
    let theirs = vec![message(1, "wamid.22", "by user id")];
    let commit = Commit {
        links: vec![Link::UserId("U1".into())],
        ..on(&younger, theirs.clone())
    };
    store.commit(commit).await.unwrap();
    let loaded = load(store, &older).await;
    let mut state = CustomerState::clone(&loaded.state);
    theirs.iter().for_each(|event| state.apply(event));
    let commit = Commit {
        state: Arc::new(state),
        absorb: Some((younger.customer, Version(1))),
        ..on(&loaded, theirs)
    };
    store.commit(commit).await.unwrap();
}

async fn directory(store: &dyn Store) {
    let app = App {
        name: "demo".into(),
        secret: "secret".into(),
        previous_secret: None,
        verify_token: "verify".into(),
    };
    let shop = serde_json::from_value(serde_json::json!({
        "id": tenant(), "name": "Kopi Senja", "timezone": "Asia/Jakarta", "language": "id",
        "teams": [{ "name": "sales" }],
    }));
    let key = ApiKey {
        name: "all".into(),
        hash: KeyHash([7; 32]),
        tenant: tenant(),
        role: Role::Operator,
        expires_at: None,
        is_revoked: false,
    };
    let revision = 0;
    store
        .put_app(Document {
            revision,
            body: app,
        })
        .await
        .unwrap();
    let body = shop.unwrap();
    store
        .put_tenant(Document { revision, body }, None)
        .await
        .unwrap();
    let number = NumberRecord::new(NumberId::parse("100").unwrap());
    let number = Document {
        revision,
        body: number,
    };
    store
        .put_number(&tenant(), number, None, None)
        .await
        .unwrap();
    crate::releases::fill(store).await;
    crate::people::fill(store).await;
    store
        .put_api_key(
            Document {
                revision,
                body: key,
            },
            None,
        )
        .await
        .unwrap();
    let item = Quarantined {
        at: at(0),
        app: "demo".into(),
        why: "not_json".into(),
        number: None,
        body: b"{".to_vec(),
    };
    store.quarantine(item).await.unwrap();
}

/// The kind of a row: its area and, within a customer or a list, its part.
fn kind(key: &[u8]) -> String {
    let area = char::from(key[0]);
    let parts = [b'd', b'e', b'h', b's', b'w'];
    let part = parts
        .into_iter()
        .find(|part| key[0] == b'c' && is_part(key, *part));
    let list = [b'd', b'h'].into_iter().find(|letter| {
        let tenant = usize::from(u16::from_be_bytes([key[1], key[2]]));
        key[0] == b't' && key[3 + tenant] == *letter
    });
    let name = |text: &str| key[0] == b'm' && key.ends_with(text.as_bytes());
    let meta = ["generation", "quarantine", "unused-slot", "keys"];
    let meta = meta.into_iter().find(|text| name(text)).unwrap_or_default();
    let letter = part
        .or(list)
        .map(char::from)
        .map(String::from)
        .unwrap_or_default();
    format!("{area}{letter}{meta}")
}

#[tokio::test]
async fn a_store_that_is_well_is_told_so_with_what_it_holds() {
    let mut fixture = Fixture::sled();
    let folder = everything(&mut fixture).await;
    let found = examine(&folder);
    assert_eq!(found.findings, []);
    let counts = &found.counts;
    assert_eq!((counts.customers, counts.merged, counts.erased), (2, 1, 1));
    assert_eq!((counts.events, counts.folded), (14, 2));
    assert_eq!((counts.work_open, counts.work_dead), (2, 1));
    assert_eq!((counts.identities, counts.links), (2, 4));
    assert_eq!((counts.tenants, counts.apps, counts.api_keys), (1, 1, 1));
    assert_eq!((counts.quarantined, counts.keys_erased), (1, 1));
    assert_eq!((counts.people, counts.audited), (1, 4));
    assert_eq!(counts.rows, contents(&folder).len() as u64 - 2);
}

/// Every kind of row, with one bit of one of them flipped.
#[tokio::test]
async fn each_kind_of_record_that_is_damaged_is_named() {
    let mut fixture = Fixture::sled();
    let folder = everything(&mut fixture).await;
    let mut kinds: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    for key in contents(&folder).keys().filter(|key| is_row(key)) {
        kinds.insert(kind(key), key.clone());
    }
    let names: Vec<&str> = kinds.keys().map(String::as_str).collect();
    let expected = [
        "A",
        "B",
        "C",
        "E",
        "G",
        "K",
        "L",
        "M",
        "O",
        "P",
        "Q",
        "R",
        "S",
        "T",
        "U",
        "W",
        "a",
        "b",
        "cd",
        "ce",
        "ch",
        "cs",
        "cw",
        "i",
        "k",
        "mgeneration",
        "mkeys",
        "mquarantine",
        "munused-slot",
        "p",
        "q",
        "th",
        "u",
        "v",
        "x",
        "y",
    ];
    assert_eq!(names, expected, "there is a row of every kind");
    for (kind, key) in kinds {
        let copy = tempfile::TempDir::new().unwrap();
        copy_all(&folder, copy.path());
        tamper(copy.path(), |tree, other, value| {
            if other == key {
                let mut value = value.to_vec();
                *value.last_mut().unwrap() ^= 1;
                tree.insert(other, value).unwrap();
            }
        });
        let found = examine(copy.path());
        let is_named =
            |it: &Finding| it.problem.code() == "record_damaged" && it.place.starts_with("record ");
        let named = found.findings.iter().filter(|it| is_named(it)).count();
        assert_eq!(named, 1, "{kind}: {:?}", found.findings);
    }
}

/// What is said when one row of a kind is missing. The rest cannot be told: an
/// identity or a document that is missing may never have been there.
#[tokio::test]
async fn what_is_missing_is_named() {
    let mut fixture = Fixture::sled();
    let folder = everything(&mut fixture).await;
    for (missing, code) in [
        ("a", "merge_broken"),
        ("b", "merge_broken"),
        ("ce", "log_gap"),
        ("ch", "head_missing"),
        ("cs", "state_differs"),
        ("cw", "list_stray"),
        ("k", "list_missing"),
        ("munused-slot", "key_wrong"),
        ("mquarantine", "count_wrong"),
        ("p", "list_missing"),
        ("q", "list_missing"),
        ("Q", "count_wrong"),
        ("th", "list_missing"),
        ("u", "audit_broken"),
        ("U", "audit_broken"),
        ("y", "list_missing"),
        ("v", "list_missing"),
        ("x", "list_missing"),
    ] {
        let copy = tempfile::TempDir::new().unwrap();
        copy_all(&folder, copy.path());
        let keys: Vec<_> = contents(copy.path()).into_keys().collect();
        let key = keys
            .into_iter()
            .find(|key| is_row(key) && kind(key) == missing);
        let db = rows(copy.path());
        db.remove(key.unwrap()).unwrap();
        db.flush().unwrap();
        drop(db);
        let found = examine(copy.path());
        assert!(
            codes(&found).contains(&code),
            "{missing}: {:?}",
            found.findings
        );
    }
}

#[tokio::test]
async fn a_sealed_row_that_was_forged_and_a_row_that_nobody_knows_are_named() {
    let mut fixture = Fixture::sled();
    let folder = everything(&mut fixture).await;
    tamper(&folder, |tree, key, value| {
        if key[0] == b'c' && is_part(key, b'e') {
            let mut value = value.to_vec();
            *value.last_mut().unwrap() ^= 1;
            let mut hasher = crc32fast::Hasher::new();
            hasher.update(key);
            hasher.update(&value[5..]);
            value[1..5].copy_from_slice(&hasher.finalize().to_le_bytes());
            tree.insert(key, value).unwrap();
        }
    });
    let db = rows(&folder);
    db.insert(b"zebra", b"what is this").unwrap();
    db.flush().unwrap();
    drop(db);
    let found = examine(&folder);
    assert_eq!(codes(&found), ["record_unreadable", "row_unknown"]);
    assert_eq!(found.findings.len() as u64, found.counts.events + 1);
}

#[tokio::test]
async fn a_state_that_is_no_fold_is_named_and_one_of_another_fold_is_not() {
    for (fold, expected) in [(None, vec!["state_differs"]), (Some(0), vec![])] {
        let mut fixture = Fixture::sled();
        if let Some(fold) = fold {
            fixture.reopen_with(|options| options.with_fold_version(fold));
        }
        let store = fixture.store();
        let loaded = resolve(&*store, "628").await;
        let odd = Commit {
            state: Arc::default(),
            links: vec![phone("628")],
            ..on(&loaded, vec![message(0, "wamid.1", "one")])
        };
        store.commit(odd).await.unwrap();
        drop(store);
        assert_eq!(codes(&examine(&fixture.close())), expected);
    }
}

#[tokio::test]
async fn keys_and_erasures_are_examined_too() {
    let mut fixture = Fixture::sled();
    let folder = everything(&mut fixture).await;
    let keys = fs::read(folder.join("keys")).unwrap();
    let erasures = fs::read_to_string(folder.join("erasures")).unwrap();
    let found_with = |name: &str, contents: &[u8]| {
        let copy = tempfile::TempDir::new().unwrap();
        copy_all(&folder, copy.path());
        fs::write(copy.path().join(name), contents).unwrap();
        codes(&examine(copy.path()))
    };
    let mut damaged = keys.clone();
    damaged[2 * 64 + 20] ^= 1;
    assert_eq!(found_with("keys", &damaged), ["key_damaged", "key_wrong"]);
    assert_eq!(found_with("keys", &keys[..192]), ["keys_unusable"]);
    assert_eq!(found_with("keys", b""), ["keys_unusable"]);
    let torn = [keys.as_slice(), &[7; 100]].concat();
    assert!(
        found_with("keys", &torn).is_empty(),
        "a torn tail is nobody's key"
    );
    let mut foreign = keys;
    foreign[..64].fill(0);
    assert_eq!(found_with("keys", &foreign), ["keys_unusable"]);
    let torn = erasures.replace("kopi", "kopa");
    assert_eq!(
        found_with("erasures", torn.as_bytes()),
        ["erasures_unreadable"]
    );

    let store = SledStore::open(&folder, Options::new(SeededEntropy::new(8))).unwrap();
    let gone = resolve(&store, "628").await.customer;
    drop(store);
    let ids = format!("{} {gone}", tenant());
    let line = format!("{ids} {:08x}\n", crc32fast::hash(ids.as_bytes()));
    let found = found_with("erasures", (erasures + &line).as_bytes());
    assert_eq!(found, ["erasure_unfinished"]);
}

#[tokio::test]
async fn there_must_be_a_store_that_nobody_has_open() {
    let mut fixture = Fixture::sled();
    let folder = everything(&mut fixture).await;
    let options = Options::new(SeededEntropy::new(9));
    let elsewhere = tempfile::TempDir::new().unwrap();
    assert!(SledStore::examine(elsewhere.path(), &options, &mut |_| {}).is_err());
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
    let _open = SledStore::open(&folder, options.clone()).unwrap();
    assert!(SledStore::examine(&folder, &options, &mut |_| {}).is_err());
}
