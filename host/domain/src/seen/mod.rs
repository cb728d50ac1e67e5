//! What somebody sees: the one place where data leaves the domain for people
//! and keys. A field that is not held is not given, and what is given is noted,
//! so that the audit tells exactly what was read.
//!
//! Tags, names of signals and next steps are words that their modules declared;
//! a module's own text is given to who holds every field that it rests on
//! (contract point 11). A WhatsApp id holds the customer's phone number, so it
//! is given with that alone.

mod decision;
mod event;
mod notice;
mod read;
mod rules;
mod text;
mod words;

use std::{cell::Cell, sync::Arc};

use jiff::Timestamp;
pub use notice::SeenNotice;
pub use read::needed_for;

use crate::{
    event::SendKey,
    field::{Field, Sensitivity},
    follow_up::{About, fields_behind},
    ids::{MessageId, NumberId},
    people::{Access, FieldSet, Principal},
    state::{CustomerState, Grant},
};

/// What one principal sees of one conversation, customer or list.
#[derive(Debug)]
pub struct Seen<'a> {
    /// What is held without any grant.
    own: FieldSet,
    grants: Vec<&'a Grant>,
    fields: FieldSet,
    shown: Cell<FieldSet>,
}

impl<'a> Seen<'a> {
    /// Of what spans conversations, such as a list: what the role holds.
    pub fn by_role(access: &Access) -> Self {
        Self::with_grants(access, Vec::new())
    }

    /// Of one conversation at `now`: the role, and what was granted for it and
    /// still holds.
    pub fn of_conversation(
        access: &Access,
        state: &'a CustomerState,
        number: &NumberId,
        now: Timestamp,
    ) -> Self {
        let conversation = state.conversation(number).into_iter();
        let granted = conversation.flat_map(|it| it.grants.holding(now));
        Self::with_grants(access, theirs(access, granted))
    }

    /// Of the customer as a whole at `now`: the role, and what was granted for
    /// any of the conversations, since they are all with this customer.
    pub fn of_customer(access: &Access, state: &'a CustomerState, now: Timestamp) -> Self {
        let conversations = state.conversations();
        let granted = conversations.flat_map(|(_, it)| it.grants.holding(now));
        Self::with_grants(access, theirs(access, granted))
    }

    /// Of what is told to somebody who did not ask, and who holds `fields`: no
    /// grant counts, since a message stays when the grant is over.
    pub fn of_told(fields: FieldSet) -> Self {
        Self {
            own: fields,
            fields,
            grants: Vec::new(),
            shown: Cell::default(),
        }
    }

    fn with_grants(access: &Access, grants: Vec<&'a Grant>) -> Self {
        let granted = grants.iter().map(|grant| grant.fields);
        Self {
            fields: granted.fold(access.fields(), FieldSet::union),
            own: access.fields(),
            grants,
            shown: Cell::default(),
        }
    }

    /// Whether `field` may be seen.
    pub fn holds(&self, field: Field) -> bool {
        self.fields.contains(field)
    }

    /// Whether each of `fields` may be seen.
    pub fn holds_all(&self, fields: FieldSet) -> bool {
        self.fields.contains_all(fields)
    }

    /// What is of `field`; `None` when it may not be seen, and then it must be
    /// absent. It counts as read.
    pub fn field<T>(&self, field: Field, value: impl FnOnce() -> T) -> Option<T> {
        self.all([field].into_iter().collect(), value)
    }

    /// What rests on `fields`, all of them; as [`Seen::field`].
    pub fn all<T>(&self, fields: FieldSet, value: impl FnOnce() -> T) -> Option<T> {
        self.holds_all(fields).then(|| {
            self.note(fields);
            value()
        })
    }

    /// WhatsApp's id of a message.
    pub fn message_id<'m>(&self, id: &'m MessageId) -> Option<&'m MessageId> {
        self.field(Field::CustomerPhone, || id)
    }

    /// The key of a send of ours. Whoever asked for it chose it, so it may hold
    /// anything: it is given to who holds every field, and is no read of them.
    pub fn send_key<'m>(&self, key: &'m SendKey) -> Option<&'m SendKey> {
        self.holds_all(FieldSet::all()).then_some(key)
    }

    /// What somebody wrote, masked as far as the role wants it; `None` without
    /// the fields for the thread.
    pub fn text(&self, text: &Arc<str>) -> Option<Arc<str>> {
        let wanted = [Field::MessageText, Field::MessageRecent];
        let wanted = wanted.into_iter().collect();
        self.all(wanted, || self.masked(text))
    }

    /// [`Seen::text`] of a message that may have none: `Some(None)` for who may
    /// know that it has none.
    pub fn said(&self, text: Option<&Arc<str>>) -> Option<Option<Arc<str>>> {
        let wanted = [Field::MessageText, Field::MessageRecent];
        match text {
            Some(text) => self.text(text).map(Some),
            None => self.holds_all(wanted.into_iter().collect()).then_some(None),
        }
    }

    /// What a follow-up is about.
    pub fn about<T>(&self, about: &About, value: impl FnOnce() -> T) -> Option<T> {
        let field = match about {
            About::Order(_) | About::LastOrder(_) => Field::OrderLast,
            About::Basket(_) => Field::BasketAgeHours,
            About::Booking { .. } => Field::BookingState,
        };
        self.field(field, value)
    }

    /// Why one was not owed, or a message was not sent: a code that may tell of
    /// orders, consent and more.
    pub fn why(&self, why: &Arc<str>) -> Option<Arc<str>> {
        self.all(fields_behind(why), || why.clone())
    }

    /// A text of `field` in which something may be typed, as [`Seen::said`].
    pub fn typed(&self, field: Field, text: Option<&Arc<str>>) -> Option<Option<Arc<str>>> {
        match text {
            Some(text) => self.field(field, || Some(self.masked(text))),
            None => self.holds(field).then_some(None),
        }
    }

    fn note(&self, fields: FieldSet) {
        self.shown.set(self.shown.get().union(fields));
    }

    /// The personal fields that were given so far: what the audit tells.
    pub fn shown(&self) -> FieldSet {
        let personal = |field: &Field| field.sensitivity() != Sensitivity::Operational;
        self.shown.get().iter().filter(personal).collect()
    }

    /// The grant without which some of what was given would not have been.
    pub fn under(&self) -> Option<&'a Grant> {
        let beyond = self.shown.get().without(self.own);
        let gives = |grant: &&&Grant| !grant.fields.intersection(beyond).is_empty();
        self.grants.iter().find(gives).copied()
    }
}

/// Those of the grants that are for whoever asks.
fn theirs<'a>(access: &Access, grants: impl Iterator<Item = &'a Grant>) -> Vec<&'a Grant> {
    let is_theirs = |grant: &&Grant| match access.who() {
        Principal::Person(agent) => *agent == grant.agent,
        _ => false,
    };
    grants.filter(is_theirs).collect()
}
