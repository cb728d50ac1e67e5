//! What a webhook tells of a number's past, gathered as it is sorted.

use std::{collections::BTreeMap, mem};

use baton_domain::ids::{MessageId, NumberId, TenantId};
use baton_domain::limits::{SYNC_CHUNKS_MAX, SYNC_PHASES_MAX};
use baton_store::{Link, NumberSync};
use baton_whatsapp::{
    address::CustomerAddress,
    webhook::{Content, Update, notice::HistoryProgress},
};
use jiff::Timestamp;

/// What one update tells of it.
pub enum Synced {
    /// A message of the past.
    Message(PastOne),
    /// All messages before it are of this chunk.
    Chunk(HistoryProgress),
    /// The merchant does not share the history.
    Declined,
    /// A contact of the address book.
    Contact {
        /// Whether it was taken out.
        is_removed: bool,
    },
}

/// By tenant and number, in the order in which it is told.
pub type Syncs = BTreeMap<(TenantId, NumberId), Vec<Synced>>;

/// A message of the past.
pub struct PastOne {
    /// By what its customer is found.
    pub links: Vec<Link>,
    /// Its id.
    pub id: MessageId,
    /// When it was written; without a time nobody can say that it was lost.
    pub at: Option<Timestamp>,
}

impl Synced {
    /// What `update` tells of it, if it does.
    pub fn of(update: &Update) -> Option<Self> {
        match &update.content {
            Content::History(message) => Some(Self::Message(PastOne {
                links: links(update.address.as_ref()?),
                id: message.id.clone(),
                at: update.occurred_at,
            })),
            Content::HistoryProgress(progress) => Some(Self::Chunk(progress.clone())),
            Content::HistoryDeclined(_) => Some(Self::Declined),
            Content::ContactSync(contact) => Some(Self::Contact {
                is_removed: contact.removed,
            }),
            _ => None,
        }
    }
}

fn links(address: &CustomerAddress) -> Vec<Link> {
    let phone = address.phone().map(|it| Link::Phone(it.as_str().into()));
    let user_id = address.user_id().map(|it| Link::UserId(it.as_str().into()));
    phone.into_iter().chain(user_id).collect()
}

/// All that one webhook tells of one number.
#[derive(Default)]
pub(super) struct Told {
    pub(super) chunks: Vec<Chunk>,
    is_declined: bool,
    has_contact: bool,
    has_removal: bool,
}

/// A chunk of the history, or what came without saying of which.
pub(super) struct Chunk {
    progress: Option<HistoryProgress>,
    pub(super) messages: Vec<PastOne>,
}

impl Chunk {
    /// Its phase and number, when it says.
    pub(super) fn place(&self) -> Option<(u32, u32)> {
        let progress = self.progress.as_ref()?;
        progress.phase.zip(progress.chunk)
    }
}

impl Told {
    pub(super) fn of(syncs: Vec<Synced>) -> Self {
        let mut told = Self::default();
        let mut messages = Vec::new();
        for sync in syncs {
            match sync {
                Synced::Message(message) => messages.push(message),
                Synced::Chunk(progress) => told.chunks.push(Chunk {
                    progress: Some(progress),
                    messages: mem::take(&mut messages),
                }),
                Synced::Declined => told.is_declined = true,
                Synced::Contact { is_removed } => {
                    told.has_contact |= !is_removed;
                    told.has_removal |= is_removed;
                }
            }
        }
        // Files follow their placeholders without a chunk of their own.
        if !messages.is_empty() {
            let progress = None;
            told.chunks.push(Chunk { progress, messages });
        }
        told
    }

    pub(super) fn is_declined(&self) -> bool {
        self.is_declined
    }

    /// Notes it at `now`, however often it is told.
    pub(super) fn onto(&self, sync: &mut NumberSync, now: Timestamp) {
        sync.last_at = Some(now);
        for chunk in &self.chunks {
            let percent = chunk.progress.as_ref().and_then(|it| it.percent);
            sync.percent = sync.percent.max(percent.map(|it| it.min(100)));
            let Some((phase, number)) = chunk.place() else {
                continue;
            };
            let has_room = sync.phases.len() < SYNC_PHASES_MAX;
            if !has_room && !sync.phases.contains_key(&phase) {
                continue;
            }
            let chunks = &mut sync.phases.entry(phase).or_default().chunks;
            if chunks.len() < SYNC_CHUNKS_MAX || chunks.contains_key(&number) {
                chunks.insert(number, chunk.messages.len() as u64);
            }
        }
        let at = |is_told: bool, before| if is_told { Some(now) } else { before };
        sync.declined_at = at(self.is_declined, sync.declined_at);
        sync.contact_at = at(self.has_contact, sync.contact_at);
        sync.contact_removed_at = at(self.has_removal, sync.contact_removed_at);
    }
}
