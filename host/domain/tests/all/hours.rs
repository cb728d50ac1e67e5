//! When somebody works, on clocks that are set forward and back.

use std::collections::BTreeSet;

use baton_domain::people::{WeekDay, WeeklySpan, WorkingHours};
use jiff::{SignedDuration, Timestamp, civil::Date, tz::TimeZone};
use proptest::prelude::*;

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn span(day: WeekDay, from_minute: u16, until_minute: u16) -> WeeklySpan {
    WeeklySpan {
        day,
        from_minute,
        until_minute,
    }
}

fn hours(weekly: &[WeeklySpan], days_off: &[&str]) -> WorkingHours {
    let days_off: BTreeSet<Date> = days_off.iter().map(|it| it.parse().unwrap()).collect();
    WorkingHours::new(weekly.to_vec(), days_off).unwrap()
}

/// Nine to five, Monday to Friday.
fn office() -> Vec<WeeklySpan> {
    use WeekDay::{Friday, Monday, Thursday, Tuesday, Wednesday};
    let days = [Monday, Tuesday, Wednesday, Thursday, Friday];
    days.map(|day| span(day, 9 * 60, 17 * 60)).to_vec()
}

#[test]
fn an_office_opens_and_closes_on_its_own_clock() {
    let (office, jakarta) = (hours(&office(), &[]), zone("Asia/Jakarta"));
    // Tuesday, 24 November 2026; Jakarta is seven hours ahead.
    assert!(!office.is_open(at("2026-11-24T01:59:59Z"), &jakarta));
    assert!(office.is_open(at("2026-11-24T02:00:00Z"), &jakarta));
    assert!(office.is_open(at("2026-11-24T09:59:59Z"), &jakarta));
    assert!(!office.is_open(at("2026-11-24T10:00:00Z"), &jakarta));
    let opens = office.next_open(at("2026-11-27T10:00:00Z"), &jakarta);
    assert_eq!(opens, Some(at("2026-11-30T02:00:00Z")), "after the weekend");
    let now = at("2026-11-24T03:00:00Z");
    assert_eq!(office.next_open(now, &jakarta), Some(now));
}

#[test]
fn nobody_counts_on_days_off_and_without_spans_it_is_always() {
    let jakarta = zone("Asia/Jakarta");
    let office = hours(&office(), &["2026-11-25", "2026-11-26"]);
    let evening = at("2026-11-24T10:00:00Z");
    let opens = office.next_open(evening, &jakarta);
    assert_eq!(opens, Some(at("2026-11-27T02:00:00Z")));
    let always = hours(&[], &["2026-11-25"]);
    assert!(always.is_open(evening, &jakarta));
    assert!(!always.is_open(at("2026-11-24T17:00:00Z"), &jakarta));
    let opens = always.next_open(at("2026-11-24T17:00:00Z"), &jakarta);
    assert_eq!(opens, Some(at("2026-11-25T17:00:00Z")));
}

#[test]
fn what_a_clock_skips_is_no_working_time() {
    // Sunday, 29 March 2026: in Berlin 02:00 becomes 03:00.
    let berlin = zone("Europe/Berlin");
    let night = hours(&[span(WeekDay::Sunday, 90, 210)], &[]);
    let opens = at("2026-03-29T00:30:00Z");
    assert_eq!(
        night.next_open(at("2026-03-28T12:00:00Z"), &berlin),
        Some(opens)
    );
    assert!(night.is_open(at("2026-03-29T01:29:59Z"), &berlin));
    assert!(!night.is_open(at("2026-03-29T01:30:00Z"), &berlin));
    // Two hours on the clock, one of them gone.
    let done = night.after_work(opens, 60, &berlin);
    assert_eq!(done, Some(at("2026-03-29T01:30:00Z")));
    let done = night.after_work(opens, 61, &berlin);
    assert_eq!(done, Some(at("2026-04-04T23:31:00Z")), "a week later");
    // A span that is skipped as a whole.
    let gone = hours(&[span(WeekDay::Sunday, 125, 170)], &[]);
    let opens = gone.next_open(at("2026-03-29T00:00:00Z"), &berlin);
    assert_eq!(opens, Some(at("2026-04-05T00:05:00Z")));
}

#[test]
fn what_a_clock_shows_twice_is_worked_twice() {
    // Sunday, 25 October 2026: in Berlin 03:00 becomes 02:00.
    let berlin = zone("Europe/Berlin");
    let night = hours(&[span(WeekDay::Sunday, 120, 180)], &[]);
    assert!(night.is_open(at("2026-10-25T00:30:00Z"), &berlin));
    assert!(night.is_open(at("2026-10-25T01:30:00Z"), &berlin));
    assert!(!night.is_open(at("2026-10-25T02:00:00Z"), &berlin));
    let opens = at("2026-10-25T00:00:00Z");
    let done = night.after_work(opens, 120, &berlin);
    assert_eq!(done, Some(at("2026-10-25T02:00:00Z")));
}

#[test]
fn minutes_are_counted_in_working_hours_alone() {
    let (office, jakarta) = (hours(&office(), &[]), zone("Asia/Jakarta"));
    // Friday, 16:50: ten minutes are left, twenty are Monday's.
    let done = office.after_work(at("2026-11-27T09:50:00Z"), 30, &jakarta);
    assert_eq!(done, Some(at("2026-11-30T02:20:00Z")));
    let never = hours(&[], &[]);
    let now = at("2026-11-27T09:50:00Z");
    assert_eq!(
        never.after_work(now, 30, &jakarta),
        Some(at("2026-11-27T10:20:00Z"))
    );
}

#[test]
fn who_never_works_is_not_waited_for() {
    let jakarta = zone("Asia/Jakarta");
    let day = "2026-11-24".parse::<Date>().unwrap();
    let off = std::iter::successors(Some(day), |day| day.tomorrow().ok()).take(366);
    let monday_only = WorkingHours::new(vec![span(WeekDay::Monday, 0, 1)], off.collect()).unwrap();
    let opens = monday_only.next_open(at("2026-11-24T00:00:00Z"), &jakarta);
    assert_eq!(
        opens,
        Some(at("2027-11-28T17:00:00Z")),
        "after all days off"
    );
    let too_much = monday_only.after_work(at("2026-11-24T00:00:00Z"), 1_000, &jakarta);
    assert_eq!(too_much, None);
}

fn any_hours() -> impl Strategy<Value = WorkingHours> {
    use WeekDay::*;
    let days = [
        Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday,
    ];
    let one = (0..7usize, 0..1_439u16, 1..600u16);
    prop::collection::vec(one, 1..6).prop_map(move |spans| {
        let spans = spans
            .iter()
            .map(|(day, from, length)| span(days[*day], *from, (from + length).min(1_440)));
        WorkingHours::new(spans.collect(), BTreeSet::new()).unwrap()
    })
}

proptest! {
    /// Against a clock that is looked at minute by minute, over days on which
    /// it is set.
    #[test]
    fn the_next_opening_is_the_first_minute_that_is_open(
        hours in any_hours(),
        start in 0..(400 * 24 * 60i64),
        place in 0..4usize,
    ) {
        let zones = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Jakarta"];
        let zone = zone(zones[place]);
        let start = at("2026-01-01T00:00:00Z") + SignedDuration::from_mins(start);
        let opens = hours.next_open(start, &zone).unwrap();
        prop_assert!(hours.is_open(opens, &zone), "{opens}");
        let mut minute = start;
        while minute < opens {
            prop_assert!(!hours.is_open(minute, &zone), "{minute} is before {opens}");
            minute += SignedDuration::from_mins(1);
        }
        let done = hours.after_work(start, 1, &zone).unwrap();
        prop_assert!(done > opens && done.duration_since(opens) >= SignedDuration::from_secs(60));
    }
}
