//! Nothing personal lies on the disk in clear.

use std::{fs, path::Path};

use baton_domain::{
    event::{Event, EventBody, ProfileChanged},
    ids::TeamName,
};
use baton_store::{
    App, Commit, Document, Identity, Link, Quarantined, Stage, Store, WorkChange, WorkKind,
};
use jiff::SignedDuration;

use crate::support::*;

const PHONE: &str = "6281234567890";
const WAMID: &str = "wamid.HBgNNjI4MTIzNDU2Nzg5MBUCABIYFDNBRjA";
/// What must not be found: anything that a commit below says in words.
const PERSONAL: [&str; 13] = [
    PHONE,
    "HBgNNjI4MTIzNDU2Nzg5MBUCABIY",
    "Dewi Lestari",
    "dewi@example.com",
    "birthday",
    "US.770099",
    "crm-4711",
    "it is about money",
    "It arrives on Thursday",
    "reply-to-dewi",
    "quarantined-body",
    "app-secret-value",
    "EAAG-graph-token",
];

fn profile() -> Event {
    let body = EventBody::ProfileChanged(ProfileChanged {
        name: Some("Dewi Lestari".into()),
        phone: Some(PHONE.into()),
        email: Some("dewi@example.com".into()),
        ..ProfileChanged::default()
    });
    Event {
        at: at(0),
        number: None,
        body,
    }
}

/// A life of a customer: messages, a handoff, work that dies.
async fn live(store: &dyn Store) {
    let links = vec![
        phone(PHONE),
        Link::UserId("US.770099".into()),
        Link::External("crm-4711".into()),
    ];
    let dedupe = [
        Identity::forever(format!("106|{WAMID}")),
        Identity::month(format!("{WAMID}|read")),
    ];
    let loaded = store.resolve(&tenant(), &links, &dedupe).await.unwrap();
    let text = "a cake for her birthday";
    let work = vec![
        WorkChange::Add(effect("reply-to-dewi", at(0))),
        WorkChange::Add(new_work("timer-of-dewi", WorkKind::Timer, at(900))),
    ];
    let events = vec![profile(), message(0, WAMID, text), handed_off(1, 0, None)];
    let commit = Commit {
        links,
        dedupe: dedupe.to_vec(),
        work,
        ..on(&loaded, events)
    };
    store.commit(commit).await.unwrap();
    for it in 0..30 {
        let id = format!("{WAMID}{it}");
        write(
            store,
            PHONE,
            vec![message(it, &id, text), queued(it, "reply-to-dewi")],
        )
        .await;
    }
    let minute = SignedDuration::from_secs(60);
    let leased = store
        .due(WorkKind::Effect, at(0), minute, 1)
        .await
        .unwrap()
        .pop()
        .unwrap();
    assert_eq!(leased.work.payload["text"], "It arrives on Thursday");
    let stage = Stage::Dead {
        why: "ambiguous".into(),
        at: at(1),
    };
    let dead = WorkChange::Moved {
        lease: leased.lease,
        stage,
        due_at: at(1),
        keep: false,
    };
    change(store, &loaded.customer, vec![dead]).await.unwrap();
}

/// What belongs to no customer: the quarantine and the directory.
async fn administer(store: &dyn Store) {
    let (app, why) = ("demo".to_owned(), "not_json".to_owned());
    let body = format!("quarantined-body {PHONE}").into_bytes();
    store
        .quarantine(Quarantined {
            at: at(0),
            app,
            why,
            number: None,
            body,
        })
        .await
        .unwrap();
    let (name, secret) = ("demo".to_owned(), "app-secret-value".to_owned());
    let app = App {
        name,
        secret,
        previous_secret: None,
        verify_token: "verify".into(),
    };
    store
        .put_app(Document {
            revision: 0,
            body: app,
        })
        .await
        .unwrap();
    let team = TeamName::parse("sales").unwrap();
    let shop = serde_json::from_value(serde_json::json!({
        "id": tenant(), "name": "Kopi Senja", "timezone": "Asia/Jakarta", "language": "id",
        "teams": [{ "name": team }],
        "numbers": [{ "id": number(), "app": "demo", "token": "EAAG-graph-token" }],
    }));
    store
        .put_tenant(
            Document {
                revision: 0,
                body: shop.unwrap(),
            },
            None,
        )
        .await
        .unwrap();
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    found
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn no_file_holds_anything_personal_in_clear() {
    let mut fixture = Fixture::sled();
    live(&*fixture.store()).await;
    administer(&*fixture.store()).await;
    let folder = fixture.close();
    let files = files(&folder);
    let rows = |(name, _): &&(String, Vec<u8>)| name.contains("/rows/");
    // The search itself works: ids that are not personal are found.
    assert!(
        files
            .iter()
            .filter(rows)
            .any(|(_, bytes)| holds(bytes, "kopi-senja"))
    );
    for (name, bytes) in &files {
        for text in PERSONAL {
            assert!(!holds(bytes, text), "{text:?} lies in {name}");
        }
    }
}
