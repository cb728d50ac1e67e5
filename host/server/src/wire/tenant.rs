//! A tenant's document, as the host administrator writes and reads it.

use std::{collections::BTreeSet, sync::Arc};

use baton_domain::{
    decision::Outcome,
    field::Field,
    follow_up::{Canceller, Cap, Trigger, usual_caps},
    ids::{NumberId, TeamName, TenantId, TierName},
};
use baton_store::{AuditSync, FollowUp, Number, TeamDocument, Template, Tenant};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::care::CareOfTenant;

/// A tenant.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TenantDocument {
    /// Its id: 1 to 64 of a-z, 0-9 and -.
    #[schema(value_type = String, min_length = 1, max_length = 64, pattern = "^[a-z0-9-]+$")]
    id: TenantId,
    /// What people call it.
    name: Arc<str>,
    /// IANA name of its time zone, such as `Asia/Jakarta`.
    timezone: String,
    /// ISO 639-1.
    language: Arc<str>,
    /// Its teams; the first is the default.
    #[schema(min_items = 1, max_items = 64)]
    teams: Vec<TeamOfTenant>,
    /// Its business numbers.
    #[serde(default)]
    numbers: Vec<NumberOfTenant>,
    /// What applies when rules or policy fail: `hand-off` (by default) or
    /// `stay`.
    #[serde(default = "hand_off")]
    #[schema(value_type = OutcomeName)]
    on_failure: Outcome,
    /// Phrases by which a customer asks for a person; absent means Baton's.
    #[serde(default)]
    person_phrases: Option<Vec<Arc<str>>>,
    /// Ids of buttons by which a customer asks for a person.
    #[serde(default)]
    person_buttons: Vec<Arc<str>>,
    /// Texts that the Business App sends by itself.
    #[serde(default)]
    #[schema(max_items = 64)]
    automatic_texts: Vec<Arc<str>>,
    /// Fields that no module may read, whatever is granted to it.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    denied_fields: BTreeSet<Field>,
    /// Whether a module whose reads have not changed is spared another run.
    #[serde(default = "yes")]
    skip_unchanged: bool,
    /// Messages that follow an event by themselves.
    #[serde(default)]
    #[schema(max_items = 64)]
    follow_ups: Vec<FollowUpOfTenant>,
    /// How much advertising one customer gets, on all numbers together; all caps
    /// must hold. One a day and three a week when absent, any number when empty.
    #[serde(default = "usual_caps")]
    #[schema(value_type = Vec<CapOfTenant>, required = false, max_items = 8)]
    marketing_caps: Vec<Cap>,
    /// Minutes within which a person should take the next step.
    #[serde(default = "quarter_hour")]
    next_step_minutes: u32,
    /// What its people promise.
    #[serde(default)]
    care: CareOfTenant,
    /// When its numbers are compared with the Business App by themselves; never
    /// when absent.
    #[serde(default)]
    audit_sync: Option<AuditSyncOfTenant>,
}

/// When the numbers are compared with the Business App.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AuditSyncOfTenant {
    /// The day of the month, in the tenant's time zone; the last one in a
    /// shorter month.
    #[schema(minimum = 1, maximum = 31)]
    day_of_month: i8,
}

/// What applies when rules or policy fail.
#[derive(ToSchema)]
#[schema(rename_all = "kebab-case")]
#[allow(dead_code, reason = "describes what `Outcome` reads and writes")]
pub enum OutcomeName {
    /// The bot goes on.
    Stay,
    /// People take over.
    HandOff,
}

/// At most so many messages that advertise within so many days.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what `Cap` reads and writes")]
pub struct CapOfTenant {
    /// How many.
    #[schema(minimum = 1, maximum = 24)]
    messages: u32,
    /// Within how many days.
    #[schema(minimum = 1, maximum = 90)]
    days: u32,
}

/// What a follow-up waits after.
#[derive(ToSchema)]
#[schema(rename_all = "kebab-case")]
#[allow(dead_code, reason = "describes what `Trigger` reads and writes")]
pub enum TriggerName {
    /// An order was placed.
    Placed,
    /// It is paid.
    Paid,
    /// It is on its way.
    Shipped,
    /// It arrived.
    Delivered,
    /// Money went back.
    Refunded,
    /// It will not happen.
    Cancelled,
    /// A basket changed for the last time and is not paid.
    Basket,
    /// An order was bought, and none after it.
    LastOrder,
    /// The day of a booking comes: waited before it, not after.
    Booking,
    /// A booking was attended.
    Attended,
}

/// What takes a follow-up back while it waits.
#[derive(ToSchema)]
#[schema(rename_all = "kebab-case")]
#[allow(dead_code, reason = "describes what `Canceller` reads and writes")]
pub enum CancellerName {
    /// The customer wrote.
    Reply,
    /// People had the conversation.
    Takeover,
    /// The customer wants no marketing.
    OptOut,
    /// The order was cancelled, or all of its value went back.
    Refund,
    /// The customer ordered something else.
    Order,
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

/// A team.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TeamOfTenant {
    /// Its name.
    #[schema(value_type = String, min_length = 1, max_length = 64, pattern = "^[a-z0-9-]+$")]
    name: TeamName,
    /// Its tiers, lowest first.
    #[serde(default)]
    #[schema(value_type = Vec<String>, max_items = 16)]
    tiers: Vec<TierName>,
}

/// A business number.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberOfTenant {
    /// Meta's `phone_number_id`.
    #[schema(value_type = String, min_length = 1, max_length = 256)]
    id: NumberId,
    /// The app that it is subscribed to.
    app: String,
    /// The number as people write it.
    #[serde(default)]
    display: Option<String>,
    /// The WhatsApp Business Account it belongs to (`entry[].id` of its
    /// webhooks); learnt from them when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(required = false, max_length = 64)]
    account: Option<String>,
    /// Token of the Graph API; `null` in every answer.
    #[serde(default)]
    token: Option<String>,
    /// Whether there is a token. Only answered; ignored when written.
    #[serde(default)]
    has_token: bool,
}

/// A message that follows an event by itself.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FollowUpOfTenant {
    /// Its name: `tracking`, `review`, ...
    name: Arc<str>,
    /// What it waits after.
    #[schema(value_type = TriggerName)]
    after: Trigger,
    /// How long after; of `booking`, how long before its day begins.
    #[schema(maximum = 87840)]
    delay_hours: u32,
    /// How late it may still be sent.
    #[schema(maximum = 87840)]
    too_late_hours: u32,
    /// What it says inside the service window; `{name}`, `{order}`, `{tracking}`,
    /// `{booking}` and `{date}` are filled in.
    #[schema(min_length = 1, max_length = 4000)]
    text: Arc<str>,
    /// The approved template outside the window.
    #[serde(default)]
    template: Option<TemplateOfTenant>,
    /// Whether it needs the customer's consent to marketing.
    #[serde(default)]
    is_marketing: bool,
    /// What takes it back while it waits; absent, the usual: after an order
    /// `refund`, and when it arrived `takeover` and `opt-out` too; for `basket`
    /// and `last-order` all that apply; for bookings nothing but the booking
    /// itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<CancellerName>>, required = false)]
    cancelled_by: Option<BTreeSet<Canceller>>,
}

/// An approved template; its parameters are `{...}` names as in a text.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateOfTenant {
    /// Its name at Meta.
    name: String,
    /// Its language code at Meta.
    language: String,
    /// What fills `{{1}}`, `{{2}}`, ... of its body.
    #[serde(default)]
    parameters: Vec<String>,
}

impl From<NumberOfTenant> for Number {
    fn from(it: NumberOfTenant) -> Self {
        Self {
            id: it.id,
            app: it.app,
            display: it.display,
            account: it.account,
            token: it.token,
        }
    }
}

/// That there is a token may be known; what it is never leaves.
impl From<Number> for NumberOfTenant {
    fn from(it: Number) -> Self {
        Self {
            id: it.id,
            app: it.app,
            display: it.display,
            account: it.account,
            has_token: it.token.is_some(),
            token: None,
        }
    }
}

/// Both ways between two records of the same members: as they are, or turned
/// `as each` of a list, `as one`, or `as maybe` the one.
macro_rules! same_members {
    ($wire:ident, $kept:ident, $($member:ident $(as $how:ident)?),+) => {
        impl From<$wire> for $kept {
            fn from(it: $wire) -> Self {
                Self { $($member: turned!($($how)? it.$member)),+ }
            }
        }

        impl From<$kept> for $wire {
            fn from(it: $kept) -> Self {
                Self { $($member: turned!($($how)? it.$member)),+ }
            }
        }
    };
}

macro_rules! turned {
    (each $it:ident.$member:ident) => {
        $it.$member.into_iter().map(Into::into).collect()
    };
    (one $it:ident.$member:ident) => {
        $it.$member.into()
    };
    (maybe $it:ident.$member:ident) => {
        $it.$member.map(Into::into)
    };
    ($it:ident.$member:ident) => {
        $it.$member
    };
}

#[rustfmt::skip]
same_members!(
    TenantDocument, Tenant,
    id, name, timezone, language, teams as each, numbers as each, on_failure,
    person_phrases, person_buttons, automatic_texts, denied_fields, skip_unchanged,
    follow_ups as each, marketing_caps, next_step_minutes, care as one, audit_sync as maybe
);
same_members!(AuditSyncOfTenant, AuditSync, day_of_month);
same_members!(TeamOfTenant, TeamDocument, name, tiers);
same_members!(TemplateOfTenant, Template, name, language, parameters);
#[rustfmt::skip]
same_members!(
    FollowUpOfTenant, FollowUp,
    name, after, delay_hours, too_late_hours, text, template as maybe, is_marketing,
    cancelled_by
);
