//! Where a tenant is told of what happens, and what was said of its handoffs.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Range,
    sync::Arc,
};

use async_trait::async_trait;
use baton_domain::{
    event::{FlagKind, RuleVersion},
    ids::{EndpointId, NumberId, ReleaseNumber, RoleName, TenantId},
    notify::NoticeKind,
    people::FieldSet,
    week::Week,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    AuditEntry,
    directory::Document,
    error::{CommitError, StoreError},
};

/// An address of another system that is told of what happens.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    /// What the tenant calls it.
    pub id: EndpointId,
    /// Where it is.
    pub url: String,
    /// What it is told of.
    pub kinds: BTreeSet<NoticeKind>,
    /// What it sees.
    pub sees: Sees,
    /// What its webhooks are signed with, `whsec_` and base64. Sealed in the
    /// store, shown once.
    pub secret: String,
    /// The secret before, which signs beside it for a while.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<PreviousSecret>,
    /// Whether the tenant wants it told.
    pub is_enabled: bool,
    /// Since when every delivery failed; `None` when the last one did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<Timestamp>,
    /// That the host disabled it, until somebody enables it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled: Option<Disabled>,
}

/// What somebody outside may see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sees {
    /// What this role holds.
    Role(RoleName),
    /// These fields.
    Fields(FieldSet),
}

/// A secret that was replaced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreviousSecret {
    /// The secret.
    pub secret: String,
    /// Until when it signs, too.
    pub until: Timestamp,
}

/// That the host disabled an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disabled {
    /// When.
    pub at: Timestamp,
    /// Stable code: `failing`, `gone`.
    pub why: Arc<str>,
}

/// How a tenant's own people are told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotificationSettings {
    /// Messages to their own WhatsApp numbers; none when absent.
    #[serde(default)]
    pub whatsapp: Option<WhatsAppNotices>,
    /// Whether they are told by e-mail; the host needs a mail server for it.
    #[serde(default)]
    pub email: bool,
}

/// How agents are told on WhatsApp: outside of any service window, so by an
/// approved template. `{{1}}` of its body is what happened, `{{2}}` the link to
/// the conversation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhatsAppNotices {
    /// The number that sends them, one of the tenant's.
    pub number: NumberId,
    /// Name of the template at Meta.
    pub template: String,
    /// Its language code at Meta.
    pub language: String,
}

/// What one version of a rule led to in one week, or, without a version, all
/// handoffs of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlagCount {
    /// In which week the handoffs were.
    pub week: Week,
    /// The release that decided.
    pub release: ReleaseNumber,
    /// The rule; `None` for the release as a whole.
    pub rule: Option<RuleVersion>,
    /// What was counted.
    pub counted: Counted,
}

/// Handoffs and what was said of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counted {
    /// Handoffs.
    pub handoffs: u64,
    /// Of these, handoffs that were flagged at least once.
    #[serde(default)]
    pub flagged: u64,
    /// Flags, by kind.
    #[serde(default)]
    pub flags: BTreeMap<FlagKind, u64>,
}

/// What Baton keeps of whom it tells, and of flags.
#[async_trait]
pub trait NotifyStore: Send + Sync + 'static {
    /// All endpoints of a tenant, by id.
    async fn endpoints(&self, tenant: &TenantId) -> Result<Vec<Document<Endpoint>>, StoreError>;
    /// Writes an endpoint, conditional on the revision read (0 for a new one),
    /// and with it who did so; nobody does when it is noted how one fares.
    async fn put_endpoint(
        &self,
        tenant: &TenantId,
        endpoint: Document<Endpoint>,
        entry: Option<AuditEntry>,
    ) -> Result<(), CommitError>;
    /// Removes an endpoint, conditional on the revision read. What is on its
    /// way to it is given up.
    async fn remove_endpoint(
        &self,
        tenant: &TenantId,
        endpoint: &EndpointId,
        revision: u64,
        entry: AuditEntry,
    ) -> Result<(), CommitError>;

    /// How a tenant's people are told; revision 0 before anybody said.
    async fn notification_settings(
        &self,
        tenant: &TenantId,
    ) -> Result<Document<NotificationSettings>, StoreError>;
    /// Writes it, conditional on the revision read.
    async fn put_notification_settings(
        &self,
        tenant: &TenantId,
        settings: Document<NotificationSettings>,
        entry: AuditEntry,
    ) -> Result<(), CommitError>;

    /// What was counted of the handoffs of `weeks`, in their order. Counted in the commits that made handoffs and flags,
    /// so it costs what it answers. Merges, erasures and restores change nothing
    /// of it.
    async fn flag_counts(
        &self,
        tenant: &TenantId,
        weeks: Range<Week>,
    ) -> Result<Vec<FlagCount>, StoreError>;
}
