//! Events of the log, member by member.

use std::sync::Arc;

use serde_json::{Map, Value};

use super::{
    Seen,
    rules::{
        Rule::{
            self, About, ErrorCode, Id, Key, Of, Open, Outcome, Question, Spent, Suggestion, Text,
            Typed, Why, Words,
        },
        Rules, SUGGESTED, rules,
    },
};
use crate::{
    event::{Event, EventBody, Receipt},
    field::Field,
    ids::MessageId,
    people::FieldSet,
};

impl Seen<'_> {
    /// The event as JSON, without what is not held.
    pub fn event(&self, event: &Event) -> Value {
        let mut value = as_object(event);
        let body = match &event.body {
            EventBody::Decided(record) | EventBody::Shadowed(record) => self.record(record),
            body => {
                let read = match body {
                    EventBody::HandedOff(handoff) => handoff.read,
                    _ => None,
                };
                self.ruled(&value, rules(body), read)
            }
        };
        value.retain(|name, _| ["at", "number", "kind"].contains(&name.as_str()));
        value.extend(body);
        Value::Object(value)
    }

    pub(super) fn ruled(
        &self,
        members: &Map<String, Value>,
        rules: Rules,
        read: Option<FieldSet>,
    ) -> Map<String, Value> {
        let seen = rules.iter().filter_map(|(name, rule)| {
            let value = members.get(*name)?;
            let value = self.member(rule, value, read)?;
            Some(((*name).to_owned(), value))
        });
        seen.collect()
    }

    fn member(&self, rule: &Rule, value: &Value, read: Option<FieldSet>) -> Option<Value> {
        // That nothing is known tells nothing, but who may not know whether
        // something is does not learn it.
        let text = || value.as_str().map(Arc::from);
        let or_null = |seen: Option<Value>, may: bool| match value {
            Value::Null => may.then_some(Value::Null),
            _ => seen,
        };
        match rule {
            Open => Some(value.clone()),
            Of(field) if value.is_null() => self.holds(*field).then_some(Value::Null),
            Of(field) => self.field(*field, || value.clone()),
            Typed(field) => {
                let seen = text().and_then(|text| self.field(*field, || self.masked(&text)));
                or_null(seen.map(|it| it.as_ref().into()), self.holds(*field))
            }
            Text => {
                let may = self.holds(Field::MessageText) && self.holds(Field::MessageRecent);
                let seen = text().and_then(|text| self.text(&text));
                or_null(seen.map(|it| it.as_ref().into()), may)
            }
            Id => {
                let id = text().and_then(|text: Arc<str>| MessageId::parse(&text).ok());
                let seen = id.and_then(|id| self.message_id(&id).map(|_| value.clone()));
                or_null(seen, self.holds(Field::CustomerPhone))
            }
            Key => self.holds_all(FieldSet::all()).then(|| value.clone()),
            Question => {
                let text = text().filter(|_| self.holds(Field::ConversationFailedQuestion));
                let seen = text.and_then(|text| self.text(&text))?;
                self.field(Field::ConversationFailedQuestion, || seen.as_ref().into())
            }
            Suggestion => self.all(SUGGESTED.iter().copied().collect(), || value.clone()),
            Words => self.made_of(read, || {
                let mut words = value.clone();
                self.reword(&mut words);
                words
            }),
            Outcome => Some(self.outcome(value)),
            Spent => Some(self.spent(value)),
            About => serde_json::from_value(value.clone())
                .ok()
                .and_then(|about| self.about(&about, || value.clone())),
            Why => self.why(&text()?).map(|why| why.as_ref().into()),
            ErrorCode if value.as_i64() == Some(Receipt::MARKETING_REFUSED) => {
                self.field(Field::CustomerMarketingConsent, || value.clone())
            }
            ErrorCode => Some(value.clone()),
        }
    }

    /// What became of a send, which may have got an id, or a reason that tells of
    /// the customer.
    fn outcome(&self, value: &Value) -> Value {
        let mut value = value.clone();
        if let Value::Object(members) = &mut value
            && members.contains_key("message")
            && self.field(Field::CustomerPhone, || ()).is_none()
        {
            members.remove("message");
        }
        if let Value::Object(members) = &mut value
            && let Some(why) = members.get("why").and_then(Value::as_str)
            && self.why(&why.into()).is_none()
        {
            members.remove("why");
        }
        value
    }

    /// Signals without the fingerprints of what was read: from one of a short
    /// value the value can be found.
    pub(super) fn spent(&self, value: &Value) -> Value {
        let mut value = value.clone();
        if self.holds_all(FieldSet::all()) {
            return value;
        }
        for signal in value.as_array_mut().into_iter().flatten() {
            if let Value::Object(members) = signal {
                members.remove("reads");
            }
        }
        value
    }
}

/// The JSON of something that is an object; of anything else nothing.
pub(super) fn as_object(value: &impl serde::Serialize) -> Map<String, Value> {
    match serde_json::to_value(value) {
        Ok(Value::Object(members)) => members,
        _ => Map::new(),
    }
}
