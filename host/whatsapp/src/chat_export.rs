//! Chats as people export them from the Business App: text, a message a line and
//! more lines for what is longer, in the date format of the phone.
//!
//! ```text
//! [24/11/26, 09:32:10] Sari: Hi!          an iPhone
//! 24/11/26, 09:32 - Sari: Hi!             Android
//! ```
//! No line says which of the first two numbers is the day. It is found out from
//! the file, and refused when the file leaves it open.

mod date;
mod line;

use std::sync::Arc;

use baton_domain::limits::MESSAGE_TEXT_CHARS_MAX;
use jiff::{Timestamp, tz::TimeZone};

pub use date::{DateOrder, UnknownOrder};
use line::{Header, What, header, what};

/// A message of an exported chat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatMessage {
    /// The line on which it begins, from 1.
    pub line: usize,
    /// Who wrote it, as the phone calls them.
    pub name: String,
    /// When.
    pub at: Timestamp,
    /// `text`, or `media` for whatever else.
    pub kind: &'static str,
    /// Its text or caption, cut to what WhatsApp's own limit is.
    pub text: Option<Arc<str>>,
    /// Whether the text was edited.
    pub is_edited: bool,
    /// Whether it was taken back.
    pub is_revoked: bool,
}

/// Why a file cannot be read as an exported chat.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotChat {
    /// No line of it begins a message.
    #[error("no line begins like one of an exported chat, such as `24/11/26, 09:32 - Sari: Hi!`")]
    NoMessage,
    /// Day and month could be either way round.
    #[error("its dates could be day first or month first: say which")]
    AmbiguousDates,
    /// A date does not exist, read as it must be.
    #[error("line {line} has no date that fits the others")]
    NoSuchDate {
        /// The line, from 1.
        line: usize,
    },
}

/// Reads an exported chat, whose times are those of `zone`. Lines of WhatsApp's
/// own, such as on encryption and on calls, are left out.
///
/// # Errors
/// [`NotChat`].
pub fn read_chat(
    text: &str,
    zone: &TimeZone,
    order: Option<DateOrder>,
) -> Result<Vec<ChatMessage>, NotChat> {
    let lines = gathered(text);
    let stamps = lines.iter().map(|it| (it.number, it.header.stamp));
    let order = date::order_of(&stamps.collect::<Vec<_>>(), order)?;
    let mut messages = Vec::new();
    for gathered in &lines {
        let (Some(name), Some(what)) = (gathered.header.name, gathered.what()) else {
            continue;
        };
        let line = gathered.number;
        let at = gathered.header.stamp.at(order, zone);
        let What {
            kind,
            text,
            is_edited,
            is_revoked,
        } = what;
        messages.push(ChatMessage {
            line,
            name: name.to_owned(),
            at: at.ok_or(NotChat::NoSuchDate { line })?,
            kind,
            text: text.map(|it| {
                it.chars()
                    .take(MESSAGE_TEXT_CHARS_MAX)
                    .collect::<String>()
                    .into()
            }),
            is_edited,
            is_revoked,
        });
    }
    Ok(messages)
}

/// A line that begins something, with the lines that go on.
struct Gathered<'t> {
    number: usize,
    header: Header<'t>,
    more: Vec<&'t str>,
}

impl Gathered<'_> {
    fn what(&self) -> Option<What> {
        what(self.header.text, &self.more)
    }
}

fn gathered(text: &str) -> Vec<Gathered<'_>> {
    let mut lines: Vec<Gathered<'_>> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        match (header(line), lines.last_mut()) {
            (Some(header), _) => lines.push(Gathered {
                number: at + 1,
                header,
                more: Vec::new(),
            }),
            (None, Some(last)) => last.more.push(line),
            (None, None) => {}
        }
    }
    lines
}
