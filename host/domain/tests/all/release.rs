//! Releases: which one decides on whom, and what takes one back.

use baton_domain::{
    ids::{CustomerId, ReleaseNumber, TenantId},
    limits::{BREAKER_FAILURES, BREAKER_SECONDS, ROLLBACKS_MAX, ROLLOUT_MOVES_MAX},
    release::{
        Asked, Breaker, Canary, Guardrails, InvalidMove, Moved, Rollout, Share, Tripped, Watch,
    },
};
use jiff::SignedDuration;

use crate::given::start;

fn asked() -> Asked {
    Asked {
        at: start(),
        by: "all".into(),
        why: None,
    }
}

/// A rollout of which `count` releases were made.
fn made(count: u32) -> (Rollout, Vec<ReleaseNumber>) {
    let mut rollout = Rollout::default();
    let numbers = (0..count).map(|_| rollout.next_number()).collect();
    (rollout, numbers)
}

fn tenant() -> TenantId {
    TenantId::parse("shop").unwrap()
}

fn customers() -> impl Iterator<Item = CustomerId> {
    (0..10_000).map(|at| CustomerId::parse(&format!("customer-{at}")).unwrap())
}

#[test]
fn what_was_active_before_is_active_again() {
    let (mut rollout, numbers) = made(3);
    for number in &numbers {
        rollout.activate(*number, asked()).unwrap();
    }
    for before in [2, 1, 0] {
        rollout.roll_back(asked()).unwrap();
        assert_eq!(rollout.active(), ReleaseNumber(before));
    }
    let nothing = InvalidMove::NothingBefore(ReleaseNumber(0));
    assert_eq!(rollout.roll_back(asked()), Err(nothing));
    assert_eq!(rollout.moves().len(), 6);
}

#[test]
fn moves_that_make_no_sense_are_refused() {
    let (mut rollout, numbers) = made(1);
    let unknown = ReleaseNumber(2);
    let refused = Err(InvalidMove::Unknown(unknown));
    assert_eq!(rollout.activate(unknown, asked()), refused);
    assert_eq!(rollout.start_shadow(unknown, asked()), refused);
    assert_eq!(rollout.end_canary(asked()), Err(InvalidMove::NoCanary));
    assert_eq!(rollout.end_shadow(asked()), Err(InvalidMove::NoShadow));
    rollout.activate(numbers[0], asked()).unwrap();
    let active = Err(InvalidMove::Active(numbers[0]));
    assert_eq!(rollout.activate(numbers[0], asked()), active);
    assert_eq!(rollout.start_shadow(numbers[0], asked()), active);
    for percent in [0.0, 0.004, -1.0, 100.01, f64::NAN, f64::INFINITY] {
        assert!(Share::try_from(percent).is_err(), "{percent}");
    }
}

#[test]
fn a_canary_takes_its_share_and_grows_by_others() {
    let (mut rollout, numbers) = made(2);
    rollout.activate(numbers[0], asked()).unwrap();
    let mut before = Vec::new();
    for percent in [1.0, 10.0, 50.0, 100.0] {
        let canary = Canary {
            release: numbers[1],
            percent: Share::try_from(percent).unwrap(),
        };
        rollout.start_canary(canary, asked()).unwrap();
        let is_taken = |it: &CustomerId| rollout.release_of(&tenant(), it) == numbers[1];
        let taken: Vec<CustomerId> = customers().filter(is_taken).collect();
        let expected = percent * 100.0;
        let off = (taken.len() as f64 - expected).abs();
        assert!(
            off <= 4.0 * expected.sqrt() + 1.0,
            "{percent}: {}",
            taken.len()
        );
        assert!(before.iter().all(|it| taken.contains(it)), "{percent}");
        before = taken;
    }
    assert_eq!(before.len(), 10_000);
    // The canary becomes the active one, and is none any more.
    rollout.activate(numbers[1], asked()).unwrap();
    assert_eq!(rollout.canary(), None);
}

#[test]
fn another_release_takes_other_customers() {
    let (mut rollout, numbers) = made(2);
    let taken = |rollout: &mut Rollout, release| {
        let percent = Share::try_from(10.0).unwrap();
        rollout
            .start_canary(Canary { release, percent }, asked())
            .unwrap();
        customers()
            .filter(|it| rollout.release_of(&tenant(), it) == release)
            .collect::<Vec<_>>()
    };
    let first = taken(&mut rollout, numbers[0]);
    let second = taken(&mut rollout, numbers[1]);
    let both = first.iter().filter(|it| second.contains(it)).count();
    assert!(both < 200, "{both} of a thousand are always the first");
}

#[test]
fn what_goes_wrong_is_taken_back_where_it_stands() {
    let (mut rollout, numbers) = made(3);
    rollout.activate(numbers[0], asked()).unwrap();
    rollout.activate(numbers[1], asked()).unwrap();
    let percent = Share::try_from(5.0).unwrap();
    let release = numbers[2];
    rollout
        .start_canary(Canary { release, percent }, asked())
        .unwrap();
    rollout.start_shadow(numbers[0], asked()).unwrap();
    rollout.withdraw(numbers[0], asked()).unwrap();
    assert_eq!(rollout.shadow(), None);
    // The canary is no judge of the release beside it.
    rollout.withdraw(numbers[1], asked()).unwrap();
    assert_eq!(rollout.active(), numbers[0]);
    assert!(rollout.canary().is_some());
    rollout.withdraw(numbers[2], asked()).unwrap();
    assert_eq!(rollout.canary(), None);
    let idle = Err(InvalidMove::Idle(numbers[2]));
    assert_eq!(rollout.withdraw(numbers[2], asked()), idle);
    let last = rollout.moves().last().map(|it| it.moved);
    assert_eq!(last, Some(Moved::CanaryEnded { release }));
}

#[test]
fn a_rollout_stays_bounded_and_survives_its_storage() {
    let (mut rollout, numbers) = made(400);
    for number in &numbers {
        rollout.activate(*number, asked()).unwrap();
    }
    assert_eq!(rollout.moves().len(), ROLLOUT_MOVES_MAX);
    assert_eq!(rollout.pointed_to().count(), ROLLBACKS_MAX + 1);
    let text = serde_json::to_string(&rollout).unwrap();
    assert_eq!(serde_json::from_str::<Rollout>(&text).unwrap(), rollout);
    let empty: Rollout = serde_json::from_str("{}").unwrap();
    assert_eq!(empty, Rollout::default());
}

#[test]
fn guardrails_trip_as_soon_as_too_much_went_wrong() {
    let limits = Guardrails {
        window: 100,
        failed_percent: 3,
        slow_ms: 20,
        slow_percent: 50,
        enabled: true,
    };
    let mut watch = Watch::default();
    for at in 0..99 {
        let failed = at % 40 == 0;
        assert_eq!(watch.note(&limits, failed, 20), None, "{at}");
    }
    // A new window begins.
    assert_eq!(watch.note(&limits, false, 20), None);
    for _ in 0..3 {
        assert_eq!(watch.note(&limits, true, 0), None);
    }
    let (count, of) = (4, 4);
    let tripped = Some(Tripped::Failures { count, of });
    assert_eq!(watch.note(&limits, true, 0), tripped);
    assert_eq!(watch.note(&limits, true, 0), None, "counted anew");
    let mut watch = Watch::default();
    let slow = (0..51)
        .filter_map(|_| watch.note(&limits, false, 21))
        .next();
    let (count, of, ms) = (51, 51, 20);
    assert_eq!(slow, Some(Tripped::Slow { count, of, ms }));
    let off = Guardrails {
        enabled: false,
        ..limits
    };
    let mut watch = Watch::default();
    assert!((0..100).all(|_| watch.note(&off, true, 99).is_none()));
}

#[test]
fn guardrails_that_mean_nothing_are_refused() {
    let fine = Guardrails::default();
    assert_eq!(fine.validate(), Ok(()));
    for wrong in [
        Guardrails { window: 19, ..fine },
        Guardrails {
            window: 100_001,
            ..fine
        },
        Guardrails {
            failed_percent: 101,
            ..fine
        },
        Guardrails {
            slow_percent: 101,
            ..fine
        },
        Guardrails { slow_ms: 0, ..fine },
        Guardrails {
            slow_ms: 1_001,
            ..fine
        },
    ] {
        assert!(wrong.validate().is_err(), "{wrong:?}");
    }
}

#[test]
fn a_breaker_opens_rests_and_tries_once() {
    let later = |seconds| start() + SignedDuration::from_secs(seconds);
    let mut breaker = Breaker::default();
    for at in 1..BREAKER_FAILURES {
        assert!(!breaker.note(true, start()), "{at}");
        assert!(breaker.admits(start()));
    }
    assert!(breaker.note(true, start()), "suspended now");
    assert!(!breaker.admits(later(BREAKER_SECONDS - 1)));
    assert!(breaker.admits(later(BREAKER_SECONDS)), "one try");
    assert!(!breaker.admits(later(BREAKER_SECONDS)), "and no other");
    assert!(!breaker.note(true, later(BREAKER_SECONDS)), "as before");
    assert!(!breaker.admits(later(2 * BREAKER_SECONDS - 1)));
    assert!(breaker.admits(later(2 * BREAKER_SECONDS)));
    breaker.note(false, later(2 * BREAKER_SECONDS));
    assert_eq!(breaker, Breaker::default(), "nothing is held against it");
}
