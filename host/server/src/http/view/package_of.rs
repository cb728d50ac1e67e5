//! The shared customer view, as far as somebody sees it: members that are not
//! held are absent, a module's own words are for who holds all that they rest
//! on, and what people wrote is masked like a message.

use baton_domain::{
    event::QueueAlert,
    field::Field,
    module::Read,
    package::{Noticed, OpenQuestion, PACKAGE_VERSION, Package, Past, Quote, Suggestion},
    seen::Seen,
    state::{
        Advice, Advices, Care, Handoff, MessageNow, MessageRef, NextStep, Note, Promotion, Rung,
        Skipped, Unasked,
    },
};

use super::{
    ConversationView, CustomerView, Shown,
    conversation::OutcomeView,
    package::{
        AdviceView, EarlierView, EscalationView, HandoffView, NextStepView, NotSentView, NoteView,
        NoticedReadView, QuestionView, QueueView, QuoteView, SharedView, SignalView,
        SuggestionView, UnaskedView,
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
    /// What the rules noticed since people have it.
    pub advice: &'s Advices,
    /// What was said unasked.
    pub said: &'s Unasked,
    /// The messages of the thread.
    pub messages: Vec<MessageNow<'s>>,
    /// Whether the bot can take it back.
    pub bot_is_there: bool,
}

impl SharedView {
    /// The view of what stands in `parts`, as `seen`.
    pub fn of(seen: &Seen<'_>, parts: Parts<'_>) -> Self {
        let (package, care) = (&parts.package, parts.care);
        let signals = package.signals.iter();
        let advice = parts.advice.iter().rev();
        let earlier = package.past.iter();
        let unasked = parts.said.promotions().rev();
        Self {
            package: PACKAGE_VERSION,
            version: parts.version,
            handoff: package.handoff.map(|it| HandoffView::of(seen, it)),
            signals: signals.map(|it| SignalView::of(seen, it)).collect(),
            advice: advice.map(|it| AdviceView::of(seen, it)).collect(),
            open_question: QuestionView::of(seen, package.open_question.as_ref()),
            suggested_reply: SuggestionView::of(seen, &package.suggestion),
            order: seen.field(Field::OrderLast, || package.order.map(Into::into)),
            quote: QuoteView::of(seen, package.quote.as_ref()),
            next_step: care
                .step()
                .map(|it| NextStepView::of(seen, it, care.is_step_declared())),
            first_reply_due: care.first_reply().map(|it| it.due),
            promise: care.promises(),
            earlier: earlier.map(|it| EarlierView::of(seen, it)).collect(),
            notes: care
                .notes()
                .rev()
                .map(|it| NoteView::of(seen, it))
                .collect(),
            unasked: unasked
                .map(|it| UnaskedView::of(seen, it, &parts.messages))
                .collect(),
            not_sent: parts
                .said
                .skipped()
                .rev()
                .map(|it| NotSentView::of(seen, it))
                .collect(),
            bot_is_there: parts.bot_is_there,
            conversation: parts.conversation,
            customer: parts.customer,
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

impl HandoffView {
    fn of(seen: &Seen<'_>, handoff: &Handoff) -> Self {
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
            tags: seen.field(Field::ConversationTags, || handoff.tags.clone()),
            reasons: seen.all_words(handoff.read, &handoff.reasons),
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

impl AdviceView {
    fn of(seen: &Seen<'_>, advice: &Advice) -> Self {
        Self {
            at: advice.at,
            module: advice.module.to_string(),
            name: advice.name.clone(),
            tag: advice.tag.clone(),
            reason: seen.words(Some(advice.read), &advice.reason),
            next_step: advice.next_step.clone(),
        }
    }
}

impl SignalView {
    fn of(seen: &Seen<'_>, noticed: &Noticed<'_>) -> Self {
        let (run, signal) = (noticed.run, noticed.signal);
        let reads = run.reads.iter().filter_map(|read| match seen.read(read)? {
            Read::Field(field, value) => Some(NoticedReadView { field, value }),
            Read::Setting(..) => None,
        });
        let rests_on = Some(run.fields_read());
        Self {
            module: run.module.to_string(),
            digest: run.digest.to_string(),
            name: signal.name.clone(),
            // In its fine grain words could be hidden.
            score: seen.made_of(rests_on, || signal.score.get()),
            reason: seen.words(rests_on, &signal.reason),
            tag: signal.tag.clone(),
            next_step: signal.next_step.clone(),
            counted: noticed.counted,
            reads: reads.collect(),
        }
    }
}

impl QuestionView {
    /// In the customer's words as a message is seen, in the bot's as what it
    /// failed is.
    fn of(seen: &Seen<'_>, question: Option<&OpenQuestion>) -> Shown<Self> {
        let asked_at = question.and_then(|it| it.asked_at);
        let text = question.map(|it| &it.text);
        let said = if question.is_some() && asked_at.is_none() {
            seen.typed(Field::ConversationFailedQuestion, text)
        } else {
            seen.said(text)
        };
        said.map(|text| text.map(|text| Self { text, asked_at }))
    }
}

impl SuggestionView {
    fn of(seen: &Seen<'_>, suggestion: &Suggestion) -> Option<Self> {
        seen.all(suggestion.tells, || Self {
            text: suggestion.text.clone().ok(),
            none_because: suggestion.text.as_ref().err().map(|why| why.as_str()),
            tells: suggestion.tells,
        })
    }
}

impl QuoteView {
    fn of(seen: &Seen<'_>, quote: Option<&Quote<'_>>) -> Shown<Self> {
        seen.field(Field::BasketItems, || {
            quote.map(|quote| Self {
                at: quote.at,
                checkout_state: seen
                    .field(Field::BasketCheckoutState, || quote.checkout_state.clone()),
                value: seen.field(Field::BasketValue, || quote.value.as_ref().map(Into::into)),
                lines: quote.lines.iter().map(Into::into).collect(),
            })
        })
    }
}

impl NextStepView {
    /// What to do is declared with a module, or a person wrote it.
    fn of(seen: &Seen<'_>, step: &NextStep, is_declared: bool) -> Self {
        Self {
            what: if is_declared {
                Some(step.what.clone())
            } else {
                seen.said(step.what.as_ref())
            },
            due: step.due,
            open: step.is_open(),
            closed_at: step.closed_at,
            by: step.by.as_ref().map(ToString::to_string),
        }
    }
}

impl EarlierView {
    fn of(seen: &Seen<'_>, past: &Past<'_>) -> Self {
        let ended = past.handoff.ended.as_ref();
        let paid = || past.paid.iter().map(ToString::to_string).collect();
        Self {
            handoff: HandoffView::of(seen, past.handoff),
            outcome: past.outcome.as_str(),
            ended_at: ended.map(|it| it.at),
            ended_by: ended.and_then(|it| it.by.as_ref()).map(ToString::to_string),
            note: seen.said(ended.and_then(|it| it.note.as_ref())),
            paid_orders: seen.field(Field::OrderLast, paid),
        }
    }
}

impl NoteView {
    fn of(seen: &Seen<'_>, note: &Note) -> Self {
        Self {
            at: note.at,
            about: note.about,
            text: seen.text(&note.text),
            by: note.by.as_ref().map(ToString::to_string),
            source: note.source.clone(),
        }
    }
}

impl UnaskedView {
    fn of(seen: &Seen<'_>, promotion: &Promotion, messages: &[MessageNow<'_>]) -> Self {
        let is_it = |it: &&MessageNow<'_>| it.entry.id == MessageRef::Send(promotion.send.clone());
        let message = messages.iter().find(is_it);
        let outcome = message.and_then(|it| it.outcome);
        Self {
            at: promotion.at,
            send: seen.send_key(&promotion.send).map(|key| key.0.to_string()),
            text: seen.said(promotion.text.as_ref()),
            purpose: promotion.purpose.clone(),
            is_marketing: promotion.is_marketing,
            outcome: outcome.map(|it| OutcomeView::of(seen, it)),
        }
    }
}

impl NotSentView {
    fn of(seen: &Seen<'_>, skipped: &Skipped) -> Self {
        Self {
            at: skipped.at,
            follow_up: skipped.follow_up.clone(),
            about: seen.about(&skipped.about, || skipped.about.clone()),
            why: seen.why(&skipped.why),
        }
    }
}
