//! What a row of work keeps of a notice on its way.

use std::sync::Arc;

use baton_domain::{
    ids::{AgentId, CustomerId, EndpointId, TenantId},
    notify::Notice,
    seen::SeenNotice,
};
use baton_store::{NewWork, WorkKey, WorkKind};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What keys of notices begin with, also where WhatsApp gives them back.
pub const NOTICE_KEY: &str = "notify/";

/// A notice on its way to somebody.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// Its key when it was made. It stays when the notice is replayed, so that
    /// the receiver knows it again.
    pub key: Arc<str>,
    /// To whom.
    pub to: Recipient,
    /// What is told.
    pub notice: Notice,
    /// Tries that failed.
    #[serde(default)]
    pub failures: u32,
    /// How often it was replayed.
    #[serde(default)]
    pub replays: u32,
}

/// Who is told. Where that is is looked up when the notice leaves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Recipient {
    /// Another system.
    Webhook {
        /// Which endpoint.
        endpoint: EndpointId,
    },
    /// One of the people.
    Email {
        /// Who.
        agent: AgentId,
    },
    /// One of the people.
    WhatsApp {
        /// Who.
        agent: AgentId,
    },
}

impl Recipient {
    fn key(&self) -> String {
        match self {
            Self::Webhook { endpoint } => format!("webhook/{endpoint}"),
            Self::Email { agent } => format!("email/{agent}"),
            Self::WhatsApp { agent } => format!("whatsapp/{agent}"),
        }
    }

    /// As the metrics count what was delivered.
    pub fn delivered(&self) -> &'static str {
        match self {
            Self::Webhook { .. } => "webhook_delivered",
            Self::Email { .. } => "email_delivered",
            Self::WhatsApp { .. } => "whatsapp_delivered",
        }
    }
}

impl Delivery {
    /// The notice of the event at `place` of the customer's log, to somebody.
    pub fn new(to: Recipient, seen: SeenNotice, customer: &CustomerId, place: u64) -> Self {
        let notice = seen.into_notice();
        let kind = notice.kind;
        let key = format!("{NOTICE_KEY}{}/{customer}/{place}/{kind}", to.key());
        Self {
            key: key.into(),
            to,
            notice,
            failures: 0,
            replays: 0,
        }
    }

    /// What tells this message from all others, the same at every try: random
    /// to whoever does not know the key.
    pub fn id(&self, tenant: &TenantId) -> String {
        let hash = Sha256::new()
            .chain_update(tenant.as_str())
            .chain_update([0])
            .chain_update(self.key.as_bytes())
            .finalize();
        format!("msg_{}", hex::encode(&hash[..16]))
    }

    /// What WhatsApp gives back with the statuses of this message, by which they
    /// are told from those of messages to customers.
    pub fn whatsapp_key(&self, tenant: &TenantId) -> String {
        format!("{NOTICE_KEY}{}", self.id(tenant))
    }

    /// The row that it is now.
    pub fn work(&self, due_at: Timestamp) -> NewWork {
        let key = match self.replays {
            0 => self.key.clone(),
            replays => format!("{}/replay/{replays}", self.key).into(),
        };
        NewWork {
            key: WorkKey(key),
            kind: WorkKind::Notify,
            due_at,
            // Strings, numbers and enums only: this cannot fail.
            payload: serde_json::to_value(self).unwrap_or_default(),
        }
    }
}
