//! The directory: tenants, apps and keys, as documents that a host
//! administrator writes.

use std::{collections::BTreeSet, sync::Arc};

use baton_domain::{
    decision::Outcome,
    field::Field,
    follow_up::{Canceller, Cap, Trigger, usual_caps},
    ids::{NumberId, TeamName, TenantId, TierName},
    people::{TrainingPolicy, WorkingHours},
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A document and how often it was written, so that two people cannot
/// overwrite each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Document<T> {
    /// Writes so far; 0 for one that is yet to be written.
    pub revision: u64,
    /// What it says.
    pub body: T,
}

/// A tenant.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tenant {
    /// Its id.
    pub id: TenantId,
    /// What people call it.
    pub name: Arc<str>,
    /// IANA name of its time zone, such as `Asia/Jakarta`.
    pub timezone: String,
    /// ISO 639-1.
    pub language: Arc<str>,
    /// Its teams with their tiers, lowest first; the first is the default.
    pub teams: Vec<TeamDocument>,
    /// Its business numbers.
    #[serde(default)]
    pub numbers: Vec<Number>,
    /// What applies when rules or policy fail; a person by default.
    #[serde(default = "hand_off")]
    pub on_failure: Outcome,
    /// Phrases by which a customer asks for a person; absent means Baton's.
    #[serde(default)]
    pub person_phrases: Option<Vec<Arc<str>>>,
    /// Ids of buttons by which a customer asks for a person.
    #[serde(default)]
    pub person_buttons: Vec<Arc<str>>,
    /// Texts that the Business App sends by itself.
    #[serde(default)]
    pub automatic_texts: Vec<Arc<str>>,
    /// Fields that no module may read, whatever is granted to it.
    #[serde(default)]
    pub denied_fields: BTreeSet<Field>,
    /// Whether a module whose reads have not changed is spared another run.
    #[serde(default = "yes")]
    pub skip_unchanged: bool,
    /// Messages that follow an event by themselves.
    #[serde(default)]
    pub follow_ups: Vec<FollowUp>,
    /// How much advertising one customer gets.
    #[serde(default = "usual_caps")]
    pub marketing_caps: Vec<Cap>,
    /// Minutes within which a person should take the next step.
    #[serde(default = "quarter_hour")]
    pub next_step_minutes: u32,
    /// What its people promise.
    #[serde(default)]
    pub care: CareDocument,
    /// When its numbers are compared with the Business App by themselves; never
    /// when absent.
    #[serde(default)]
    pub audit_sync: Option<AuditSync>,
}

/// When the numbers of a tenant are compared with the Business App.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditSync {
    /// The day of the month, from 1 on; the last in a shorter month.
    pub day_of_month: i8,
}

fn hand_off() -> Outcome {
    Outcome::HandOff
}

fn yes() -> bool {
    true
}

fn quarter_hour() -> u32 {
    15
}

/// What a tenant's people promise its customers while they own a conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CareDocument {
    /// When somebody is there; minutes are counted in these hours, around the
    /// clock when absent.
    #[serde(default)]
    pub hours: WorkingHours,
    /// What is promised of each tier.
    #[serde(default)]
    pub promises: Vec<PromiseDocument>,
    /// Minutes of silence, with no next step open, after which the bot has a
    /// conversation again.
    #[serde(default)]
    pub auto_return_minutes: Option<u32>,
    /// Minutes that the bot may be silent and still counts as there.
    #[serde(default)]
    pub bot_silence_minutes: Option<u32>,
    /// What somebody must have learnt to be given conversations.
    #[serde(default)]
    pub training: TrainingPolicy,
}

/// What is promised of one tier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromiseDocument {
    /// Which; all that no other row names when absent.
    #[serde(default)]
    pub tier: Option<TierName>,
    /// Minutes until a person's first word.
    #[serde(default)]
    pub first_reply_minutes: Option<u32>,
    /// Minutes until the next step is taken.
    #[serde(default)]
    pub next_step_minutes: Option<u32>,
}

/// A team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TeamDocument {
    /// Its name.
    pub name: TeamName,
    /// Its tiers, lowest first.
    #[serde(default)]
    pub tiers: Vec<TierName>,
}

/// A business number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Number {
    /// Meta's `phone_number_id`.
    pub id: NumberId,
    /// The app that it is subscribed to.
    pub app: String,
    /// The number as people write it.
    #[serde(default)]
    pub display: Option<String>,
    /// The WhatsApp Business Account it belongs to; learnt from its webhooks when
    /// absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// Token of the Graph API. Sealed in the store, never shown.
    #[serde(default)]
    pub token: Option<String>,
}

/// A message that follows an event by itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FollowUp {
    /// Its name: `tracking`, `review`, ...
    pub name: Arc<str>,
    /// What it waits after: `paid`, `basket`, ...
    pub after: Trigger,
    /// How long after; of `booking`, how long before its day begins.
    pub delay_hours: u32,
    /// How late it may still be sent.
    pub too_late_hours: u32,
    /// What it says inside the service window; `{order}`, `{name}` and
    /// `{tracking}` are filled in.
    pub text: Arc<str>,
    /// The approved template outside the window; without one it is recorded
    /// why nothing was sent.
    #[serde(default)]
    pub template: Option<Template>,
    /// Whether it needs the customer's consent to marketing.
    #[serde(default)]
    pub is_marketing: bool,
    /// What takes it back while it waits; the usual of `after` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_by: Option<BTreeSet<Canceller>>,
}

/// An approved template; its body parameters are `{...}` names as in a text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Its name at Meta.
    pub name: String,
    /// Its language code at Meta.
    pub language: String,
    /// What fills `{{1}}`, `{{2}}`, ... of its body.
    #[serde(default)]
    pub parameters: Vec<String>,
}

/// A Meta app: one callback, one secret, many numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct App {
    /// Its name in the callback's path.
    pub name: String,
    /// Its secret. Sealed in the store, never shown.
    pub secret: String,
    /// The secret before, while Meta may still use it.
    #[serde(default)]
    pub previous_secret: Option<String>,
    /// The token of the subscription handshake.
    pub verify_token: String,
}

/// SHA-256 of an API key; the key itself is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyHash(pub [u8; 32]);

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Reads and writes all of its tenant.
    Operator,
    /// Reports what the bot said and sends through Baton.
    Bot,
    /// Reports commerce facts.
    Integration,
}

/// A key, scoped to one tenant. Several may hold at once, so that keys are
/// replaced without a gap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKey {
    /// What people call it.
    pub name: String,
    /// SHA-256 of the key.
    pub hash: KeyHash,
    /// Whose.
    pub tenant: TenantId,
    /// What it may do.
    pub role: Role,
    /// When it stops to hold.
    pub expires_at: Option<Timestamp>,
    /// Whether it was revoked.
    pub is_revoked: bool,
}
