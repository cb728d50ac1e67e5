//! What the durable sibling makes of its files: torn, damaged, missing,
//! foreign, restored or held by another.

use std::{fs, path::Path};

use baton_store::{Options, SeededEntropy, SledStore, Store, StoreError, WorkChange, WorkKind};
use jiff::SignedDuration;

use crate::support::*;

fn open(folder: &Path, seed: u64) -> Result<SledStore, StoreError> {
    SledStore::open(folder, Options::new(SeededEntropy::new(seed)))
}

fn is_damaged<T>(result: &Result<T, StoreError>) -> bool {
    matches!(result, Err(StoreError::Damaged { .. }))
}

/// A closed store with two customers, 628 and 629.
async fn closed(fixture: &mut Fixture) -> std::path::PathBuf {
    let store = fixture.store();
    for digits in ["628", "629"] {
        let id = format!("wamid.{digits}");
        let customer = write(&*store, digits, vec![message(0, &id, "hello")]).await;
        let work = vec![WorkChange::Add(effect("reply", at(0)))];
        change(&*store, &customer, work).await.unwrap();
    }
    drop(store);
    fixture.close()
}

/// The rows of a closed store, which sled may hold for a moment longer.
pub(crate) fn rows(folder: &Path) -> sled::Db {
    loop {
        match sled::open(folder.join("rows")) {
            Err(sled::Error::Io(error)) if error.to_string().contains("lock") => {
                std::thread::yield_now();
            }
            opened => return opened.unwrap(),
        }
    }
}

/// Changes the rows of a closed store from outside.
pub(crate) fn tamper(folder: &Path, change: impl Fn(&sled::Tree, &[u8], &[u8])) {
    let db = rows(folder);
    for row in db.iter() {
        let (key, value) = row.unwrap();
        change(&db, &key, &value);
    }
    db.flush().unwrap();
}

/// Whether a key is of this part of a customer's rows.
pub(crate) fn is_part(key: &[u8], part: u8) -> bool {
    let text = |at: usize| at + 2 + usize::from(u16::from_be_bytes([key[at], key[at + 1]]));
    key[0] == b'c' && key[text(text(1))] == part
}

#[tokio::test]
async fn a_snapshot_left_half_written_is_swept() {
    let mut fixture = Fixture::sled();
    let folder = closed(&mut fixture).await;
    let torn = folder.join("rows").join("snap.0000000000000FFF.generating");
    fs::write(&torn, b"half a snapshot").unwrap();
    let store = open(&folder, 1).unwrap();
    assert!(!torn.exists());
    let found = resolve(&store, "628").await;
    assert_eq!(texts(&store, &found.customer).await, ["hello"]);
}

/// As a power cut leaves it: wherever in the last batch the log ends, what was
/// committed before is there, and that batch is there whole or not at all.
#[tokio::test]
async fn a_log_that_was_cut_off_loses_its_last_batch_and_no_other() {
    let mut fixture = Fixture::sled();
    let store = fixture.store();
    let first = write(&*store, "628", vec![message(0, "wamid.1", "hello")]).await;
    drop(store);
    let folder = fixture.close();
    drop(rows(&folder));
    let (before, base) = (log(&folder), tempfile::TempDir::new().unwrap());
    copy_all(&folder, base.path());
    let store = open(&folder, 1).unwrap();
    let second = write(&store, "629", vec![message(1, "wamid.2", "later")]).await;
    drop(store);
    drop(rows(&folder));
    let after = log(&folder);
    let was = |at: usize| before.get(at).copied().unwrap_or(0);
    let is_new = |at: &usize| after[*at] != was(*at);
    let new: Vec<usize> = (0..after.len()).filter(is_new).collect();
    let cuts = new.iter().step_by(new.len().div_ceil(60)).copied();
    for cut in cuts.chain([after.len()]) {
        let copy = tempfile::TempDir::new().unwrap();
        copy_all(base.path(), copy.path());
        fs::copy(folder.join("keys"), copy.path().join("keys")).unwrap();
        let old = (cut..after.len()).map(was);
        let torn: Vec<u8> = after[..cut].iter().copied().chain(old).collect();
        fs::write(copy.path().join("rows").join("db"), torn).unwrap();
        let store = open(copy.path(), 2).unwrap_or_else(|error| panic!("cut at {cut}: {error}"));
        assert_eq!(texts(&store, &first).await, ["hello"], "cut at {cut}");
        let last = store.load(&tenant(), &second, &[]).await.unwrap();
        assert_eq!(last.is_some(), cut == after.len(), "cut at {cut}");
        write(&store, "630", vec![message(2, "wamid.3", "after")]).await;
        drop(store);
        let findings = crate::doctor::examine(copy.path()).findings;
        assert_eq!(findings, [], "cut at {cut}");
    }
}

/// sled's log, closed.
fn log(folder: &Path) -> Vec<u8> {
    fs::read(folder.join("rows").join("db")).unwrap()
}

#[tokio::test]
async fn a_store_that_is_open_is_locked_and_left_alone() {
    let mut fixture = Fixture::sled();
    let folder = closed(&mut fixture).await;
    let store = open(&folder, 1).unwrap();
    let generating = folder.join("rows").join("snap.0000000000000FFF.generating");
    fs::write(&generating, b"not ours to sweep").unwrap();
    assert!(matches!(open(&folder, 2), Err(StoreError::Locked { .. })));
    assert!(generating.exists());
    drop(store);
    open(&folder, 3).unwrap();
}

#[tokio::test]
async fn a_damaged_record_is_reported_whichever_it_is() {
    for part in [b'e', b'h', b's'] {
        for (way, damage) in [
            (
                "flipped",
                (|value: &mut Vec<u8>| *value.last_mut().unwrap() ^= 1) as fn(&mut Vec<u8>),
            ),
            ("cut", |value| value.truncate(value.len() / 2)),
            ("emptied", Vec::clear),
            ("of another format", |value| value[0] = 99),
        ] {
            let mut fixture = Fixture::sled();
            let folder = closed(&mut fixture).await;
            let of_first = |store: SledStore| async move {
                let customer = resolve(&store, "628").await.customer;
                drop(store);
                customer
            };
            let customer = of_first(open(&folder, 1).unwrap()).await;
            tamper(&folder, |tree, key, value| {
                let is_of = |id: &str| key.windows(id.len()).any(|it| it == id.as_bytes());
                if is_part(key, part) && is_of(customer.as_str()) {
                    let mut value = value.to_vec();
                    damage(&mut value);
                    tree.insert(key, value).unwrap();
                }
            });
            let store = open(&folder, 2).unwrap();
            let events = store
                .events(&tenant(), &customer, baton_store::Version(1), 9)
                .await;
            let loaded = store.load(&tenant(), &customer, &[]).await;
            assert!(
                is_damaged(&events) || is_damaged(&loaded),
                "{} {way}",
                char::from(part)
            );
            let other = resolve(&store, "629").await;
            assert_eq!(
                texts(&store, &other.customer).await,
                ["hello"],
                "the others are well"
            );
        }
    }
}

#[tokio::test]
async fn records_cannot_be_swapped() {
    let mut fixture = Fixture::sled();
    let folder = closed(&mut fixture).await;
    let db = rows(&folder);
    let rows: Vec<_> = db.iter().map(Result::unwrap).collect();
    let states: Vec<_> = rows.iter().filter(|(key, _)| is_part(key, b's')).collect();
    db.insert(&states[0].0, &states[1].1).unwrap();
    db.flush().unwrap();
    drop(db);
    let store = open(&folder, 1).unwrap();
    let customers = store.customers(&tenant(), None, 10).await.unwrap().items;
    let swapped = store.load(&tenant(), &customers[0], &[]).await;
    assert!(is_damaged(&swapped), "{swapped:?}");
}

#[tokio::test]
async fn damaged_work_does_not_hold_up_the_rest() {
    let mut fixture = Fixture::sled();
    let folder = closed(&mut fixture).await;
    let store = open(&folder, 1).unwrap();
    let damaged = resolve(&store, "628").await.customer;
    drop(store);
    tamper(&folder, |tree, key, value| {
        let id = damaged.as_str().as_bytes();
        if is_part(key, b'w') && key.windows(id.len()).any(|it| it == id) {
            let mut value = value.to_vec();
            value[8] ^= 1;
            tree.insert(key, value).unwrap();
        }
    });
    let store = open(&folder, 2).unwrap();
    let minute = SignedDuration::from_secs(60);
    let leased = store
        .due(WorkKind::Effect, at(0), minute, 10)
        .await
        .unwrap();
    assert_eq!(leased.len(), 1);
    assert_ne!(leased[0].work.customer, damaged);
    let other = leased[0].work.customer.clone();
    let done = WorkChange::Done(leased[0].lease.clone());
    change(&store, &other, vec![done]).await.unwrap();
    assert_eq!(
        store.next_due(WorkKind::Effect).await.unwrap(),
        Some(at(60))
    );
    assert!(is_damaged(
        &store.due(WorkKind::Effect, at(60), minute, 10).await
    ));
    assert_eq!(
        store.next_due(WorkKind::Effect).await.unwrap(),
        Some(at(120))
    );
}

#[tokio::test]
async fn keys_that_are_missing_or_foreign_are_noticed() {
    let mut fixture = Fixture::sled();
    let folder = closed(&mut fixture).await;
    let keys = fs::read(folder.join("keys")).unwrap();
    fs::remove_file(folder.join("keys")).unwrap();
    assert!(is_damaged(&open(&folder, 1)));
    let elsewhere = tempfile::TempDir::new().unwrap();
    drop(open(elsewhere.path(), 2).unwrap());
    fs::copy(elsewhere.path().join("keys"), folder.join("keys")).unwrap();
    assert!(is_damaged(&open(&folder, 3)));
    // The right ones, with the torn end of an append that a crash cut off.
    fs::write(folder.join("keys"), [keys.as_slice(), &[7; 100]].concat()).unwrap();
    let store = open(&folder, 4).unwrap();
    let found = resolve(&store, "628").await;
    assert_eq!(texts(&store, &found.customer).await, ["hello"]);
}

pub(crate) fn copy_all(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy_all(&path, &target);
        } else {
            fs::copy(&path, target).unwrap();
        }
    }
}

#[tokio::test]
async fn a_restored_backup_forgets_again_who_was_erased() {
    let mut fixture = Fixture::sled();
    let folder = closed(&mut fixture).await;
    let backup = tempfile::TempDir::new().unwrap();
    copy_all(&folder, backup.path());
    let store = open(&folder, 1).unwrap();
    let gone = resolve(&store, "628").await.customer;
    assert!(store.erase(&tenant(), &gone).await.unwrap());
    drop(store);

    // Rows and keys of before the erasure, and the list of today.
    fs::copy(folder.join("erasures"), backup.path().join("erasures")).unwrap();
    let store = open(backup.path(), 2).unwrap();
    let loaded = store.load(&tenant(), &gone, &[]).await;
    assert!(matches!(loaded, Err(StoreError::Erased)), "{loaded:?}");
    assert_ne!(resolve(&store, "628").await.customer, gone);
    assert_eq!(
        store
            .customers(&tenant(), None, 10)
            .await
            .unwrap()
            .items
            .len(),
        1
    );
    let minute = SignedDuration::from_secs(60);
    let leased = store
        .due(WorkKind::Effect, at(0), minute, 10)
        .await
        .unwrap();
    assert_eq!(leased.len(), 1, "the other's");
}

#[tokio::test]
async fn an_erased_key_is_in_no_file() {
    let mut fixture = Fixture::sled();
    let folder = closed(&mut fixture).await;
    let before = fs::read(folder.join("keys")).unwrap();
    let store = open(&folder, 1).unwrap();
    let gone = resolve(&store, "628").await.customer;
    assert!(store.erase(&tenant(), &gone).await.unwrap());
    drop(store);
    let after = fs::read(folder.join("keys")).unwrap();
    assert_eq!(before.len(), after.len());
    let slots = before.chunks(64).zip(after.chunks(64));
    let changed: Vec<_> = slots.filter(|(before, after)| before != after).collect();
    assert_eq!(changed.len(), 1, "one key and no other");
    let key = &changed[0].0[9..41];
    assert!(!after.windows(32).any(|window| window == key));
    assert!(!folder.join("keys.new").exists());
}
