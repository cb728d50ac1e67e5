//! Dates of exported chats: three numbers in the order of somebody's phone.

use std::str::FromStr;

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};

use super::NotChat;

/// Which number of a date is what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DateOrder {
    /// Day, month, year.
    DayFirst,
    /// Month, day, year.
    MonthFirst,
    /// Year, month, day.
    YearFirst,
}

/// There is no such order.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an order of dates is dmy, mdy or ymd")]
pub struct UnknownOrder;

impl FromStr for DateOrder {
    type Err = UnknownOrder;

    fn from_str(text: &str) -> Result<Self, UnknownOrder> {
        match text {
            "dmy" => Ok(Self::DayFirst),
            "mdy" => Ok(Self::MonthFirst),
            "ymd" => Ok(Self::YearFirst),
            _ => Err(UnknownOrder),
        }
    }
}

/// A time as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) date: [i16; 3],
    pub(super) time: Time,
}

impl Stamp {
    fn civil(&self, order: DateOrder) -> Option<DateTime> {
        let [a, b, c] = self.date;
        let (year, month, day) = match order {
            DateOrder::DayFirst => (c, b, a),
            DateOrder::MonthFirst => (c, a, b),
            DateOrder::YearFirst => (a, b, c),
        };
        let year = if year < 100 { year + 2_000 } else { year };
        let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
        let date = Date::new(year, month, day).ok()?;
        Some(date.to_datetime(self.time))
    }

    /// The moment that it is in `zone`.
    pub(super) fn at(&self, order: DateOrder, zone: &TimeZone) -> Option<Timestamp> {
        zone.to_timestamp(self.civil(order)?).ok()
    }
}

/// How far a chat may go back in its order: clocks are put back by an hour.
const BACK: SignedDuration = SignedDuration::from_hours(2);

/// The order of all dates of a file: the one that is wanted, or the only one in
/// which all of them exist and the chat goes forward.
pub(super) fn order_of(
    stamps: &[(usize, Stamp)],
    wanted: Option<DateOrder>,
) -> Result<DateOrder, NotChat> {
    let (first, _) = *stamps.first().ok_or(NotChat::NoMessage)?;
    if let Some(wanted) = wanted {
        let odd = stamps.iter().find(|(_, it)| it.civil(wanted).is_none());
        return odd.map_or(Ok(wanted), |(line, _)| {
            Err(NotChat::NoSuchDate { line: *line })
        });
    }
    // A year of two digits never stands first.
    if stamps.iter().any(|(_, it)| it.date[0] > 31) {
        return order_of(stamps, Some(DateOrder::YearFirst));
    }
    let times = |order| {
        let times = stamps.iter().map(|(_, it)| it.civil(order));
        times.collect::<Option<Vec<DateTime>>>()
    };
    let (day_first, month_first) = (times(DateOrder::DayFirst), times(DateOrder::MonthFirst));
    match (day_first, month_first) {
        (Some(day), Some(month)) if day == month => Ok(DateOrder::DayFirst),
        (Some(day), Some(month)) => match (goes_forward(&day), goes_forward(&month)) {
            (true, false) => Ok(DateOrder::DayFirst),
            (false, true) => Ok(DateOrder::MonthFirst),
            _ => Err(NotChat::AmbiguousDates),
        },
        (Some(_), None) => Ok(DateOrder::DayFirst),
        (None, Some(_)) => Ok(DateOrder::MonthFirst),
        (None, None) => Err(NotChat::NoSuchDate { line: first }),
    }
}

fn goes_forward(times: &[DateTime]) -> bool {
    times
        .windows(2)
        .all(|pair| pair[0].duration_since(pair[1]) <= BACK)
}
