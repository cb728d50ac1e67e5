//! Business numbers, and what became of one that was frozen.

use std::sync::Arc;

use baton_domain::number::{Frozen, NumberRecord, TemplateRecord, Word};
use baton_store::Number;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{AuditedView, PassedView};

/// A business number.
#[derive(Debug, Serialize, ToSchema)]
pub struct NumberView {
    /// Meta's `phone_number_id`.
    id: String,
    /// The app that it is subscribed to.
    app: String,
    /// The number as people write it.
    display: Option<String>,
    /// The WhatsApp Business Account it belongs to, as you told or as its webhooks
    /// name it.
    account: Option<Arc<str>>,
    /// Whether there is a token of the Graph API.
    has_token: bool,
    /// What WhatsApp told of its quality last: `FLAGGED`, `UPGRADE`, ...
    quality: Option<WordView>,
    /// To how many customers it may begin to write a day, such as `TIER_1K`.
    limit: Option<WordView>,
    /// That its account is out of reach, until something comes from it again.
    disconnected: Option<WordView>,
    /// That it is frozen.
    frozen: Option<FrozenNumberView>,
    /// Templates of its account of which WhatsApp told something.
    templates: Vec<TemplateView>,
}

impl NumberView {
    /// The number that a tenant wrote, and what is known of it.
    pub fn of(number: &Number, record: &NumberRecord) -> Self {
        let told = number.account.as_deref().map(Arc::from);
        let word = |it: &Option<Word>| it.as_ref().map(WordView::from);
        Self {
            id: number.id.as_str().to_owned(),
            app: number.app.clone(),
            display: number.display.clone(),
            account: told.or_else(|| record.account.clone()),
            has_token: number.token.is_some(),
            quality: word(&record.quality),
            limit: word(&record.limit),
            disconnected: word(&record.disconnected),
            frozen: record.frozen.as_ref().map(Into::into),
            templates: record.templates.iter().map(Into::into).collect(),
        }
    }
}

/// A word of WhatsApp's.
#[derive(Debug, Serialize, ToSchema)]
pub struct WordView {
    /// When it was said.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// The word, as WhatsApp writes it.
    word: Arc<str>,
    /// Why, when WhatsApp says.
    why: Option<Arc<str>>,
}

impl From<&Word> for WordView {
    fn from(it: &Word) -> Self {
        Self {
            at: it.at,
            word: it.word.clone(),
            why: it.why.clone(),
        }
    }
}

/// That a number is frozen.
#[derive(Debug, Serialize, ToSchema)]
pub struct FrozenNumberView {
    /// When it was.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Since when somebody else may have had it; ever when absent.
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
    /// Who froze it: `person:` with the id, or `key:` with the name.
    by: String,
}

impl From<&Frozen> for FrozenNumberView {
    fn from(it: &Frozen) -> Self {
        Self {
            at: it.at,
            since: it.since,
            by: it.by.to_string(),
        }
    }
}

/// A template in one language.
#[derive(Debug, Serialize, ToSchema)]
pub struct TemplateView {
    /// Its name at Meta.
    name: Arc<str>,
    /// Its language code at Meta.
    language: Arc<str>,
    /// `APPROVED`, `PAUSED`, `REJECTED`, ...
    status: Option<WordView>,
    /// `GREEN`, `YELLOW`, `RED` or `UNKNOWN`.
    quality: Option<WordView>,
    /// Why nothing is sent with it: `template_paused`, `template_rejected`,
    /// `template_not_approved` or `template_disabled`; or no marketing: `template_flagged`.
    held_because: Option<&'static str>,
}

impl From<&TemplateRecord> for TemplateView {
    fn from(it: &TemplateRecord) -> Self {
        Self {
            name: it.name.clone(),
            language: it.language.clone(),
            status: it.status.as_ref().map(Into::into),
            quality: it.quality.as_ref().map(Into::into),
            held_because: it.refusal(true),
        }
    }
}

/// What became of a number that was frozen.
#[derive(Debug, Serialize, ToSchema)]
pub struct NumberFrozenView {
    /// It, as it stands now.
    pub number: NumberView,
    /// What the App had on it and who has it now; at most 500 a call.
    pub conversations: Vec<PassedView>,
    /// How many the App has still: ask again.
    pub conversations_left: usize,
    /// What was read and done on it since, the latest first; absent for whom the
    /// audit is not open.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub read: Option<Vec<AuditedView>>,
    /// Where the next page of it starts, for `after` of `GET /v1/audit?number=`;
    /// absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false)]
    pub read_next: Option<String>,
}
