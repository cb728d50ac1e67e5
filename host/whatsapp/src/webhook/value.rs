//! The keys of an object, in their order, unread: entries, changes and values
//! are taken apart key by key, so that one odd key costs only itself.

use std::{fmt, marker::PhantomData, sync::Arc};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor, value::MapAccessDeserializer},
};
use serde_json::value::RawValue;

use super::{
    lenient::{Text, shared},
    update::Fault,
};

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

/// A value that is read from an object only. By itself serde also reads the
/// members of a struct from a list, in their order, which would make a message
/// of any list of texts.
pub(super) struct Object<T>(pub(super) T);

/// Reads an object.
pub(super) fn object<'a, T: Deserialize<'a>>(json: &'a str) -> Result<T, Fault> {
    match serde_json::from_str(json) {
        Ok(Object(value)) => Ok(value),
        Err(error) => Err(Fault::Shape(error.to_string())),
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }

        deserializer.deserialize_map(ObjectVisitor(PhantomData))
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
