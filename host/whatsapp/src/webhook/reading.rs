//! Which reader an item gets, by the field and the list that it stands in.

use super::{
    lenient,
    read_content::Care,
    read_history,
    read_message::{self, Place},
    read_notice,
    scope::{Item, Scope},
    status,
    update::Fault,
};
use crate::address::CustomerAddress;

/// What a key of a change's value holds.
pub(super) enum Lists {
    /// Something about all items, or nothing.
    None,
    /// A list of items of one kind.
    Items(Reading<'static>),
    /// The chunks of a history.
    Chunks,
    /// A list of items that this version does not know.
    Unknown,
}

impl Lists {
    /// The table of lists. Fields that are not in it are read as one whole
    /// value, whatever lists they hold.
    pub(super) fn at(field: &str, key: &str) -> Self {
        match (field, key) {
            (_, "messaging_product" | "metadata" | "contacts") => Self::None,
            ("history", "history") => Self::Chunks,
            // Files that follow their placeholders. Read as live messages,
            // they would open windows for what was said months ago.
            ("history", "messages") => Self::Items(Reading::HistoryMessage(None)),
            ("history", "errors") => Self::Items(Reading::HistoryError),
            ("standby", "messages") => Self::Items(Reading::Message(Place::Standby)),
            ("smb_message_echoes" | "message_echoes", "messages") => {
                Self::Items(Reading::Message(Place::Echoes))
            }
            (field, _) if !Self::is_listed(field) => Self::None,
            (_, "messages") => Self::Items(Reading::Message(Place::Live)),
            (_, "message_echoes") => Self::Items(Reading::Message(Place::Echoes)),
            (_, "statuses") => Self::Items(Reading::Status),
            (_, "errors") => Self::Items(Reading::Problem),
            (_, "state_sync") => Self::Items(Reading::ContactSync),
            (_, "user_preferences") => Self::Items(Reading::Preference),
            (_, "calls") => Self::Items(Reading::Call),
            (_, "automatic_events") => Self::Items(Reading::AutomaticEvent),
            (_, "messaging_handovers") => Self::Items(Reading::Handover),
            _ => Self::Unknown,
        }
    }

    /// Whether the values of a field are lists of items. A change without a
    /// field is taken to be one of them.
    fn is_listed(field: &str) -> bool {
        matches!(
            field,
            "" | "messages"
                | "smb_message_echoes"
                | "message_echoes"
                | "standby"
                | "history"
                | "smb_app_state_sync"
                | "user_preferences"
                | "calls"
                | "automatic_events"
                | "messaging_handovers"
        )
    }
}

/// How one item is read.
#[derive(Clone, Copy)]
pub(super) enum Reading<'t> {
    Message(Place),
    Status,
    Problem,
    Preference,
    ContactSync,
    Call,
    AutomaticEvent,
    Handover,
    TemplateStatus,
    TemplateQuality,
    NumberQuality,
    Account,
    HistoryProgress,
    HistoryError,
    /// With the customer of the thread, if it stands in one.
    HistoryMessage(Option<&'t CustomerAddress>),
}

impl Reading<'_> {
    /// How the whole value of a field is read.
    pub(super) fn of_whole(field: &str) -> Option<Self> {
        match field {
            "messaging_handovers" => Some(Self::Handover),
            "message_template_status_update" => Some(Self::TemplateStatus),
            "message_template_quality_update" => Some(Self::TemplateQuality),
            "phone_number_quality_update" => Some(Self::NumberQuality),
            "account_update" => Some(Self::Account),
            _ => None,
        }
    }

    /// Reads an item; if need be with half emojis replaced; and if need be
    /// without what is odd in it.
    pub(super) fn read(self, scope: &Scope, json: &str) -> Result<Item, Fault> {
        let fault = match self.attempt(scope, Care::Strict, json) {
            Err(fault @ Fault::Shape(_)) => fault,
            settled => return settled,
        };
        let fixed = lenient::repair(json);
        let fixed = fixed
            .as_deref()
            .map(|json| self.attempt(scope, Care::Strict, json));
        match fixed {
            Some(Ok(item)) => Ok(item),
            _ => self.attempt(scope, Care::Lenient, json).map_err(|_| fault),
        }
    }

    fn attempt(self, scope: &Scope, care: Care, json: &str) -> Result<Item, Fault> {
        match self {
            Self::Message(place) => read_message::read(scope, place, care, json),
            Self::Status => status::read(scope, json),
            Self::Problem => read_notice::bare_problem(scope, json),
            Self::Preference => read_notice::preference(scope, json),
            Self::ContactSync => read_notice::contact_sync(scope, json),
            Self::Call => read_notice::call(scope, json),
            Self::AutomaticEvent => read_notice::automatic_event(scope, json),
            Self::Handover => read_notice::handover(scope, json),
            Self::TemplateStatus => read_notice::template_status(scope, json),
            Self::TemplateQuality => read_notice::template_quality(scope, json),
            Self::NumberQuality => read_notice::number_quality(scope, json),
            Self::Account => read_notice::account(scope, json),
            Self::HistoryProgress => read_history::progress(scope, json),
            Self::HistoryError => read_history::error(scope, json),
            Self::HistoryMessage(thread) => read_history::message(scope, thread, care, json),
        }
    }
}
