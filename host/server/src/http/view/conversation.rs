//! A conversation: who has the next step, where it stands, the thread.

use std::sync::Arc;

use baton_domain::{
    event::SendOutcome,
    field::Field,
    ids::{AgentId, CustomerId, NumberId, TeamName},
    owner::Owner,
    seen::Seen,
    state::{Conversation, Episode, MessageNow, MessageRef},
};
use baton_store::ConversationRow;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::Shown;

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
    /// Who has it, when it is one of the tenant's people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    agent: Option<AgentId>,
    /// The team that has it, or had it before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    team: Option<TeamName>,
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
            agent: row.agent,
            team: row.team,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    owner_since: Shown<Timestamp>,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, format = DateTime, required = false)]
    opened_at: Option<Timestamp>,
    /// Messages from the customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u32, required = false)]
    turns: Option<u32>,
    /// Handoffs to people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u32, required = false)]
    handoffs: Option<u32>,
    /// Tags.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false)]
    tags: Option<Vec<Arc<str>>>,
}

impl EpisodeView {
    fn of(seen: &Seen<'_>, episode: &Episode) -> Self {
        Self {
            number: episode.number.0,
            opened_at: seen.field(Field::ConversationAgeHours, || episode.opened_at),
            turns: seen.field(Field::ConversationTurns, || episode.turns),
            handoffs: seen.field(Field::ConversationHandoffs, || episode.handoffs),
            tags: seen.field(Field::ConversationTags, || episode.tags.clone()),
        }
    }
}

impl HeadView {
    /// The conversation as `seen` at `now`.
    pub fn of(
        seen: &Seen<'_>,
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
            owner_since: seen.field(Field::ConversationOwnerHistory, || {
                episode.and_then(|it| it.owners.last()).map(|it| it.at)
            }),
            window_open: conversation.is_window_open(now),
            last_inbound_at: conversation.last_inbound_at,
            episode: episode.map(|it| EpisodeView::of(seen, it)),
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
    pub fn of(seen: &Seen<'_>, head: HeadView, conversation: &Conversation) -> Self {
        let messages = conversation.thread.messages();
        Self {
            head,
            thread: messages.map(|it| MessageView::of(seen, &it)).collect(),
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
    /// What it is known by; WhatsApp's id holds the phone number, and is seen
    /// with it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = MessageIdView, required = false)]
    id: Option<MessageIdView>,
    /// `customer`, `bot`, `agent` or `app`.
    author: &'static str,
    /// WhatsApp's type.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    kind: Option<Arc<str>>,
    /// What it says, after edits, masked as the role wants it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    text: Shown<Arc<str>>,
    /// Whether it was edited.
    edited: bool,
    /// Whether it was taken back.
    revoked: bool,
    /// Whether it came from the App while the number was frozen: who wrote it is in
    /// doubt.
    while_frozen: bool,
    /// What became of it, when it is one of ours.
    outcome: Option<OutcomeView>,
    /// The furthest it got: `sent`, `failed`, `delivered`, `read` or `played`.
    #[schema(value_type = Option<String>)]
    receipt: Option<baton_domain::event::ReceiptStatus>,
}

impl MessageView {
    fn of(seen: &Seen<'_>, message: &MessageNow<'_>) -> Self {
        let entry = message.entry;
        Self {
            at: entry.at,
            id: match &entry.id {
                MessageRef::WhatsApp(id) => {
                    let id = seen.message_id(id);
                    id.map(|id| MessageIdView::Message(id.as_str().to_owned()))
                }
                MessageRef::Send(send) => {
                    let send = seen.send_key(send);
                    send.map(|send| MessageIdView::Send(send.0.to_string()))
                }
            },
            author: entry.author.as_str(),
            kind: seen.field(Field::MessageKind, || entry.kind.clone()),
            text: seen.said(message.text),
            edited: message.is_edited,
            revoked: message.is_revoked,
            while_frozen: entry.while_frozen,
            outcome: message.outcome.map(|it| OutcomeView::of(seen, it)),
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
        /// WhatsApp's id, seen with the phone number.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = String, required = false)]
        message: Option<String>,
    },
    /// It never left.
    Suppressed {
        /// Stable code; one that tells of consent is seen with that field.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = String, required = false)]
        why: Option<Arc<str>>,
    },
    /// It left while a person took over.
    Crossed {},
    /// It will not be tried again.
    Dead {
        /// Stable code; one that tells of consent is seen with that field.
        #[serde(skip_serializing_if = "Option::is_none")]
        #[schema(value_type = String, required = false)]
        why: Option<Arc<str>>,
    },
}

impl OutcomeView {
    pub(super) fn of(seen: &Seen<'_>, outcome: &SendOutcome) -> Self {
        match outcome {
            SendOutcome::Begun => Self::Begun {},
            SendOutcome::Accepted { message } => Self::Accepted {
                message: seen.message_id(message).map(|id| id.as_str().to_owned()),
            },
            SendOutcome::Suppressed { why } => Self::Suppressed { why: seen.why(why) },
            SendOutcome::Crossed => Self::Crossed {},
            SendOutcome::Dead { why } => Self::Dead { why: seen.why(why) },
        }
    }
}
