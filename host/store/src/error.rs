//! What can go wrong.

use baton_domain::{ids::CustomerId, limits::Limit};

use crate::commit::Version;

/// The store could not answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The backend failed.
    #[error("the store failed while {doing}")]
    Backend {
        /// What it was doing.
        doing: &'static str,
        /// What the backend said.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// A record does not match its checksum or cannot be read.
    #[error("a stored record is damaged: {what}; run `baton doctor`")]
    Damaged {
        /// Which, without personal data.
        what: String,
    },
    /// The record was sealed under a key that was erased.
    #[error("this was erased")]
    Erased,
    /// A named limit of `baton_domain::limits` was passed; nothing changed.
    #[error("{what}: at most {} fit", limit.1)]
    OverLimit {
        /// Of what there was too much.
        what: &'static str,
        /// The limit and its name.
        limit: Limit,
    },
    /// The text does not say where a page starts.
    #[error("this is not the `next` of a page of this list")]
    BadCursor,
    /// Another process has the store open.
    #[error("another process has the store in {folder} open")]
    Locked {
        /// The folder.
        folder: String,
    },
    /// There is no room in the quarantine.
    #[error("the quarantine is full: release or re-drive what is in it")]
    QuarantineFull,
    /// One export at a time.
    #[error("an export is running already: wait for it")]
    ExportRunning,
    /// The store is shutting down.
    #[error("the store is closing")]
    Closing,
}

/// A commit changed nothing.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Someone else committed first: the customer (or the one to be absorbed)
    /// moved on or was merged, or a link was given to another. Load again and
    /// redo.
    #[error("{customer} is at version {found:?}, not as it was loaded")]
    Conflict {
        /// Who is not as loaded.
        customer: CustomerId,
        /// The version now.
        found: Version,
    },
    /// An identity was committed before: load again and leave it out.
    #[error("an identity of the commit is known already")]
    Duplicate,
    /// A lease of the commit is no longer the latest of its row, or the row was
    /// settled, cancelled or rescheduled.
    #[error("a lease of the commit has ended")]
    LeaseLost,
    /// A directory document was changed by someone else.
    #[error("the document was changed since it was read")]
    Stale,
    /// The store failed; whether the commit is durable is not known.
    #[error(transparent)]
    Store(#[from] StoreError),
}
