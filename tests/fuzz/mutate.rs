//! Making bad input of good: by bytes, and by the structure of JSON.

use fastrand::Rng;
use serde_json::{Map, Value, json};

use crate::corpus::pick;

/// Bytes that parsers stumble over.
const AWKWARD: [&[u8]; 12] = [
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud83d",
    b"\xff",
    b"\xf0\x9f",
    b"{",
    b"]",
    b",",
    b"1e999",
    b"\0",
    b"\r\n",
];

/// Changes 1 to 8 places of the bytes.
pub fn bytes(random: &mut Rng, bytes: &mut Vec<u8>) {
    for _ in 0..random.usize(1..=8) {
        let at = random.usize(..=bytes.len());
        match random.u8(..7) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.u8(..8),
            1 if at < bytes.len() => bytes[at] = random.u8(..),
            2 => bytes.truncate(at),
            3 => drop(bytes.splice(at..at, pick(random, &AWKWARD).iter().copied())),
            4 => {
                let end = random.usize(at..=bytes.len().min(at + 40));
                bytes.drain(at..end);
            }
            5 => {
                let end = random.usize(at..=bytes.len().min(at + 200));
                let again = bytes[at..end].to_vec();
                drop(bytes.splice(at..at, again));
            }
            _ => {
                let other = random.usize(..=bytes.len());
                bytes[at.min(other)..at.max(other)].reverse();
            }
        }
    }
}

/// Changes 1 to 5 nodes of a document; `donor` lends pieces of another.
pub fn json(random: &mut Rng, value: &mut Value, donor: &Value) {
    for _ in 0..random.usize(1..=5) {
        let node = random.usize(..nodes(value));
        let lent = nth(donor, random.usize(..nodes(donor))).cloned();
        if let Some(node) = nth_mut(value, node) {
            change(random, node, lent);
        }
    }
}

fn change(random: &mut Rng, node: &mut Value, lent: Option<Value>) {
    match random.u8(..9) {
        0 => *node = odd(random),
        1 => *node = lent.unwrap_or_default(),
        2 => *node = json!([node.take()]),
        3 => *node = nested(random.usize(1..200)),
        4 => remove(random, node),
        5 => double(random, node),
        6 => rename(random, node),
        7 => {
            if let Value::Object(pairs) = node {
                pairs.insert(key(random), lent.unwrap_or_default());
            }
        }
        _ => stretch(random, node),
    }
}

/// A value that is rarely meant.
fn odd(random: &mut Rng) -> Value {
    let odd = [
        json!(null),
        json!(true),
        json!(-1),
        json!(0),
        json!(u64::MAX),
        json!(i64::MIN),
        json!(1.5e300),
        json!(""),
        json!("0"),
        json!("-9223372036854775808"),
        json!("99999999999999999999"),
        json!("\u{0}\u{202e}\u{feff}"),
        json!("👩‍👩‍👧‍👦"),
        json!([]),
        json!({}),
        json!([[], {}, null]),
        json!({ "id": {} }),
    ];
    pick(random, &odd).clone()
}

fn nested(depth: usize) -> Value {
    (0..depth).fold(Value::Null, |inner, at| match at % 2 {
        0 => json!([inner]),
        _ => json!({ "a": inner }),
    })
}

fn key(random: &mut Rng) -> String {
    let keys = [
        "",
        "id",
        "type",
        "from",
        "messages",
        "statuses",
        "history",
        "errors",
        "metadata",
        "value",
        "field",
        "changes",
        "entry",
        "timestamp",
        "user_id",
        "text",
        "body",
        "facts",
        "at",
    ];
    (*pick(random, &keys)).to_owned()
}

fn any_key(random: &mut Rng, pairs: &Map<String, Value>) -> Option<String> {
    let keys: Vec<&String> = pairs.keys().collect();
    (!keys.is_empty()).then(|| (*pick(random, &keys)).clone())
}

fn remove(random: &mut Rng, node: &mut Value) {
    match node {
        Value::Array(items) if !items.is_empty() => {
            items.remove(random.usize(..items.len()));
        }
        Value::Object(pairs) => {
            any_key(random, pairs).and_then(|key| pairs.remove(&key));
        }
        other => *other = Value::Null,
    }
}

fn double(random: &mut Rng, node: &mut Value) {
    if let Value::Array(items) = node
        && !items.is_empty()
    {
        let again = pick(random, items).clone();
        items.insert(random.usize(..=items.len()), again);
    }
}

fn rename(random: &mut Rng, node: &mut Value) {
    if let Value::Object(pairs) = node
        && let Some(old) = any_key(random, pairs)
        && let Some(moved) = pairs.remove(&old)
    {
        pairs.insert(key(random), moved);
    }
}

fn stretch(random: &mut Rng, node: &mut Value) {
    match node {
        Value::String(text) => {
            let times = random.usize(2..2_000);
            *text = text.repeat(times).chars().take(20_000).collect();
        }
        Value::Array(items) if !items.is_empty() => {
            let one = pick(random, items).clone();
            let many = random.usize(1..100);
            items.extend(std::iter::repeat_n(one, many));
        }
        Value::Number(_) => *node = json!(random.i64(..)),
        _ => {}
    }
}

fn children(value: &Value) -> Box<dyn Iterator<Item = &Value> + '_> {
    match value {
        Value::Array(items) => Box::new(items.iter()),
        Value::Object(pairs) => Box::new(pairs.values()),
        _ => Box::new(std::iter::empty()),
    }
}

fn nodes(value: &Value) -> usize {
    1 + children(value).map(nodes).sum::<usize>()
}

fn nth(value: &Value, at: usize) -> Option<&Value> {
    let mut left = at;
    let mut stack = vec![value];
    while let Some(value) = stack.pop() {
        if left == 0 {
            return Some(value);
        }
        left -= 1;
        stack.extend(children(value));
    }
    None
}

fn nth_mut(value: &mut Value, at: usize) -> Option<&mut Value> {
    let mut left = at;
    let mut stack = vec![value];
    while let Some(value) = stack.pop() {
        if left == 0 {
            return Some(value);
        }
        left -= 1;
        match value {
            Value::Array(items) => stack.extend(items.iter_mut()),
            Value::Object(pairs) => stack.extend(pairs.values_mut()),
            _ => {}
        }
    }
    None
}
