//! Entries of a JSON document.

use std::{borrow::Cow, fmt};

use serde::de::{Deserializer as _, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{Entry, Written};

/// The entries, or where it is no JSON object and why.
pub(super) fn entries(source: &str) -> Result<Vec<Entry<'_>>, (usize, String)> {
    let unreadable = |error: serde_json::Error| {
        let at = byte_of(source, error.line(), error.column());
        let text = error.to_string();
        // Where it is stands beside the sentence.
        let says = text.split(" at line ").next().unwrap_or_default();
        (at, says.to_owned())
    };
    entries_of(source, source).map_err(unreadable)
}

/// The entries of `part`, an object of `source`.
fn entries_of<'s>(source: &'s str, part: &'s str) -> serde_json::Result<Vec<Entry<'s>>> {
    let mut json = serde_json::Deserializer::from_str(part);
    let pairs = json.deserialize_map(Pairs)?;
    json.end()?;
    let entries = pairs.into_iter();
    Ok(entries
        .map(|(key, value)| entry(source, key, value))
        .collect())
}

fn entry<'s>(source: &'s str, Key(key): Key<'s>, value: &'s RawValue) -> Entry<'s> {
    let raw = value.get();
    let value_at = offset(source, raw);
    // A key that is written with escapes is none of ours; its value tells
    // where it is.
    let key_at = match &key {
        Cow::Borrowed(key) => offset(source, key).saturating_sub(1),
        Cow::Owned(_) => value_at,
    };
    Entry {
        key_at,
        key,
        value: written(source, raw),
        value_at,
        raw,
    }
}

/// Where a part of `source` begins in it.
fn offset(source: &str, part: &str) -> usize {
    part.as_ptr().addr() - source.as_ptr().addr()
}

/// The byte that serde's line and column (in bytes, from 1) mean.
fn byte_of(source: &str, line: usize, column: usize) -> usize {
    let before: usize = source
        .split_inclusive('\n')
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    before + column.saturating_sub(1)
}

fn written<'s>(source: &'s str, raw: &'s str) -> Written<'s> {
    if let Ok(entries) = entries_of(source, raw) {
        Written::Table(entries)
    } else if let Ok(text) = serde_json::from_str(raw) {
        Written::Text(text)
    } else if let Ok(number) = serde_json::from_str(raw) {
        Written::Number(number)
    } else {
        Written::Other
    }
}

/// A key, borrowed where it is written without escapes.
#[derive(serde::Deserialize)]
struct Key<'s>(#[serde(borrow)] Cow<'s, str>);

/// Keeps the order, and keys that are there twice.
struct Pairs;

impl<'s> Visitor<'s> for Pairs {
    type Value = Vec<(Key<'s>, &'s RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with the keys of a rule")
    }

    fn visit_map<M: MapAccess<'s>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut pairs = Vec::new();
        while let Some(pair) = map.next_entry()? {
            pairs.push(pair);
        }
        Ok(pairs)
    }
}
