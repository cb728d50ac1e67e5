//! Who has the next step, and when an episode opens and closes.

use baton_domain::{
    event::{Author, EventBody, SendOutcome, Tagged},
    ids::{EpisodeNumber, MessageId, OwnerEpoch},
    owner::Owner,
    spent::{ReadsFingerprint, SpentSignal},
};

use crate::given::*;

fn spent() -> SpentSignal {
    SpentSignal {
        module: baton_domain::ids::ModuleName::parse("basket").unwrap(),
        signal: "high-basket".into(),
        reads: ReadsFingerprint::of(&[]),
    }
}

#[test]
fn the_first_message_opens_an_episode_that_the_bot_owns() {
    let mut story = Story::new();
    story.tell(message("1", "hi"));
    assert_eq!((story.owner(), story.epoch()), (&Owner::Bot, OwnerEpoch(0)));
    let episode = story.episode().unwrap();
    assert_eq!((episode.number, episode.turns), (EpisodeNumber(1), 1));
}

#[test]
fn an_echo_from_the_bot_makes_the_app_the_owner() {
    let mut story = Story::new();
    story.tell(message("1", "hi"));
    let first = story.tell(echo("e1"));
    assert_eq!(
        (story.owner(), story.epoch()),
        (&Owner::App { team: None }, OwnerEpoch(1))
    );
    story.tell(echo("e2"));
    assert_eq!(story.epoch(), OwnerEpoch(1), "the App has it already");
    story.give_back();
    story.again(&first);
    assert_eq!(
        story.owner(),
        &Owner::Bot,
        "a redelivered echo takes nothing"
    );
}

#[test]
fn an_echo_from_a_queue_leaves_the_team_the_next_step() {
    let mut story = Story::new();
    story.tell(message("1", "hi"));
    story.hand_off();
    story.tell(echo("e1"));
    assert_eq!(
        story.owner(),
        &Owner::App {
            team: Some(team("sales"))
        }
    );
    assert_eq!(story.owner().team(), Some(&team("sales")));
}

#[test]
fn an_echo_with_an_assigned_agent_is_that_agents_reply() {
    let mut story = Story::new();
    story.tell(message("1", "hi"));
    story.hand_off();
    story.claim("ana", story.epoch());
    let epoch = story.epoch();
    story.tell(echo("e1"));
    let ana = Owner::Agent {
        agent: agent("ana"),
        team: Some(team("sales")),
    };
    assert_eq!((story.owner(), story.epoch()), (&ana, epoch));
}

#[test]
fn an_automatic_echo_and_an_echo_of_our_own_message_change_no_owner() {
    let mut story = Story::new();
    story.tell(message("1", "hi"));
    let EventBody::EchoReceived(mut greeting) = echo("e1") else {
        unreachable!()
    };
    greeting.automatic = true;
    story.tell(EventBody::EchoReceived(greeting));
    story.tell(sending("s1", Author::Bot));
    story.tell(outcome(
        "s1",
        SendOutcome::Accepted {
            message: wamid("ours"),
        },
    ));
    story.tell(echo("ours"));
    assert_eq!((story.owner(), story.epoch()), (&Owner::Bot, OwnerEpoch(0)));
    assert_eq!(
        story.conversation().thread.len(),
        3,
        "our message is not shown twice"
    );
}

#[test]
fn of_two_claims_exactly_one_wins() {
    let mut story = Story::new();
    story.tell(message("1", "hi"));
    story.hand_off();
    let seen = story.epoch();
    story.claim("ana", seen);
    story.claim("budi", seen);
    assert!(matches!(story.owner(), Owner::Agent { agent: it, .. } if *it == agent("ana")));
    assert_eq!(story.epoch(), OwnerEpoch(seen.0 + 1));
}

#[test]
fn what_was_decided_under_an_older_epoch_moves_nothing() {
    let mut story = Story::new();
    story.tell(message("1", "hi"));
    let (stale_handoff, stale_epoch) = (story.handoff(), story.epoch());
    story.tell(echo("e1"));
    let stale_return = story.event(EventBody::Returned(baton_domain::event::Returned {
        epoch: story.epoch(),
        by: None,
        note: None,
        by_policy: false,
    }));
    let stale_resolve = story.resolved();
    story.give_back();
    story.tell(EventBody::HandedOff(stale_handoff));
    assert_eq!(story.owner(), &Owner::Bot);
    story.claim("ana", stale_epoch);
    assert_eq!(story.owner(), &Owner::Bot);
    story.hand_off();
    let epoch = story.epoch();
    story.again(&stale_return);
    story.tell(stale_resolve);
    assert_eq!((story.owner().as_str(), story.epoch()), ("team", epoch));
    assert!(story.episode().is_some(), "a stale resolve closes nothing");
}

#[test]
fn a_returned_conversation_keeps_its_episode_and_forgives_the_bot() {
    let mut story = Story::new();
    story.tell(message("1", "hi"));
    story.tell(missed(None));
    let mut handoff = story.handoff();
    handoff.because = vec![spent()];
    story.tell(EventBody::HandedOff(handoff));
    assert_eq!(story.conversation().failed_answers(), 1);
    story.give_back();
    assert_eq!(story.owner(), &Owner::Bot);
    assert_eq!(story.conversation().failed_answers(), 0);
    let episode = story.episode().unwrap();
    assert_eq!((episode.handoffs, &*episode.spent), (1, &[spent()][..]));
    let owners: Vec<_> = episode.owners.iter().map(|span| &*span.owner).collect();
    assert_eq!(owners, ["bot", "team", "bot"]);
}

#[test]
fn a_new_episode_starts_clean() {
    let mut story = Story::new();
    story.tell(message("1", "hi"));
    let miss = story.tell(missed(None));
    let tagged = story.tell(EventBody::Tagged(Tagged {
        episode: EpisodeNumber(1),
        tags: vec!["vip".into()],
    }));
    let mut handoff = story.handoff();
    handoff.because = vec![spent()];
    story.tell(EventBody::HandedOff(handoff));
    let resolved = story.resolve();
    assert_eq!((story.owner(), story.episode()), (&Owner::Bot, None));
    story.tell(message("2", "hi again"));
    for old in [&miss, &tagged, &resolved] {
        story.again(old);
    }
    let episode = story.episode().unwrap();
    assert_eq!(
        (episode.number, episode.turns, episode.handoffs),
        (EpisodeNumber(2), 1, 0)
    );
    assert!(episode.tags.is_empty() && episode.spent.is_empty());
    assert_eq!(episode.owners.len(), 1);
    assert_eq!(story.conversation().failed_answers(), 0);
}

#[test]
fn a_resolve_told_again_settles_nothing_more() {
    let mut story = Story::new();
    story.tell(message("1", "hi"));
    let resolved = story.resolve();
    story.tell(missed(None));
    let before = story.state.clone();
    story.again(&resolved);
    assert_eq!(story.state, before);
    assert_eq!(story.conversation().failed_answers(), 1);
}

#[test]
fn silence_of_24_hours_closes_an_episode_unless_people_own_it() {
    let mut story = Story::new();
    story.tell(message("1", "hi"));
    story.wait(hours(24) - jiff::SignedDuration::from_secs(1));
    assert!(story.episode().is_some());
    story.wait(jiff::SignedDuration::from_secs(1));
    assert!(story.episode().is_none());

    let mut story = Story::new();
    story.tell(message("1", "hi"));
    story.hand_off();
    story.wait(hours(24 * 7));
    assert_eq!(story.episode().map(|it| it.number), Some(EpisodeNumber(1)));
    story.tell(message("2", "still there?"));
    assert_eq!(story.episode().map(|it| it.turns), Some(2));
    story.wait(hours(24 * 7));
    story.give_back();
    assert!(
        story.episode().is_some(),
        "silence is counted from the return"
    );
    story.wait(hours(24));
    assert!(story.episode().is_none());
}

#[test]
fn what_we_say_keeps_an_episode_open_and_wakes_none() {
    let mut story = Story::new();
    story.tell(message("1", "hi"));
    story.wait(hours(20));
    story.tell(outcome("s1", SendOutcome::Begun));
    story.wait(hours(20));
    assert!(story.episode().is_some());
    story.tell(outcome(
        "s2",
        SendOutcome::Suppressed {
            why: "opted-out".into(),
        },
    ));
    story.wait(hours(5));
    assert!(
        story.episode().is_none(),
        "what never left breaks no silence"
    );
    story.tell(outcome("s3", SendOutcome::Begun));
    assert!(
        story.episode().is_none(),
        "a reminder does not wake an episode that is over"
    );
    story.tell(message("2", "oh yes"));
    assert_eq!(story.episode().map(|it| it.number), Some(EpisodeNumber(2)));
}

#[test]
fn people_who_take_a_silent_conversation_do_not_wake_its_episode() {
    let mut story = Story::new();
    story.tell(message("1", "hi"));
    story.wait(hours(48));
    story.tell(echo("e1"));
    assert_eq!(story.owner().as_str(), "app");
    assert!(story.episode().is_none());
    story.tell(message("2", "hello"));
    let episode = story.episode().unwrap();
    assert_eq!(
        (episode.number, &*episode.owners[0].owner),
        (EpisodeNumber(2), "app")
    );
}

#[test]
fn a_handoff_between_episodes_begins_one_and_remembers_why() {
    let mut story = Story::new();
    story.tell(message("1", "hi"));
    story.wait(hours(48));
    let mut handoff = story.handoff();
    handoff.because = vec![spent()];
    story.tell(EventBody::HandedOff(handoff));
    story.give_back();
    story.tell(message("2", "ok"));
    let episode = story.episode().unwrap();
    assert_eq!((episode.number, episode.handoffs), (EpisodeNumber(2), 1));
    assert_eq!(episode.spent, [spent()]);
}

#[test]
fn history_opens_nothing_and_counts_nothing() {
    let mut story = Story::new();
    for index in 0..100 {
        story.tell(past(&index.to_string(), Author::Customer));
    }
    let conversation = story.conversation();
    assert_eq!((story.episode(), conversation.last_episode()), (None, None));
    assert_eq!(
        (conversation.last_inbound_at, conversation.last_activity_at),
        (None, None)
    );
    assert_eq!(
        (story.owner(), story.state.first_seen_at),
        (&Owner::Bot, None)
    );
    assert_eq!(story.state.latest_number(), None);
    story.tell(missed(None));
    assert_eq!(
        story.conversation().failed_question(),
        None,
        "history is no question"
    );
}

#[test]
fn a_reaction_opens_the_window_and_no_episode() {
    let mut story = Story::new();
    story.tell(reaction("r1"));
    assert!(story.episode().is_none());
    assert!(story.conversation().is_window_open(story.now));
    story.tell(message("1", "hi"));
    story.tell(reaction("r2"));
    assert_eq!(story.episode().map(|it| it.turns), Some(1));
}

#[test]
fn the_service_window_counts_from_the_customer_alone() {
    let mut story = Story::new();
    story.tell(message("1", "hi"));
    story.wait(hours(23));
    story.tell(echo("e1"));
    assert!(story.conversation().is_window_open(story.now));
    story.wait(hours(1));
    assert!(!story.conversation().is_window_open(story.now));
}

#[test]
fn misses_count_in_a_row_and_once_each() {
    let mut story = Story::new();
    story.tell(message("1", "do you engrave?"));
    let first = story.tell(missed(None));
    story.tell(message("2", "in gold?"));
    story.tell(missed(Some("gold engraving")));
    story.again(&first);
    assert_eq!(story.conversation().failed_answers(), 2);
    assert_eq!(
        story.conversation().failed_question().map(|it| &**it),
        Some("gold engraving")
    );
    let answered = story.tell(answered());
    assert_eq!(story.conversation().failed_answers(), 0);
    story.tell(missed(None));
    story.again(&answered);
    assert_eq!(story.conversation().failed_answers(), 1);
    assert_eq!(
        story.conversation().failed_question().map(|it| &**it),
        Some("in gold?")
    );
    story.tell(edit("2", "in silver?"));
    assert_eq!(
        story.conversation().failed_question().map(|it| &**it),
        Some("in silver?")
    );
    story.tell(revoke("2"));
    assert_eq!(story.conversation().failed_question(), None);
    assert_eq!(story.conversation().failed_answers(), 1);
}

/// Some senders stamp a redelivery with a time of its own; the id tells.
#[test]
fn the_same_message_at_another_time_is_the_same_message() {
    let mut story = Story::new();
    for _ in 0..2 {
        story.tell(message("1", "hi"));
        story.tell(echo("e1"));
        story.give_back();
    }
    assert_eq!(story.conversation().thread.len(), 2);
    assert_eq!(story.episode().map(|it| it.turns), Some(1));
    assert_eq!(story.epoch(), OwnerEpoch(2));
}

#[test]
fn a_message_older_than_a_full_window_changes_nothing_more() {
    let mut story = Story::new();
    let first = story.tell(message("first", "hi"));
    for index in 0..60 {
        story.tell(message(&index.to_string(), "more"));
    }
    let before = story.state.clone();
    story.again(&first);
    assert_eq!(story.state, before);
    let unknown = MessageId::parse("wamid.never-seen").unwrap();
    assert!(story.conversation().thread.message(&unknown).is_none());
}
