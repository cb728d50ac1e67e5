//! The shared customer view: everything a person needs to go on, in one answer.

use std::sync::Arc;

use baton_domain::{
    event::QueueAlert,
    field::{Field, FieldValue},
    module::Read,
    package::{Noticed, PACKAGE_VERSION, Package, Past, Quote},
    people::FieldSet,
    state::{Handoff, MessageNow, NextStep, Note, Promotion, Rung},
};
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    ConversationView, CustomerView, LineView, MoneyView, conversation::OutcomeView,
    customer::OrderView,
};

/// A conversation with all that a person needs to go on.
#[derive(Debug, Serialize, ToSchema)]
pub struct SharedView {
    /// Version of what is in it: it rises when a member changes its meaning.
    package: u32,
    /// Events of the customer's log that it rests on.
    version: u64,
    /// Who has the next step, and the recent thread: the customer's messages,
    /// the bot's, those of the App and of people.
    conversation: ConversationView,
    /// Who it is, orders, basket, delivery.
    customer: CustomerView,
    /// The handoff that people are busy with.
    handoff: Option<HandoffView>,
    /// What the rules noticed, and what they had read; empty when no decision
    /// stands behind it, or a merge has moved it in the log.
    signals: Vec<SignalView>,
    /// What the customer waits to hear.
    open_question: Option<QuestionView>,
    /// What could be answered.
    suggested_reply: SuggestionView,
    /// The order that it is about.
    order: Option<OrderView>,
    /// What is about to be bought.
    quote: Option<QuoteView>,
    /// What is to be done next.
    next_step: Option<NextStepView>,
    /// By when a person should answer; absent once one did.
    #[schema(value_type = Option<String>, format = DateTime)]
    first_reply_due: Option<Timestamp>,
    /// Counts what was promised; name it when you set the next step.
    promise: u32,
    /// Earlier handoffs of this conversation, the latest first.
    earlier: Vec<EarlierView>,
    /// What people and systems wrote down, the latest first.
    notes: Vec<NoteView>,
    /// Messages that nobody asked for just then, the latest first.
    unasked: Vec<UnaskedView>,
    /// Whether the bot can take it back: it has a key and was heard of late.
    bot_is_there: bool,
}

/// A handoff.
#[derive(Debug, Serialize, ToSchema)]
pub struct HandoffView {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// To which team.
    team: String,
    /// To which tier of it.
    tier: Option<String>,
    /// To whom; absent when it was queued.
    agent: Option<String>,
    /// Labels, the headline first.
    tags: Vec<Arc<str>>,
    /// Why, most important first.
    reasons: Vec<Arc<str>>,
    /// What was to be done.
    next_step: Option<Arc<str>>,
    /// By when.
    #[schema(value_type = Option<String>, format = DateTime)]
    due: Option<Timestamp>,
    /// 0 to 100.
    #[schema(minimum = 0, maximum = 100)]
    priority: u8,
    /// That nobody could take it.
    queue: Option<QueueView>,
    /// Who of your people had it last.
    taken_by: Option<String>,
    /// When a person first answered the customer.
    #[schema(value_type = Option<String>, format = DateTime)]
    replied_at: Option<Timestamp>,
    /// How it went up.
    escalations: Vec<EscalationView>,
    /// Where the decision stands: `/v1/decisions/{customer}/{version}`.
    decided_at: Option<u64>,
}

/// That nobody could take a conversation.
#[derive(Debug, Serialize, ToSchema)]
pub struct QueueView {
    /// `nobody` works there, all are off (`closed`), or all are `busy`.
    why: &'static str,
    /// When somebody may be expected to: the next opening, or by the pace of
    /// late; absent when nothing tells.
    #[schema(value_type = Option<String>, format = DateTime)]
    expected_at: Option<Timestamp>,
}

/// A step up.
#[derive(Debug, Serialize, ToSchema)]
pub struct EscalationView {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// `first_reply_late`, `next_step_late` or `asked`.
    cause: &'static str,
    /// The tier; absent with the operator.
    tier: Option<String>,
    /// Whether it went to the operator.
    to_operator: bool,
}

/// A signal of the decision.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignalView {
    /// Which rule.
    module: String,
    /// SHA-256 of its bytes.
    digest: String,
    /// The signal.
    name: Arc<str>,
    /// 0 to 1.
    score: f64,
    /// Why.
    reason: Arc<str>,
    /// Its label.
    tag: Option<Arc<str>>,
    /// What it suggests to do.
    next_step: Option<Arc<str>>,
    /// Whether it counted; else it had led to a handoff before.
    counted: bool,
    /// What the rule had read.
    reads: Vec<ReadView>,
}

/// A field and the value that it had.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReadView {
    /// Which field.
    #[schema(value_type = String)]
    field: Field,
    /// `is` and `value`.
    #[schema(value_type = Object)]
    value: FieldValue,
}

/// What the customer waits to hear.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuestionView {
    /// In the customer's words, or in those of the bot that could not answer.
    text: Arc<str>,
    /// When the customer wrote it; absent when only the bot told.
    #[schema(value_type = Option<String>, format = DateTime)]
    asked_at: Option<Timestamp>,
}

/// What could be answered, from facts alone.
#[derive(Debug, Serialize, ToSchema)]
pub struct SuggestionView {
    /// What it says.
    text: Option<Arc<str>>,
    /// Why there is none: `nothing_asked` or `no_fact`.
    none_because: Option<&'static str>,
    /// The fields that it tells.
    #[schema(value_type = Vec<String>)]
    tells: FieldSet,
}

/// What is about to be bought.
#[derive(Debug, Serialize, ToSchema)]
pub struct QuoteView {
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// `open`, `quoted`, `checkout-offered`, ...
    checkout_state: Arc<str>,
    /// In all.
    value: Option<MoneyView>,
    /// What is in it.
    lines: Vec<LineView>,
}

/// What is to be done next.
#[derive(Debug, Serialize, ToSchema)]
pub struct NextStepView {
    /// What.
    what: Option<Arc<str>>,
    /// By when it should be taken.
    #[schema(value_type = Option<String>, format = DateTime)]
    due: Option<Timestamp>,
    /// Whether it is still to be taken.
    open: bool,
    /// When it was.
    #[schema(value_type = Option<String>, format = DateTime)]
    closed_at: Option<Timestamp>,
    /// Who said so last; absent for Baton.
    by: Option<String>,
}

/// An earlier handoff and what became of it.
#[derive(Debug, Serialize, ToSchema)]
pub struct EarlierView {
    /// It.
    handoff: HandoffView,
    /// `resolved`, `returned` or `returned_by_policy`.
    outcome: &'static str,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    ended_at: Option<Timestamp>,
    /// Who ended it.
    ended_by: Option<String>,
    /// What they left the bot and the next person.
    note: Option<Arc<str>>,
    /// Orders that were paid from then until the next handoff.
    paid_orders: Vec<String>,
}

/// A note.
#[derive(Debug, Serialize, ToSchema)]
pub struct NoteView {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// `lead` for what qualifies the customer as a buyer, else `care`.
    #[schema(value_type = String)]
    about: baton_domain::event::NoteKind,
    /// What it says.
    text: Arc<str>,
    /// Who wrote it.
    by: Option<String>,
    /// Which system wrote it.
    source: Option<Arc<str>>,
}

/// A message that nobody asked for just then.
#[derive(Debug, Serialize, ToSchema)]
pub struct UnaskedView {
    /// When it was decided on.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// Its key.
    send: String,
    /// Its text, or the name of its template.
    text: Option<Arc<str>>,
    /// `tracking`, `review`, ...
    purpose: Option<Arc<str>>,
    /// Whether it advertises.
    is_marketing: bool,
    /// What became of it, as long as the thread holds it.
    outcome: Option<OutcomeView>,
}

/// What a view is made of.
pub struct Parts<'s> {
    /// Events of the log.
    pub version: u64,
    /// The conversation.
    pub conversation: ConversationView,
    /// The customer.
    pub customer: CustomerView,
    /// What the domain made of the rest.
    pub package: Package<'s>,
    /// What people owe.
    pub care: &'s baton_domain::state::Care,
    /// The messages of the thread.
    pub messages: Vec<MessageNow<'s>>,
    /// Whether the bot can take it back.
    pub bot_is_there: bool,
}

impl SharedView {
    /// The view of what stands in `parts`.
    pub fn of(parts: Parts<'_>) -> Self {
        let Parts {
            package,
            care,
            messages,
            ..
        } = parts;
        let none_because = package.suggestion.text.as_ref().err();
        Self {
            package: PACKAGE_VERSION,
            version: parts.version,
            conversation: parts.conversation,
            customer: parts.customer,
            handoff: package.handoff.map(Into::into),
            signals: package.signals.iter().map(Into::into).collect(),
            open_question: package.open_question.map(|it| QuestionView {
                text: it.text,
                asked_at: it.asked_at,
            }),
            suggested_reply: SuggestionView {
                none_because: none_because.map(|why| why.as_str()),
                text: package.suggestion.text.ok(),
                tells: package.suggestion.tells,
            },
            order: package.order.map(Into::into),
            quote: package.quote.as_ref().map(Into::into),
            next_step: care.step().map(Into::into),
            first_reply_due: care.first_reply().map(|it| it.due),
            promise: care.promises(),
            earlier: package.past.iter().map(Into::into).collect(),
            notes: care.notes().rev().map(Into::into).collect(),
            unasked: care
                .promotions()
                .rev()
                .map(|it| UnaskedView::of(it, &messages))
                .collect(),
            bot_is_there: parts.bot_is_there,
        }
    }
}

impl From<&QueueAlert> for QueueView {
    fn from(alert: &QueueAlert) -> Self {
        Self {
            why: alert.why.as_str(),
            expected_at: alert.expected_at,
        }
    }
}

impl From<&Handoff> for HandoffView {
    fn from(handoff: &Handoff) -> Self {
        let escalations = handoff.escalations.iter().map(|it| {
            let Rung { tier, is_operator } = &it.to;
            EscalationView {
                at: it.at,
                cause: it.cause.as_str(),
                tier: tier.as_ref().map(ToString::to_string),
                to_operator: *is_operator,
            }
        });
        Self {
            at: handoff.at,
            team: handoff.team.to_string(),
            tier: handoff.tier.as_ref().map(ToString::to_string),
            agent: handoff.agent.as_ref().map(ToString::to_string),
            tags: handoff.tags.clone(),
            reasons: handoff.reasons.clone(),
            next_step: handoff.next_step.clone(),
            due: handoff.due,
            priority: handoff.priority,
            queue: handoff.queue.as_ref().map(Into::into),
            taken_by: handoff.taken_by.as_ref().map(ToString::to_string),
            replied_at: handoff.replied_at,
            escalations: escalations.collect(),
            decided_at: handoff.decided_at,
        }
    }
}

impl From<&Noticed<'_>> for SignalView {
    fn from(noticed: &Noticed<'_>) -> Self {
        let reads = noticed.run.reads.iter().filter_map(|read| match read {
            Read::Field(field, value) => Some(ReadView {
                field: *field,
                value: value.clone(),
            }),
            Read::Setting(..) => None,
        });
        let signal = noticed.signal;
        Self {
            module: noticed.run.module.to_string(),
            digest: noticed.run.digest.to_string(),
            name: signal.name.clone(),
            score: signal.score.get(),
            reason: signal.reason.clone(),
            tag: signal.tag.clone(),
            next_step: signal.next_step.clone(),
            counted: noticed.counted,
            reads: reads.collect(),
        }
    }
}

impl From<&Quote<'_>> for QuoteView {
    fn from(quote: &Quote<'_>) -> Self {
        Self {
            at: quote.at,
            checkout_state: quote.checkout_state.clone(),
            value: quote.value.as_ref().map(Into::into),
            lines: quote.lines.iter().map(Into::into).collect(),
        }
    }
}

impl From<&NextStep> for NextStepView {
    fn from(step: &NextStep) -> Self {
        Self {
            what: step.what.clone(),
            due: step.due,
            open: step.is_open(),
            closed_at: step.closed_at,
            by: step.by.as_ref().map(ToString::to_string),
        }
    }
}

impl From<&Past<'_>> for EarlierView {
    fn from(past: &Past<'_>) -> Self {
        let ended = past.handoff.ended.as_ref();
        Self {
            handoff: past.handoff.into(),
            outcome: past.outcome.as_str(),
            ended_at: ended.map(|it| it.at),
            ended_by: ended.and_then(|it| it.by.as_ref()).map(ToString::to_string),
            note: ended.and_then(|it| it.note.clone()),
            paid_orders: past.paid.iter().map(ToString::to_string).collect(),
        }
    }
}

impl From<&Note> for NoteView {
    fn from(note: &Note) -> Self {
        Self {
            at: note.at,
            about: note.about,
            text: note.text.clone(),
            by: note.by.as_ref().map(ToString::to_string),
            source: note.source.clone(),
        }
    }
}

impl UnaskedView {
    fn of(promotion: &Promotion, messages: &[MessageNow<'_>]) -> Self {
        use baton_domain::state::MessageRef;
        let is_it = |it: &&MessageNow<'_>| it.entry.id == MessageRef::Send(promotion.send.clone());
        let message = messages.iter().find(is_it);
        Self {
            at: promotion.at,
            send: promotion.send.0.to_string(),
            text: promotion.text.clone(),
            purpose: promotion.purpose.clone(),
            is_marketing: promotion.is_marketing,
            outcome: message.and_then(|it| it.outcome).map(Into::into),
        }
    }
}
