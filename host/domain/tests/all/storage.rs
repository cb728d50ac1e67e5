//! What is stored can be read again, now and by every later version.

use std::collections::BTreeSet;

use baton_domain::{event::*, signal::Score, state::CustomerState};

use crate::samples::samples;

/// One stored event of every kind that was ever written, a line each. Lines
/// are added and never changed: an event that was stored stays readable.
const GOLDEN: &str = include_str!("events_v1.jsonl");

/// The kind as it is stored. Without a wildcard, so that a new kind does not
/// compile until it has a sample here and a line in the file.
fn kind(body: &EventBody) -> &'static str {
    match body {
        EventBody::MessageReceived(_) => "message_received",
        EventBody::MessageEdited(_) => "message_edited",
        EventBody::MessageRevoked(_) => "message_revoked",
        EventBody::EchoReceived(_) => "echo_received",
        EventBody::PastMessage(_) => "past_message",
        EventBody::Called(_) => "called",
        EventBody::Receipt(_) => "receipt",
        EventBody::SendQueued(_) => "send_queued",
        EventBody::SendResolved(_) => "send_resolved",
        EventBody::BotAnswered(_) => "bot_answered",
        EventBody::BotMissed(_) => "bot_missed",
        EventBody::ProfileChanged(_) => "profile_changed",
        EventBody::BasketChanged(_) => "basket_changed",
        EventBody::OrderChanged(_) => "order_changed",
        EventBody::PaymentChanged(_) => "payment_changed",
        EventBody::DeliveryEstimated(_) => "delivery_estimated",
        EventBody::BookingChanged(_) => "booking_changed",
        EventBody::Decided(_) => "decided",
        EventBody::Shadowed(_) => "shadowed",
        EventBody::HandedOff(_) => "handed_off",
        EventBody::Claimed(_) => "claimed",
        EventBody::Returned(_) => "returned",
        EventBody::Resolved(_) => "resolved",
        EventBody::Tagged(_) => "tagged",
        EventBody::TimerFired(_) => "timer_fired",
        EventBody::FieldGranted(_) => "field_granted",
        EventBody::Reassigned(_) => "reassigned",
        EventBody::HandoffFlagged(_) => "handoff_flagged",
        EventBody::Escalated(_) => "escalated",
        EventBody::Requeued(_) => "requeued",
        EventBody::NextStepSet(_) => "next_step_set",
        EventBody::NoteTaken(_) => "note_taken",
        EventBody::FollowUpSkipped(_) => "follow_up_skipped",
        EventBody::MarketingCapped(_) => "marketing_capped",
    }
}

/// Kinds that [`kind`] knows.
const KINDS: usize = 34;

fn stored(event: &Event) -> String {
    serde_json::to_string(event).unwrap()
}

#[test]
fn every_event_survives_its_storage() {
    for event in samples() {
        let text = stored(&event);
        let read: Event = serde_json::from_str(&text).unwrap_or_else(|why| panic!("{text}: {why}"));
        assert_eq!(read, event);
        assert!(
            text.contains(&format!("\"kind\":\"{}\"", kind(&event.body))),
            "{text}"
        );
    }
}

#[test]
fn every_event_ever_stored_can_be_read() {
    let golden: Vec<Event> = GOLDEN
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|why| panic!("{line}: {why}")))
        .collect();
    let samples = samples();
    let is_missing = |event: &&Event| !golden.contains(event);
    let missing: Vec<_> = samples.iter().filter(is_missing).map(stored).collect();
    assert!(
        missing.is_empty(),
        "add to events_v1.jsonl:\n{}",
        missing.join("\n")
    );
    let known: BTreeSet<_> = golden.iter().map(|event| kind(&event.body)).collect();
    assert_eq!(known.len(), KINDS, "stored: {known:?}");
}

/// What a later version writes beside what is known is no reason to fail.
#[test]
fn members_of_a_later_version_are_passed_over() {
    for line in GOLDEN.lines() {
        let with_more = line.replacen('{', "{\"from_the_future\":[1],", 1);
        assert!(
            serde_json::from_str::<Event>(&with_more).is_ok(),
            "{with_more}"
        );
    }
}

#[test]
fn a_state_survives_its_storage() {
    let mut state = CustomerState::default();
    for event in samples() {
        state.apply(&event);
    }
    let text = serde_json::to_string(&state).unwrap();
    assert_eq!(
        serde_json::from_str::<CustomerState>(&text).unwrap(),
        state,
        "{text}"
    );
}

#[test]
fn ids_and_scores_out_of_shape_are_refused_on_reading() {
    let refused = |text: &str| serde_json::from_str::<Event>(text).is_err();
    let claimed = |agent: &str| {
        format!(r#"{{"at":"2026-11-24T03:00:00Z","kind":"claimed","epoch":1,"agent":"{agent}"}}"#)
    };
    assert!(!refused(&claimed("ana")));
    assert!(refused(&claimed("Ana Maria")));
    assert!(refused(&claimed("")));
    assert!(serde_json::from_str::<Score>("1.5").is_err());
}
