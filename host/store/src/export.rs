//! The logical export and its import: what they count, and what can be wrong
//! with an export.
//!
//! An export is JSON lines: customers one after the other, each whole and as it
//! stood at one moment, with the records as they lie in the store. What is
//! personal stays sealed, and the keys are never in it: whoever has an export
//! and no keys file has random ids and times. Nothing that follows from the
//! logs is in it; an import builds that anew, so it also mends whatever an
//! index got wrong.

use serde::{Deserialize, Serialize};

use crate::error::StoreError;

/// How much an export holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exported {
    /// Tenants, apps and API keys.
    pub documents: u64,
    /// Customers, counted again when a merge brought them a second time.
    pub customers: u64,
    /// Events of their logs.
    pub events: u64,
    /// Work: open, dead and settled.
    pub work: u64,
    /// What tells redeliveries from news.
    pub identities: u64,
    /// Items in quarantine.
    pub quarantined: u64,
    /// Entries of the audit.
    #[serde(default)]
    pub audited: u64,
    /// Customers who were begun and taken back: erased or merged meanwhile.
    pub withdrawn: u64,
    /// Customers whose records are damaged, and who are not in it.
    pub damaged: u64,
}

/// What an import came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// How much the export holds.
    pub read: Exported,
    /// Customers of it who were erased since, and stay so.
    pub erased: u64,
}

/// Why an export was not imported. Nothing of it is kept then.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// It does not begin as an export does.
    #[error("this is no export of Baton's: its first line is none of an export")]
    NoExport,
    /// A newer Baton made it.
    #[error(
        "a newer Baton made this export (its form is {found}, this one reads {known}): use that"
    )]
    Newer {
        /// Its version.
        found: u32,
        /// What this Baton reads.
        known: u32,
    },
    /// It ends before its last line, or its bytes are not those that were
    /// written.
    #[error("the export is cut short or was changed ({what}): take another one")]
    NotWhole {
        /// What does not fit.
        what: String,
    },
    /// A line that does not say what it should.
    #[error("line {line} of the export cannot be used: {what}")]
    Line {
        /// Counted from 1.
        line: u64,
        /// What is wrong with it, without its text.
        what: String,
    },
    /// The keys file belongs to another store.
    #[error(
        "the keys file belongs to another store than the export: give the one that lay beside \
         these rows"
    )]
    ForeignKeys,
    /// The keys file is older than the export.
    #[error(
        "the keys file is older than the export (it lacks the key in slot {slot}): give a copy \
         that was made after the export"
    )]
    OldKeys {
        /// Which key it lacks.
        slot: u64,
    },
    /// There is something where the store is to be.
    #[error("{folder} is not empty: move it aside, and import again")]
    Occupied {
        /// The folder.
        folder: String,
    },
    /// The store or the disk failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}
