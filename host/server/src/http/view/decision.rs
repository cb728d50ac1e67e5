//! Decisions with what they rest on, and handoffs. The records are the
//! domain's own (they are sealed, audited and replayed in this form); their
//! schemas stand here and a test holds them to what is answered.

use std::sync::Arc;

use baton_domain::ids::{CustomerId, NumberId};
use baton_store::Version;
use jiff::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

/// Where a decision or handoff stands.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlaceView {
    /// In whose log.
    #[schema(value_type = String)]
    customer: CustomerId,
    /// At which place of it.
    version: u64,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// In which conversation; absent when the customer was erased.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    number: Option<NumberId>,
    /// Whether the customer was erased on request; nothing else is left then.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    erased: bool,
}

impl PlaceView {
    /// A place in a log.
    pub fn new(customer: CustomerId, version: Version, at: Timestamp) -> Self {
        Self {
            customer,
            version: version.0,
            at,
            number: None,
            erased: false,
        }
    }

    /// In a conversation.
    pub fn on(self, number: Option<NumberId>) -> Self {
        Self { number, ..self }
    }

    /// Of a customer who was erased.
    pub fn erased(self) -> Self {
        Self {
            erased: true,
            ..self
        }
    }
}

/// A decision of the list.
#[derive(Debug, Serialize, ToSchema)]
pub struct DecisionRow {
    /// Where it stands.
    #[serde(flatten)]
    pub place: PlaceView,
    /// What made the rules run: `message`, `basket`, ...
    #[serde(skip_serializing_if = "Option::is_none")]
    pub occasion: Option<&'static str>,
    /// The release whose modules ran.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<u32>,
    /// What is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<DecisionBody>)]
    pub decision: Option<Map<String, Value>>,
}

/// A handoff of the list.
#[derive(Debug, Serialize, ToSchema)]
pub struct HandoffRow {
    /// Where it stands.
    #[serde(flatten)]
    pub place: PlaceView,
    /// What was passed to people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<HandoffBody>)]
    pub handoff: Option<Map<String, Value>>,
}

/// A decision with its full explanation.
#[derive(Debug, Serialize, ToSchema)]
pub struct DecisionView {
    /// Where it stands.
    #[serde(flatten)]
    pub place: PlaceView,
    /// What it rests on.
    #[schema(value_type = RecordBody)]
    pub record: Map<String, Value>,
}

/// What is done.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what `Decision` writes")]
pub struct DecisionBody {
    /// `stay` or `hand-off`.
    outcome: String,
    /// The team, which exists.
    team: String,
    /// The tier, which the team has.
    tier: Option<String>,
    /// Labels, the headline first.
    #[schema(required = false)]
    tags: Vec<String>,
    /// Why, most important first; those that rest on nothing unseen.
    #[schema(required = false)]
    reasons: Vec<String>,
    /// What to do next.
    next_step: Option<String>,
    /// 0 to 100.
    #[schema(minimum = 0, maximum = 100)]
    priority: u8,
    /// `policy`, `explicit_request` or `default`.
    basis: String,
    /// Whether a module failed.
    is_degraded: bool,
    /// Whether people own the conversation, so that it moves nothing.
    is_advice: bool,
    /// What the host changed in the policy's verdict.
    #[schema(required = false)]
    warnings: Vec<WarningBody>,
}

/// What the host changed in a verdict.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what `Warning` writes")]
pub struct WarningBody {
    /// `unknown_team` or `unknown_tier`.
    code: String,
    /// The name that does not exist.
    #[schema(required = false)]
    name: String,
}

/// The conversation passed from the bot to people.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what `HandedOff` writes")]
pub struct HandoffBody {
    /// The epoch it was decided under.
    epoch: u64,
    /// To which team.
    team: String,
    /// To which tier of it.
    tier: Option<String>,
    /// To whom, when someone was available.
    agent: Option<String>,
    /// Labels, the headline first.
    #[schema(required = false)]
    tags: Vec<String>,
    /// Why, most important first; those that rest on nothing unseen.
    #[schema(required = false)]
    reasons: Vec<String>,
    /// What to do next.
    next_step: Option<String>,
    /// By when.
    #[schema(value_type = Option<String>, format = DateTime)]
    due: Option<Timestamp>,
    /// 0 to 100.
    priority: u8,
    /// The signals that brought it about.
    because: Vec<SpentBody>,
    /// The fields that the reasons rest on; not known of older handoffs.
    read: Option<Vec<String>>,
    /// Where the decision stood in the log when it was made.
    decided_at: Option<u64>,
    /// What is promised to the customer: `first_reply` and `next_step`.
    #[schema(value_type = Option<Object>)]
    promised: Option<String>,
    /// That nobody was available: `why` and `expected_at`.
    #[schema(value_type = Option<Object>)]
    queue: Option<String>,
    /// What the customer waited to hear.
    open_question: Option<String>,
    /// What could be answered, from facts alone.
    suggested_reply: Option<String>,
}

/// A signal that is not counted again in this episode while its reads stay.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what `SpentSignal` writes")]
pub struct SpentBody {
    /// Who emitted it.
    module: String,
    /// Its name.
    signal: String,
    /// Fingerprint of what the module read.
    #[schema(required = false)]
    reads: Vec<u64>,
}

/// What a decision rests on.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what `DecisionRecord` writes")]
pub struct RecordBody {
    /// The release whose modules ran.
    release: u32,
    /// What made them run.
    #[schema(required = false)]
    occasion: String,
    /// The owner epoch it was decided under.
    epoch: u64,
    /// The rules.
    rules: Vec<RunBody>,
    /// Rules of the release that are recorded and do not count.
    #[schema(required = false)]
    shadow: Vec<RunBody>,
    /// Signals that were shown and not counted.
    #[schema(required = false)]
    spent: Vec<SpentBody>,
    /// The policy.
    policy: RunBody,
    /// What is done.
    decision: DecisionBody,
    /// The signals that are spent by it, if it hands off.
    #[schema(required = false)]
    because: Vec<SpentBody>,
}

/// One run of one module.
#[derive(ToSchema)]
#[allow(dead_code, reason = "describes what `ModuleRun` writes")]
pub struct RunBody {
    /// Which module.
    module: String,
    /// SHA-256 of its bytes.
    digest: String,
    /// What it read, in the order of first reading: `field` or `setting`, each
    /// with name and value.
    #[schema(value_type = Vec<Object>)]
    reads: Vec<Arc<str>>,
    /// `Ok` with the signals of a rule or the verdict of a policy, or `Err`
    /// with `code` and `detail`.
    #[schema(value_type = Object)]
    answer: Arc<str>,
    /// Fuel used.
    #[schema(required = false)]
    fuel: u64,
}
