//! Two sides of one chat: each message is one of the other side, or none.

use std::sync::Arc;

use baton_domain::{
    compare::{Cause, Compared, Message, Ours, compare},
    limits::COMPARISON_TOLERANCE_SECONDS,
};
use jiff::SignedDuration;
use proptest::{collection::vec, prelude::*};

use crate::given::*;

/// A text of the customer's, so many seconds on.
fn said(seconds: i64, text: &str) -> Message {
    Message {
        id: None,
        is_inbound: true,
        at: start() + SignedDuration::from_secs(seconds),
        kind: "text".into(),
        text: Some(text.into()),
        is_edited: false,
        is_revoked: false,
    }
}

fn ours(message: Message) -> Ours {
    Ours {
        message,
        before: Vec::new(),
        is_sent: false,
        version: 1,
    }
}

fn causes(compared: &Compared) -> Vec<Cause> {
    compared.differences.iter().map(|it| it.cause).collect()
}

#[track_caller]
fn check(there: &[Message], here: &[Ours], matched: u64, wanted: &[Cause]) {
    let compared = compare(there, here);
    assert_eq!(
        (compared.matched, &causes(&compared)[..]),
        (matched, wanted)
    );
}

#[test]
fn two_that_read_the_same_are_two() {
    let there = [said(0, "ok"), said(10, "ok"), said(20, "ok")];
    let here = [ours(said(12, "ok")), ours(said(14, "ok"))];
    check(&there, &here, 2, &[Cause::MissingHere]);
    check(&there[..1], &here[..1], 1, &[]);
}

#[test]
fn without_ids_time_and_direction_count() {
    let far = COMPARISON_TOLERANCE_SECONDS + 1;
    let business = Message {
        is_inbound: false,
        ..said(0, "ok")
    };
    let here = [ours(said(far, "ok"))];
    check(&[said(0, "ok")], &here, 0, &[Cause::MissingHere]);
    check(
        &[business],
        &[ours(said(0, "ok"))],
        0,
        &[Cause::WrittenOnUnlinkedDevice, Cause::MissingInApp],
    );
    // A text that is long enough to tell is the same message, at another time.
    let long = "Do you have it in blue, too?";
    let here = [ours(said(far, long))];
    check(&[said(0, long)], &here, 1, &[Cause::TimeDiffers]);
}

#[test]
fn two_ids_are_two_messages() {
    let with = |id: &str, message: Message| Message {
        id: Some(wamid(id)),
        ..message
    };
    let there = [with("1", said(0, "ok"))];
    check(
        &there,
        &[ours(with("2", said(0, "ok")))],
        0,
        &[Cause::MissingHere, Cause::MissingInApp],
    );
    check(
        &there,
        &[ours(with("1", said(0, "okay")))],
        1,
        &[Cause::TextDiffers],
    );
    // One without an id may be it.
    check(&there, &[ours(said(30, "ok"))], 1, &[]);
}

#[test]
fn what_was_edited_or_taken_back_is_found_by_its_time() {
    let taken = Message {
        text: None,
        is_revoked: true,
        ..said(5, "")
    };
    check(
        &[taken],
        &[ours(said(0, "My card"))],
        1,
        &[Cause::RevokedThere],
    );
    let edited = Message {
        is_edited: true,
        ..said(5, "Three rings")
    };
    check(
        std::slice::from_ref(&edited),
        &[ours(said(0, "Two rings"))],
        1,
        &[Cause::TextDiffers],
    );
    // The App has not heard of an edit that Baton has.
    let here = Ours {
        before: vec![Arc::from("Two rings")],
        ..ours(edited)
    };
    check(&[said(0, "Two rings")], &[here], 1, &[Cause::TextDiffers]);
}

#[test]
fn what_left_by_the_cloud_api_may_be_there_or_not() {
    let sent = |kind: &str, text: &str| Ours {
        is_sent: true,
        ..ours(Message {
            is_inbound: false,
            kind: kind.into(),
            ..said(5, text)
        })
    };
    let around = [said(0, "Hello"), said(9, "Thanks")];
    let here = [
        ours(said(0, "Hello")),
        sent("text", "Hi!"),
        ours(said(9, "Thanks")),
    ];
    let compared = compare(&around, &here);
    assert_eq!((compared.matched, compared.sent_by_us), (2, 1));
    assert_eq!(compared.differences, []);
    // In the App a template reads as it is filled in.
    let filled = Message {
        is_inbound: false,
        ..said(6, "Your order A-1 is on its way")
    };
    check(&[filled], &[sent("template", "order_tracking")], 1, &[]);
}

proptest! {
    /// Each at most once, and nothing is lost on the way.
    #[test]
    fn every_message_is_counted_once(
        there in vec((0_i64..600, 0_u8..3), 0..40),
        here in vec((0_i64..600, 0_u8..3), 0..40),
    ) {
        let message = |(seconds, text): &(i64, u8)| said(*seconds, &text.to_string());
        let there: Vec<Message> = there.iter().map(message).collect();
        let here: Vec<Ours> = here.iter().map(message).map(ours).collect();
        let compared = compare(&there, &here);
        let missing = causes(&compared);
        let missing = missing.iter().filter(|it| **it == Cause::MissingHere).count();
        prop_assert_eq!(compared.matched as usize + missing, there.len());
        prop_assert!(compared.matched as usize <= here.len());
        // The same on both sides: nothing differs.
        let same: Vec<Ours> = there.iter().cloned().map(ours).collect();
        let compared = compare(&there, &same);
        prop_assert_eq!(compared.differences, []);
    }
}
