//! The outermost layer of a body.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    lenient::Text,
    value::{Object, object},
};

/// The `object` of every WhatsApp webhook.
pub(super) const OBJECT: &str = "whatsapp_business_account";

/// An envelope whose entries may be anything.
#[derive(Deserialize)]
pub(super) struct EnvelopeWire<'a> {
    #[serde(borrow)]
    pub(super) object: Option<Text<'a>>,
    pub(super) entry: Option<Vec<&'a RawValue>>,
}

#[derive(Deserialize)]
struct NeatEnvelope<'a> {
    #[serde(borrow)]
    object: Text<'a>,
    entry: Vec<Object<NeatEntry<'a>>>,
}

/// An entry as documented.
#[derive(Deserialize)]
pub(super) struct NeatEntry<'a> {
    #[serde(borrow)]
    pub(super) id: Option<Text<'a>>,
    pub(super) time: Option<Text<'a>>,
    pub(super) changes: Vec<Object<NeatChange<'a>>>,
}

/// A change as documented.
#[derive(Deserialize)]
pub(super) struct NeatChange<'a> {
    #[serde(borrow)]
    pub(super) field: Option<Text<'a>>,
    pub(super) value: &'a RawValue,
}

/// The entries of an envelope in which everything is as documented, which is
/// nearly always: they are found in one pass over the body, where the careful
/// way takes one a layer. `None` sends the body the careful way.
pub(super) fn neat(body: &str) -> Option<Vec<NeatEntry<'_>>> {
    let envelope: NeatEnvelope<'_> = object(body).ok()?;
    let is_value = |change: &Object<NeatChange<'_>>| change.0.value.get() != "null";
    let is_neat = |entry: &Object<NeatEntry<'_>>| {
        !entry.0.changes.is_empty() && entry.0.changes.iter().all(is_value)
    };
    let fits = envelope.object.as_str() == OBJECT && envelope.entry.iter().all(is_neat);
    fits.then(|| envelope.entry.into_iter().map(|entry| entry.0).collect())
}
