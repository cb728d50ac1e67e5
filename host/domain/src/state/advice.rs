//! What the rules notice while people own a conversation: it moves nothing, and
//! whoever answers is warned.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{bound, latest::Latest};
use crate::{
    decide::DecisionRecord, ids::ModuleName, limits::ADVICE_MAX, people::FieldSet,
    spent::SpentSignal,
};

/// One signal that a rule gave while people own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Advice {
    /// When it came last.
    pub at: Timestamp,
    /// The rule.
    pub module: ModuleName,
    /// The name of the signal, which the rule declares.
    pub name: Arc<str>,
    /// Its tag, which the rule declares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<Arc<str>>,
    /// What to do, which the rule declares.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_step: Option<Arc<str>>,
    /// Why, in the rule's own words.
    pub reason: Arc<str>,
    /// The fields that these rest on.
    pub read: FieldSet,
}

/// The latest of each signal, since people have the conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Advices(Latest<Advice, ADVICE_MAX>);

impl Advices {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Advice> {
        self.0.iter()
    }

    /// What a decision gives: not what led to a handoff before.
    pub(super) fn add(&mut self, at: Timestamp, record: &DecisionRecord) {
        for run in &record.rules {
            for signal in run.answer.iter().flatten() {
                if record.spent.contains(&SpentSignal::new(run, signal)) {
                    continue;
                }
                let advice = Advice {
                    at,
                    module: run.module.clone(),
                    name: signal.name.clone(),
                    tag: signal.tag.clone(),
                    next_step: signal.next_step.clone(),
                    reason: bound::short(&signal.reason),
                    read: run.fields_read(),
                };
                let (module, name) = (run.module.clone(), signal.name.clone());
                let is_same = |it: &Advice| it.module == module && it.name == name;
                self.0.insert_newest(advice, is_same);
            }
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
