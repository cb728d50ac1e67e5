//! The outbox: effects as durable rows, performed after the commit that
//! decided them.

mod compose;
mod fate;
mod row;
mod send;

use baton_domain::{
    event::Author,
    ids::{AgentId, NumberId, OwnerEpoch},
};
use baton_store::{LeasedWork, WorkChange};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use compose::check_message;
pub use fate::{Fate, fate};

use crate::{
    host::Host,
    pipeline::{Change, Refused},
    wire::OutgoingMessage,
};

/// Why a message must not leave that WhatsApp would refuse as it is, as a stable
/// code.
pub const NOT_SENDABLE: &str = "not_sendable";

/// Something to do outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "snake_case")]
pub enum Effect {
    /// Send a message to the customer.
    Send(SendEffect),
}

/// A message to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendEffect {
    /// From which number.
    pub number: NumberId,
    /// Who says it.
    pub author: Author,
    /// Which of the tenant's people, when it is one of them; rows of earlier
    /// versions do not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<AgentId>,
    /// The owner epoch it was decided under: under another, the bot's message
    /// is suppressed, and a person's once another person owns.
    pub epoch: OwnerEpoch,
    /// What it says inside the service window.
    pub message: OutgoingMessage,
    /// The template to use outside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outside_window: Option<OutgoingMessage>,
    /// Whether it needs consent to marketing.
    #[serde(default)]
    pub is_marketing: bool,
    /// After this it is not sent any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub too_late_at: Option<Timestamp>,
    /// How often it was tried and refused, so that it certainly did not leave.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub refused: u32,
    /// How often it waited for its number.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub waited: u32,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl Effect {
    /// As a row keeps it.
    pub fn payload(&self) -> serde_json::Value {
        // Strings, numbers and enums only: this cannot fail.
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// Performs an effect.
///
/// # Errors
/// [`Refused::Store`]; the row is due again when its lease ends.
pub async fn perform(host: &Host, leased: LeasedWork) -> Result<(), Refused> {
    match serde_json::from_value::<Effect>(leased.work.payload.clone()) {
        Ok(Effect::Send(effect)) => send::send(host, leased, effect).await,
        // What is wrong with it would show what it says.
        Err(_unreadable) => {
            tracing::error!("an effect that nothing understands is dropped");
            drop_row(host, leased).await
        }
    }
}

async fn drop_row(host: &Host, leased: LeasedWork) -> Result<(), Refused> {
    let directory = host.directory();
    let Some(tenant) = directory.tenant(&leased.work.tenant) else {
        return Ok(());
    };
    let loaded = host
        .store
        .load(&leased.work.tenant, &leased.work.customer, &[])
        .await?;
    let Some(loaded) = loaded else { return Ok(()) };
    let mut change = Change::onto(host, tenant.clone(), loaded).await?;
    change.add_work(WorkChange::Done(leased.lease));
    let _ = change.commit(host).await;
    Ok(())
}
