//! Messages to customers, as bots and people hand them in.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A message to a customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case", deny_unknown_fields)]
pub enum OutgoingMessage {
    /// Plain text.
    Text {
        /// What it says.
        body: String,
    },
    /// Text with up to three buttons.
    Buttons {
        /// What it says.
        body: String,
        /// The buttons.
        buttons: Vec<Choice>,
    },
    /// Text with a list of up to ten rows.
    List {
        /// What it says.
        body: String,
        /// What opens the list.
        button: String,
        /// The rows.
        rows: Vec<Choice>,
    },
    /// Text with a link, such as a checkout.
    Link {
        /// What it says.
        body: String,
        /// What the link is called.
        label: String,
        /// Where it leads.
        url: String,
    },
    /// A picture.
    Image {
        /// Where it is.
        url: String,
        /// What it says below.
        #[serde(default)]
        caption: Option<String>,
    },
    /// A file.
    Document {
        /// Where it is.
        url: String,
        /// What it is called.
        filename: String,
        /// What it says below.
        #[serde(default)]
        caption: Option<String>,
    },
    /// An approved template.
    Template {
        /// Its name at Meta.
        name: String,
        /// Its language code at Meta.
        language: String,
        /// What fills `{{1}}`, `{{2}}`, ... of its body.
        #[serde(default)]
        parameters: Vec<String>,
        /// Whether it advertises: then it needs the customer's consent. Say no
        /// for templates that Meta approved as utility or authentication.
        #[serde(default = "yes")]
        is_marketing: bool,
    },
}

fn yes() -> bool {
    true
}

/// A button or a row of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// What comes back when it is tapped.
    pub id: String,
    /// What it says.
    pub title: String,
    /// What it says below; rows of a list only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

impl OutgoingMessage {
    /// WhatsApp's type of it.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Buttons { .. } | Self::List { .. } | Self::Link { .. } => "interactive",
            Self::Image { .. } => "image",
            Self::Document { .. } => "document",
            Self::Template { .. } => "template",
        }
    }

    /// What it says, for the thread; a template is shown by its name.
    pub fn text(&self) -> Option<Arc<str>> {
        match self {
            Self::Text { body } | Self::Buttons { body, .. } | Self::List { body, .. } => {
                Some(body.as_str().into())
            }
            Self::Link { body, url, .. } => Some(format!("{body}\n{url}").into()),
            Self::Image { caption, .. } | Self::Document { caption, .. } => {
                caption.as_deref().map(Into::into)
            }
            Self::Template {
                name, parameters, ..
            } => Some(
                format!("[{name}] {}", parameters.join(", "))
                    .trim_end()
                    .into(),
            ),
        }
    }

    /// Whether it needs consent to marketing.
    pub fn is_marketing(&self) -> bool {
        matches!(
            self,
            Self::Template {
                is_marketing: true,
                ..
            }
        )
    }

    /// Whether it may be sent outside the service window.
    pub fn is_template(&self) -> bool {
        matches!(self, Self::Template { .. })
    }
}
