//! The shared customer view, made of what the domain knows.

use baton_domain::{
    event::QueueAlert,
    module::Read,
    package::{Noticed, PACKAGE_VERSION, Package, Past, Quote},
    state::{Care, Handoff, MessageNow, MessageRef, NextStep, Note, Promotion, Rung},
};

use super::{
    ConversationView, CustomerView,
    package::{
        EarlierView, EscalationView, HandoffView, NextStepView, NoteView, QuestionView, QueueView,
        QuoteView, ReadView, SharedView, SignalView, SuggestionView, UnaskedView,
    },
};

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
    pub care: &'s Care,
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
