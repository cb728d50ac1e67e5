//! From a message as bots hand it in to one that WhatsApp takes.

use baton_domain::{event::SendKey, state::Profile};
use baton_whatsapp::{
    address::{BusinessScopedUserId, CustomerAddress, Phone},
    graph::{Content, InvalidMessage, Outgoing, Row, Template},
};

use crate::wire::{Choice, OutgoingMessage};

/// Checks a message against WhatsApp's limits, before it is promised.
///
/// # Errors
/// [`InvalidMessage`], naming what is too long or too many.
pub fn check_message(message: &OutgoingMessage) -> Result<(), InvalidMessage> {
    content(message).check()
}

/// The message, addressed and keyed; `None` when there is nowhere to send or
/// WhatsApp would refuse it.
pub(super) fn compose(
    profile: &Profile,
    message: &OutgoingMessage,
    key: &SendKey,
) -> Option<Outgoing> {
    let phone = profile.phone.get().and_then(|it| Phone::parse(it).ok());
    let user_id = profile.user_id.get();
    let user_id = user_id.and_then(|it| BusinessScopedUserId::parse(it).ok());
    let address = CustomerAddress::new(phone, user_id)?;
    Outgoing::new(address, content(message))
        .ok()?
        .with_key(&key.0)
        .ok()
}

fn content(message: &OutgoingMessage) -> Content {
    let rows = |choices: &[Choice]| choices.iter().map(row).collect();
    match message.clone() {
        OutgoingMessage::Text { body } => Content::Text {
            body,
            preview_url: false,
        },
        OutgoingMessage::Buttons { body, buttons } => Content::Buttons {
            body,
            buttons: rows(&buttons),
        },
        OutgoingMessage::List {
            body,
            button,
            rows: choices,
        } => Content::List {
            body,
            opener: button,
            rows: rows(&choices),
        },
        OutgoingMessage::Link { body, label, url } => Content::Link { body, label, url },
        OutgoingMessage::Image { url, caption } => Content::Image { url, caption },
        OutgoingMessage::Document {
            url,
            filename,
            caption,
        } => Content::Document {
            url,
            filename,
            caption,
        },
        OutgoingMessage::Template {
            name,
            language,
            parameters,
            ..
        } => Content::Template(Template {
            name,
            language,
            parameters,
            ..Template::default()
        }),
    }
}

fn row(choice: &Choice) -> Row {
    let Choice {
        id,
        title,
        description,
    } = choice.clone();
    Row {
        id,
        title,
        description,
    }
}
