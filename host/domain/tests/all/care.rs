//! What people owe: promises, deadlines, going up, and how it ends.

use baton_domain::{
    assign::{Asked, Assignment, escalated, passed_on},
    care::{CarePolicy, Deadline, TierPromise, deadlines, due_at},
    event::*,
    ids::OwnerEpoch,
    owner::Owner,
    people::Principal,
    state::Rung,
};
use jiff::{SignedDuration, Timestamp};

use crate::given::*;

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}

fn policy() -> CarePolicy {
    let row = |name: Option<&str>, first, next| TierPromise {
        tier: name.map(tier),
        first_reply_minutes: first,
        next_step_minutes: next,
    };
    CarePolicy {
        promises: vec![
            row(None, Some(5), Some(30)),
            row(Some("senior"), Some(2), None),
        ],
        auto_return_minutes: Some(60),
        ..CarePolicy::default()
    }
}

/// A story in which a handoff to juniors promises an answer in 5 minutes and
/// the next step in 30.
fn handed_off() -> Story {
    let mut story = Story::new();
    story.tell(message("1", "When will it arrive?"));
    let tenant = tenant();
    let promised = policy().promised(Some(&tier("junior")), story.now, tenant.timezone());
    let handoff = HandedOff {
        tier: Some(tier("junior")),
        next_step: Some("Confirm the date".into()),
        due: promised.next_step,
        promised,
        ..story.handoff()
    };
    story.tell(EventBody::HandedOff(handoff));
    story
}

fn held(story: &Story) -> Vec<(&'static str, Timestamp)> {
    let held = deadlines(story.conversation(), &policy()).into_iter();
    held.map(|(deadline, at)| (deadline.as_str(), at)).collect()
}

fn names(story: &Story) -> Vec<&'static str> {
    held(story).into_iter().map(|(name, _)| name).collect()
}

fn goes_up(story: &Story, to: Rung, assignment: Assignment) -> EventBody {
    let asked = Asked {
        cause: EscalationCause::FirstReplyLate,
        by: None,
        note: None,
    };
    let tenant = tenant().with_care(policy()).unwrap();
    let place = (team("sales"), to);
    let up = escalated(
        story.conversation(),
        &tenant,
        place,
        assignment,
        (story.now, asked),
    );
    EventBody::Escalated(up)
}

fn senior() -> Rung {
    Rung {
        tier: Some(tier("senior")),
        is_operator: false,
    }
}

fn nobody() -> Assignment {
    Assignment::Queued(QueueAlert {
        why: QueueReason::Nobody,
        expected_at: None,
    })
}

#[test]
fn a_handoff_promises_an_answer_and_the_next_step() {
    let story = handed_off();
    let at = story.now - SignedDuration::from_secs(1);
    let expected = [
        ("first-reply", at + minutes(5)),
        ("next-step", at + minutes(30)),
    ];
    assert_eq!(held(&story), expected);
    let plain = {
        let mut story = Story::new();
        story.tell(message("1", "hi"));
        story.hand_off();
        story
    };
    assert_eq!(names(&plain), ["auto-return"], "nothing is promised");
}

#[test]
fn an_answer_ends_the_wait_for_it_and_a_claim_or_the_bots_words_do_not() {
    let mut story = handed_off();
    story.claim("ana", story.epoch());
    story.tell(sending("late-bot", Author::Bot));
    story.tell(outcome("late-bot", SendOutcome::Begun));
    assert_eq!(names(&story), ["first-reply", "next-step"]);
    story.tell(sending("s1", Author::Agent));
    assert_eq!(
        names(&story),
        ["first-reply", "next-step"],
        "it has not left"
    );
    story.tell(outcome("s1", SendOutcome::Begun));
    let dead = |why: &str| SendOutcome::Dead { why: why.into() };
    story.tell(outcome("s1", dead("given_up")));
    assert_eq!(
        names(&story),
        ["first-reply", "next-step"],
        "WhatsApp never took it"
    );
    story.tell(sending("s2", Author::Agent));
    story.tell(outcome("s2", SendOutcome::Begun));
    story.tell(outcome(
        "s2",
        SendOutcome::Accepted {
            message: wamid("s2"),
        },
    ));
    assert_eq!(names(&story), ["next-step"]);
    let handoff = story.conversation().care.handoff().unwrap();
    assert_eq!(handoff.replied_at, Some(story.now));
    assert_eq!(handoff.taken_by, Some(agent("ana")));

    let mut by_app = handed_off();
    let EventBody::EchoReceived(mut greeting) = echo("e0") else {
        unreachable!()
    };
    greeting.automatic = true;
    by_app.tell(EventBody::EchoReceived(greeting));
    assert_eq!(names(&by_app), ["first-reply", "next-step"]);
    by_app.tell(echo("e1"));
    assert_eq!(names(&by_app), ["next-step"]);
}

#[test]
fn the_next_step_is_closed_or_put_off_by_who_saw_how_it_stands() {
    let mut story = handed_off();
    story.tell(echo("e1"));
    let promise = story.conversation().care.promises();
    let later = story.now + hours(5);
    let epoch = story.epoch();
    let set = |promise, closed, due| {
        EventBody::NextStepSet(NextStepSet {
            epoch,
            promise,
            closed,
            what: None,
            due,
            by: Some(agent("ana")),
        })
    };
    let put_off = story.tell(set(promise, false, Some(later)));
    assert_eq!(held(&story), [("next-step", later)]);
    story.again(&put_off);
    assert_eq!(
        held(&story),
        [("next-step", later)],
        "told twice it counts once"
    );
    story.tell(set(promise, true, None));
    assert_eq!(
        held(&story),
        [("next-step", later)],
        "an older view closes nothing"
    );
    let promise = story.conversation().care.promises();
    story.tell(set(promise, true, None));
    let closed_at = story.now;
    assert_eq!(held(&story), [("auto-return", closed_at + hours(1))]);
    let step = story.conversation().care.step().unwrap();
    assert_eq!(
        (step.is_open(), step.what.as_deref()),
        (false, Some("Confirm the date"))
    );
    // A word from anybody begins the silence anew.
    story.wait(minutes(30));
    story.tell(message("2", "Thanks"));
    assert_eq!(held(&story), [("auto-return", story.now + hours(1))]);
}

#[test]
fn who_does_not_answer_loses_it_to_the_next_tier_under_a_new_epoch() {
    let mut story = handed_off();
    story.claim("budi", story.epoch());
    let (epoch, stale) = (story.epoch(), held(&story));
    let up = story.tell(goes_up(&story, senior(), Assignment::Agent(agent("ana"))));
    let ana = Owner::Agent {
        agent: agent("ana"),
        team: Some(team("sales")),
    };
    assert_eq!((story.owner(), story.epoch()), (&ana, epoch.next()));
    // Seniors promise an answer in two minutes, and no next step.
    let at = story.now - SignedDuration::from_secs(1);
    assert_eq!(held(&story), [("first-reply", at + minutes(2))]);
    assert_ne!(stale, held(&story));
    story.again(&up);
    assert_eq!(story.epoch(), epoch.next(), "told twice it counts once");
    let handoff = story.conversation().care.handoff().unwrap();
    assert_eq!(
        (handoff.escalations.len(), handoff.taken_by.as_ref()),
        (1, Some(&agent("ana")))
    );

    let operator = Rung {
        tier: None,
        is_operator: true,
    };
    story.tell(goes_up(&story, operator, nobody()));
    assert_eq!(story.owner().as_str(), "team");
    assert!(story.conversation().care.rung().is_operator);
    assert_eq!(held(&story), [], "above the operator is nobody");
    assert!(story.conversation().care.handoff().unwrap().queue.is_some());
}

#[test]
fn going_up_counts_also_when_the_queue_stays_the_owner() {
    let mut story = Story::new();
    story.tell(message("1", "hi"));
    story.hand_off();
    let (epoch, promises) = (story.epoch(), story.conversation().care.promises());
    let operator = Rung {
        tier: None,
        is_operator: true,
    };
    let up = story.tell(goes_up(&story, operator, nobody()));
    assert_eq!(story.epoch(), epoch, "the same team, any tier");
    assert!(story.conversation().care.rung().is_operator);
    story.again(&up);
    assert_eq!(story.conversation().care.promises(), promises + 1);
}

#[test]
fn a_return_or_resolve_ends_all_deadlines_and_the_next_handoff_starts_clean() {
    for resolves in [false, true] {
        let mut story = handed_off();
        if resolves {
            story.resolve();
        } else {
            story.tell(EventBody::Returned(Returned {
                epoch: story.epoch(),
                by: Some(agent("ana")),
                note: Some("paid".into()),
                by_policy: false,
            }));
        }
        assert_eq!(held(&story), []);
        let care = &story.conversation().care;
        assert!(care.handoff().is_none());
        let ended = care.handoffs()[0].ended.clone().unwrap();
        assert_eq!((ended.is_resolved, ended.at), (resolves, story.now));
        // What held before the return holds no more, whatever comes after.
        let first = Deadline::FirstReply(care.promises());
        story.hand_off();
        assert_eq!(due_at(story.conversation(), &policy(), first), None);
        let care = &story.conversation().care;
        assert_eq!((care.handoffs().len(), care.rung()), (2, &Rung::default()));
        assert_eq!(care.step(), None, "nothing was named");
    }
}

#[test]
fn what_an_agent_had_goes_to_a_colleague_or_back_into_the_queue() {
    let mut story = handed_off();
    let at_first = held(&story);
    story.claim("budi", story.epoch());
    let by = || Principal::Person(agent("olga"));
    let to = |story: &Story, assignment| {
        passed_on(
            story.conversation(),
            team("sales"),
            assignment,
            ("agent_frozen", by()),
        )
        .unwrap()
    };
    story.tell(to(&story, Assignment::Agent(agent("ana"))));
    assert_eq!(story.owner().agent(), Some(&agent("ana")));
    let epoch = story.epoch();
    story.tell(to(&story, nobody()));
    assert_eq!(
        (story.owner().as_str(), story.epoch()),
        ("team", epoch.next())
    );
    assert_eq!(
        held(&story),
        at_first,
        "the customer waits no longer for it"
    );
    let queued = passed_on(
        story.conversation(),
        team("sales"),
        nobody(),
        ("asked", by()),
    );
    assert_eq!(queued, None, "no agent has it");
    assert_eq!(story.state.last_agent(), Some(&agent("ana")));
}

#[test]
fn escalations_of_another_epoch_change_nothing() {
    let mut story = handed_off();
    let EventBody::Escalated(stale) = goes_up(&story, senior(), nobody()) else {
        unreachable!()
    };
    story.claim("ana", story.epoch());
    let before = story.state.clone();
    story.tell(EventBody::Escalated(stale.clone()));
    story.tell(EventBody::Escalated(Escalated {
        epoch: story.epoch(),
        promise: stale.promise + 1,
        ..stale.clone()
    }));
    assert_eq!(story.state, before);
    story.give_back();
    story.tell(EventBody::Escalated(Escalated {
        epoch: story.epoch(),
        ..stale
    }));
    assert_eq!(
        story.owner(),
        &Owner::Bot,
        "the bot's is not people's to pass"
    );
    assert_ne!(story.epoch(), OwnerEpoch(0));
}

#[test]
fn promises_out_of_bounds_are_refused() {
    let with = |first_reply_minutes, tiers: &[Option<&str>]| CarePolicy {
        promises: tiers
            .iter()
            .map(|name| TierPromise {
                tier: name.map(tier),
                first_reply_minutes,
                next_step_minutes: None,
            })
            .collect(),
        ..CarePolicy::default()
    };
    assert!(with(Some(5), &[None, Some("senior")]).check().is_ok());
    assert!(with(Some(0), &[None]).check().is_err());
    assert!(with(Some(44_641), &[None]).check().is_err());
    assert!(with(Some(5), &[None, None]).check().is_err());
}
