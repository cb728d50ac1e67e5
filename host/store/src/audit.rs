//! The audit: who read or did what, when, under which grant. It is only ever
//! appended to, and holds no personal value: names of fields, random ids, and
//! the ids of the tenant's people.

use std::sync::Arc;

use baton_domain::{
    field::Field,
    ids::{CustomerId, NumberId},
    people::{FieldSet, Principal},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One thing that somebody read or did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub who: Principal,
    /// What: a stable word, such as `read-customer` or `claim`.
    pub what: Arc<str>,
    /// Whose data it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer: Option<CustomerId>,
    /// In which conversation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<NumberId>,
    /// The personal fields that were given, or are from now on.
    #[serde(default, skip_serializing_if = "is_none_of_them")]
    pub fields: FieldSet,
    /// The grant without which some of them would not have been given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grant: Option<GrantUsed>,
    /// What else it was about: the id of an agent, the name of a role.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<Arc<str>>,
}

impl AuditEntry {
    /// That `who` does `what` now, to nothing in particular.
    pub fn of(who: Principal, at: Timestamp, what: &str) -> Self {
        Self {
            at,
            who,
            what: what.into(),
            customer: None,
            number: None,
            fields: FieldSet::NONE,
            grant: None,
            about: None,
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
fn is_none_of_them(fields: &FieldSet) -> bool {
    fields.is_empty()
}

/// A grant, by what finds it in the customer's log, where its reason stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GrantUsed {
    /// When it was made.
    pub at: Timestamp,
    /// Who made it.
    pub by: Principal,
    /// Until when it holds.
    pub until: Timestamp,
}

/// An entry with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audited {
    /// Its place in the tenant's audit, from 1.
    pub place: u64,
    /// What it says.
    pub entry: AuditEntry,
}

/// Which entries are wanted; all members must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// About this customer, or one merged with this one.
    pub customer: Option<CustomerId>,
    /// In which this field was given.
    pub field: Option<Field>,
    /// About this business number.
    pub number: Option<NumberId>,
    /// Of this principal, as [`Principal`] is written.
    pub who: Option<Arc<str>>,
    /// Not before.
    pub from: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
}

impl AuditQuery {
    /// Whether an entry is wanted, the customer apart.
    pub(crate) fn wants(&self, entry: &AuditEntry) -> bool {
        self.field.is_none_or(|field| entry.fields.contains(field))
            && (self.number.as_ref()).is_none_or(|it| entry.number.as_ref() == Some(it))
            && self.from.is_none_or(|from| entry.at >= from)
            && self.until.is_none_or(|until| entry.at < until)
            && (self.who.as_ref()).is_none_or(|who| **who == *entry.who.to_string())
    }
}
