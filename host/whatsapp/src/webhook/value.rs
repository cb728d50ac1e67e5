//! The keys of an object, in their order, unread: entries, changes and values
//! are taken apart key by key, so that one odd key costs only itself.

use std::{fmt, sync::Arc};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::value::RawValue;

use super::lenient::{Text, shared};

/// A JSON object whose values are still text.
#[derive(Default)]
pub(super) struct Pairs<'a>(Vec<(Text<'a>, &'a RawValue)>);

impl<'a> Pairs<'a> {
    /// Reads an object; `None` when the text is something else.
    pub(super) fn read(json: &'a str) -> Option<Self> {
        serde_json::from_str(json).ok()
    }

    /// The text or number under a key.
    pub(super) fn text(&self, key: &str) -> Option<Arc<str>> {
        let text: Text<'_> = serde_json::from_str(self.get(key)?.get()).ok()?;
        shared(Some(&text))
    }

    /// The list under a key.
    pub(super) fn list(&self, key: &str) -> Option<Vec<&'a RawValue>> {
        serde_json::from_str(self.get(key)?.get()).ok()
    }

    pub(super) fn get(&self, key: &str) -> Option<&'a RawValue> {
        self.iter()
            .find(|(name, _)| *name == key)
            .map(|(_, json)| json)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &'a RawValue)> {
        self.0.iter().map(|(key, json)| (key.as_str(), *json))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Pairs<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PairsVisitor;

        impl<'de> Visitor<'de> for PairsVisitor {
            type Value = Pairs<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::with_capacity(map.size_hint().unwrap_or(4));
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }

        deserializer.deserialize_map(PairsVisitor)
    }
}
