//! From the JSON of a message to what happened.

use baton_domain::ids::MessageId;
use jiff::Timestamp;

use super::{
    identity::Identity,
    lenient::{self, Text, shared},
    message::{Author, Edit, Message, Revoke},
    read_content::{Care, content, message_id, part},
    scope::{self, Item, Scope},
    update::{AddressChange, Content, Fault, Unknown},
    value::object,
    wire::{EditWire, MessageWire, SystemWire},
};
use crate::address::{BusinessScopedUserId, CustomerAddress};

/// Where a message stood, which decides what it means.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// `messages`, or any other place that is ours to answer.
    Live,
    /// `message_echoes`, or anything under `smb_message_echoes`.
    Echoes,
    /// `messages` under `standby`.
    Standby,
}

/// Reads a message, an echo, an edit, a revoke or a system message.
pub(super) fn read(scope: &Scope, place: Place, care: Care, json: &str) -> Result<Item, Fault> {
    let wire: MessageWire<'_> = object(json)?;
    let occurred_at = lenient::timestamp(wire.timestamp.as_ref());
    if let Some(system) = wire.system {
        return read_system(scope, &wire, &part(system)?, occurred_at);
    }
    let by_business = place == Place::Echoes || is_echo(scope, &wire);
    let author = if by_business {
        Author::Business
    } else {
        Author::Customer
    };
    let (address, profile) = scope.customer(customer_ids(&wire, author));
    let address = address.ok_or(Fault::NoAddress)?;
    let id = message_id(wire.id.as_ref());
    let number = scope.number()?.clone();
    let (identity, content) = if let Some(edit) = wire.edit {
        edited(id, author, care, &part(edit)?)?
    } else if let Some(revoke) = wire.revoke {
        revoked(id, author, &part(revoke)?)?
    } else {
        let id = id.ok_or(Fault::NoId)?;
        let message = Message {
            id: id.clone(),
            profile,
            content: content(&wire, care)?,
        };
        let content = match (author, place) {
            (Author::Business, _) => Content::Echo(message),
            (Author::Customer, Place::Standby) => Content::Standby(message),
            (Author::Customer, _) => Content::Message(message),
        };
        (Some(id), content)
    };
    let identity = identity.map(|message| Identity::Message { number, message });
    Ok(Item {
        address: Some(address),
        occurred_at,
        identity,
        content,
    })
}

/// Echoes are at home under `smb_message_echoes`; some senders put them under
/// `messages`, told by their sender being the business.
fn is_echo(scope: &Scope, wire: &MessageWire<'_>) -> bool {
    wire.from
        .as_ref()
        .is_some_and(|from| scope.is_business(from))
}

pub(super) fn customer_ids<'w>(
    wire: &'w MessageWire<'_>,
    author: Author,
) -> [Option<&'w Text<'w>>; 3] {
    match author {
        Author::Customer => [
            wire.from.as_ref(),
            wire.from_user_id.as_ref(),
            wire.from_parent_user_id.as_ref(),
        ],
        Author::Business => [
            wire.to.as_ref(),
            wire.to_user_id.as_ref(),
            wire.to_parent_user_id.as_ref(),
        ],
    }
}

fn edited(
    id: Option<MessageId>,
    author: Author,
    care: Care,
    edit: &EditWire<'_>,
) -> Result<(Option<MessageId>, Content), Fault> {
    let original = message_id(edit.original_message_id.as_ref()).ok_or(Fault::NoId)?;
    let content = edit
        .message
        .map(|json| content(&part(json)?, care))
        .transpose()?;
    let identity = own_id(id.as_ref(), &original);
    Ok((
        identity,
        Content::Edit(Edit {
            id,
            author,
            original,
            content,
        }),
    ))
}

fn revoked(
    id: Option<MessageId>,
    author: Author,
    revoke: &EditWire<'_>,
) -> Result<(Option<MessageId>, Content), Fault> {
    let original = message_id(revoke.original_message_id.as_ref()).ok_or(Fault::NoId)?;
    let identity = own_id(id.as_ref(), &original);
    Ok((
        identity,
        Content::Revoke(Revoke {
            id,
            author,
            original,
        }),
    ))
}

/// A sender that repeats the original's id on the edit would make it look like
/// a redelivery of the original; such an edit is identified by its content.
fn own_id(id: Option<&MessageId>, original: &MessageId) -> Option<MessageId> {
    id.filter(|id| *id != original).cloned()
}

/// System messages come without contacts, and the one about a new user id may
/// come without a sender (WhatsApp documentation, "Webhooks: system messages").
fn read_system(
    scope: &Scope,
    wire: &MessageWire<'_>,
    system: &SystemWire<'_>,
    occurred_at: Option<Timestamp>,
) -> Result<Item, Fault> {
    let kind = shared(system.kind.as_ref()).unwrap_or_else(|| "system".into());
    let identity = match (scope.number()?, message_id(wire.id.as_ref())) {
        (number, Some(message)) => Some(Identity::Message {
            number: number.clone(),
            message,
        }),
        (_, None) => None,
    };
    let old =
        scope::address(customer_ids(wire, Author::Customer)).or_else(|| previous_address(system));
    let new_phone = system.new_wa_id.as_ref().or(system.wa_id.as_ref());
    let new = scope::address([
        new_phone,
        system.user_id.as_ref(),
        system.parent_user_id.as_ref(),
    ]);
    let is_change = kind.ends_with("changed_number") || kind.ends_with("changed_user_id");
    let (address, content) = match new {
        Some(new) if is_change => {
            let old = old.unwrap_or_else(|| new.clone());
            (
                Some(old),
                Content::AddressChanged(AddressChange { new, kind }),
            )
        }
        None if is_change => return Err(Fault::NoAddress),
        _ => (
            old,
            Content::Unknown(Unknown {
                list: "messages".into(),
                kind: Some(kind),
            }),
        ),
    };
    Ok(Item {
        address,
        occurred_at,
        identity,
        content,
    })
}

/// The old user id from `previous_user_id`, or from the sentence "User Ann
/// changed from US.1 to US.2".
fn previous_address(system: &SystemWire<'_>) -> Option<CustomerAddress> {
    let named = system.previous_user_id.as_ref().map(Text::as_str);
    let mut words = system
        .body
        .as_ref()
        .map_or("", Text::as_str)
        .split_whitespace();
    let told = || {
        words
            .find(|word| *word == "from")
            .and_then(|_| words.next())
    };
    let old = named.or_else(told)?;
    CustomerAddress::new(None, BusinessScopedUserId::parse(old).ok())
}
