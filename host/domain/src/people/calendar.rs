//! When somebody works, as instants: what a week of spans and days off is in a
//! time zone whose clocks are set forward and back.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Weekday},
    tz::{AmbiguousOffset, TimeZone},
};

use super::{WeekDay, WorkingHours};
use crate::limits::{DAY_MINUTES, LOOK_AHEAD_DAYS_MAX};

impl WorkingHours {
    /// Whether they work at `at`, with the clocks of `zone`.
    pub fn is_open(&self, at: Timestamp, zone: &TimeZone) -> bool {
        let day = zone.to_datetime(at).date();
        self.spans(day, zone)
            .any(|(from, until)| from <= at && at < until)
    }

    /// When they work next: `at` itself while they do. `None` when they do not
    /// within [`LOOK_AHEAD_DAYS_MAX`] days.
    pub fn next_open(&self, at: Timestamp, zone: &TimeZone) -> Option<Timestamp> {
        self.next_open_within(at, LOOK_AHEAD_DAYS_MAX, zone)
    }

    /// When they work next, looking so many days ahead.
    pub fn next_open_within(
        &self,
        at: Timestamp,
        days: usize,
        zone: &TimeZone,
    ) -> Option<Timestamp> {
        self.spans_from(at, days, zone).map(|(from, _)| from).next()
    }

    /// When `minutes` of work have gone by since `at`. `None` when they do not
    /// work as much within [`LOOK_AHEAD_DAYS_MAX`] days.
    pub fn after_work(&self, at: Timestamp, minutes: u32, zone: &TimeZone) -> Option<Timestamp> {
        let mut left = i64::from(minutes) * 60;
        for (from, until) in self.spans_from(at, LOOK_AHEAD_DAYS_MAX, zone) {
            let length = until.duration_since(from).as_secs();
            if left <= length {
                return from.checked_add(jiff::SignedDuration::from_secs(left)).ok();
            }
            left -= length;
        }
        None
    }

    /// What is left of the spans from `at` on, in order and none twice.
    fn spans_from<'h>(
        &'h self,
        at: Timestamp,
        days_max: usize,
        zone: &'h TimeZone,
    ) -> impl Iterator<Item = (Timestamp, Timestamp)> + 'h {
        let first = zone.to_datetime(at).date();
        let days = std::iter::successors(Some(first), |day| day.tomorrow().ok());
        let spans = days
            .take(days_max)
            .flat_map(move |day| self.spans(day, zone));
        let mut done = at;
        spans.filter_map(move |(from, until)| {
            // Spans of one day may overlap: what was told is not told again.
            let from = from.max(done);
            done = done.max(until);
            (from < until).then_some((from, until))
        })
    }

    /// The spans of one day.
    fn spans<'h>(
        &'h self,
        day: Date,
        zone: &'h TimeZone,
    ) -> impl Iterator<Item = (Timestamp, Timestamp)> + 'h {
        let is_off = self.days_off().contains(&day);
        let whole = (self.weekly().is_empty() && !is_off).then_some((0, DAY_MINUTES));
        let weekday = day.weekday();
        let of_day = self
            .weekly()
            .iter()
            .filter(move |span| !is_off && weekday_of(span.day) == weekday);
        let of_day = of_day.map(|span| (span.from_minute, span.until_minute));
        whole
            .into_iter()
            .chain(of_day)
            .filter_map(move |(from, until)| {
                let from = instant(zone, minute_of(day, from)?, false)?;
                let until = instant(zone, minute_of(day, until)?, true)?;
                Some((from, until))
            })
    }
}

fn weekday_of(day: WeekDay) -> Weekday {
    match day {
        WeekDay::Monday => Weekday::Monday,
        WeekDay::Tuesday => Weekday::Tuesday,
        WeekDay::Wednesday => Weekday::Wednesday,
        WeekDay::Thursday => Weekday::Thursday,
        WeekDay::Friday => Weekday::Friday,
        WeekDay::Saturday => Weekday::Saturday,
        WeekDay::Sunday => Weekday::Sunday,
    }
}

/// The `minute`-th minute of `day` as a clock shows it; the last is the next
/// day's first.
fn minute_of(day: Date, minute: u16) -> Option<DateTime> {
    if minute >= DAY_MINUTES {
        return Some(day.tomorrow().ok()?.at(0, 0, 0, 0));
    }
    let (hour, minute) = (
        i8::try_from(minute / 60).ok()?,
        i8::try_from(minute % 60).ok()?,
    );
    Some(day.at(hour, minute, 0, 0))
}

/// When a clock on the wall shows `shown`. What it skips is the moment at
/// which it is set forward; what it shows twice is the first time for a
/// beginning and the second for an end.
fn instant(zone: &TimeZone, shown: DateTime, is_end: bool) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(shown);
    match ambiguous.offset() {
        AmbiguousOffset::Unambiguous { .. } => ambiguous.compatible().ok(),
        AmbiguousOffset::Fold { .. } if is_end => ambiguous.later().ok(),
        AmbiguousOffset::Fold { .. } => ambiguous.earlier().ok(),
        AmbiguousOffset::Gap { .. } => {
            let after = ambiguous.later().ok()?;
            zone.preceding(after).next().map(|set| set.timestamp())
        }
    }
}
