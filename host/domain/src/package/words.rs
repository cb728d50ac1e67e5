//! Days in the words of a language.

use jiff::civil::{Date, Weekday};

/// A language in which replies are suggested; English for all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tongue {
    English,
    Indonesian,
}

impl Tongue {
    /// The one for an ISO 639-1 code.
    pub(super) fn of(code: &str) -> Self {
        if code == "id" {
            Self::Indonesian
        } else {
            Self::English
        }
    }
}

const MONTHS: [[&str; 12]; 2] = [
    [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
    [
        "Januari",
        "Februari",
        "Maret",
        "April",
        "Mei",
        "Juni",
        "Juli",
        "Agustus",
        "September",
        "Oktober",
        "November",
        "Desember",
    ],
];

/// "Thursday, 26 November 2026".
pub(super) fn in_words(date: Date, tongue: Tongue) -> String {
    let at = usize::from(tongue == Tongue::Indonesian);
    let day = match date.weekday() {
        Weekday::Monday => ["Monday", "Senin"],
        Weekday::Tuesday => ["Tuesday", "Selasa"],
        Weekday::Wednesday => ["Wednesday", "Rabu"],
        Weekday::Thursday => ["Thursday", "Kamis"],
        Weekday::Friday => ["Friday", "Jumat"],
        Weekday::Saturday => ["Saturday", "Sabtu"],
        Weekday::Sunday => ["Sunday", "Minggu"],
    };
    let month = usize::try_from(date.month() - 1).unwrap_or(0);
    let month = MONTHS[at].get(month).copied().unwrap_or_default();
    format!("{}, {} {month} {}", day[at], date.day(), date.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_named_as_people_name_it() {
        let day = "2026-11-26".parse().unwrap();
        assert_eq!(
            in_words(day, Tongue::of("en")),
            "Thursday, 26 November 2026"
        );
        assert_eq!(in_words(day, Tongue::of("id")), "Kamis, 26 November 2026");
    }
}
