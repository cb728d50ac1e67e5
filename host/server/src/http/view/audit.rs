//! The audit, as it is answered.

use std::sync::Arc;

use baton_domain::{
    decide::DecisionRecord,
    field::Field,
    ids::{CustomerId, ModuleDigest, ModuleName, NumberId},
    people::FieldSet,
};
use baton_store::{AuditEntry, Audited, GrantUsed, Version};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// A page of the audit.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditView {
    /// Who read or did what, the latest first.
    pub items: Vec<AuditedView>,
    /// Where the next page starts; absent on the last. A page may be short and
    /// have a next one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
    /// What modules read of the customer, the oldest first, at most 1,000; on
    /// the first page of a customer's, and when `modules_from` asks for more.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modules: Option<Vec<ModuleReadView>>,
    /// From where in the customer's log modules were not looked for yet: ask
    /// again with it as `modules_from`; absent when that was all of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = u64, required = false)]
    pub modules_next: Option<u64>,
}

/// Something that somebody read or did.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditedView {
    /// Its place in the tenant's audit, from 1.
    place: u64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who: `person:` or `endpoint:` with the id, or `key:` with the name.
    who: String,
    /// What: `read-customer`, `claim`, `put-agent`, `notify` for what somebody
    /// was told without asking, ...
    what: Arc<str>,
    /// Whose data it was: Baton's id.
    #[schema(value_type = Option<String>)]
    customer: Option<CustomerId>,
    /// In which conversation: Meta's `phone_number_id`.
    #[schema(value_type = Option<String>)]
    number: Option<NumberId>,
    /// The personal fields that were given.
    #[schema(value_type = Vec<String>)]
    fields: FieldSet,
    /// The grant without which some of them would not have been.
    grant: Option<GrantUsedView>,
    /// What else it was about: the id of an agent, the name of a role.
    about: Option<Arc<str>>,
}

/// A grant; its reason stands in the customer's log.
#[derive(Debug, Serialize, ToSchema)]
pub struct GrantUsedView {
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Who made it.
    by: String,
    /// Until when it holds.
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
}

impl From<Audited> for AuditedView {
    fn from(Audited { place, entry }: Audited) -> Self {
        let AuditEntry {
            at,
            who,
            what,
            customer,
            number,
            fields,
            grant,
            about,
        } = entry;
        Self {
            place,
            at,
            who: who.to_string(),
            what,
            customer,
            number,
            fields,
            grant: grant.map(|GrantUsed { at, by, until }| GrantUsedView {
                at,
                by: by.to_string(),
                until,
            }),
            about,
        }
    }
}

/// What one module read for one decision.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModuleReadView {
    /// Which module.
    #[schema(value_type = String)]
    module: ModuleName,
    /// SHA-256 of its bytes.
    #[schema(value_type = String)]
    digest: ModuleDigest,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// In whose log the decision stands.
    #[schema(value_type = String)]
    customer: CustomerId,
    /// At which place of it.
    version: u64,
    /// The fields.
    #[schema(value_type = Vec<String>)]
    fields: FieldSet,
}

impl ModuleReadView {
    /// The modules of a decision that read `field`, or anything.
    pub fn all(
        (customer, version, at): (&CustomerId, Version, Timestamp),
        record: &DecisionRecord,
        field: Option<Field>,
    ) -> Vec<Self> {
        let rules = record.rules.iter().chain(&record.shadow);
        let rules = rules.map(|run| (&run.module, run.digest, run.fields_read()));
        let policy = &record.policy;
        let policy = (&policy.module, policy.digest, policy.fields_read());
        let read = |fields: FieldSet| match field {
            Some(field) => fields.contains(field),
            None => !fields.is_empty(),
        };
        rules
            .chain([policy])
            .filter(|(_, _, fields)| read(*fields))
            .map(|(module, digest, fields)| Self {
                module: module.clone(),
                digest,
                at,
                customer: customer.clone(),
                version: version.0,
                fields,
            })
            .collect()
    }
}
