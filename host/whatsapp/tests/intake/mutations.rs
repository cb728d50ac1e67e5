//! Bodies that someone tampered with before they were signed: nothing panics,
//! and as many items come out as went in.

use std::fs;

use crate::common::{fixtures, parse_text, verified};
use baton_whatsapp::webhook::parse;
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json};

/// The fields whose values are lists of items.
const LISTED: [&str; 11] = [
    "",
    "messages",
    "smb_message_echoes",
    "message_echoes",
    "standby",
    "history",
    "smb_app_state_sync",
    "user_preferences",
    "calls",
    "automatic_events",
    "messaging_handovers",
];

/// The lists of items that are known, besides the chunks of a history.
const KNOWN: [&str; 10] = [
    "messages",
    "message_echoes",
    "statuses",
    "errors",
    "state_sync",
    "user_preferences",
    "calls",
    "automatic_events",
    "messaging_handovers",
    "history",
];

/// How many items a body holds, counted without any of the reader's code.
fn items(body: &Value) -> Option<usize> {
    if body
        .get("object")
        .is_some_and(|object| object != "whatsapp_business_account" && !object.is_null())
    {
        return None;
    }
    body.get("entry")?
        .as_array()
        .map(|entries| entries.iter().map(in_entry).sum())
}

fn in_entry(entry: &Value) -> usize {
    let changes = entry.get("changes").and_then(Value::as_array);
    changes
        .map_or(0, |changes| changes.iter().map(in_change).sum())
        .max(1)
}

fn in_change(change: &Value) -> usize {
    let field = match change.get("field") {
        Some(Value::String(field)) => field.clone(),
        Some(Value::Number(field)) => field.to_string(),
        Some(Value::Bool(field)) => field.to_string(),
        _ => String::new(),
    };
    let Some(Value::Object(value)) = change.get("value") else {
        return 1;
    };
    if !LISTED.contains(&field.as_str()) {
        return 1;
    }
    let lists = value.iter().map(|(key, list)| match (key.as_str(), list) {
        ("metadata" | "contacts" | "messaging_product", _) => 0,
        ("history", Value::Array(chunks)) if field == "history" => {
            chunks.iter().map(in_chunk).sum()
        }
        (_, Value::Array(items)) => items.len(),
        (_, Value::Null) => 0,
        ("history", _) if field != "history" => 0,
        (key, _) => usize::from(KNOWN.contains(&key)),
    });
    lists.sum::<usize>().max(1)
}

fn in_chunk(chunk: &Value) -> usize {
    let list = |key: &str| {
        chunk
            .get(key)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let threads: usize = list("threads").iter().map(in_thread).sum();
    let metadata = usize::from(chunk.get("metadata").is_some());
    (list("errors").len() + threads + metadata).max(1)
}

fn in_thread(thread: &Value) -> usize {
    thread
        .get("messages")
        .and_then(Value::as_array)
        .map_or(0, Vec::len)
        .max(1)
}

/// One act of tampering, at the `place`-th node of a body.
#[derive(Debug, Clone)]
enum Tampering {
    Replace(Value),
    Remove,
    Double,
    Rename(String),
    Wrap,
}

fn tampering() -> impl Strategy<Value = (usize, Tampering)> {
    let value = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        ".{0,8}".prop_map(Value::from),
        Just(json!([])),
        Just(json!({})),
        Just(json!([[], {}, null, 1])),
        Just(json!({ "id": {}, "messages": [1] })),
    ];
    let key = prop_oneof![
        "[a-z_]{1,8}",
        Just("messages".to_owned()),
        Just("history".to_owned())
    ];
    let act = prop_oneof![
        value.prop_map(Tampering::Replace),
        Just(Tampering::Remove),
        Just(Tampering::Double),
        key.prop_map(Tampering::Rename),
        Just(Tampering::Wrap),
    ];
    (any::<usize>(), act)
}

fn nodes(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(nodes).sum(),
        Value::Object(pairs) => pairs.values().map(nodes).sum(),
        _ => 0,
    }
}

/// Tampers with the node that `left` counts down to.
fn tamper(value: &mut Value, left: &mut usize, act: &Tampering) {
    if *left == 0 {
        *left = usize::MAX;
        match act {
            Tampering::Replace(with) => *value = with.clone(),
            Tampering::Wrap => *value = json!([value.take()]),
            Tampering::Remove => drop_first(value),
            Tampering::Double => double_first(value),
            Tampering::Rename(name) => rename_first(value, name),
        }
        return;
    }
    *left = left.saturating_sub(1);
    let children: Vec<&mut Value> = match value {
        Value::Array(items) => items.iter_mut().collect(),
        Value::Object(pairs) => pairs.values_mut().collect(),
        _ => return,
    };
    for child in children {
        if *left > usize::MAX / 2 {
            return;
        }
        tamper(child, left, act);
    }
}

fn drop_first(value: &mut Value) {
    match value {
        Value::Array(items) if !items.is_empty() => drop(items.remove(0)),
        Value::Object(pairs) => {
            let first = pairs.keys().next().cloned();
            first.and_then(|key| pairs.remove(&key));
        }
        other => *other = Value::Null,
    }
}

fn double_first(value: &mut Value) {
    if let Value::Array(items) = value
        && let Some(first) = items.first().cloned()
    {
        items.push(first);
    }
}

fn rename_first(value: &mut Value, name: &str) {
    if let Value::Object(pairs) = value
        && let Some(key) = pairs.keys().next().cloned()
        && let Some(moved) = pairs.remove(&key)
    {
        pairs.insert(name.to_owned(), moved);
    }
}

fn bodies() -> Vec<String> {
    fixtures()
        .iter()
        .map(|path| fs::read_to_string(path).unwrap())
        .collect()
}

#[test]
fn every_fixture_holds_as_many_items_as_are_read() {
    for (body, path) in bodies().iter().zip(fixtures()) {
        let Ok(value) = serde_json::from_str(body) else {
            continue;
        };
        let read = parse_text(body).unwrap().updates.len();
        assert_eq!(Some(read), items(&value), "{}", path.display());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn tampered_bodies_lose_nothing(which in any::<usize>(), acts in vec(tampering(), 1..6)) {
        let bodies = bodies_once();
        let mut body = bodies[which % bodies.len()].clone();
        for (place, act) in &acts {
            let mut left = place % nodes(&body);
            tamper(&mut body, &mut left, act);
        }
        match (items(&body), parse_text(&body.to_string())) {
            (Some(sent), Ok(delivery)) => prop_assert_eq!(delivery.updates.len(), sent, "{}", body),
            (None, Err(_)) => {}
            (sent, read) => prop_assert!(false, "{:?} items, read as {:?}: {}", sent, read.map(|_| ()), body),
        }
    }

    #[test]
    fn damaged_bytes_never_panic(which in any::<usize>(), damage in vec((any::<usize>(), any::<u8>()), 1..8)) {
        let bodies = bodies_once();
        let mut body = bodies[which % bodies.len()].to_string().into_bytes();
        for (at, byte) in damage {
            let at = at % body.len();
            body[at] = byte;
        }
        let _ = parse(&verified(body));
    }
}

fn bodies_once() -> &'static [Value] {
    static BODIES: std::sync::OnceLock<Vec<Value>> = std::sync::OnceLock::new();
    BODIES.get_or_init(|| {
        bodies()
            .iter()
            .filter_map(|body| serde_json::from_str(body).ok())
            .collect()
    })
}
