//! What people owe in one conversation: handoffs and what became of them, the
//! promises that hold, notes.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Latest, bound};
use crate::{
    event::{
        Escalated, EscalationCause, HandedOff, NextStepSet, NoteKind, NoteTaken, QueueAlert,
        Requeued,
    },
    ids::{AgentId, TeamName, TierName},
    limits::{DECISION_REASONS_MAX, DECISION_TAGS_MAX, ESCALATIONS_MAX, HANDOFFS_MAX, NOTES_MAX},
    people::FieldSet,
};

/// Something promised by a time. The number tells it from what was promised
/// before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    /// Counts the promises of the conversation.
    pub number: u32,
    /// By when.
    pub due: Timestamp,
}

/// What is to be done next.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NextStep {
    /// What, when somebody said.
    pub what: Option<Arc<str>>,
    /// By when it should be taken.
    pub due: Option<Timestamp>,
    /// By when somebody else is asked to.
    pub promise: Option<Promise>,
    /// When it was taken.
    pub closed_at: Option<Timestamp>,
    /// Who said so last; `None` for Baton.
    pub by: Option<AgentId>,
}

impl NextStep {
    /// Whether it is still to be taken.
    pub fn is_open(&self) -> bool {
        self.closed_at.is_none()
    }
}

/// How far up a conversation is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rung {
    /// The tier that has it; any when `None`.
    pub tier: Option<TierName>,
    /// Whether the operator has it.
    pub is_operator: bool,
}

/// One step up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalation {
    /// When.
    pub at: Timestamp,
    /// Why.
    pub cause: EscalationCause,
    /// To where.
    pub to: Rung,
}

/// How people's part ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// When.
    pub at: Timestamp,
    /// Whether the episode ended with it; else the bot went on.
    pub is_resolved: bool,
    /// Who said so, when a person was named.
    pub by: Option<AgentId>,
    /// What they left the bot and the next person.
    pub note: Option<Arc<str>>,
    /// Whether the tenant's policy said so.
    pub by_policy: bool,
}

/// One handoff to people, and what became of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Handoff {
    /// When.
    pub at: Timestamp,
    /// To which team.
    pub team: TeamName,
    /// To which tier of it.
    pub tier: Option<TierName>,
    /// To whom; `None` when it was queued.
    pub agent: Option<AgentId>,
    /// Labels, the headline first.
    pub tags: Vec<Arc<str>>,
    /// Why, most important first.
    pub reasons: Vec<Arc<str>>,
    /// What was to be done.
    pub next_step: Option<Arc<str>>,
    /// By when.
    pub due: Option<Timestamp>,
    /// 0 to 100.
    pub priority: u8,
    /// What its words rest on; `None` when that is not known.
    pub read: Option<FieldSet>,
    /// Where the decision stands in the log.
    pub decided_at: Option<u64>,
    /// That nobody was available.
    pub queue: Option<QueueAlert>,
    /// Who of the tenant's people had it last.
    pub taken_by: Option<AgentId>,
    /// When a person first said something to the customer.
    pub replied_at: Option<Timestamp>,
    /// How it went up.
    pub escalations: Vec<Escalation>,
    /// How it ended; `None` while people own.
    pub ended: Option<Ended>,
}

/// What somebody wrote down for the next person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Note {
    /// When.
    pub at: Timestamp,
    /// What it is about.
    pub about: NoteKind,
    /// What it says.
    pub text: Arc<str>,
    /// Who wrote it.
    pub by: Option<AgentId>,
    /// Which system wrote it.
    pub source: Option<Arc<str>>,
}

/// What people owe in one conversation.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Care {
    handoffs: Vec<Handoff>,
    promises: u32,
    first_reply: Option<Promise>,
    step: Option<NextStep>,
    rung: Rung,
    #[serde(skip_serializing_if = "Latest::is_empty")]
    notes: Latest<Note, NOTES_MAX>,
    last_agent: Option<(Timestamp, AgentId)>,
    moved_at: Option<Timestamp>,
}

impl Care {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Handoffs, the latest last.
    pub fn handoffs(&self) -> &[Handoff] {
        &self.handoffs
    }

    /// The handoff that people are busy with.
    pub fn handoff(&self) -> Option<&Handoff> {
        self.handoffs.last().filter(|it| it.ended.is_none())
    }

    /// Counts what was promised; name it with what builds on it.
    pub fn promises(&self) -> u32 {
        self.promises
    }

    /// By when a person should answer; `None` when one did, or nothing is
    /// promised.
    pub fn first_reply(&self) -> Option<&Promise> {
        self.first_reply.as_ref()
    }

    /// What is to be done next, taken or not.
    pub fn step(&self) -> Option<&NextStep> {
        self.step.as_ref()
    }

    /// Whether the next step is in words that a module declared, as the handoff
    /// names it; otherwise somebody typed them.
    pub fn is_step_declared(&self) -> bool {
        let named = self.handoffs.last().and_then(|it| it.next_step.as_ref());
        let step = self.step.as_ref().and_then(|it| it.what.as_ref());
        step.is_none() || step == named
    }

    /// How far up it is.
    pub fn rung(&self) -> &Rung {
        &self.rung
    }

    /// Notes, the oldest first.
    pub fn notes(&self) -> impl DoubleEndedIterator<Item = &Note> {
        self.notes.iter()
    }

    /// Who of the tenant's people had it last, and since when.
    pub fn last_agent(&self) -> Option<&(Timestamp, AgentId)> {
        self.last_agent.as_ref()
    }

    /// When the owner last changed.
    pub fn moved_at(&self) -> Option<Timestamp> {
        self.moved_at
    }

    fn promise(&self, due: Option<Timestamp>) -> Option<Promise> {
        let due = due?;
        let number = self.promises;
        Some(Promise { number, due })
    }

    pub(super) fn moved(&mut self, at: Timestamp) {
        self.moved_at = self.moved_at.max(Some(at));
    }

    pub(super) fn handed_off(&mut self, at: Timestamp, handoff: &HandedOff) {
        self.promises = self.promises.saturating_add(1);
        let HandedOff { due, promised, .. } = handoff;
        self.first_reply = self.promise(promised.first_reply);
        let what = handoff.next_step.as_ref().map(bound::short);
        self.step = (what.is_some() || due.is_some()).then(|| NextStep {
            what: what.clone(),
            due: *due,
            promise: self.promise(promised.next_step),
            closed_at: None,
            by: None,
        });
        self.rung = Rung {
            tier: handoff.tier.clone(),
            is_operator: false,
        };
        if self.handoffs.len() == HANDOFFS_MAX {
            self.handoffs.remove(0);
        }
        let short = |texts: &[Arc<str>], most| texts.iter().take(most).map(bound::short).collect();
        self.handoffs.push(Handoff {
            at,
            team: handoff.team.clone(),
            tier: handoff.tier.clone(),
            agent: handoff.agent.clone(),
            tags: short(&handoff.tags, DECISION_TAGS_MAX),
            reasons: short(&handoff.reasons, DECISION_REASONS_MAX),
            next_step: what,
            due: *due,
            priority: handoff.priority,
            read: handoff.read,
            decided_at: handoff.decided_at,
            queue: handoff.queue.clone(),
            taken_by: None,
            replied_at: None,
            escalations: Vec::new(),
            ended: None,
        });
        self.taken(at, handoff.agent.as_ref());
    }

    /// One of the tenant's people has it now.
    pub(super) fn taken(&mut self, at: Timestamp, agent: Option<&AgentId>) {
        let Some(agent) = agent else { return };
        self.last_agent = Some((at, agent.clone()));
        if let Some(handoff) = self.current() {
            handoff.taken_by = Some(agent.clone());
        }
    }

    fn current(&mut self) -> Option<&mut Handoff> {
        self.handoffs.last_mut().filter(|it| it.ended.is_none())
    }

    /// A person said something to the customer at `at`.
    pub(super) fn replied(&mut self, at: Timestamp) {
        let Some(handoff) = self.current().filter(|it| it.at <= at) else {
            return;
        };
        let first = handoff.replied_at.map_or(at, |known| known.min(at));
        handoff.replied_at = Some(first);
        self.first_reply = None;
    }

    pub(super) fn escalated(&mut self, at: Timestamp, escalated: &Escalated) {
        self.promises = self.promises.saturating_add(1);
        let promised = &escalated.promised;
        let first_reply = self.first_reply.and(promised.first_reply);
        self.first_reply = self.promise(first_reply);
        let number = self.promises;
        if let Some(step) = self.step.as_mut().filter(|step| step.is_open()) {
            step.promise = promised.next_step.map(|due| Promise { number, due });
            step.due = promised.next_step.or(step.due);
        }
        self.rung = Rung {
            tier: escalated.tier.clone(),
            is_operator: escalated.to_operator,
        };
        let (cause, to) = (escalated.cause, self.rung.clone());
        if let Some(handoff) = self.current() {
            handoff.queue.clone_from(&escalated.queue);
            if handoff.escalations.len() < ESCALATIONS_MAX {
                handoff.escalations.push(Escalation { at, cause, to });
            }
        }
        self.taken(at, escalated.agent.as_ref());
    }

    /// The queue has it; what is promised stays.
    pub(super) fn requeued(&mut self, requeued: &Requeued) {
        if let Some(handoff) = self.current() {
            handoff.queue = Some(requeued.queue.clone());
        }
    }

    pub(super) fn step_set(&mut self, at: Timestamp, set: &NextStepSet) {
        self.promises = self.promises.saturating_add(1);
        let number = self.promises;
        let step = self.step.get_or_insert_default();
        if let Some(what) = &set.what {
            step.what = Some(bound::short(what));
        }
        step.by.clone_from(&set.by);
        step.closed_at = set.closed.then_some(at);
        let due = set.due.filter(|_| !set.closed);
        step.promise = due.map(|due| Promise { number, due });
        step.due = due.or(step.due);
    }

    /// People's part is over.
    pub(super) fn ended(&mut self, ended: Ended) {
        self.first_reply = None;
        self.rung = Rung::default();
        if let Some(step) = self.step.as_mut().filter(|step| step.is_open()) {
            (step.closed_at, step.promise) = (Some(ended.at), None);
        }
        if let Some(handoff) = self.current() {
            handoff.ended = Some(Ended {
                note: ended.note.as_ref().map(bound::short),
                ..ended
            });
        }
    }

    pub(super) fn note(&mut self, at: Timestamp, note: &NoteTaken) {
        self.notes.insert(Note {
            at,
            about: note.about,
            text: bound::note(&note.text),
            by: note.by.clone(),
            source: note.source.as_ref().map(bound::short),
        });
    }
}
