//! The shared customer view: everything a person needs to go on, in one answer.

use std::sync::Arc;

use baton_domain::{
    event::NoteKind,
    field::{Field, FieldValue},
    follow_up::About,
    people::FieldSet,
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    ConversationView, CustomerView, LineView, MoneyView, Shown, conversation::OutcomeView,
    customer::OrderView,
};

/// A conversation with all that a person needs to go on.
#[derive(Debug, Serialize, ToSchema)]
pub struct SharedView {
    /// Version of what is in it: it rises when a member changes its meaning.
    pub(super) package: u32,
    /// Events of the customer's log that it rests on.
    pub(super) version: u64,
    /// Who has the next step, and the recent thread: the customer's messages,
    /// the bot's, those of the App and of people.
    pub(super) conversation: ConversationView,
    /// Who it is, orders, basket, delivery.
    pub(super) customer: CustomerView,
    /// The handoff that people are busy with.
    pub(super) handoff: Option<HandoffView>,
    /// What the rules noticed, and what they had read; empty when no decision
    /// stands behind it.
    pub(super) signals: Vec<SignalView>,
    /// What the rules noticed since people have it, such as a suspicious
    /// message, the latest first. It moves nothing.
    pub(super) advice: Vec<AdviceView>,
    /// What the customer waits to hear.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<QuestionView>)]
    pub(super) open_question: Shown<QuestionView>,
    /// What could be answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = SuggestionView, required = false)]
    pub(super) suggested_reply: Option<SuggestionView>,
    /// The order that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<OrderView>)]
    pub(super) order: Shown<OrderView>,
    /// What is about to be bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<QuoteView>)]
    pub(super) quote: Shown<QuoteView>,
    /// What is to be done next.
    pub(super) next_step: Option<NextStepView>,
    /// By when a person should answer; absent once one did.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) first_reply_due: Option<Timestamp>,
    /// Counts what was promised; name it when you set the next step.
    pub(super) promise: u32,
    /// Earlier handoffs of this conversation, the latest first.
    pub(super) earlier: Vec<EarlierView>,
    /// What people and systems wrote down, the latest first.
    pub(super) notes: Vec<NoteView>,
    /// Messages that nobody asked for just then, the latest first.
    pub(super) unasked: Vec<UnaskedView>,
    /// Follow-ups that were due and not sent, the latest first.
    pub(super) not_sent: Vec<NotSentView>,
    /// Whether the bot can take it back: it has a key and was heard of late.
    pub(super) bot_is_there: bool,
}

/// A signal that a rule gave while people own.
#[derive(Debug, Serialize, ToSchema)]
pub struct AdviceView {
    /// When it came last.
    #[schema(value_type = String, format = DateTime)]
    pub(super) at: Timestamp,
    /// The rule.
    pub(super) module: String,
    /// Its name.
    pub(super) name: Arc<str>,
    /// Its tag.
    pub(super) tag: Option<Arc<str>>,
    /// Why, in the rule's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub(super) reason: Option<Arc<str>>,
    /// What to do about it.
    pub(super) next_step: Option<Arc<str>>,
}

/// A handoff.
#[derive(Debug, Serialize, ToSchema)]
pub struct HandoffView {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub(super) at: Timestamp,
    /// To which team.
    pub(super) team: String,
    /// To which tier of it.
    pub(super) tier: Option<String>,
    /// To whom; absent when it was queued.
    pub(super) agent: Option<String>,
    /// Labels, the headline first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false)]
    pub(super) tags: Option<Vec<Arc<str>>>,
    /// Why, most important first.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false)]
    pub(super) reasons: Option<Vec<Arc<str>>>,
    /// What was to be done.
    pub(super) next_step: Option<Arc<str>>,
    /// By when.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) due: Option<Timestamp>,
    /// 0 to 100.
    #[schema(minimum = 0, maximum = 100)]
    pub(super) priority: u8,
    /// That nobody could take it.
    pub(super) queue: Option<QueueView>,
    /// Who of your people had it last.
    pub(super) taken_by: Option<String>,
    /// When a person first answered the customer.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) replied_at: Option<Timestamp>,
    /// How it went up.
    pub(super) escalations: Vec<EscalationView>,
    /// Where the decision stands: `/v1/decisions/{customer}/{version}`.
    pub(super) decided_at: Option<u64>,
}

/// That nobody could take a conversation.
#[derive(Debug, Serialize, ToSchema)]
pub struct QueueView {
    /// `nobody` works there, all are off (`closed`), or all are `busy`;
    /// or nothing can be said on the number (`number_frozen`).
    pub(super) why: &'static str,
    /// When somebody may be expected to: the next opening, or by the pace of
    /// late; absent when nothing tells.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) expected_at: Option<Timestamp>,
}

/// A step up.
#[derive(Debug, Serialize, ToSchema)]
pub struct EscalationView {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub(super) at: Timestamp,
    /// `first_reply_late`, `next_step_late` or `asked`.
    pub(super) cause: &'static str,
    /// The tier; absent with the operator.
    pub(super) tier: Option<String>,
    /// Whether it went to the operator.
    pub(super) to_operator: bool,
}

/// A signal of the decision.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignalView {
    /// Which rule.
    pub(super) module: String,
    /// SHA-256 of its bytes.
    pub(super) digest: String,
    /// The signal.
    pub(super) name: Arc<str>,
    /// 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = f64, required = false)]
    pub(super) score: Option<f64>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub(super) reason: Option<Arc<str>>,
    /// Its label.
    pub(super) tag: Option<Arc<str>>,
    /// What it suggests to do.
    pub(super) next_step: Option<Arc<str>>,
    /// Whether it counted; else it had led to a handoff before.
    pub(super) counted: bool,
    /// What the rule had read.
    pub(super) reads: Vec<NoticedReadView>,
}

/// A field and the value that it had.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoticedReadView {
    /// Which field.
    #[schema(value_type = String)]
    pub(super) field: Field,
    /// `is` and `value`.
    #[schema(value_type = Object)]
    pub(super) value: FieldValue,
}

/// What the customer waits to hear.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuestionView {
    /// In the customer's words, or in those of the bot that could not answer.
    pub(super) text: Arc<str>,
    /// When the customer wrote it; absent when only the bot told.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) asked_at: Option<Timestamp>,
}

/// What could be answered, from facts alone.
#[derive(Debug, Serialize, ToSchema)]
pub struct SuggestionView {
    /// What it says.
    pub(super) text: Option<Arc<str>>,
    /// Why there is none: `nothing_asked` or `no_fact`.
    pub(super) none_because: Option<&'static str>,
    /// The fields that it tells.
    #[schema(value_type = Vec<String>)]
    pub(super) tells: FieldSet,
}

/// What is about to be bought.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuoteView {
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    pub(super) at: Timestamp,
    /// `open`, `quoted`, `checkout-offered`, ...
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub(super) checkout_state: Option<Arc<str>>,
    /// In all.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<MoneyView>)]
    pub(super) value: Shown<MoneyView>,
    /// What is in it.
    pub(super) lines: Vec<LineView>,
}

/// What is to be done next.
#[derive(Debug, Serialize, ToSchema)]
pub struct NextStepView {
    /// What.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(super) what: Shown<Arc<str>>,
    /// By when it should be taken.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) due: Option<Timestamp>,
    /// Whether it is still to be taken.
    pub(super) open: bool,
    /// When it was.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) closed_at: Option<Timestamp>,
    /// Who said so last; absent for Baton.
    pub(super) by: Option<String>,
}

/// An earlier handoff and what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct EarlierView {
    /// It.
    pub(super) handoff: HandoffView,
    /// `resolved`, `returned` or `returned_by_policy`.
    pub(super) outcome: &'static str,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub(super) ended_at: Option<Timestamp>,
    /// Who ended it.
    pub(super) ended_by: Option<String>,
    /// What they left the bot and the next person.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(super) note: Shown<Arc<str>>,
    /// Orders that were paid from then until the next handoff.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Vec<String>, required = false)]
    pub(super) paid_orders: Option<Vec<String>>,
}

/// A note.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoteView {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub(super) at: Timestamp,
    /// `lead` for what qualifies the customer as a buyer, else `care`.
    #[schema(value_type = String)]
    pub(super) about: NoteKind,
    /// What it says.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub(super) text: Option<Arc<str>>,
    /// Who wrote it.
    pub(super) by: Option<String>,
    /// Which system wrote it.
    pub(super) source: Option<Arc<str>>,
}

/// A message that nobody asked for just then.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnaskedView {
    /// When it was decided on.
    #[schema(value_type = String, format = DateTime)]
    pub(super) at: Timestamp,
    /// Its key, seen with the phone number.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub(super) send: Option<String>,
    /// Its text, or the name of its template.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub(super) text: Shown<Arc<str>>,
    /// `tracking`, `review`, ...
    pub(super) purpose: Option<Arc<str>>,
    /// Whether it advertises.
    pub(super) is_marketing: bool,
    /// What became of it, as long as the thread holds it.
    pub(super) outcome: Option<OutcomeView>,
}

/// A follow-up that was due and not sent.
#[derive(Debug, Serialize, ToSchema)]
pub struct NotSentView {
    /// When that was decided.
    #[schema(value_type = String, format = DateTime)]
    pub(super) at: Timestamp,
    /// Which: `tracking`, `review`, ...
    pub(super) follow_up: Arc<str>,
    /// What it was about: `order` or `last_order` with the id, `basket` with the
    /// time of its last change, or `booking`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Object, required = false)]
    pub(super) about: Option<About>,
    /// Stable code: `customer_replied`, `template_paused`, ...; seen with what it
    /// tells of.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = String, required = false)]
    pub(super) why: Option<Arc<str>>,
}
