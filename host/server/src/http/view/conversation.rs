//! A conversation: who has the next step, where it stands, the thread.

use std::sync::Arc;

use baton_domain::{
    event::SendOutcome,
    ids::{CustomerId, NumberId},
    owner::Owner,
    state::{Conversation, Episode, MessageNow, MessageRef},
};
use baton_store::ConversationRow;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// Who has the next step.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum OwnerView {
    /// The bot.
    Bot {},
    /// A team; nobody in it has taken it yet.
    Team {
        /// Which team.
        team: String,
        /// Which tier of it.
        tier: Option<String>,
    },
    /// One of the tenant's people.
    Agent {
        /// Who.
        agent: String,
        /// For which team, when a team had it before.
        team: Option<String>,
    },
    /// A person on the WhatsApp Business App.
    App {
        /// The team that keeps the next step, when one had it before.
        team: Option<String>,
    },
}

impl From<&Owner> for OwnerView {
    fn from(owner: &Owner) -> Self {
        let team = |team: &baton_domain::ids::TeamName| team.as_str().to_owned();
        match owner {
            Owner::Bot => Self::Bot {},
            Owner::Team { team: name, tier } => Self::Team {
                team: team(name),
                tier: tier.as_ref().map(|it| it.as_str().to_owned()),
            },
            Owner::Agent { agent, team: name } => Self::Agent {
                agent: agent.as_str().to_owned(),
                team: name.as_ref().map(team),
            },
            Owner::App { team: name } => Self::App {
                team: name.as_ref().map(team),
            },
        }
    }
}

/// A conversation of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct RowView {
    /// Whose.
    #[schema(value_type = String)]
    customer: CustomerId,
    /// On which business number: Meta's `phone_number_id`.
    #[schema(value_type = String)]
    number: NumberId,
    /// `bot`, `team`, `agent` or `app`.
    owner: String,
    /// Last message in either direction.
    #[schema(value_type = String, format = DateTime)]
    touched_at: Timestamp,
}

impl From<ConversationRow> for RowView {
    fn from(row: ConversationRow) -> Self {
        Self {
            customer: row.customer,
            number: row.number,
            owner: row.owner,
            touched_at: row.touched_at,
        }
    }
}

/// Where a conversation stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeadView {
    /// Whose.
    #[schema(value_type = String)]
    customer: CustomerId,
    /// On which business number: Meta's `phone_number_id`.
    #[schema(value_type = String)]
    number: NumberId,
    /// Who has the next step.
    owner: OwnerView,
    /// Counts the changes of owner; name it when you claim.
    epoch: u64,
    /// Since when, in the open episode.
    #[schema(value_type = Option<String>, format = DateTime)]
    owner_since: Option<Timestamp>,
    /// Whether anything but an approved template may be sent.
    window_open: bool,
    /// The customer's last message.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_inbound_at: Option<Timestamp>,
    /// The open episode.
    episode: Option<EpisodeView>,
}

/// A span from the first message to resolve or silence.
#[derive(Debug, Serialize, ToSchema)]
pub struct EpisodeView {
    /// Counts the episodes of this conversation.
    number: u32,
    /// When it opened.
    #[schema(value_type = String, format = DateTime)]
    opened_at: Timestamp,
    /// Messages from the customer.
    turns: u32,
    /// Handoffs to people.
    handoffs: u32,
    /// Tags.
    tags: Vec<Arc<str>>,
}

impl From<&Episode> for EpisodeView {
    fn from(episode: &Episode) -> Self {
        Self {
            number: episode.number.0,
            opened_at: episode.opened_at,
            turns: episode.turns,
            handoffs: episode.handoffs,
            tags: episode.tags.clone(),
        }
    }
}

impl HeadView {
    /// The conversation, as of `now`.
    pub fn of(
        customer: &CustomerId,
        number: &NumberId,
        conversation: &Conversation,
        now: Timestamp,
    ) -> Self {
        let ownership = &conversation.ownership;
        let episode = conversation.open_episode(now);
        Self {
            customer: customer.clone(),
            number: number.clone(),
            owner: (&ownership.owner).into(),
            epoch: ownership.epoch.0,
            owner_since: episode.and_then(|it| it.owners.last()).map(|it| it.at),
            window_open: conversation.is_window_open(now),
            last_inbound_at: conversation.last_inbound_at,
            episode: episode.map(Into::into),
        }
    }
}

/// A conversation with its recent messages.
#[derive(Debug, Serialize, ToSchema)]
pub struct ConversationView {
    #[serde(flatten)]
    head: HeadView,
    /// The recent messages, the oldest first.
    thread: Vec<MessageView>,
}

impl ConversationView {
    /// The conversation under its head.
    pub fn of(head: HeadView, conversation: &Conversation) -> Self {
        let messages = conversation.thread.messages();
        Self {
            head,
            thread: messages.map(|it| MessageView::of(&it)).collect(),
        }
    }
}

/// What a message is known by: one of the two.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageIdView {
    /// WhatsApp's id.
    Message(String),
    /// The key of our own send.
    Send(String),
}

/// A message of the thread.
#[derive(Debug, Serialize, ToSchema)]
pub struct MessageView {
    /// When it was written.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// What it is known by.
    id: MessageIdView,
    /// `customer`, `bot`, `agent` or `app`.
    author: &'static str,
    /// WhatsApp's type.
    #[serde(rename = "type")]
    kind: Arc<str>,
    /// What it says, after edits.
    text: Option<Arc<str>>,
    /// Whether it was edited.
    edited: bool,
    /// Whether it was taken back.
    revoked: bool,
    /// What became of it, when it is one of ours.
    outcome: Option<OutcomeView>,
    /// The furthest it got: `sent`, `failed`, `delivered`, `read` or `played`.
    #[schema(value_type = Option<String>)]
    receipt: Option<baton_domain::event::ReceiptStatus>,
}

impl MessageView {
    fn of(message: &MessageNow<'_>) -> Self {
        let entry = message.entry;
        Self {
            at: entry.at,
            id: match &entry.id {
                MessageRef::WhatsApp(id) => MessageIdView::Message(id.as_str().to_owned()),
                MessageRef::Send(send) => MessageIdView::Send(send.0.to_string()),
            },
            author: entry.author.as_str(),
            kind: entry.kind.clone(),
            text: message.text.cloned(),
            edited: message.is_edited,
            revoked: message.is_revoked,
            outcome: message.outcome.map(Into::into),
            receipt: message.receipt,
        }
    }
}

/// What became of a message of ours.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum OutcomeView {
    /// It is leaving; if nothing follows, nobody knows.
    Begun {},
    /// WhatsApp took it.
    Accepted {
        /// WhatsApp's id.
        message: String,
    },
    /// It never left.
    Suppressed {
        /// Stable code.
        why: Arc<str>,
    },
    /// It left while a person took over.
    Crossed {},
    /// It will not be tried again.
    Dead {
        /// Stable code.
        why: Arc<str>,
    },
}

impl From<&SendOutcome> for OutcomeView {
    fn from(outcome: &SendOutcome) -> Self {
        match outcome {
            SendOutcome::Begun => Self::Begun {},
            SendOutcome::Accepted { message } => Self::Accepted {
                message: message.as_str().to_owned(),
            },
            SendOutcome::Suppressed { why } => Self::Suppressed { why: why.clone() },
            SendOutcome::Crossed => Self::Crossed {},
            SendOutcome::Dead { why } => Self::Dead { why: why.clone() },
        }
    }
}
