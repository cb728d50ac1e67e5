//! Weeks by which things are counted: from Monday to Sunday, UTC.

use jiff::{Timestamp, ToSpan, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

/// A week: how many lie between it and the one of Monday, 1969-12-29.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Week(pub u32);

const SECONDS: i64 = 7 * 24 * 3_600;
/// From that Monday to the beginning of Unix time.
const OFFSET_SECONDS: i64 = 3 * 24 * 3_600;

impl Week {
    /// The week of a moment; what is before 1970 counts as the first.
    pub fn of(at: Timestamp) -> Self {
        let weeks = (at.as_second() + OFFSET_SECONDS).div_euclid(SECONDS);
        Self(u32::try_from(weeks.max(0)).unwrap_or(u32::MAX))
    }

    /// The week of a day.
    pub fn of_day(day: Date) -> Self {
        let midnight = TimeZone::UTC.to_timestamp(day.at(0, 0, 0, 0));
        midnight.map_or(Self(0), Self::of)
    }

    /// Its first day; `None` beyond the year 9999.
    pub fn monday(self) -> Option<Date> {
        let weeks = i64::from(self.0);
        Date::constant(1969, 12, 29).checked_add(weeks.weeks()).ok()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{Weekday, date};

    use super::*;

    #[test]
    fn weeks_begin_on_mondays() {
        for day in [
            date(1970, 1, 1),
            date(2026, 11, 29),
            date(2026, 11, 30),
            date(2028, 2, 29),
        ] {
            let monday = Week::of_day(day).monday().unwrap();
            assert_eq!(monday.weekday(), Weekday::Monday);
            let days = monday.until(day).unwrap().get_days();
            assert!((0..7).contains(&days), "{day}: {monday}");
        }
        let sunday = "2026-11-29T23:59:59Z".parse().unwrap();
        assert_eq!(Week::of(sunday), Week::of_day(date(2026, 11, 23)));
    }
}
