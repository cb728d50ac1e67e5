//! What a tenant's people promise, as the host administrator writes and reads
//! it.

use std::collections::BTreeSet;

use baton_domain::{
    ids::TierName,
    people::{TrainingPolicy, WorkingHours},
};
use baton_store::{CareDocument, PromiseDocument};
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// What the tenant's people promise its customers while they own a
/// conversation.
#[derive(Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CareOfTenant {
    /// When somebody is there: minutes are counted in these hours, around the
    /// clock when absent.
    #[serde(default)]
    #[schema(value_type = HoursOfTenant)]
    pub(super) hours: WorkingHours,
    /// What is promised of each tier; nobody is reminded of what is not.
    #[serde(default, deserialize_with = "objects")]
    #[schema(max_items = 64)]
    pub(super) promises: Vec<PromiseOfTier>,
    /// Minutes of silence, with no next step open, after which the bot has a
    /// conversation again; never when absent.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 44640)]
    pub(super) auto_return_minutes: Option<u32>,
    /// Minutes that the bot may be silent and still counts as there: 15 when
    /// absent.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 44640)]
    pub(super) bot_silence_minutes: Option<u32>,
    /// What somebody must have learnt to be given conversations; nothing when
    /// absent.
    #[serde(default)]
    #[schema(value_type = TrainingWanted)]
    pub(super) training: TrainingPolicy,
}

/// Objects alone: where every member may be absent, a list would do as well.
fn objects<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<PromiseOfTier>, D::Error> {
    let objects = Vec::<Map<String, Value>>::deserialize(from)?;
    let read = |it| PromiseOfTier::deserialize(Value::Object(it)).map_err(D::Error::custom);
    objects.into_iter().map(read).collect()
}

/// What somebody must have learnt to be given conversations.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what `TrainingPolicy` reads and writes")]
pub struct TrainingWanted {
    /// Two-step verification must be attested.
    #[schema(required = false)]
    two_step: bool,
    /// The training may be this many days old, at most.
    #[schema(required = false, maximum = 65535)]
    trained_within_days: Option<u16>,
    /// The latest drill must be passed, and be this many days old, at most.
    #[schema(required = false, maximum = 65535)]
    drill_within_days: Option<u16>,
}

/// What is promised of one tier, in minutes.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PromiseOfTier {
    /// Which tier; all that no other row names when absent.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64, pattern = "^[a-z0-9-]+$")]
    tier: Option<TierName>,
    /// Until a person's first word to the customer.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 44640)]
    first_reply_minutes: Option<u32>,
    /// Until the next step is taken.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 44640)]
    next_step_minutes: Option<u32>,
}

/// Hours of a week, in the tenant's time zone.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what `WorkingHours` reads and writes")]
pub struct HoursOfTenant {
    /// Spans of the week; always when there is none.
    #[schema(required = false, max_items = 42)]
    weekly: Vec<SpanOfWeek>,
    /// Dates on which nobody is there.
    #[schema(required = false, value_type = Vec<String>)]
    days_off: BTreeSet<String>,
}

/// A span of one day of the week.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what `WeeklySpan` reads and writes")]
pub struct SpanOfWeek {
    /// `monday` to `sunday`.
    #[schema(pattern = "^(mon|tues|wednes|thurs|fri|satur|sun)day$")]
    day: String,
    /// From which minute of the day.
    #[schema(minimum = 0, maximum = 1439)]
    from_minute: u16,
    /// Until before which minute of the day.
    #[schema(minimum = 1, maximum = 1440)]
    until_minute: u16,
}

impl From<PromiseOfTier> for PromiseDocument {
    fn from(it: PromiseOfTier) -> Self {
        Self {
            tier: it.tier,
            first_reply_minutes: it.first_reply_minutes,
            next_step_minutes: it.next_step_minutes,
        }
    }
}

impl From<PromiseDocument> for PromiseOfTier {
    fn from(it: PromiseDocument) -> Self {
        Self {
            tier: it.tier,
            first_reply_minutes: it.first_reply_minutes,
            next_step_minutes: it.next_step_minutes,
        }
    }
}

impl From<CareOfTenant> for CareDocument {
    fn from(it: CareOfTenant) -> Self {
        Self {
            hours: it.hours,
            promises: it.promises.into_iter().map(Into::into).collect(),
            auto_return_minutes: it.auto_return_minutes,
            bot_silence_minutes: it.bot_silence_minutes,
            training: it.training,
        }
    }
}

impl From<CareDocument> for CareOfTenant {
    fn from(it: CareDocument) -> Self {
        Self {
            hours: it.hours,
            promises: it.promises.into_iter().map(Into::into).collect(),
            auto_return_minutes: it.auto_return_minutes,
            bot_silence_minutes: it.bot_silence_minutes,
            training: it.training,
        }
    }
}
