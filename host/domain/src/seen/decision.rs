//! Decisions: each module's reads one by one, its own words for who holds all
//! that they rest on.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{Seen, event::as_object, rules::HANDED_OFF};
use crate::{
    decide::{Decision, DecisionRecord},
    event::HandedOff,
    field::Field,
    module::ModuleRun,
    people::FieldSet,
};

impl Seen<'_> {
    /// The members of a decision's record, without what is not held.
    pub fn record(&self, record: &DecisionRecord) -> Map<String, Value> {
        let mut members = as_object(record);
        let runs = |runs: &[_]| runs.iter().map(|run| self.rule(run)).collect::<Vec<_>>();
        if members.contains_key("shadow") {
            members.insert("shadow".into(), runs(&record.shadow).into());
        }
        members.insert("rules".into(), runs(&record.rules).into());
        let rests_on = record.policy_rests_on();
        members.insert("policy".into(), self.run(&record.policy, rests_on).into());
        members.insert("decision".into(), self.decision(record).into());
        for name in ["spent", "because"] {
            if let Some(signals) = members.get_mut(name) {
                *signals = self.spent(signals);
            }
        }
        if self.field(Field::OccasionKind, || ()).is_none() {
            members.remove("occasion");
        }
        members
    }

    /// What was decided, without what is not held.
    pub fn decision(&self, record: &DecisionRecord) -> Map<String, Value> {
        let mut members = as_object(&record.decision);
        let Decision {
            reasons, warnings, ..
        } = &record.decision;
        let is_seen =
            |reason: &&std::sync::Arc<str>| self.holds_all(record.reason_rests_on(reason));
        let seen = reasons.iter().filter(is_seen);
        let seen: Vec<Value> = seen.map(|it| self.reworded(it).as_ref().into()).collect();
        if seen.is_empty() && !reasons.is_empty() {
            members.remove("reasons");
        } else {
            members.insert("reasons".into(), seen.into());
        }
        if self.field(Field::ConversationTags, || ()).is_none() {
            members.remove("tags");
        }
        if !warnings.is_empty() {
            let seen = members.get_mut("warnings").and_then(Value::as_array_mut);
            // The names in them are the policy's own words.
            let words = seen.into_iter().flatten().map(|it| (it, &["name"][..]));
            self.show_words(words, self.holds_all(record.policy_rests_on()));
        }
        members
    }

    /// A handoff, without what is not held.
    pub fn handoff(&self, handoff: &HandedOff) -> Map<String, Value> {
        self.ruled(&as_object(handoff), HANDED_OFF, handoff.read)
    }

    fn rule<A: Serialize>(&self, run: &ModuleRun<A>) -> Value {
        self.run(run, run.fields_read()).into()
    }

    /// A run whose own words rest on `fields`.
    fn run<A: Serialize>(&self, run: &ModuleRun<A>, fields: FieldSet) -> Map<String, Value> {
        let mut members = as_object(run);
        let seen = run.reads.iter().filter_map(|it| self.read(it));
        let seen: Vec<Value> = seen
            .filter_map(|it| serde_json::to_value(it).ok())
            .collect();
        members.insert("reads".into(), seen.into());
        let is_held = self.holds_all(fields);
        if !is_held {
            // How much it computed depends on what it read.
            members.remove("fuel");
        }
        if let Some(answer) = members.get_mut("answer") {
            if !is_held {
                coarsen(answer);
            }
            self.show_words(words_of(answer), is_held);
        }
        members
    }

    /// Masks words where they are held, and takes them out where not.
    fn show_words<'v>(
        &self,
        words: impl IntoIterator<Item = (&'v mut Value, &'static [&'static str])>,
        is_held: bool,
    ) {
        for (value, names) in words {
            for name in names {
                match value.get_mut(*name) {
                    Some(words) if is_held => self.reword(words),
                    _ => without(value, name),
                }
            }
        }
    }
}

/// Where a module's own words stand in its answer: the objects, each with the
/// names of such members.
fn words_of(answer: &mut Value) -> Vec<(&mut Value, &'static [&'static str])> {
    let Value::Object(answer) = answer else {
        return Vec::new();
    };
    let mut words: Vec<(&mut Value, &'static [&'static str])> = Vec::new();
    for (name, value) in answer {
        match (name.as_str(), value) {
            ("Err", failure) => words.push((failure, &["detail"])),
            (_, Value::Array(signals)) => {
                words.extend(signals.iter_mut().map(|it| (it, &["reason", "extra"][..])));
            }
            (_, verdict) => words.push((verdict, &["team", "tier", "reasons", "extra"])),
        }
    }
    words
}

/// Takes away the fine grain of scores, in which words could be hidden.
fn coarsen(answer: &mut Value) {
    let signals = answer.get_mut("Ok").and_then(Value::as_array_mut);
    for signal in signals.into_iter().flatten() {
        if let Some(score) = signal.get_mut("score")
            && let Some(exact) = score.as_f64()
        {
            *score = ((exact * 20.0).round() / 20.0).into();
        }
    }
}

fn without(value: &mut Value, name: &str) {
    if let Value::Object(members) = value {
        members.remove(name);
    }
}
