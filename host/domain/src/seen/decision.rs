//! Decisions: each module's reads one by one, its own words for who holds all
//! that they rest on.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{
    Seen,
    event::{HANDED_OFF, as_object},
};
use crate::{
    decide::{Decision, DecisionRecord},
    event::HandedOff,
    field::Field,
    module::{ModuleRun, Read},
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
        let seen: Vec<_> = reasons.iter().filter(is_seen).collect();
        if seen.len() < reasons.len() {
            if seen.is_empty() {
                members.remove("reasons");
            } else {
                let seen = seen.iter().map(|reason| Value::from(reason.as_ref()));
                members.insert("reasons".into(), seen.collect());
            }
        }
        if self.field(Field::ConversationTags, || ()).is_none() {
            members.remove("tags");
        }
        // The names in them are the policy's own words.
        if !warnings.is_empty() && !self.holds_all(record.policy_rests_on()) {
            for warning in members
                .get_mut("warnings")
                .and_then(Value::as_array_mut)
                .into_iter()
                .flatten()
            {
                without(warning, &["name"]);
            }
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
        let seen = run.reads.iter().filter(|read| match read {
            Read::Field(field, _) => self.field(*field, || ()).is_some(),
            Read::Setting(..) => true,
        });
        let seen: Vec<Value> = seen
            .filter_map(|it| serde_json::to_value(it).ok())
            .collect();
        members.insert("reads".into(), seen.into());
        if self.holds_all(fields) {
            return members;
        }
        // How much it computed depends on what it read.
        members.remove("fuel");
        if let Some(answer) = members.get_mut("answer") {
            wordless(answer);
        }
        members
    }
}

/// Takes a module's own words out of its answer, and the fine grain of its
/// scores, in which words could be hidden.
fn wordless(answer: &mut Value) {
    let Value::Object(answer) = answer else {
        return;
    };
    if let Some(failure) = answer.get_mut("Err") {
        without(failure, &["detail"]);
    }
    match answer.get_mut("Ok") {
        Some(Value::Array(signals)) => {
            for signal in signals {
                without(signal, &["reason", "extra"]);
                if let Some(score) = signal.get_mut("score")
                    && let Some(exact) = score.as_f64()
                {
                    *score = ((exact * 20.0).round() / 20.0).into();
                }
            }
        }
        Some(verdict) => without(verdict, &["team", "tier", "reasons", "extra"]),
        None => {}
    }
}

fn without(value: &mut Value, names: &[&str]) {
    if let Value::Object(members) = value {
        names.iter().for_each(|name| drop(members.remove(*name)));
    }
}
