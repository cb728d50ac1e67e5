//! What is known of a business number beside what the tenant wrote: the account
//! it belongs to, what WhatsApp told of it and of its templates, and whether it
//! is frozen.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ids::NumberId,
    limits::{NUMBER_TEMPLATES_MAX, NUMBER_WORD_CHARS_MAX, SEND_TEMPLATE_NAME_CHARS_MAX},
    people::Principal,
    text::truncated,
};

/// A word of WhatsApp's, and when it said it. Words are as WhatsApp writes them,
/// an open set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Word {
    /// When.
    pub at: Timestamp,
    /// What: `FLAGGED`, `PAUSED`, `RED`, `TIER_1K`, ...
    pub word: Arc<str>,
    /// Why, when WhatsApp says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub why: Option<Arc<str>>,
}

/// A template in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateRecord {
    /// Its name at Meta.
    pub name: Arc<str>,
    /// Its language code at Meta.
    pub language: Arc<str>,
    /// `APPROVED`, `PAUSED`, `REJECTED`, ...; `None` when only its quality was
    /// told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Word>,
    /// `GREEN`, `YELLOW`, `RED` or `UNKNOWN`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<Word>,
}

impl TemplateRecord {
    /// Why it may not be sent, as a stable code; `None` when it may. What WhatsApp
    /// may yet stop is spared for what the customer expects.
    pub fn refusal(&self, is_marketing: bool) -> Option<&'static str> {
        let word = |it: &Option<Word>| it.as_ref().map(|it| it.word.clone());
        let (status, quality) = (word(&self.status), word(&self.quality));
        match status.as_deref() {
            Some("PAUSED") => Some("template_paused"),
            Some("REJECTED") => Some("template_rejected"),
            Some("PENDING" | "IN_APPEAL" | "LIMIT_EXCEEDED") => Some("template_not_approved"),
            Some("DISABLED" | "PENDING_DELETION" | "DELETED") => Some("template_disabled"),
            Some("FLAGGED") if is_marketing => Some("template_flagged"),
            _ if is_marketing && quality.as_deref() == Some("RED") => Some("template_flagged"),
            _ => None,
        }
    }

    fn told_at(&self) -> Option<Timestamp> {
        let words = [&self.status, &self.quality].into_iter().flatten();
        words.map(|it| it.at).max()
    }
}

/// That a number is frozen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Frozen {
    /// When it was.
    pub at: Timestamp,
    /// Since when somebody else may have had it; ever, when `None`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Who froze it.
    pub by: Principal,
}

/// What WhatsApp told about a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum News {
    /// The account that it belongs to.
    Account(Arc<str>),
    /// It delivers again: whatever ended the connection is over.
    Heard,
    /// The account cannot be used through the app any more.
    Disconnected(Arc<str>, Option<Arc<str>>),
    /// Its quality, and how much it may send.
    Quality(Arc<str>, Option<Arc<str>>),
    /// Whether a template may be sent.
    TemplateStatus(TemplateName, Arc<str>, Option<Arc<str>>),
    /// How customers take a template.
    TemplateQuality(TemplateName, Arc<str>),
}

/// What a template is known by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TemplateName {
    /// Its name at Meta.
    pub name: Arc<str>,
    /// Its language code at Meta.
    pub language: Arc<str>,
}

/// What is known of a number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NumberRecord {
    /// Which.
    pub id: NumberId,
    /// The WhatsApp Business Account that its webhooks name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<Arc<str>>,
    /// Its quality, as WhatsApp told it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quality: Option<Word>,
    /// To how many customers it may begin to write a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<Word>,
    /// That its account is out of reach, until something comes from it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disconnected: Option<Word>,
    /// That it is frozen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frozen: Option<Frozen>,
    /// Its account's templates of which something was told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub templates: Vec<TemplateRecord>,
}

impl NumberRecord {
    /// A number of which nothing is known.
    pub fn new(id: NumberId) -> Self {
        Self {
            id,
            account: None,
            quality: None,
            limit: None,
            disconnected: None,
            frozen: None,
            templates: Vec::new(),
        }
    }

    /// Takes in what WhatsApp told at `at`; returns whether anything is new. In
    /// any order, what was told last holds.
    pub fn learn(&mut self, at: Timestamp, news: &News) -> bool {
        let word = |word: &Arc<str>, why: Option<&Arc<str>>| Word {
            at,
            word: truncated(word, NUMBER_WORD_CHARS_MAX),
            why: why.map(|it| truncated(it, NUMBER_WORD_CHARS_MAX)),
        };
        match news {
            News::Account(account) => {
                let account = Some(truncated(account, NUMBER_WORD_CHARS_MAX));
                let is_new = self.account != account;
                self.account = account;
                is_new
            }
            News::Heard => {
                let is_over = self.disconnected.as_ref().is_some_and(|it| it.at < at);
                self.disconnected.take_if(|_| is_over).is_some()
            }
            News::Disconnected(event, why) => {
                newer(&mut self.disconnected, word(event, why.as_ref()))
            }
            News::Quality(event, limit) => {
                let limit = limit.as_ref().map(|it| word(it, None));
                let is_limit_new = limit.is_some_and(|it| newer(&mut self.limit, it));
                newer(&mut self.quality, word(event, None)) || is_limit_new
            }
            News::TemplateStatus(name, status, why) => {
                let word = word(status, why.as_ref());
                self.tell_template(name, |it| newer(&mut it.status, word))
            }
            News::TemplateQuality(name, score) => {
                self.tell_template(name, |it| newer(&mut it.quality, word(score, None)))
            }
        }
    }

    fn tell_template(
        &mut self,
        TemplateName { name, language }: &TemplateName,
        tell: impl FnOnce(&mut TemplateRecord) -> bool,
    ) -> bool {
        let is_it = |it: &TemplateRecord| it.name == *name && it.language == *language;
        if let Some(known) = self.templates.iter_mut().find(|it| is_it(it)) {
            return tell(known);
        }
        let fits = name.chars().count() <= SEND_TEMPLATE_NAME_CHARS_MAX
            && language.chars().count() <= NUMBER_WORD_CHARS_MAX;
        if !fits {
            return false;
        }
        let mut template = TemplateRecord {
            name: name.clone(),
            language: language.clone(),
            status: None,
            quality: None,
        };
        tell(&mut template);
        if self.templates.len() == NUMBER_TEMPLATES_MAX {
            self.forget_one();
        }
        self.templates.push(template);
        true
    }

    /// Makes room: of those that may be sent, which is so of one that nothing is
    /// known of, the one told of longest ago.
    fn forget_one(&mut self) {
        let rank = |it: &TemplateRecord| (it.refusal(true).is_some(), it.told_at());
        let templates = self.templates.iter().enumerate();
        let least = templates.min_by_key(|(_, it)| rank(it)).map(|(at, _)| at);
        if let Some(at) = least {
            self.templates.remove(at);
        }
    }

    /// Why a template may not be sent from here, as a stable code.
    pub fn template_refusal(
        &self,
        name: &str,
        language: &str,
        is_marketing: bool,
    ) -> Option<&'static str> {
        let is_it = |it: &&TemplateRecord| *it.name == *name && *it.language == *language;
        let template = self.templates.iter().find(is_it)?;
        template.refusal(is_marketing)
    }

    /// Whether what was written on the App at `at` may be somebody else's.
    pub fn is_doubtful(&self, at: Timestamp) -> bool {
        let frozen = self.frozen.as_ref();
        frozen.is_some_and(|it| it.since.is_none_or(|since| at >= since))
    }
}

/// Puts `word` in place of an older one; returns whether it was news.
fn newer(known: &mut Option<Word>, word: Word) -> bool {
    let is_news = known
        .as_ref()
        .is_none_or(|it| it.at <= word.at && *it != word);
    if is_news {
        *known = Some(word);
    }
    is_news
}
