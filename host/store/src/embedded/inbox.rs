//! Lists that a commit keeps up to date: the inbox, and the decisions and
//! handoffs of a tenant.

use baton_domain::{
    event::Event,
    ids::NumberId,
    limits::PROMISE_MINUTES_MAX,
    state::{Conversation, CustomerState},
};
use jiff::{SignedDuration, Timestamp};

use super::{
    customer::ConversationHead,
    draft::Draft,
    key::{Who, area, list_of},
};
use crate::{Listed, commit::Version, error::StoreError};

/// Where a conversation stands, as far as its state tells.
fn touched_at(conversation: &Conversation, events: &[Event]) -> Timestamp {
    let last_message = || {
        conversation
            .thread
            .messages()
            .next_back()
            .map(|it| it.entry.at)
    };
    let last_event = || events.last().map(|event| event.at);
    let last = conversation
        .last_activity_at
        .or_else(last_message)
        .or_else(last_event);
    last.unwrap_or(Timestamp::UNIX_EPOCH)
}

/// By when something is owed: an answer, or the next step. What owes nothing any
/// more comes after all that does; `None` when nothing was ever owed.
fn owed_by(conversation: &Conversation) -> Option<Timestamp> {
    let care = &conversation.care;
    let step = care.step();
    let open = step.filter(|step| step.is_open());
    let promised = open.and_then(|step| step.promise).map(|it| it.due);
    let named = open.and_then(|step| step.due);
    let answer = care.first_reply().map(|it| it.due);
    let soonest = [answer, promised, named].into_iter().flatten().min();
    let after_all = || {
        let longest = SignedDuration::from_mins(PROMISE_MINUTES_MAX.into());
        let closed = step?.closed_at?;
        Some(closed.saturating_add(longest).unwrap_or(Timestamp::MAX))
    };
    soonest.or_else(after_all)
}

/// Where the customer's conversations stand after `events`.
pub(crate) fn conversations(
    before: &[ConversationHead],
    events: &[Event],
    state: &CustomerState,
) -> Vec<ConversationHead> {
    let stand = |(number, conversation): (&NumberId, &Conversation)| {
        let touched_at = touched_at(conversation, events);
        let owner = &conversation.ownership.owner;
        let was_urgent_at = before
            .iter()
            .find(|head| head.number == *number)
            .and_then(|head| head.urgent_at);
        let took_over_at = || events.last().map_or(touched_at, |event| event.at);
        let urgent_at = owed_by(conversation)
            .or(was_urgent_at)
            .unwrap_or_else(took_over_at);
        ConversationHead {
            number: number.clone(),
            owner: owner.as_str().to_owned(),
            agent: owner.agent().cloned(),
            team: owner.team().cloned(),
            touched_at,
            urgent_at: owner.is_people().then_some(urgent_at),
        }
    };
    state.conversations().map(stand).collect()
}

pub(crate) fn touched_key(who: &Who, head: &ConversationHead) -> Vec<u8> {
    let list = list_of(area::TOUCHED, &who.tenant).latest(head.touched_at);
    list.text(who.customer.as_str())
        .text(head.number.as_str())
        .done()
}

pub(crate) fn people_key(who: &Who, head: &ConversationHead) -> Option<Vec<u8>> {
    let list = list_of(area::PEOPLE, &who.tenant).time(head.urgent_at?);
    Some(
        list.text(who.customer.as_str())
            .text(head.number.as_str())
            .done(),
    )
}

/// Takes conversations off the lists.
pub(crate) fn take_off(draft: &mut Draft<'_>, who: &Who, heads: &[ConversationHead]) {
    for head in heads {
        draft.remove(touched_key(who, head));
        if let Some(key) = people_key(who, head) {
            draft.remove(key);
        }
    }
}

/// Moves conversations to where they stand now.
pub(crate) fn put_on(
    draft: &mut Draft<'_>,
    who: &Who,
    before: &[ConversationHead],
    after: &[ConversationHead],
) -> Result<(), StoreError> {
    let is_same = |head: &&ConversationHead, others: &[ConversationHead]| others.contains(head);
    let moved: Vec<_> = before
        .iter()
        .filter(|head| !is_same(head, after))
        .cloned()
        .collect();
    take_off(draft, who, &moved);
    for head in after.iter().filter(|head| !is_same(head, before)) {
        draft.set_plain(touched_key(who, head), head)?;
        if let Some(key) = people_key(who, head) {
            draft.set_plain(key, head)?;
        }
    }
    Ok(())
}

/// The row of an event in the list of decisions or handoffs.
pub(crate) fn listed_key(who: &Who, listed: Listed, at: Timestamp, version: Version) -> Vec<u8> {
    let list = list_of(area::LISTED, &who.tenant)
        .byte(list_letter(listed))
        .latest(at);
    list.text(who.customer.as_str()).number(version.0).done()
}

pub(crate) fn list_letter(listed: Listed) -> u8 {
    match listed {
        Listed::Decisions => b'd',
        Listed::Handoffs => b'h',
    }
}
