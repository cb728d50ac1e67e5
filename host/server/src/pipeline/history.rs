//! Messages of the past, beside those that come when they are written. Either
//! may come first: what history told gives way to the message itself, which is
//! an occasion all the same, and what came by itself is not told once more.

use baton_domain::{
    event::{Event, EventBody},
    ids::{MessageId, NumberId},
};
use baton_store::Identity;
use baton_whatsapp::webhook::{self, Update, message::HistoryMessage};

use super::Item;

/// Before the identity of a message, for what history tells of it.
const PAST: &[u8] = b"h";

/// The same for what holds the place of a file that follows.
const PLACE: &[u8] = b"hp";

/// What an item of the history brings: the message, and how far it had got.
pub(super) fn items(
    update: &Update,
    message: &HistoryMessage,
    events: Vec<Event>,
) -> impl Iterator<Item = Item> {
    let is_hint = |event: &Event| matches!(event.body, EventBody::Receipt(_));
    let (hints, told): (Vec<_>, Vec<_>) = events.into_iter().partition(is_hint);
    let number = update.number.as_ref();
    let told = number.map(|number| past_item(number, &message.id, told, message.is_placeholder()));
    let hints = (!hints.is_empty()).then(|| Item {
        is_hint: true,
        events: hints,
        ..Item::default()
    });
    told.into_iter().chain(hints)
}

/// A message of the past, known under its own id: committed once, and not at all
/// when the message itself came. `is_place` when only its file's place is held.
pub fn past_item(
    number: &NumberId,
    message: &MessageId,
    events: Vec<Event>,
    is_place: bool,
) -> Item {
    let itself = message_identity(number, message);
    let past = [PAST, &itself.bytes].concat();
    let (identity, also) = if is_place {
        ([PLACE, &itself.bytes].concat(), Some(past))
    } else {
        (past, None)
    };
    Item {
        identity: Some(Identity::forever(identity)),
        unless: also
            .map(Identity::forever)
            .into_iter()
            .chain([itself])
            .collect(),
        events,
        ..Item::default()
    }
}

/// What tells a message that comes by itself, or an echo, from news.
pub fn message_identity(number: &NumberId, message: &MessageId) -> Identity {
    let identity = webhook::Identity::Message {
        number: number.clone(),
        message: message.clone(),
    };
    Identity::forever(identity.canonical_bytes())
}
