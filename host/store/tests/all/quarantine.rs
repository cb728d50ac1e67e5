use baton_store::{Quarantined, StoreError};

use crate::support::*;

both!(
    what_is_quarantined_comes_back_byte_by_byte,
    a_full_quarantine_refuses_and_releases,
);

fn item(body: Vec<u8>) -> Quarantined {
    let (app, why) = ("demo".to_owned(), "not_json".to_owned());
    Quarantined {
        at: at(0),
        app,
        why,
        number: Some("106540352242922".into()),
        body,
    }
}

async fn what_is_quarantined_comes_back_byte_by_byte(mut fixture: Fixture) {
    let store = fixture.store();
    let bodies = [
        b"{\"text\": \"h\xc3\xa9".to_vec(),
        vec![0xff, 0x00, 0x80],
        Vec::new(),
    ];
    let mut ids = Vec::new();
    for body in &bodies {
        ids.push(store.quarantine(item(body.clone())).await.unwrap());
    }
    assert!(ids.is_sorted());
    drop(store);
    let store = fixture.reopen();
    let found = store.quarantined(None, 10).await.unwrap();
    let expected: Vec<_> = ids.iter().copied().zip(bodies.map(item)).collect();
    assert_eq!(found, expected);
    assert_eq!(
        store.quarantined(Some(ids[0]), 1).await.unwrap(),
        expected[1..2]
    );
    for id in &ids[..2] {
        store.release(*id).await.unwrap();
        store.release(*id).await.unwrap();
    }
    assert_eq!(store.quarantined(None, 10).await.unwrap(), expected[2..]);
    // Ids are never given again, not even when the last is released.
    store.release(ids[2]).await.unwrap();
    drop(store);
    let store = fixture.reopen();
    assert!(store.quarantine(item(Vec::new())).await.unwrap() > ids[2]);
}

async fn a_full_quarantine_refuses_and_releases(mut fixture: Fixture) {
    let store = fixture.reopen_with(|options| options.with_quarantine(5, 10_000));
    let is_full = |result| matches!(result, Err(StoreError::QuarantineFull));
    let big = || item(vec![b'x'; 4_000]);
    let ids = [
        store.quarantine(big()).await.unwrap(),
        store.quarantine(big()).await.unwrap(),
    ];
    assert!(is_full(store.quarantine(big()).await), "bytes");
    for _ in 2..5 {
        store.quarantine(item(b"small".to_vec())).await.unwrap();
    }
    assert!(is_full(store.quarantine(item(Vec::new())).await), "items");
    store.release(ids[0]).await.unwrap();
    store.quarantine(big()).await.unwrap();
    assert!(is_full(store.quarantine(item(Vec::new())).await));
    assert_eq!(
        store.quarantined(None, 10).await.unwrap().len(),
        5,
        "nothing was pushed out"
    );
}
