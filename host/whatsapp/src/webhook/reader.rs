//! The walk through a body: entries, changes, lists, items.

use std::sync::Arc;

use baton_domain::limits::WEBHOOK_ITEMS_MAX;
use bytes::Bytes;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    envelope::{self, EnvelopeWire, NeatEntry, OBJECT},
    lenient::{self, Text, shared},
    read_history,
    reading::{Lists, Reading},
    scope::{Item, Scope},
    update::{Content, Delivery, Fault, RawJson, Unknown, Unreadable, Update},
    value::{Pairs, object},
};
use crate::signature::VerifiedBody;

/// Why a body is not a WhatsApp webhook, although it was signed. It is to be
/// kept whole, and answered 200: Meta would repeat it for a week.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotWebhook {
    /// Not a JSON object of an envelope's shape.
    #[error("not the JSON of a webhook: {0}")]
    Shape(String),
    /// A webhook of another product.
    #[error("a webhook about {0:?}, not about {OBJECT}")]
    OtherObject(String),
    /// There is no list of entries.
    #[error("no entries")]
    NoEntries,
    /// More items than one POST may carry.
    #[error("more than {WEBHOOK_ITEMS_MAX} items")]
    TooManyItems,
}

impl NotWebhook {
    /// A stable code for metrics and the quarantine.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Shape(_) => "not_webhook_shape",
            Self::OtherObject(_) => "not_webhook_object",
            Self::NoEntries => "not_webhook_entries",
            Self::TooManyItems => "too_many_items",
        }
    }
}

/// Reads everything that a verified body says.
///
/// # Errors
/// [`NotWebhook`] when the body as a whole is something else. Whatever is
/// wrong further in becomes an update that says so.
pub fn parse(body: &VerifiedBody) -> Result<Delivery, NotWebhook> {
    let body = as_utf8(body.bytes());
    let text = std::str::from_utf8(&body).map_err(|error| NotWebhook::Shape(error.to_string()))?;
    let mut reader = Reader {
        body: &body,
        updates: Vec::new(),
    };
    if let Some(entries) = envelope::neat(text) {
        for entry in entries {
            reader.neat_entry(entry)?;
        }
    } else {
        let envelope: EnvelopeWire<'_> =
            object(text).map_err(|fault| NotWebhook::Shape(fault.to_string()))?;
        if let Some(other) = envelope.object.filter(|object| object.as_str() != OBJECT) {
            return Err(NotWebhook::OtherObject(
                other.as_str().chars().take(64).collect(),
            ));
        }
        for entry in envelope.entry.ok_or(NotWebhook::NoEntries)? {
            reader.entry(entry.get())?;
        }
    }
    let updates = reader.updates;
    Ok(Delivery { updates, body })
}

/// JSON is UTF-8. A stray byte of another encoding becomes U+FFFD, so that it
/// costs one character and not the batch.
fn as_utf8(bytes: &Bytes) -> Bytes {
    match std::str::from_utf8(bytes) {
        Ok(_) => bytes.clone(),
        Err(_) => String::from_utf8_lossy(bytes).into_owned().into(),
    }
}

struct Reader<'b> {
    body: &'b Bytes,
    updates: Vec<Update>,
}

impl Reader<'_> {
    fn neat_entry(&mut self, entry: NeatEntry<'_>) -> Result<(), NotWebhook> {
        let mut scope = Scope::of_entry(entry.id.as_ref(), entry.time.as_ref());
        entry.changes.into_iter().try_for_each(|change| {
            let field = shared(change.0.field.as_ref()).unwrap_or_default();
            self.value(&mut scope, field, change.0.value.get())
        })
    }

    fn entry(&mut self, json: &str) -> Result<(), NotWebhook> {
        let Some(entry) = Pairs::read(json) else {
            return self.unreadable(&Scope::default(), "entry", json, Fault::NotObject);
        };
        let text = |key| {
            entry
                .get(key)
                .and_then(|json| serde_json::from_str(json.get()).ok())
        };
        let mut scope = Scope::of_entry(text("id").as_ref(), text("time").as_ref());
        match entry.list("changes") {
            Some(changes) if !changes.is_empty() => changes
                .into_iter()
                .try_for_each(|change| self.change(&mut scope, change.get())),
            _ => self.unreadable(&scope, "entry", json, Fault::Empty),
        }
    }

    fn change(&mut self, scope: &mut Scope, json: &str) -> Result<(), NotWebhook> {
        let change = Pairs::read(json).unwrap_or_default();
        let field = change.text("field").unwrap_or_default();
        match change.get("value") {
            Some(value) if value.get() != "null" => self.value(scope, field, value.get()),
            _ => {
                scope.enter(field, &Pairs::default());
                self.unreadable(scope, "changes", json, Fault::Empty)
            }
        }
    }

    fn value(&mut self, scope: &mut Scope, field: Arc<str>, json: &str) -> Result<(), NotWebhook> {
        let pairs = Pairs::read(json).unwrap_or_default();
        scope.enter(field, &pairs);
        let before = self.updates.len();
        for (key, list) in pairs.iter() {
            match Lists::at(&scope.field, key) {
                Lists::None => {}
                Lists::Items(reading) => self.items(scope, key, reading, list.get())?,
                Lists::Chunks => self.chunks(scope, list.get())?,
                Lists::Unknown => self.unknown_items(scope, key, list.get())?,
            }
        }
        if self.updates.len() == before {
            self.whole(scope, json)?;
        }
        Ok(())
    }

    /// A value without lists of items, read as one item.
    fn whole(&mut self, scope: &Scope, json: &str) -> Result<(), NotWebhook> {
        let field = Arc::clone(&scope.field);
        match Reading::of_whole(&field) {
            Some(reading) => self.item(scope, &field, reading, json),
            None => self.unknown(scope, &field, json),
        }
    }

    fn items(
        &mut self,
        scope: &Scope,
        list: &str,
        reading: Reading<'_>,
        json: &str,
    ) -> Result<(), NotWebhook> {
        match serde_json::from_str::<Option<Vec<&RawValue>>>(json) {
            Ok(items) => {
                let items = items.unwrap_or_default();
                items
                    .into_iter()
                    .try_for_each(|item| self.item(scope, list, reading, item.get()))
            }
            Err(_) => self.unreadable(scope, list, json, Fault::NotList),
        }
    }

    fn unknown_items(&mut self, scope: &Scope, list: &str, json: &str) -> Result<(), NotWebhook> {
        let items: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
        items
            .into_iter()
            .try_for_each(|item| self.unknown(scope, list, item.get()))
    }

    /// The chunks of a history synchronisation.
    fn chunks(&mut self, scope: &Scope, json: &str) -> Result<(), NotWebhook> {
        match serde_json::from_str::<Option<Vec<&RawValue>>>(json) {
            Ok(chunks) => {
                let mut chunks = chunks.unwrap_or_default().into_iter();
                chunks.try_for_each(|chunk| self.chunk(scope, chunk.get()))
            }
            Err(_) => self.unreadable(scope, "history", json, Fault::NotList),
        }
    }

    fn chunk(&mut self, scope: &Scope, json: &str) -> Result<(), NotWebhook> {
        let chunk = Pairs::read(json).unwrap_or_default();
        let before = self.updates.len();
        for error in chunk.list("errors").unwrap_or_default() {
            self.item(scope, "errors", Reading::HistoryError, error.get())?;
        }
        for thread in chunk.list("threads").unwrap_or_default() {
            self.thread(scope, thread.get())?;
        }
        if let Some(metadata) = chunk.get("metadata") {
            self.item(scope, "history", Reading::HistoryProgress, metadata.get())?;
        }
        if self.updates.len() == before {
            self.unreadable(scope, "history", json, Fault::Empty)?;
        }
        Ok(())
    }

    fn thread(&mut self, scope: &Scope, json: &str) -> Result<(), NotWebhook> {
        let thread = Pairs::read(json).unwrap_or_default();
        let address = read_history::thread_address(&thread);
        let reading = Reading::HistoryMessage(address.as_ref());
        match thread.list("messages") {
            Some(messages) if !messages.is_empty() => {
                let mut messages = messages.into_iter();
                messages.try_for_each(|item| self.item(scope, "messages", reading, item.get()))
            }
            _ => self.unreadable(scope, "threads", json, Fault::Empty),
        }
    }

    fn item(
        &mut self,
        scope: &Scope,
        list: &str,
        reading: Reading<'_>,
        json: &str,
    ) -> Result<(), NotWebhook> {
        match reading.read(scope, json) {
            Ok(item) => self.push(scope, json, item),
            Err(fault) => self.unreadable(scope, list, json, fault),
        }
    }

    fn unknown(&mut self, scope: &Scope, list: &str, json: &str) -> Result<(), NotWebhook> {
        let hint = Hint::read(json);
        let content = Content::Unknown(Unknown {
            list: list.into(),
            kind: hint.kind(),
        });
        self.push(scope, json, Item::bare(hint.occurred_at(), content))
    }

    fn unreadable(
        &mut self,
        scope: &Scope,
        list: &str,
        json: &str,
        fault: Fault,
    ) -> Result<(), NotWebhook> {
        let hint = Hint::read(json);
        let content = Content::Unreadable(Unreadable {
            list: list.into(),
            kind: hint.kind(),
            fault,
        });
        self.push(scope, json, Item::bare(hint.occurred_at(), content))
    }

    fn push(&mut self, scope: &Scope, json: &str, item: Item) -> Result<(), NotWebhook> {
        if self.updates.len() >= WEBHOOK_ITEMS_MAX {
            return Err(NotWebhook::TooManyItems);
        }
        let identity = item
            .identity
            .unwrap_or_else(|| scope.item_identity(json, item.occurred_at));
        self.updates.push(Update {
            account: scope.account.clone(),
            number: scope.number.clone(),
            field: Arc::clone(&scope.field),
            occurred_at: item.occurred_at.or(scope.entry_time),
            address: item.address,
            identity,
            content: item.content,
            raw: RawJson::share(self.body, json),
        });
        Ok(())
    }
}

/// What can be said of an item that is not understood.
#[derive(Deserialize, Default)]
struct Hint<'a> {
    #[serde(borrow, rename = "type")]
    kind: Option<Text<'a>>,
    event: Option<Text<'a>>,
    timestamp: Option<Text<'a>>,
}

impl<'a> Hint<'a> {
    fn read(json: &'a str) -> Self {
        object(json).unwrap_or_default()
    }

    fn kind(&self) -> Option<Arc<str>> {
        shared(self.kind.as_ref().or(self.event.as_ref()))
    }

    fn occurred_at(&self) -> Option<jiff::Timestamp> {
        lenient::timestamp(self.timestamp.as_ref())
    }
}
