//! Messages to customers, within WhatsApp's limits.

use baton_domain::{
    ids::MessageId,
    limits::{
        MESSAGE_TEXT_CHARS_MAX, SEND_BODY_CHARS_MAX, SEND_BUTTON_ID_CHARS_MAX,
        SEND_BUTTON_TITLE_CHARS_MAX, SEND_BUTTONS_MAX, SEND_FILENAME_CHARS_MAX, SEND_KEY_CHARS_MAX,
        SEND_ROW_DESCRIPTION_CHARS_MAX, SEND_ROW_ID_CHARS_MAX, SEND_ROW_TITLE_CHARS_MAX,
        SEND_ROWS_MAX, SEND_TEMPLATE_NAME_CHARS_MAX, SEND_TEMPLATE_PARAMETERS_MAX,
        SEND_URL_CHARS_MAX,
    },
};

use crate::address::CustomerAddress;

/// A message that WhatsApp will not refuse for its shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outgoing {
    to: CustomerAddress,
    content: Content,
    key: Option<String>,
    replies_to: Option<MessageId>,
}

impl Outgoing {
    /// Checks a message.
    ///
    /// # Errors
    /// [`InvalidMessage`] for what WhatsApp would refuse.
    pub fn new(to: CustomerAddress, content: Content) -> Result<Self, InvalidMessage> {
        content.check()?;
        Ok(Self {
            to,
            content,
            key: None,
            replies_to: None,
        })
    }

    /// Gives WhatsApp a key to carry in every status of this message
    /// (`biz_opaque_callback_data`), by which an ambiguous send is resolved.
    ///
    /// # Errors
    /// [`InvalidMessage`] when it is empty or longer than 512 characters.
    pub fn with_key(mut self, key: &str) -> Result<Self, InvalidMessage> {
        check_text("key", key, SEND_KEY_CHARS_MAX)?;
        self.key = Some(key.to_owned());
        Ok(self)
    }

    /// Shows the message as the answer to another.
    #[must_use]
    pub fn replying_to(mut self, message: MessageId) -> Self {
        self.replies_to = Some(message);
        self
    }

    /// To whom.
    pub fn to(&self) -> &CustomerAddress {
        &self.to
    }

    /// What it says.
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// The key that WhatsApp gives back with every status of it.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    pub(super) fn replies_to(&self) -> Option<&MessageId> {
        self.replies_to.as_ref()
    }
}

/// What a message says. All but templates are free-form: WhatsApp takes them
/// within 24 hours of the customer's last message or call only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Words.
    Text {
        /// Up to 4,096 characters.
        body: String,
        /// Whether the first link in it is shown with a preview.
        preview_url: bool,
    },
    /// Words above up to three buttons (`interactive`, `button`).
    Buttons {
        /// Up to 1,024 characters.
        body: String,
        /// The buttons; a description is not shown.
        buttons: Vec<Row>,
    },
    /// Words above a list of up to ten rows (`interactive`, `list`).
    List {
        /// Up to 1,024 characters.
        body: String,
        /// What opens the list, up to 20 characters.
        opener: String,
        /// The rows.
        rows: Vec<Row>,
    },
    /// Words above a button that leads somewhere (`interactive`, `cta_url`).
    Link {
        /// Up to 1,024 characters.
        body: String,
        /// What the button says, up to 20 characters.
        label: String,
        /// Where it leads.
        url: String,
    },
    /// A picture that WhatsApp fetches.
    Image {
        /// Where it is.
        url: String,
        /// What it says below, up to 1,024 characters.
        caption: Option<String>,
    },
    /// A file that WhatsApp fetches.
    Document {
        /// Where it is.
        url: String,
        /// What it is called, with its extension.
        filename: String,
        /// What it says below, up to 1,024 characters.
        caption: Option<String>,
    },
    /// An approved template, which may be sent at any time.
    Template(Template),
}

/// A button, or a row of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What comes back when it is chosen.
    pub id: String,
    /// What it says.
    pub title: String,
    /// What a row of a list says below.
    pub description: Option<String>,
}

/// An approved template and what fills it (WhatsApp documentation,
/// "Templates").
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Template {
    /// Its name.
    pub name: String,
    /// Its language, such as `en_US`.
    pub language: String,
    /// What stands above the body, when the template has a place for it.
    pub header: Option<TemplateHeader>,
    /// What fills `{{1}}`, `{{2}}`, ... of the body.
    pub parameters: Vec<String>,
    /// What fills its buttons.
    pub buttons: Vec<TemplateButton>,
}

/// What stands above the body of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplateHeader {
    /// Words.
    Text(String),
    /// A picture, by its address.
    Image(String),
    /// A file, by its address.
    Document(String),
}

/// What fills one button of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TemplateButton {
    /// The end of a link.
    Url {
        /// Which button, from 0.
        index: u8,
        /// What is appended to the link.
        suffix: String,
    },
    /// What comes back when a quick reply is chosen.
    QuickReply {
        /// Which button, from 0.
        index: u8,
        /// What comes back.
        payload: String,
    },
}

/// Why WhatsApp would refuse a message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMessage {
    /// A text is empty, or too long.
    #[error("{what} must have 1 to {max} characters, has {found}")]
    Length {
        /// Which text.
        what: &'static str,
        /// The most it may have.
        max: usize,
        /// What it has.
        found: usize,
    },
    /// There are none of something, or too many.
    #[error("there must be 1 to {max} {what}, there are {found}")]
    Count {
        /// Of what.
        what: &'static str,
        /// The most there may be.
        max: usize,
        /// How many there are.
        found: usize,
    },
    /// Two buttons or rows have one id or, for buttons, one title.
    #[error("two {what} are alike: {which:?}")]
    Alike {
        /// Of what.
        what: &'static str,
        /// The id or title that they share.
        which: String,
    },
    /// A link is not `http://` or `https://`.
    #[error("a link must begin with https:// or http:// and hold no spaces")]
    Link,
}

impl InvalidMessage {
    /// A stable code for the answer.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Length { .. } => "message_text_length",
            Self::Count { .. } => "message_item_count",
            Self::Alike { .. } => "message_items_alike",
            Self::Link => "message_link",
        }
    }
}

impl Content {
    /// Whether it may be sent outside the service window.
    pub fn is_template(&self) -> bool {
        matches!(self, Self::Template(_))
    }

    /// Checks what WhatsApp would refuse.
    ///
    /// # Errors
    /// [`InvalidMessage`].
    pub fn check(&self) -> Result<(), InvalidMessage> {
        match self {
            Self::Text { body, .. } => check_text("the body", body, MESSAGE_TEXT_CHARS_MAX),
            Self::Buttons { body, buttons } => {
                check_text("the body", body, SEND_BODY_CHARS_MAX)?;
                check_buttons(buttons)
            }
            Self::List { body, opener, rows } => {
                check_text("the body", body, SEND_BODY_CHARS_MAX)?;
                check_text("the opener", opener, SEND_BUTTON_TITLE_CHARS_MAX)?;
                check_rows(rows)
            }
            Self::Link { body, label, url } => {
                check_text("the body", body, SEND_BODY_CHARS_MAX)?;
                check_text("the label", label, SEND_BUTTON_TITLE_CHARS_MAX)?;
                check_link(url)
            }
            Self::Image { url, caption } => {
                check_link(url)?;
                check_caption(caption.as_deref())
            }
            Self::Document {
                url,
                filename,
                caption,
            } => {
                check_link(url)?;
                check_text("the filename", filename, SEND_FILENAME_CHARS_MAX)?;
                check_caption(caption.as_deref())
            }
            Self::Template(template) => check_template(template),
        }
    }
}

fn check_text(what: &'static str, text: &str, max: usize) -> Result<(), InvalidMessage> {
    let found = text.chars().count();
    let is_blank = text.trim().is_empty();
    if is_blank || found > max {
        return Err(InvalidMessage::Length {
            what,
            max,
            found: if is_blank { 0 } else { found },
        });
    }
    Ok(())
}

fn check_caption(caption: Option<&str>) -> Result<(), InvalidMessage> {
    caption.map_or(Ok(()), |text| {
        check_text("the caption", text, SEND_BODY_CHARS_MAX)
    })
}

fn check_link(url: &str) -> Result<(), InvalidMessage> {
    check_text("the link", url, SEND_URL_CHARS_MAX)?;
    let rest = url
        .strip_prefix("https://")
        .or_else(|| url.strip_prefix("http://"));
    let is_link =
        |rest: &str| !rest.is_empty() && !rest.chars().any(|c| c.is_whitespace() || c.is_control());
    if rest.is_some_and(is_link) {
        Ok(())
    } else {
        Err(InvalidMessage::Link)
    }
}

fn check_count(what: &'static str, found: usize, max: usize) -> Result<(), InvalidMessage> {
    if (1..=max).contains(&found) {
        Ok(())
    } else {
        Err(InvalidMessage::Count { what, max, found })
    }
}

fn check_buttons(buttons: &[Row]) -> Result<(), InvalidMessage> {
    check_count("buttons", buttons.len(), SEND_BUTTONS_MAX)?;
    for button in buttons {
        check_text("a button's id", &button.id, SEND_BUTTON_ID_CHARS_MAX)?;
        check_text(
            "a button's title",
            &button.title,
            SEND_BUTTON_TITLE_CHARS_MAX,
        )?;
    }
    check_distinct("buttons", buttons.iter().map(|button| &button.id))?;
    check_distinct("buttons", buttons.iter().map(|button| &button.title))
}

fn check_rows(rows: &[Row]) -> Result<(), InvalidMessage> {
    check_count("rows", rows.len(), SEND_ROWS_MAX)?;
    for row in rows {
        check_text("a row's id", &row.id, SEND_ROW_ID_CHARS_MAX)?;
        check_text("a row's title", &row.title, SEND_ROW_TITLE_CHARS_MAX)?;
        if let Some(text) = &row.description {
            check_text("a row's description", text, SEND_ROW_DESCRIPTION_CHARS_MAX)?;
        }
    }
    check_distinct("rows", rows.iter().map(|row| &row.id))
}

fn check_distinct<'t>(
    what: &'static str,
    texts: impl Iterator<Item = &'t String>,
) -> Result<(), InvalidMessage> {
    let mut seen: Vec<&String> = Vec::new();
    for text in texts {
        if seen.contains(&text) {
            return Err(InvalidMessage::Alike {
                what,
                which: text.clone(),
            });
        }
        seen.push(text);
    }
    Ok(())
}

fn check_template(template: &Template) -> Result<(), InvalidMessage> {
    check_text(
        "the template's name",
        &template.name,
        SEND_TEMPLATE_NAME_CHARS_MAX,
    )?;
    check_text(
        "the template's language",
        &template.language,
        SEND_BUTTON_TITLE_CHARS_MAX,
    )?;
    let count = template.parameters.len() + template.buttons.len();
    if count > SEND_TEMPLATE_PARAMETERS_MAX {
        let (what, max) = ("parameters", SEND_TEMPLATE_PARAMETERS_MAX);
        return Err(InvalidMessage::Count {
            what,
            max,
            found: count,
        });
    }
    match &template.header {
        Some(TemplateHeader::Text(text)) => check_text("the header", text, SEND_BODY_CHARS_MAX)?,
        Some(TemplateHeader::Image(url) | TemplateHeader::Document(url)) => check_link(url)?,
        None => {}
    }
    let buttons = template.buttons.iter().map(|button| match button {
        TemplateButton::Url { suffix, .. } => suffix,
        TemplateButton::QuickReply { payload, .. } => payload,
    });
    let mut texts = template.parameters.iter().chain(buttons);
    texts.try_for_each(|text| check_text("a parameter", text, SEND_BODY_CHARS_MAX))
}
