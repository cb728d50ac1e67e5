//! From a history in the form of Meta's webhook to messages. It is read by the
//! one reader of webhooks.

use anyhow::Context;
use baton_whatsapp::{
    signature::{AppSecret, AppSecrets, sign, verify},
    webhook::{
        Content, Update,
        message::{Author, HistoryMessage},
        parse,
    },
};
use serde_json::{Value, json};

use super::{FromFile, Sent, side};

/// Reads a whole webhook, or the value of its `history` field.
pub(super) fn read(text: &str, file: &str, number: &str) -> anyhow::Result<Vec<FromFile>> {
    let told: Value = serde_json::from_str(text).context("it is no JSON")?;
    let body = if told.get("entry").is_some() {
        text.to_owned()
    } else {
        whole(told, number).to_string()
    };
    // The reader takes what was verified: the file is the user's own word.
    let secret = AppSecret::new("a file on this machine")?;
    let signature = sign(body.as_bytes(), &secret);
    let secrets = AppSecrets::new(secret, None);
    let body = verify(body.into(), Some(signature.as_bytes()), &secrets)?;
    let delivery = parse(&body).context("it is no webhook, and holds no `history`")?;
    let updates = delivery.updates.iter().enumerate();
    Ok(updates
        .filter_map(|(at, update)| message(update, format!("{file}#{}", at + 1)))
        .collect())
}

fn whole(mut value: Value, number: &str) -> Value {
    if value.get("metadata").is_none() {
        value["metadata"] = json!({ "phone_number_id": number });
    }
    let change = json!({ "field": "history", "value": value });
    let entry = json!({ "id": "0", "changes": [change] });
    json!({ "object": "whatsapp_business_account", "entry": [entry] })
}

/// A file that follows its placeholder is that message once more.
fn message(update: &Update, place: String) -> Option<FromFile> {
    let Content::History(message) = &update.content else {
        return None;
    };
    let address = update.address.as_ref()?;
    let HistoryMessage {
        id,
        author,
        content,
        ..
    } = message;
    Some(FromFile {
        place,
        sent: Sent {
            phone: address.phone().map(|it| it.as_str().to_owned()),
            user_id: address.user_id().map(|it| it.as_str().to_owned()),
            id: Some(id.as_str().to_owned()),
            from: side(*author == Author::Customer),
            at: update.occurred_at?.to_string(),
            kind: content.kind.to_string(),
            text: content.text.clone(),
            edited: false,
            revoked: false,
        },
    })
}
