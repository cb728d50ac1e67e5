//! Work: effects and timers as durable rows, leased to whoever performs them.

use std::sync::Arc;

use baton_domain::ids::{CustomerId, TenantId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkKind {
    /// An effect of the outbox.
    Effect,
    /// A timer, which becomes an event.
    Timer,
    /// An evaluation that did not fit into the time before the answer.
    Evaluate,
    /// Somebody to be told, who may be slow to answer: apart from the outbox, so
    /// that no customer waits for it.
    Notify,
}

impl WorkKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Effect, Self::Timer, Self::Evaluate, Self::Notify];
}

/// Deterministic key of a piece of work within its customer: the same work
/// decided twice is done once.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WorkKey(pub Arc<str>);

/// Where it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case")]
pub enum Stage {
    /// Waits for its time.
    Waiting,
    /// A request is leaving or has left, and nobody knows yet what became of
    /// it.
    Begun {
        /// When.
        at: Timestamp,
    },
    /// It will not be tried again; a person should look.
    Dead {
        /// Stable code.
        why: Arc<str>,
        /// When.
        at: Timestamp,
    },
}

/// A row of work.
#[derive(Debug, Clone, PartialEq)]
pub struct Work {
    /// Of which tenant.
    pub tenant: TenantId,
    /// For which customer.
    pub customer: CustomerId,
    /// Its key.
    pub key: WorkKey,
    /// What kind.
    pub kind: WorkKind,
    /// When it is due.
    pub due_at: Timestamp,
    /// How often it was leased.
    pub tries: u32,
    /// Where it stands.
    pub stage: Stage,
    /// What is to be done; sealed in the store.
    pub payload: serde_json::Value,
}

/// Work to be added.
#[derive(Debug, Clone, PartialEq)]
pub struct NewWork {
    /// Its key.
    pub key: WorkKey,
    /// What kind.
    pub kind: WorkKind,
    /// When it is due.
    pub due_at: Timestamp,
    /// What is to be done.
    pub payload: serde_json::Value,
}

/// A hold on a row, until it ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The row.
    pub key: WorkKey,
    /// Counts the leases of the row: only the latest may settle it.
    pub number: u64,
}

/// A row and the hold on it.
#[derive(Debug, Clone, PartialEq)]
pub struct LeasedWork {
    /// The row.
    pub work: Work,
    /// The hold.
    pub lease: Lease,
}

/// A change to the work of a customer, within a commit. Changes of one commit
/// apply in order.
#[derive(Debug, Clone, PartialEq)]
pub enum WorkChange {
    /// Adds it, unless a row of this key exists or ever existed (done,
    /// dismissed or cancelled).
    Add(NewWork),
    /// Adds it, also after it was cancelled; when it is [`Stage::Waiting`],
    /// gives it a new time and payload, and whoever holds it loses the lease.
    /// Changes nothing when it is begun, dead or done.
    Reschedule(NewWork),
    /// Takes it back when it is [`Stage::Waiting`]; whoever holds it loses the
    /// lease. Changes nothing otherwise.
    Cancel(WorkKey),
    /// Takes a [`Stage::Dead`] row off the list of dead letters, never to be
    /// done again. Changes nothing otherwise.
    Dismiss(WorkKey),
    /// Under a lease: done, never to be done again.
    Done(Lease),
    /// Under a lease: not done; due again at `due_at`, standing at `stage`.
    /// The lease ends unless `keep`; it always does at [`Stage::Dead`].
    Moved {
        /// The hold.
        lease: Lease,
        /// Where it stands now.
        stage: Stage,
        /// When it is due again; with `keep`, when others may take it.
        due_at: Timestamp,
        /// Whether the holder goes on (`Begun` just before a request).
        keep: bool,
    },
}
