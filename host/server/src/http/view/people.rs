//! People, roles and tokens. Agents and roles are read and written as the
//! domain has them; their schemas stand here, and a test holds them to what is
//! answered.

use std::collections::BTreeSet;

use baton_domain::people::{Action, Agent, FieldSet, Role, stock_role};
use baton_store::{Document, PersonalToken};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

/// One of the tenant's people.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what `Agent` reads and writes")]
pub struct AgentBody {
    /// Under which id; it stands in events and never changes.
    #[schema(min_length = 1, max_length = 64, pattern = "^[a-z0-9-]+$")]
    id: String,
    /// What others call them.
    #[schema(min_length = 1, max_length = 280)]
    name: String,
    /// What they may see and do: a stock role, or one of yours.
    #[schema(min_length = 1, max_length = 64, pattern = "^[a-z0-9-]+$")]
    role: String,
    /// Where they work.
    #[schema(required = false, max_items = 16)]
    teams: Vec<MembershipBody>,
    /// ISO 639-1, the best first.
    #[schema(required = false, max_items = 16)]
    languages: Vec<String>,
    /// Tags that they are good at.
    #[schema(required = false, max_items = 64)]
    skills: Vec<String>,
    /// When they work.
    #[schema(required = false)]
    hours: HoursBody,
    /// Conversations at once; 0 means that none is assigned to them.
    #[schema(required = false, maximum = 1000)]
    capacity: u16,
    /// How they are told of what waits for them.
    #[schema(required = false)]
    contact: ContactBody,
    /// What they learnt about taking care of accounts.
    #[schema(required = false)]
    training: TrainingBody,
    /// Whether nothing of theirs opens any more.
    #[schema(required = false)]
    is_frozen: bool,
}

/// A team that somebody works in.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what `Membership` reads and writes")]
pub struct MembershipBody {
    /// Which team.
    team: String,
    /// In which tier; in any when absent.
    #[schema(required = false)]
    tier: Option<String>,
}

/// When somebody works, in the tenant's time zone; always without a span.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what `WorkingHours` reads and writes")]
pub struct HoursBody {
    /// The spans of a week.
    #[schema(required = false, max_items = 42)]
    weekly: Vec<SpanBody>,
    /// Days on which they do not work.
    #[schema(required = false, value_type = Vec<String>, max_items = 366)]
    days_off: Vec<String>,
}

/// A span of one day of the week.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what `WeeklySpan` reads and writes")]
pub struct SpanBody {
    /// `monday` to `sunday`.
    #[schema(pattern = "^(mon|tues|wednes|thurs|fri|satur|sun)day$")]
    day: String,
    /// From which minute of the day.
    #[schema(maximum = 1439)]
    from_minute: u16,
    /// Until before which minute of the day.
    #[schema(minimum = 1, maximum = 1440)]
    until_minute: u16,
}

/// How somebody is reached.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what `Contact` reads and writes")]
pub struct ContactBody {
    /// Their own WhatsApp number, digits with the country code.
    #[schema(required = false, pattern = "^[0-9]{7,15}$")]
    whatsapp: Option<String>,
    /// Their e-mail address.
    #[schema(required = false)]
    email: Option<String>,
}

/// What is known of somebody's training.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what `Training` reads and writes")]
pub struct TrainingBody {
    /// When they attested that two-step verification is on.
    #[schema(required = false, value_type = Option<String>, format = DateTime)]
    two_step_attested_at: Option<Timestamp>,
    /// When they were trained last.
    #[schema(required = false, value_type = Option<String>, format = Date)]
    trained_at: Option<String>,
    /// How phishing drills went.
    #[schema(required = false, max_items = 32)]
    drills: Vec<DrillBody>,
}

/// One phishing drill.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what `Drill` reads and writes")]
pub struct DrillBody {
    /// On which day.
    #[schema(value_type = String, format = Date)]
    date: String,
    /// Whether they saw through it.
    passed: bool,
}

/// One of the tenant's people, and how often they were written.
#[derive(Debug, Serialize, ToSchema)]
pub struct AgentView {
    /// Writes so far, for `If-Match`.
    revision: u64,
    /// Who.
    #[schema(value_type = AgentBody)]
    agent: Agent,
}

impl From<Document<Agent>> for AgentView {
    fn from(document: Document<Agent>) -> Self {
        Self {
            revision: document.revision,
            agent: document.body,
        }
    }
}

/// What somebody may see and do.
#[derive(Debug, Serialize, ToSchema)]
pub struct RoleView {
    /// Its name.
    name: String,
    /// Whether every tenant has it; it cannot be changed then.
    is_stock: bool,
    /// Writes so far, for `If-Match`.
    revision: u64,
    /// What is seen.
    #[schema(value_type = Vec<String>)]
    fields: FieldSet,
    /// What may be done.
    #[schema(value_type = Vec<String>)]
    actions: BTreeSet<Action>,
}

impl From<Document<Role>> for RoleView {
    fn from(Document { revision, body }: Document<Role>) -> Self {
        Self {
            is_stock: stock_role(&body.name).is_some(),
            name: body.name.to_string(),
            revision,
            fields: body.fields,
            actions: body.actions,
        }
    }
}

/// A token, as it is listed.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenView {
    /// What its owner calls it.
    name: String,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    made_at: Timestamp,
    /// When it stops to hold.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// Whether it was revoked.
    revoked: bool,
}

impl From<&PersonalToken> for TokenView {
    fn from(token: &PersonalToken) -> Self {
        Self {
            name: token.name.clone(),
            made_at: token.made_at,
            expires_at: token.expires_at,
            revoked: token.is_revoked,
        }
    }
}
