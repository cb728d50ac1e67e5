//! Any redelivery, any order of statuses, edits and revokes, any number of
//! times: the same state, and a bounded one.

use baton_domain::{
    event::*,
    limits::{CUSTOMER_STATE_BYTES_MAX, THREAD_MESSAGES_MAX},
    state::{CustomerState, fold},
};
use jiff::SignedDuration;
use proptest::{collection::vec, prelude::*, sample::Index};

use crate::{
    given::*,
    hostile,
    teller::{Teller, step},
};

/// The state as it would be stored: messages count as equal when their ids
/// are, what is stored of them must be equal too.
fn folded(events: &[Event]) -> String {
    stored(&events.iter().fold(CustomerState::default(), fold))
}

fn stored(state: &CustomerState) -> String {
    serde_json::to_string(state).unwrap()
}

/// What WhatsApp tells in any order.
fn is_movable(event: &Event) -> bool {
    matches!(
        event.body,
        EventBody::MessageEdited(_) | EventBody::MessageRevoked(_) | EventBody::Receipt(_)
    )
}

/// The events with some of them told again, anywhere later.
fn with_repeats(events: &[Event], repeats: &[(Index, Index)]) -> Vec<Event> {
    let mut all = events.to_vec();
    for (which, place) in repeats.iter().filter(|_| !events.is_empty()) {
        let event = events[which.index(events.len())].clone();
        let first = all.iter().position(|known| *known == event).unwrap_or(0);
        all.insert(first + 1 + place.index(all.len() - first), event);
    }
    all
}

/// The events with every movable one put somewhere else.
fn with_moves(events: &[Event], places: &[Index]) -> Vec<Event> {
    let (moving, mut all): (Vec<_>, Vec<_>) = events.iter().cloned().partition(is_movable);
    for (event, place) in moving.into_iter().zip(places.iter().cycle()) {
        all.insert(place.index(all.len() + 1), event);
    }
    all
}

/// Owner and epoch of every conversation, and what holds between two states.
fn check_step(before: &CustomerState, after: &CustomerState, event: &Event) {
    for (number, conversation) in after.conversations() {
        let was = before
            .conversation(number)
            .map(|it| it.ownership.clone())
            .unwrap_or_default();
        let is = &conversation.ownership;
        let has_moved = was.owner != is.owner;
        assert_eq!(
            is.epoch.0,
            was.epoch.0 + u64::from(has_moved),
            "after {event:?}"
        );
        let open_before = before
            .conversation(number)
            .and_then(|it| it.open_episode(event.at));
        if was.owner.is_people()
            && let Some(open) = open_before
        {
            let is_resolved = matches!(event.body, EventBody::Resolved(_));
            let still = conversation.open_episode(event.at).map(|it| it.number);
            assert!(
                is_resolved || still == Some(open.number),
                "closed by {event:?}"
            );
        }
        if is.owner.is_people() && conversation.open_episode(event.at).is_some() {
            let years_later = event.at + SignedDuration::from_hours(24 * 1_000);
            assert!(conversation.open_episode(years_later).is_some());
        }
        assert!(conversation.thread.len() <= THREAD_MESSAGES_MAX);
    }
}

proptest! {
    #[test]
    fn redelivery_changes_nothing(
        steps in vec(step(), 0..60),
        repeats in vec(any::<(Index, Index)>(), 1..30),
    ) {
        let events = Teller::story(&steps);
        prop_assert_eq!(folded(&events), folded(&with_repeats(&events, &repeats)));
    }

    #[test]
    fn statuses_edits_and_revokes_come_in_any_order(
        steps in vec(step(), 0..60),
        places in vec(any::<Index>(), 1..30),
        repeats in vec(any::<(Index, Index)>(), 0..10),
    ) {
        let events = Teller::story(&steps);
        let moved = with_moves(&events, &places);
        prop_assert_eq!(folded(&events), folded(&moved));
        prop_assert_eq!(folded(&events), folded(&with_repeats(&moved, &repeats)));
    }

    #[test]
    fn owners_and_epochs_move_together(steps in vec(step(), 0..80)) {
        let mut state = CustomerState::default();
        for event in Teller::story(&steps) {
            let after = fold(state.clone(), &event);
            check_step(&state, &after, &event);
            state = after;
        }
    }

    #[test]
    fn a_stored_state_continues_as_if_never_stored(steps in vec(step(), 0..60)) {
        let mut state = CustomerState::default();
        for event in Teller::story(&steps) {
            let read: CustomerState = serde_json::from_str(&stored(&state)).unwrap();
            let after = fold(state, &event);
            prop_assert_eq!(stored(&after), stored(&fold(read, &event)));
            state = after;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_same_holds_beyond_the_window(
        steps in vec(step(), 200..400),
        places in vec(any::<Index>(), 1..60),
        repeats in vec(any::<(Index, Index)>(), 1..60),
    ) {
        let events = Teller::story(&steps);
        let moved = with_moves(&events, &places);
        prop_assert_eq!(folded(&events), folded(&with_repeats(&moved, &repeats)));
    }
}

/// Statuses alone, each of them several times.
#[test]
fn a_message_is_as_far_as_its_furthest_status() {
    let mut story = Story::new();
    story.tell(sending("s", Author::Bot));
    story.tell(outcome(
        "s",
        SendOutcome::Accepted {
            message: wamid("x"),
        },
    ));
    let mut told = |status| {
        story.tell(EventBody::Receipt(Receipt {
            since: start(),
            message: wamid("x"),
            status,
            send: None,
            error: None,
        }));
        let message = story.conversation().thread.messages().next().unwrap();
        message.receipt.unwrap()
    };
    assert_eq!(told(ReceiptStatus::Sent), ReceiptStatus::Sent);
    assert_eq!(
        told(ReceiptStatus::Failed),
        ReceiptStatus::Failed,
        "sent, then undeliverable"
    );
    assert_eq!(told(ReceiptStatus::Read), ReceiptStatus::Read);
    assert_eq!(told(ReceiptStatus::Delivered), ReceiptStatus::Read);
    assert_eq!(told(ReceiptStatus::Sent), ReceiptStatus::Read);
}

#[test]
fn a_revoke_before_its_message_hides_it() {
    let mut story = Story::new();
    story.tell(revoke("1"));
    story.tell(edit("2", "better"));
    story.tell(message("1", "oops"));
    story.tell(message("2", "worse"));
    let thread = &story.conversation().thread;
    let texts: Vec<_> = thread
        .messages()
        .map(|it| it.text.map(|text| &**text))
        .collect();
    assert_eq!(texts, [None, Some("better")]);
    assert!(thread.message(&wamid("1")).unwrap().is_revoked);
    assert!(thread.message(&wamid("2")).unwrap().is_edited);
}

/// The stated size is that of the fullest state there can be.
#[test]
fn the_fullest_state_has_the_stated_size() {
    let bytes = folded(&hostile::fullest()).len();

    assert!(bytes <= CUSTOMER_STATE_BYTES_MAX, "{bytes} bytes");
    assert!(
        bytes > CUSTOMER_STATE_BYTES_MAX / 2,
        "the limit says too much: {bytes} bytes"
    );
}

#[test]
fn the_state_is_bounded_whatever_comes() {
    let mut state = CustomerState::default();
    for (place, event) in hostile::events(1).take(10_000).enumerate() {
        state.apply(&event);
        if place % 1_000 == 999 {
            let bytes = stored(&state).len();
            assert!(bytes <= CUSTOMER_STATE_BYTES_MAX, "{bytes} bytes");
        }
    }
}

/// History and the message itself come in either order, and only the message
/// opens anything.
#[test]
fn what_history_told_first_gives_way_to_the_message() {
    let event = |body| Event {
        at: start(),
        number: Some(number(0)),
        body,
    };
    let past = event(past("1", Author::Customer));
    let itself = event(message("1", "Long ago"));
    let first = folded(&[past.clone(), itself.clone()]);
    assert_eq!(first, folded(&[itself, past.clone()]));
    let state = fold(CustomerState::default(), &past);
    let conversation = state.conversation(&number(0)).unwrap();
    assert!(!conversation.is_window_open(start()));
    assert_ne!(first, stored(&state));
}

#[test]
fn a_call_opens_the_window_and_no_episode() {
    let mut story = Story::new();
    story.tell(EventBody::Called(Called { id: wamid("c") }));
    let at = start() + SignedDuration::from_hours(1);
    let conversation = story.conversation();
    assert!(conversation.is_window_open(at));
    assert!(conversation.open_episode(at).is_none());
    assert_eq!(conversation.thread.len(), 1);
}
