//! What the customer waits to hear, and in which language.

use std::sync::Arc;

use jiff::Timestamp;

use crate::{
    event::Author,
    facts::language_of,
    ids::NumberId,
    limits::SHORT_TEXT_CHARS_MAX,
    state::{Conversation, CustomerState},
    tenant::TenantProfile,
    text::truncated,
};

/// What the customer waits to hear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenQuestion {
    /// In the customer's words, or in those of the bot that could not answer.
    pub text: Arc<str>,
    /// When the customer wrote it; `None` when only the bot told.
    pub asked_at: Option<Timestamp>,
}

/// The last question that the bot failed, else the last message of the customer
/// that nobody has answered since; `None` when nothing is open.
pub fn open_question(conversation: &Conversation) -> Option<OpenQuestion> {
    let mut messages = conversation.thread.messages().rev();
    let mut said = messages
        .by_ref()
        .filter(|it| !it.entry.is_aside && !it.entry.is_past && !it.never_left());
    let last = said.next();
    let unanswered = last
        .filter(|it| it.entry.author == Author::Customer)
        .and_then(|it| Some((it.text?.clone(), it.entry.at)));
    let short = |text: &Arc<str>| truncated(text, SHORT_TEXT_CHARS_MAX);
    match (conversation.failed_question(), unanswered) {
        (_, Some((text, at))) => Some(OpenQuestion {
            text: short(&text),
            asked_at: Some(at),
        }),
        (Some(failed), None) => Some(OpenQuestion {
            text: short(failed),
            asked_at: None,
        }),
        (None, None) => None,
    }
}

/// The language that the customer wrote last, as far as it is clear; else the
/// one they prefer, else the tenant's. ISO 639-1.
pub fn language(state: &CustomerState, number: &NumberId, tenant: &TenantProfile) -> Arc<str> {
    let said = state.conversation(number).and_then(|conversation| {
        let mut messages = conversation.thread.messages().rev();
        messages.find_map(|it| {
            let is_customers = it.entry.author == Author::Customer && !it.entry.is_aside;
            it.text.filter(|_| is_customers)
        })
    });
    let of_text = said.and_then(|text| language_of(text)).map(Arc::from);
    of_text
        .or_else(|| state.profile.language.get().cloned())
        .unwrap_or_else(|| tenant.language().clone())
}
