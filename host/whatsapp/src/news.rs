//! From WhatsApp's notices to what is kept of business numbers.

use std::sync::Arc;

use baton_domain::number::{News, TemplateName};

use crate::webhook::notice::{Notice, Subject};

/// What a notice tells of the numbers of its account; `None` when it is nothing
/// that is kept.
pub fn news(notice: &Notice) -> Option<News> {
    let text = |it: &Option<String>| it.as_deref().map(Arc::from);
    let template = |name, language| {
        let (name, language) = (text(name)?, text(language)?);
        Some(TemplateName { name, language })
    };
    let (event, why) = (notice.event.clone(), text(&notice.reason));
    Some(match &notice.subject {
        Subject::Template { name, language, .. } => {
            News::TemplateStatus(template(name, language)?, event, why)
        }
        Subject::TemplateQuality { name, language } => {
            News::TemplateQuality(template(name, language)?, event)
        }
        Subject::NumberQuality { limit, .. } => News::Quality(event, text(limit)),
        Subject::Account if notice.disconnects() => News::Disconnected(event, why),
        Subject::Account => return None,
    })
}

/// The one number that a notice is about, as people write it; `None` when it is
/// about all of its account's.
pub fn number_of(notice: &Notice) -> Option<&str> {
    match &notice.subject {
        Subject::NumberQuality { display_number, .. } => display_number.as_deref(),
        _ => None,
    }
}

/// Whether two ways to write a number name the same.
pub fn is_same_number(one: &str, other: &str) -> bool {
    let digits = |text: &str| -> String { text.chars().filter(char::is_ascii_digit).collect() };
    digits(one) == digits(other)
}
