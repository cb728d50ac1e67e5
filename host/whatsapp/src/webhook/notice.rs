//! Everything that is not about one message: preferences, contacts, calls,
//! automatic events, handovers, news about the account.

use std::sync::Arc;

use super::update::Amount;

/// Whether a customer wants marketing messages (WhatsApp documentation,
/// "Webhooks: user_preferences"). It gates marketing and nothing else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preference {
    /// `marketing_messages`, so far the only one.
    pub category: Arc<str>,
    /// `stop` or `resume`.
    pub value: Arc<str>,
}

impl Preference {
    /// Whether marketing is wanted; `None` for other categories and values.
    pub fn wants_marketing(&self) -> Option<bool> {
        match (&*self.category, &*self.value) {
            ("marketing_messages", "stop") => Some(false),
            ("marketing_messages", "resume") => Some(true),
            _ => None,
        }
    }
}

/// A contact of the Business App's address book ("smb_app_state_sync").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactSync {
    /// Whether it was taken out of the address book, not put in or changed.
    pub removed: bool,
    /// The whole name.
    pub full_name: Option<String>,
    /// The first name.
    pub first_name: Option<String>,
    /// The user name.
    pub username: Option<String>,
}

/// How far a history synchronisation has come ("history"). Chunks come out of
/// order; phases are 0 (last day), 1 (to day 90), 2 (to day 180).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryProgress {
    /// The phase.
    pub phase: Option<u32>,
    /// Which chunk of the phase this is.
    pub chunk: Option<u32>,
    /// Percent of everything; 100 when complete.
    pub percent: Option<u32>,
}

/// A voice call ("calls").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// Its id, which all events of one call share.
    pub id: Option<Arc<str>>,
    /// `connect`, `terminate`, ...
    pub event: Arc<str>,
    /// Whether the customer called. Such a call opens the service window.
    pub by_customer: bool,
}

/// Something that WhatsApp saw by itself ("automatic_events").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AutomaticEvent {
    /// `LeadSubmitted`, `Purchase`, ...
    pub name: Arc<str>,
    /// What a purchase was worth.
    pub amount: Option<Amount>,
    /// The click on an ad that it goes back to.
    pub click_id: Option<String>,
}

/// Control of a conversation passed between apps ("messaging_handovers").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handover {
    /// The event, such as `control_passed`; `unknown` when it cannot be told.
    pub event: Arc<str>,
    /// What the other app gave along.
    pub metadata: Option<String>,
}

/// News about a template, a number or the account. All of it is shown to the
/// operator; some stops a template or a number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What it is about.
    pub subject: Subject,
    /// What happened: `APPROVED`, `FLAGGED`, `RED`, `PARTNER_REMOVED`, ...
    pub event: Arc<str>,
    /// Why, when WhatsApp says.
    pub reason: Option<String>,
}

/// What a notice is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// A message template ("message_template_status_update").
    Template {
        /// Its id.
        id: Option<String>,
        /// Its name.
        name: Option<String>,
        /// Its language.
        language: Option<String>,
    },
    /// How customers take a message template
    /// ("message_template_quality_update"); what happened is its new score.
    TemplateQuality {
        /// Its name.
        name: Option<String>,
        /// Its language.
        language: Option<String>,
    },
    /// The quality of a business number ("phone_number_quality_update").
    NumberQuality {
        /// As people write it.
        display_number: Option<String>,
        /// Such as `TIER_1K`.
        limit: Option<String>,
    },
    /// The account ("account_update").
    Account,
}

impl Notice {
    /// Whether the account can no longer be used through this app: nothing
    /// will be received and nothing can be sent until it is connected again.
    pub fn disconnects(&self) -> bool {
        matches!(self.subject, Subject::Account)
            && matches!(
                &*self.event,
                "PARTNER_REMOVED" | "ACCOUNT_DELETED" | "DISABLED_UPDATE" | "ACCOUNT_OFFBOARDED"
            )
    }
}
