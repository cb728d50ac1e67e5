//! From an answer of the Graph API to what it means.

use baton_domain::ids::MessageId;
use serde::Deserialize;

use super::outcome::{Accepted, Ambiguity, GraphError, Outcome, Rejection};
use crate::address::{BusinessScopedUserId, CustomerAddress, Phone};

const SENTENCE_CHARS_MAX: usize = 300;

#[derive(Deserialize)]
struct AnswerWire {
    #[serde(default)]
    messages: Vec<AcceptedWire>,
    #[serde(default)]
    contacts: Vec<ContactWire>,
    success: Option<bool>,
    /// Under which the history was asked for.
    request_id: Option<String>,
}

#[derive(Deserialize)]
struct AcceptedWire {
    id: String,
}

#[derive(Deserialize)]
struct ContactWire {
    wa_id: Option<String>,
    user_id: Option<String>,
}

#[derive(Deserialize)]
struct ErrorAnswerWire {
    error: ErrorWire,
}

#[derive(Deserialize)]
struct ErrorWire {
    code: Option<i64>,
    #[serde(default)]
    message: String,
    #[serde(default)]
    is_transient: bool,
    error_data: Option<ErrorDataWire>,
    fbtrace_id: Option<String>,
}

#[derive(Deserialize)]
struct ErrorDataWire {
    details: Option<String>,
}

/// What an answer means.
pub(super) fn read(status: u16, body: &[u8]) -> Outcome {
    if (200..300).contains(&status) {
        taken(status, body)
    } else {
        refused(status, body)
    }
}

/// A request that was answered well and does not say what came of it may have
/// sent its message.
fn taken(status: u16, body: &[u8]) -> Outcome {
    let answer: Option<AnswerWire> = serde_json::from_slice(body).ok();
    let unclear = |message: &str| {
        let message = message.to_owned();
        Outcome::Ambiguous(Ambiguity::Answer(GraphError {
            status,
            message,
            ..GraphError::default()
        }))
    };
    let Some(answer) = answer else {
        return unclear("an answer that cannot be read");
    };
    let address = answer.contacts.first().and_then(address);
    match answer
        .messages
        .first()
        .map(|message| MessageId::parse(&message.id))
    {
        Some(Ok(message)) => Outcome::Accepted(Accepted {
            message: Some(message),
            address,
        }),
        None if answer.success == Some(true) || answer.request_id.is_some() => {
            Outcome::Accepted(Accepted {
                message: None,
                address,
            })
        }
        Some(Err(_)) | None => unclear("an answer without a message id"),
    }
}

fn address(contact: &ContactWire) -> Option<CustomerAddress> {
    let phone = contact
        .wa_id
        .as_deref()
        .and_then(|text| Phone::parse(text).ok());
    let user_id = contact
        .user_id
        .as_deref()
        .and_then(|text| BusinessScopedUserId::parse(text).ok());
    CustomerAddress::new(phone, user_id)
}

fn refused(status: u16, body: &[u8]) -> Outcome {
    let wire = serde_json::from_slice::<ErrorAnswerWire>(body)
        .ok()
        .map(|answer| answer.error);
    let is_transient = wire.as_ref().is_some_and(|error| error.is_transient);
    let error = error(status, wire);
    match error.code.map(Rejection::of_code) {
        Some(None) => Outcome::Ambiguous(Ambiguity::Answer(error)),
        // An unknown error that calls itself passing, or comes with a 5xx,
        // may have struck after the message was passed on.
        Some(Some(Rejection::Other)) if is_transient || status >= 500 => {
            Outcome::Ambiguous(Ambiguity::Answer(error))
        }
        Some(Some(rejection)) => Outcome::Rejected { rejection, error },
        None => without_code(status, error),
    }
}

/// The answer of a proxy, or one that cannot be read: the HTTP status decides.
fn without_code(status: u16, error: GraphError) -> Outcome {
    let rejection = match status {
        401 => Rejection::TokenDead,
        403 => Rejection::NotPermitted,
        429 => Rejection::RateLimited,
        // 408 comes from whoever waited for us or for WhatsApp.
        300..=407 | 409..=499 => Rejection::Other,
        _ => return Outcome::Ambiguous(Ambiguity::Answer(error)),
    };
    Outcome::Rejected { rejection, error }
}

fn error(status: u16, wire: Option<ErrorWire>) -> GraphError {
    let Some(wire) = wire else {
        let message = "an error that cannot be read".to_owned();
        return GraphError {
            status,
            message,
            ..GraphError::default()
        };
    };
    let details = wire.error_data.and_then(|data| data.details);
    GraphError {
        status,
        code: wire.code,
        message: sentence(&wire.message),
        details: details.as_deref().map(sentence),
        trace: wire.fbtrace_id.as_deref().map(sentence),
    }
}

fn sentence(text: &str) -> String {
    text.chars().take(SENTENCE_CHARS_MAX).collect()
}
