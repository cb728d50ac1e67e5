//! When somebody works, in the tenant's time zone.

use std::collections::BTreeSet;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::limits::{DAY_MINUTES, DAYS_OFF_MAX, WEEKLY_SPANS_MAX};

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the days of the week")]
pub enum WeekDay {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

/// A span of one day of the week. What goes past midnight is two spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeeklySpan {
    /// On which day.
    pub day: WeekDay,
    /// From which minute of the day, 0 to 1439.
    pub from_minute: u16,
    /// Until before which minute of the day, 1 to 1440.
    pub until_minute: u16,
}

/// Why hours cannot be kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidHours {
    /// A span is empty, turned around or longer than its day.
    #[error(
        "a span goes from minute {from} to minute {until}: \
        it must begin before it ends, and end by minute {DAY_MINUTES}"
    )]
    Span {
        /// Where it begins.
        from: u16,
        /// Where it ends.
        until: u16,
    },
    /// Too many spans.
    #[error("{0} spans of a week, at most {WEEKLY_SPANS_MAX} are allowed")]
    TooManySpans(usize),
    /// Too many days off.
    #[error("{0} days off, at most {DAYS_OFF_MAX} are allowed")]
    TooManyDaysOff(usize),
}

/// When somebody works, in the tenant's time zone. Without any span of the
/// week they always do, but for the days off.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Told", into = "Told")]
pub struct WorkingHours {
    weekly: Vec<WeeklySpan>,
    days_off: BTreeSet<Date>,
}

/// As it is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    #[serde(default)]
    weekly: Vec<WeeklySpan>,
    #[serde(default)]
    days_off: BTreeSet<Date>,
}

impl WorkingHours {
    /// Checks the spans and sorts them.
    ///
    /// # Errors
    /// [`InvalidHours`].
    pub fn new(
        mut weekly: Vec<WeeklySpan>,
        days_off: BTreeSet<Date>,
    ) -> Result<Self, InvalidHours> {
        if weekly.len() > WEEKLY_SPANS_MAX {
            return Err(InvalidHours::TooManySpans(weekly.len()));
        }
        if days_off.len() > DAYS_OFF_MAX {
            return Err(InvalidHours::TooManyDaysOff(days_off.len()));
        }
        for span in &weekly {
            let (from, until) = (span.from_minute, span.until_minute);
            if from >= until || until > DAY_MINUTES {
                return Err(InvalidHours::Span { from, until });
            }
        }
        weekly.sort();
        Ok(Self { weekly, days_off })
    }

    /// The spans of a week, in order; none means always.
    pub fn weekly(&self) -> &[WeeklySpan] {
        &self.weekly
    }

    /// Days on which nobody should count on them.
    pub fn days_off(&self) -> &BTreeSet<Date> {
        &self.days_off
    }
}

impl TryFrom<Told> for WorkingHours {
    type Error = InvalidHours;
    fn try_from(told: Told) -> Result<Self, InvalidHours> {
        Self::new(told.weekly, told.days_off)
    }
}

impl From<WorkingHours> for Told {
    fn from(hours: WorkingHours) -> Self {
        Self {
            weekly: hours.weekly,
            days_off: hours.days_off,
        }
    }
}
