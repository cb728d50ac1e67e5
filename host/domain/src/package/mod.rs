//! The handoff package and the shared customer view: what a person needs to go
//! on where the bot, or somebody else, left off.
//!
//! Built from the state and one recorded decision, so that it costs the same
//! however long the log is. **Nothing leaves from here:** what a reader may see
//! of it is for whoever shows it to say.

mod past;
mod question;
mod suggest;
mod words;

use std::sync::Arc;

use jiff::Timestamp;

pub use past::{Outcome, Past};
pub use question::{OpenQuestion, language, open_question};
pub use suggest::{NoSuggestion, Suggestion, suggest};

use crate::{
    decide::{DecisionRecord, RuleRun},
    event::HandedOff,
    field::Line,
    ids::NumberId,
    money::Money,
    signal::Signal,
    spent::SpentSignal,
    state::{Conversation, CustomerState, Handoff, Order},
    tenant::TenantProfile,
};

/// Version of what is in a package. It rises when a member changes its meaning
/// or goes away; new ones come without it.
pub const PACKAGE_VERSION: u32 = 1;

/// What a person needs to go on.
#[derive(Debug, Clone)]
pub struct Package<'s> {
    /// The handoff that people are busy with.
    pub handoff: Option<&'s Handoff>,
    /// What the rules noticed when it was decided; empty when no decision is at
    /// hand.
    pub signals: Vec<Noticed<'s>>,
    /// What the customer waits to hear.
    pub open_question: Option<OpenQuestion>,
    /// What could be answered.
    pub suggestion: Suggestion,
    /// The order that it is about.
    pub order: Option<&'s Order>,
    /// What was quoted and is not bought yet.
    pub quote: Option<Quote<'s>>,
    /// Earlier handoffs and what became of them, the latest first.
    pub past: Vec<Past<'s>>,
}

/// A signal of the decision, and what its rule had read.
#[derive(Debug, Clone)]
pub struct Noticed<'s> {
    /// The run of the rule.
    pub run: &'s RuleRun,
    /// What it said.
    pub signal: &'s Signal,
    /// Whether it counted; else it had led to a handoff before.
    pub counted: bool,
}

/// What the customer is about to buy.
#[derive(Debug, Clone)]
pub struct Quote<'s> {
    /// When it last changed.
    pub at: Timestamp,
    /// `quoted`, `checkout-offered`, ...
    pub checkout_state: Arc<str>,
    /// What it costs in all.
    pub value: Option<Money>,
    /// What is in it.
    pub lines: &'s [Line],
}

impl<'s> Package<'s> {
    /// The package of the conversation on `number`; `decided` is the record
    /// behind the latest handoff, when it is at hand.
    pub fn of(
        state: &'s CustomerState,
        (number, conversation): (&NumberId, &'s Conversation),
        decided: Option<&'s DecisionRecord>,
        tenant: &TenantProfile,
    ) -> Self {
        let care = &conversation.care;
        let question = open_question(conversation);
        let suggestion = suggest(state, (number, conversation), question.as_ref(), tenant);
        Self {
            handoff: care.handoff(),
            signals: decided.map(noticed).unwrap_or_default(),
            open_question: question,
            suggestion,
            order: order_of(state),
            quote: quote_of(state),
            past: past::of(state, care),
        }
    }
}

/// Fills in what a handoff carries beside the decision, as of the moment at
/// which it commits.
pub fn complete(
    handoff: &mut HandedOff,
    state: &CustomerState,
    number: &NumberId,
    tenant: &TenantProfile,
) {
    let Some(conversation) = state.conversation(number) else {
        return;
    };
    let question = open_question(conversation);
    let suggestion = suggest(state, (number, conversation), question.as_ref(), tenant);
    handoff.open_question = question.map(|it| it.text);
    handoff.suggested_reply = suggestion.text.ok();
}

/// Whether `record` is the decision that brought `handoff` about: a merge once
/// left the place where it stood, and such logs are still there.
pub fn is_decision_of(record: &DecisionRecord, handoff: &Handoff) -> bool {
    let decision = &record.decision;
    let cut = |text: &Arc<str>| crate::text::truncated(text, crate::limits::SHORT_TEXT_CHARS_MAX);
    // A merge may add a reason of its own behind.
    let mut told = handoff.reasons.iter().cloned();
    let mut reasons = decision.reasons.iter().map(cut);
    decision.hands_off()
        && decision.team == handoff.team
        && reasons.all(|reason| told.next() == Some(reason))
}

fn noticed(record: &DecisionRecord) -> Vec<Noticed<'_>> {
    let of_run = |run| move |signal| (run, signal);
    let runs = record.rules.iter();
    let said = runs.flat_map(|run| run.answer.iter().flatten().map(of_run(run)));
    let noticed = said.map(|(run, signal)| Noticed {
        counted: !record.spent.contains(&SpentSignal::new(run, signal)),
        run,
        signal,
    });
    noticed.collect()
}

/// The order that is under way, else the latest that was bought, else the
/// latest.
fn order_of(state: &CustomerState) -> Option<&Order> {
    let orders = &state.orders;
    let estimated = state.delivery().and_then(|it| it.order.as_ref());
    let under_way = || orders.recent().iter().rev().find(|it| it.is_under_way());
    estimated
        .and_then(|id| orders.order(id))
        .or_else(under_way)
        .or_else(|| orders.last_bought())
        .or_else(|| orders.recent().last())
}

fn quote_of(state: &CustomerState) -> Option<Quote<'_>> {
    let basket = state.basket.as_ref()?;
    let checkout_state = basket.checkout_state();
    if &*checkout_state == "paid" || basket.lines.is_empty() && basket.total.is_none() {
        return None;
    }
    Some(Quote {
        at: basket.at,
        checkout_state,
        value: basket.value(),
        lines: &basket.lines,
    })
}
