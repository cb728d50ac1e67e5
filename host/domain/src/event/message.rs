//! Messages in both directions, and what becomes of them.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    field::Line,
    ids::{AgentId, MessageId},
};

/// Who wrote a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Author {
    /// The customer.
    Customer,
    /// The bot, through Baton or told to it.
    Bot,
    /// One of the tenant's people, through Baton.
    Agent,
    /// A person on the WhatsApp Business App.
    App,
}

impl Author {
    /// As in the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Customer => "customer",
            Self::Bot => "bot",
            Self::Agent => "agent",
            Self::App => "app",
        }
    }
}

/// A message from the customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InboundMessage {
    /// WhatsApp's id.
    pub id: MessageId,
    /// WhatsApp's type: `text`, `image`, `order`, ...
    #[serde(rename = "type")]
    pub kind: Arc<str>,
    /// Text or caption.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Arc<str>>,
    /// Id of the tapped button or list row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub button_id: Option<Arc<str>>,
    /// Headline of the advertisement it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referral: Option<Arc<str>>,
    /// The message it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replies_to: Option<MessageId>,
    /// Lines of an order sent from the catalogue.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lines: Vec<Line>,
    /// Whether it calls for an answer: false for reactions and WhatsApp's own
    /// notices, which show in the thread but are no occasion.
    #[serde(default = "yes")]
    pub is_content: bool,
}

fn yes() -> bool {
    true
}

impl InboundMessage {
    /// A plain text message.
    pub fn text(id: MessageId, text: Arc<str>) -> Self {
        Self {
            id,
            kind: "text".into(),
            text: Some(text),
            button_id: None,
            referral: None,
            replies_to: None,
            lines: Vec::new(),
            is_content: true,
        }
    }
}

/// The customer edited a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageEdited {
    /// The message that was edited.
    pub original: MessageId,
    /// Its new text or caption.
    pub text: Option<Arc<str>>,
}

/// The customer took a message back; may come before the message itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRevoked {
    /// The message that was taken back.
    pub original: MessageId,
}

/// A person's message from the WhatsApp Business App.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EchoReceived {
    /// WhatsApp's id.
    pub id: MessageId,
    /// WhatsApp's type.
    #[serde(rename = "type")]
    pub kind: Arc<str>,
    /// Text or caption.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Arc<str>>,
    /// Whether it is one of the automatic greetings that the tenant listed: it
    /// shows in the thread and changes no owner.
    #[serde(default)]
    pub automatic: bool,
    /// Whether its number was frozen: whoever wrote it may not be one of the
    /// merchant's people, so it shows in the thread and changes no owner.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub while_frozen: bool,
}

/// A message from before Baton.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PastMessage {
    /// WhatsApp's id.
    pub id: MessageId,
    /// `customer` or `app`.
    pub author: Author,
    /// WhatsApp's type.
    #[serde(rename = "type")]
    pub message_kind: Arc<str>,
    /// Text or caption.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Arc<str>>,
}

/// The customer called by voice: it stands in the thread and opens WhatsApp's
/// window, and nobody is asked to answer it in writing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Called {
    /// WhatsApp's id of the call, which all that is told of it shares.
    pub id: MessageId,
}

/// How far a message got. Several may hold at once and they may come in any
/// order; together they form a set that only grows, and the largest tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReceiptStatus {
    /// WhatsApp took it.
    Sent,
    /// WhatsApp could not deliver it; often told after `sent`.
    Failed,
    /// It reached the customer's phone.
    Delivered,
    /// The customer saw it.
    Read,
    /// The customer played it.
    Played,
}

/// One status of one of our messages.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Receipt {
    /// When WhatsApp says it happened.
    pub since: Timestamp,
    /// The message.
    pub message: MessageId,
    /// How far it got.
    pub status: ReceiptStatus,
    /// The key of our own send, which WhatsApp gives back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub send: Option<SendKey>,
    /// WhatsApp's error code of a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<i64>,
}

impl Receipt {
    /// The error code of a customer who wants no marketing (WhatsApp
    /// documentation, "Error codes").
    pub const MARKETING_REFUSED: i64 = 131_050;
}

/// Key of one message that Baton sends: deterministic, so that deciding it
/// twice sends it once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SendKey(pub Arc<str>);

/// A message to the customer was put into the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendQueued {
    /// Its key.
    pub send: SendKey,
    /// Who says it: `bot` or `agent`.
    pub author: Author,
    /// WhatsApp's type.
    #[serde(rename = "type")]
    pub message_kind: Arc<str>,
    /// Its text, or the name of its template.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Arc<str>>,
    /// Why it is sent when nobody asked for it just now: `tracking`, `review`,
    /// ...
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purpose: Option<Arc<str>>,
    /// Whether it advertises.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_marketing: bool,
    /// Who of the tenant's people wrote it, when one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<AgentId>,
}

/// What became of a send. Of several the largest tells: one that was given up
/// and that WhatsApp then turns out to have taken was taken.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum SendOutcome {
    /// The request is leaving; if nothing follows, nobody knows.
    Begun,
    /// It never left: people own the conversation, the window is closed, the
    /// customer opted out, ...
    Suppressed {
        /// Stable code.
        why: Arc<str>,
    },
    /// It will not be tried again.
    Dead {
        /// Stable code.
        why: Arc<str>,
    },
    /// WhatsApp took it under this id.
    Accepted {
        /// WhatsApp's id.
        message: MessageId,
    },
    /// It left while a person took over.
    Crossed,
}

/// Why a message is given up of which nobody knows whether it left.
pub const FATE_UNKNOWN: &str = "fate_unknown";
/// Why a message is given up that WhatsApp took without saying as what.
pub const NO_MESSAGE_ID: &str = "no_message_id";

impl SendOutcome {
    /// Whether the message certainly did not leave.
    pub fn is_certainly_unsent(&self) -> bool {
        match self {
            Self::Suppressed { .. } => true,
            Self::Dead { why } => ![FATE_UNKNOWN, NO_MESSAGE_ID].contains(&&**why),
            Self::Begun | Self::Accepted { .. } | Self::Crossed => false,
        }
    }
}

/// What became of a send.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendResolved {
    /// Its key.
    pub send: SendKey,
    /// What became of it.
    pub outcome: SendOutcome,
    /// WhatsApp's type of what leaves, when it is not what was queued: a template,
    /// since the window closed meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_kind: Option<Arc<str>>,
    /// What it says then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Arc<str>>,
}

/// The bot says that it answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BotAnswered {
    /// WhatsApp's id, when the bot sent it by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<MessageId>,
    /// What it said, when it sent it by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Arc<str>>,
    /// What the customer wanted, in the bot's words, such as `track-order`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<Arc<str>>,
}

/// The bot says that it could not answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BotMissed {
    /// The question; the customer's last message when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub question: Option<Arc<str>>,
}
