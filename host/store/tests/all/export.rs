//! An export and its import: nothing is lost, nothing personal is readable, and
//! what goes on meanwhile shows whole or not at all.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use baton_domain::{ids::CustomerId, state::CustomerState};
use baton_store::{
    Commit, Exported, ImportError, Imported, Link, Options, SeededEntropy, SledStore, SmallFiles,
    Store, StoreError, Version,
};
use tempfile::TempDir;
use tokio::sync::mpsc;

use crate::{
    doctor::{everything, examine},
    files::{copy_all, is_part, rows, tamper},
    support::*,
};

fn options(seed: u64) -> Options {
    Options::new(SeededEntropy::new(seed))
}

/// All of an export, and what it says it holds.
async fn export(store: &Arc<impl Store>) -> (Vec<u8>, Exported) {
    let (to, mut from) = mpsc::channel(1);
    let store = store.clone();
    let running = tokio::spawn(async move { store.export(at(0), to).await });
    let mut bytes = Vec::new();
    while let Some(chunk) = from.recv().await {
        bytes.extend(chunk);
    }
    (bytes, running.await.unwrap().unwrap())
}

fn beside(folder: &Path) -> SmallFiles {
    SmallFiles {
        keys: folder.join("keys"),
        erasures: folder.join("erasures"),
    }
}

/// Imports into a fresh folder, with the small files of `from`.
fn import(bytes: &[u8], files: &SmallFiles) -> (TempDir, PathBuf, Result<Imported, ImportError>) {
    let place = TempDir::new().unwrap();
    let folder = place.path().join("data");
    let imported = SledStore::import(&folder, files, &options(77), &mut &*bytes, &mut |_| {});
    (place, folder, imported)
}

/// Every row but those that are built anew: states and heads, and the counter
/// of keys.
fn told(folder: &Path) -> BTreeMap<Vec<u8>, Vec<u8>> {
    let is_told = |key: &[u8]| {
        let is_anew = key[0] == b'c' && (is_part(key, b's') || is_part(key, b'h'));
        !is_anew && !key.ends_with(b"unused-slot")
    };
    let row = |(key, value): (sled::IVec, sled::IVec)| (key.to_vec(), value.to_vec());
    let all = rows(folder);
    let all = all.iter().map(|it| row(it.unwrap()));
    all.filter(|(key, _)| is_told(key)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_in_is_what_went_out() {
    let mut fixture = Fixture::sled();
    let folder = everything(&mut fixture).await;
    let store = Arc::new(SledStore::open(&folder, options(2)).unwrap());
    let (bytes, counts) = export(&store).await;
    let shown = resolve(&*store, "628").await;
    drop(store);

    let text = String::from_utf8(bytes.clone()).unwrap();
    for personal in ["hello", "by phone", "Kopi Senja", "secret", "628", "crm-1"] {
        // Digits may be part of a hash or a time.
        let is_there = match personal {
            "628" => text.contains("\"628"),
            personal => text.contains(personal),
        };
        assert!(!is_there, "{personal} is readable");
    }

    let (_place, imported_to, imported) = import(&bytes, &beside(&folder));
    assert_eq!(imported.unwrap().read, counts);
    assert_eq!(
        (counts.customers, counts.events, counts.documents),
        (2, 14, 14)
    );
    assert!(told(&folder) == told(&imported_to), "rows differ");
    let found = examine(&imported_to);
    assert_eq!(found.findings, []);
    assert_eq!(
        found.counts.folded, 2,
        "states are stored where the logs end"
    );

    let again = Arc::new(SledStore::open(&imported_to, options(3)).unwrap());
    let loaded = resolve(&*again, "628").await;
    assert_eq!(
        (&loaded.customer, loaded.version),
        (&shown.customer, shown.version)
    );
    assert_eq!(plain(&loaded.state), plain(&shown.state));
    // It goes on: the next customer gets a key that nobody has.
    write(&*again, "777", vec![message(5, "wamid.777", "new here")]).await;
    drop(again);
    assert_eq!(examine(&imported_to).findings, []);
}

fn plain(state: &CustomerState) -> serde_json::Value {
    serde_json::to_value(state).unwrap()
}

/// A customer with a message so long that an export has to stop for its reader.
async fn long_winded(store: &dyn Store, at: i64) -> (String, CustomerId) {
    let (digits, text) = (format!("62{at:04}"), format!("{at} {}", "x".repeat(90_000)));
    let events = vec![message(at, &format!("wamid.{at}"), &text)];
    let customer = write(store, &digits, events).await;
    (digits, customer)
}

/// Merges `younger`, at its version, into `older`.
async fn merge(store: &dyn Store, older: &CustomerId, younger: &CustomerId) {
    let theirs = store
        .events(&tenant(), younger, Version(1), 100)
        .await
        .unwrap();
    let theirs: Vec<_> = theirs.into_iter().map(|it| it.event).collect();
    let loaded = load(store, older).await;
    let mut state = CustomerState::clone(&loaded.state);
    theirs.iter().for_each(|event| state.apply(event));
    let absorb = Some((younger.clone(), Version(theirs.len() as u64)));
    let commit = Commit {
        state: Arc::new(state),
        absorb,
        ..on(&loaded, theirs)
    };
    store.commit(commit).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn merges_and_erasures_meanwhile_lose_nobody_and_bring_nobody_back() {
    let mut fixture = Fixture::sled();
    let folder = fixture.close();
    let store = Arc::new(SledStore::open(&folder, options(2)).unwrap());
    let mut made = Vec::new();
    for it in 0..16 {
        made.push(long_winded(&*store, it).await.1);
    }
    // The export goes by id; who is older is told by who came first.
    let mut by_id: Vec<usize> = (0..made.len()).collect();
    by_id.sort_by_key(|it| made[*it].clone());
    let passed = by_id[0];
    let late: Vec<usize> = by_id[8..]
        .iter()
        .copied()
        .filter(|it| *it > passed)
        .collect();
    let (merged, rest) = late.split_first().expect("the seed gives one");
    let erased = rest.first().expect("the seed gives another");

    let (to, mut from) = mpsc::channel(1);
    let running = tokio::spawn({
        let store = store.clone();
        async move { store.export(at(0), to).await }
    });
    let mut bytes = from.recv().await.unwrap();
    bytes.extend(from.recv().await.unwrap());
    let (early, gone, away) = (&made[passed], &made[*merged], &made[*erased]);
    let text = String::from_utf8_lossy(&bytes);
    assert!(text.contains(early.as_str()) && !text.contains(gone.as_str()));
    assert!(!text.contains(away.as_str()));
    merge(&*store, early, gone).await;
    assert!(store.erase(&tenant(), away).await.unwrap());
    while let Some(chunk) = from.recv().await {
        bytes.extend(chunk);
    }
    let counts = running.await.unwrap().unwrap();
    assert_eq!(counts.damaged, 0);
    drop(store);

    let (_place, imported_to, imported) = import(&bytes, &beside(&folder));
    imported.unwrap();
    assert_eq!(examine(&imported_to).findings, []);
    let again = Arc::new(SledStore::open(&imported_to, options(3)).unwrap());
    for (it, customer) in made.iter().enumerate() {
        let loaded = again.load(&tenant(), customer, &[]).await;
        if it == *erased {
            assert!(matches!(loaded, Err(StoreError::Erased)));
            continue;
        }
        let loaded = loaded.unwrap().expect("nobody is lost");
        let is_merged = it == *merged || it == passed;
        assert_eq!(
            loaded.version,
            Version(if is_merged { 2 } else { 1 }),
            "{it}"
        );
        assert_eq!(&loaded.customer == customer, it != *merged);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_under_load_has_each_customer_as_of_one_moment() {
    let mut fixture = Fixture::sled();
    let folder = fixture.close();
    let store = Arc::new(SledStore::open(&folder, options(2)).unwrap());
    let chat = |digits: &'static str| {
        let store = store.clone();
        async move {
            for it in 0..150_i64 {
                let id = format!("wamid.{digits}.{it}");
                let loaded = resolve(&*store, digits).await;
                let commit = Commit {
                    links: vec![phone(digits)],
                    dedupe: vec![identity(&id)],
                    ..on(&loaded, vec![message(it, &id, "more")])
                };
                store.commit(commit).await.unwrap();
            }
        }
    };
    let digits = ["6281", "6282", "6283", "6284"];
    let chats = digits.map(|digits| tokio::spawn(chat(digits)));
    let mut exports = Vec::new();
    while !chats.iter().all(tokio::task::JoinHandle::is_finished) {
        exports.push(export(&store).await.0);
    }
    for chat in chats {
        chat.await.unwrap();
    }
    drop(store);
    assert!(exports.len() > 1, "it went on while they wrote");
    for bytes in exports.iter().step_by(1 + exports.len() / 8) {
        let (_place, imported_to, imported) = import(bytes, &beside(&folder));
        imported.unwrap();
        assert_eq!(examine(&imported_to).findings, []);
        let again = Arc::new(SledStore::open(&imported_to, options(3)).unwrap());
        for digits in digits {
            let asked: Vec<_> = (0..150)
                .map(|it| identity(&format!("wamid.{digits}.{it}")))
                .collect();
            let links = [Link::Phone(digits.into())];
            let loaded = again.resolve(&tenant(), &links, &asked).await.unwrap();
            let known = loaded.known.iter().filter(|known| **known).count();
            assert_eq!(Version(known as u64), loaded.version, "{digits}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_was_erased_since_stays_so() {
    let mut fixture = Fixture::sled();
    let folder = everything(&mut fixture).await;
    let store = Arc::new(SledStore::open(&folder, options(2)).unwrap());
    let (bytes, _) = export(&store).await;
    let before = TempDir::new().unwrap();
    fs::copy(folder.join("erasures"), before.path().join("erasures")).unwrap();
    let erased = resolve(&*store, "629").await.customer;
    assert!(store.erase(&tenant(), &erased).await.unwrap());
    drop(store);

    let today = beside(&folder);
    // Today's keys alone tell, too: the customer's is gone.
    let old_list = SmallFiles {
        erasures: before.path().join("erasures"),
        ..today.clone()
    };
    for files in [today, old_list] {
        let (_place, imported_to, imported) = import(&bytes, &files);
        assert_eq!(imported.unwrap().erased, 1);
        let found = examine(&imported_to);
        assert_eq!(found.findings, []);
        assert_eq!(found.counts.customers, 1);
        let again = SledStore::open(&imported_to, options(3)).unwrap();
        let loaded = again.load(&tenant(), &erased, &[]).await;
        assert!(matches!(loaded, Err(StoreError::Erased)));
        assert_eq!(resolve(&again, "629").await.version, Version(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_from_before_an_erasure_lose_that_key_again() {
    let mut fixture = Fixture::sled();
    let folder = everything(&mut fixture).await;
    let before = TempDir::new().unwrap();
    fs::copy(folder.join("keys"), before.path().join("keys")).unwrap();
    let store = Arc::new(SledStore::open(&folder, options(2)).unwrap());
    let (bytes, _) = export(&store).await;
    let erased = resolve(&*store, "629").await.customer;
    assert!(store.erase(&tenant(), &erased).await.unwrap());
    drop(store);
    let files = SmallFiles {
        keys: before.path().join("keys"),
        ..beside(&folder)
    };
    let (_place, imported_to, imported) = import(&bytes, &files);
    imported.unwrap();
    let (kept, original) = (examine(&imported_to), examine(&folder));
    assert_eq!(kept.findings, []);
    assert_eq!(kept.counts.keys_erased, original.counts.keys_erased);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_customer_is_named_and_left_out() {
    let mut fixture = Fixture::sled();
    let folder = everything(&mut fixture).await;
    for part in [b'e', b'h', b'w'] {
        let place = TempDir::new().unwrap();
        copy_all(&folder, place.path());
        tamper(place.path(), |tree, key, value| {
            if is_part(key, part) {
                let mut value = value.to_vec();
                value[0] ^= 1;
                tree.insert(key, value).unwrap();
            }
        });
        let store = Arc::new(SledStore::open(place.path(), options(2)).unwrap());
        let (bytes, counts) = export(&store).await;
        drop(store);
        assert!(counts.damaged > 0, "part {part}");
        let (_place, imported_to, imported) = import(&bytes, &beside(place.path()));
        assert_eq!(imported.unwrap().read, counts);
        let found = examine(&imported_to);
        assert_eq!(found.findings, []);
        assert_eq!(found.counts.customers, 2 - counts.damaged);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_export_runs_at_a_time_and_ends_when_nobody_reads() {
    let fixture = Fixture::sled();
    let store = fixture.store();
    for it in 0..8 {
        long_winded(&*store, it).await;
    }
    let (to, mut from) = mpsc::channel(1);
    let first = tokio::spawn({
        let store = store.clone();
        async move { store.export(at(0), to).await }
    });
    from.recv().await.unwrap();
    let (second, _unread) = mpsc::channel(1);
    let refused = store.export(at(0), second).await;
    assert!(matches!(refused, Err(StoreError::ExportRunning)));
    drop(from);
    assert!(first.await.unwrap().is_err(), "it ends");
    let (to, mut from) = mpsc::channel(1);
    let again = tokio::spawn(async move { store.export(at(0), to).await });
    while from.recv().await.is_some() {}
    assert_eq!(again.await.unwrap().unwrap().customers, 8);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_whole_or_not_ours_is_refused_and_leaves_nothing() {
    let mut fixture = Fixture::sled();
    let folder = everything(&mut fixture).await;
    let store = Arc::new(SledStore::open(&folder, options(2)).unwrap());
    let (bytes, _) = export(&store).await;
    drop(store);
    let refuse = |bytes: &[u8], files: &SmallFiles, how: &str| {
        let (place, _, imported) = import(bytes, files);
        let error = imported.expect_err(how);
        let left = fs::read_dir(place.path()).unwrap().count();
        assert_eq!(left, 0, "{how}: something is left");
        error
    };
    let files = beside(&folder);

    let ends: Vec<usize> = (0..bytes.len()).filter(|at| bytes[*at] == b'\n').collect();
    for end in &ends[..ends.len() - 1] {
        let error = refuse(&bytes[..=*end], &files, "cut after a line");
        assert!(matches!(error, ImportError::NotWhole { .. }), "{error}");
        let error = refuse(&bytes[..*end], &files, "cut before a line's end");
        let is_told = matches!(error, ImportError::NotWhole { .. } | ImportError::NoExport);
        assert!(is_told, "{error}");
    }
    for at in (0..bytes.len()).step_by(97) {
        let mut changed = bytes.clone();
        changed[at] ^= 1;
        refuse(&changed, &files, &format!("byte {at} changed"));
    }
    let swapped = [&bytes[..=ends[4]], &bytes[ends[5] + 1..=ends[6]]].concat();
    let swapped = [
        &swapped[..],
        &bytes[ends[4] + 1..=ends[5]],
        &bytes[ends[6] + 1..],
    ]
    .concat();
    refuse(&swapped, &files, "lines change places");

    let newer = String::from_utf8(bytes.clone()).unwrap();
    let newer = newer.replacen("\"version\":2", "\"version\":3", 1);
    let error = refuse(newer.as_bytes(), &files, "a newer form");
    assert!(matches!(error, ImportError::Newer { found: 3, .. }));
    assert!(matches!(
        refuse(b"", &files, "empty"),
        ImportError::NoExport
    ));

    let other = TempDir::new().unwrap();
    drop(SledStore::open(other.path(), options(9)).unwrap());
    let error = refuse(&bytes, &beside(other.path()), "another store's keys");
    assert!(matches!(error, ImportError::ForeignKeys), "{error}");
    let short = TempDir::new().unwrap();
    fs::write(
        short.path().join("keys"),
        &fs::read(&files.keys).unwrap()[..128],
    )
    .unwrap();
    let old = SmallFiles {
        keys: short.path().join("keys"),
        ..files.clone()
    };
    let error = refuse(&bytes, &old, "keys from before the customers");
    assert!(matches!(error, ImportError::OldKeys { .. }), "{error}");

    let into = SledStore::import(&folder, &files, &options(4), &mut &*bytes, &mut |_| {});
    assert!(matches!(into, Err(ImportError::Occupied { .. })));
    assert_eq!(examine(&folder).findings, [], "what was there is as it was");
}
