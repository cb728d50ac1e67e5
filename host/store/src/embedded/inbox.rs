//! Lists that a commit keeps up to date: the inbox, and the decisions and
//! handoffs of a tenant.

use std::collections::BTreeMap;

use baton_domain::{
    event::{Event, EventBody},
    ids::NumberId,
    state::{Conversation, CustomerState},
};
use jiff::Timestamp;

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

/// By when each handed-off conversation of these events is due.
fn due_by_number(events: &[Event]) -> BTreeMap<&NumberId, Timestamp> {
    let due = |event: &Event, due: Option<Timestamp>| due.unwrap_or(event.at);
    let handoffs = events
        .iter()
        .filter_map(|event| match (&event.number, &event.body) {
            (Some(number), EventBody::HandedOff(handoff)) => {
                Some((number, due(event, handoff.due)))
            }
            _ => None,
        });
    handoffs.collect()
}

/// Where the customer's conversations stand after `events`.
pub(crate) fn conversations(
    before: &[ConversationHead],
    events: &[Event],
    state: &CustomerState,
) -> Vec<ConversationHead> {
    let handed_off = due_by_number(events);
    let stand = |(number, conversation): (&NumberId, &Conversation)| {
        let touched_at = touched_at(conversation, events);
        let owner = &conversation.ownership.owner;
        let was_urgent_at = before
            .iter()
            .find(|head| head.number == *number)
            .and_then(|head| head.urgent_at);
        let took_over_at = || events.last().map_or(touched_at, |event| event.at);
        // A handoff of these events counts when it is the one that took
        // effect: people did not own before.
        let urgent_at = match (was_urgent_at, handed_off.get(number)) {
            (Some(at), _) | (None, Some(&at)) => at,
            (None, None) => took_over_at(),
        };
        ConversationHead {
            number: number.clone(),
            owner: owner.as_str().to_owned(),
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
