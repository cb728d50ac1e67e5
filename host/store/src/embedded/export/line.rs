//! The lines of an export. An older Baton must notice what it does not know, so
//! nothing unknown is skipped.

use base64::{Engine, prelude::BASE64_STANDARD};
use baton_domain::ids::{CustomerId, TenantId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    embedded::{
        customer::ConversationHead,
        identities::Generation,
        key::{Who, describe},
        record::{damaged, pack},
        seal::{IndexHash, split},
    },
    error::StoreError,
    export::Exported,
};

/// Raised with every change to what a line says.
pub(crate) const VERSION: u32 = 2;

/// A line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Line {
    /// The first.
    BatonExport {
        version: u32,
        at: Timestamp,
        /// Notices foreign keys.
        keys: Sealed,
        generation: Generation,
    },
    /// A document of the directory, by the key of its row.
    Document { row: String, record: Sealed },
    /// A customer; the lines after it are about this one, and whatever was said
    /// of this one before holds no more.
    Customer(CustomerLine),
    /// An event, in order.
    Event { version: u64, record: Sealed },
    /// A row of work.
    Work { hash: IndexHash, record: Sealed },
    /// What tells a redelivery from news.
    Identity {
        hash: IndexHash,
        /// Of those that are kept for a month.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        generation: Option<u32>,
    },
    /// What was said of this customer holds no more.
    Withdrawn {
        tenant: TenantId,
        customer: CustomerId,
    },
    /// This customer's records are damaged, and nothing is said of it.
    Damaged {
        tenant: TenantId,
        customer: CustomerId,
        what: String,
    },
    /// An item in quarantine.
    Quarantined { id: u64, record: Sealed },
    /// Where the audit of a tenant ends; its entries follow, in order.
    AuditHead { tenant: TenantId, record: Sealed },
    /// An entry of the audit.
    Audit {
        tenant: TenantId,
        place: u64,
        record: Sealed,
    },
    /// The last.
    End {
        lines: u64,
        counts: Exported,
        /// Of all bytes before this line.
        sha256: String,
    },
}

/// A customer, but for what the lines after it say.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CustomerLine {
    pub(crate) tenant: TenantId,
    pub(crate) customer: CustomerId,
    /// Slot of the key.
    pub(crate) slot: u64,
    /// How many events follow.
    pub(crate) version: u64,
    pub(crate) links: Vec<IndexHash>,
    pub(crate) conversations: Vec<ConversationHead>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) merged: Vec<Merged>,
}

/// A customer who was merged into another.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Merged {
    pub(crate) customer: CustomerId,
    pub(crate) slot: u64,
}

impl CustomerLine {
    pub(crate) fn who(&self) -> Who {
        Who::new(&self.tenant, &self.customer)
    }
}

/// A record with a sealed part, as it lies in the store but for its checksum.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sealed {
    /// Byte for byte: the seal covers it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    plain: String,
    /// In base64.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    sealed: String,
}

impl Sealed {
    /// The parts of the record at `key`.
    pub(crate) fn of(key: &[u8], record: &[u8]) -> Result<Self, StoreError> {
        let (plain, sealed) = split(key, record)?;
        let plain = std::str::from_utf8(plain).map_err(|_| damaged(key, "is no text"))?;
        Ok(Self {
            plain: plain.to_owned(),
            sealed: BASE64_STANDARD.encode(sealed),
        })
    }

    /// The record, at `key`.
    pub(crate) fn record(&self, key: &[u8]) -> Result<Vec<u8>, StoreError> {
        let sealed = BASE64_STANDARD.decode(&self.sealed);
        let sealed = sealed.map_err(|_| damaged(key, "is not base64"))?;
        let length = u32::try_from(self.plain.len()).unwrap_or(u32::MAX);
        let length = length.to_be_bytes();
        let body = [length.as_slice(), self.plain.as_bytes(), &sealed].concat();
        Ok(pack(key, &body))
    }
}

impl Line {
    /// What is wrong with a customer, by random ids alone.
    pub(crate) fn damaged(who: &Who, error: &StoreError) -> Self {
        Self::Damaged {
            tenant: who.tenant.clone(),
            customer: who.customer.clone(),
            what: match error {
                StoreError::Damaged { what } => what.clone(),
                error => format!("{}: {error}", describe(&who.head())),
            },
        }
    }
}
