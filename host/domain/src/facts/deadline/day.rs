//! Days as people name them: "tomorrow", "Jumat", "27 Nov", "3/12", "in 2
//! days", "the 5th".

use jiff::{
    ToSpan,
    civil::{Date, Weekday},
};

/// A day, and at which word its name begins.
pub(super) struct NamedDay {
    pub(super) date: Date,
    pub(super) at: usize,
}

/// The day that the words from `at` on name.
pub(super) fn day_at(words: &[&str], at: usize, today: Date) -> Option<NamedDay> {
    let after = |count: usize| words.get(at + count).map_or("", |it| *it);
    let before = |count: usize| at.checked_sub(count).map_or("", |before| words[before]);
    let named = near_day(&after, &before, today)
        .or_else(|| span_of_days(&after, &before, today))
        .or_else(|| feast(&after, &before, today))
        .or_else(|| some_weekday(&after, &before, today))
        .or_else(|| date_in_digits(after(0), &before, today))
        .or_else(|| day_and_month(&after, today))
        .or_else(|| day_of_month(&after, &before, today))?;
    Some(NamedDay { date: named, at })
}

/// The word so many places away; empty beyond the sentence.
type Word<'w> = dyn Fn(usize) -> &'w str + 'w;

fn near_day(after: &Word<'_>, before: &Word<'_>, today: Date) -> Option<Date> {
    match (after(0), after(1)) {
        ("today" | "tonight", _)
        | ("this", "morning" | "afternoon" | "evening")
        | ("hari" | "hr" | "malam" | "sore" | "siang" | "pagi", "ini")
        | ("nanti" | "ntar", "malam" | "sore" | "siang") => Some(today),
        ("tomorrow", _) if before(1) == "after" => today.checked_add(2.days()).ok(),
        ("tomorrow" | "tmrw" | "tmr" | "tomorow" | "besok" | "bsk" | "besuk" | "esok", _) => {
            today.tomorrow().ok()
        }
        ("lusa", _) => today.checked_add(2.days()).ok(),
        _ => None,
    }
}

/// `in 2 days`, `within a week`, `dalam 3 hari`, `2 hari lagi`.
fn span_of_days(after: &Word<'_>, before: &Word<'_>, today: Date) -> Option<Date> {
    let (count, unit, next) = match after(0) {
        "seminggu" => (1, "minggu", after(1)),
        "sehari" => (1, "hari", after(1)),
        word => (counted(word)?, after(1), after(2)),
    };
    let is_bound = matches!(
        before(1),
        "in" | "within" | "dalam" | "max" | "maksimal" | "lambat"
    ) || matches!(next, "lagi");
    let days = match unit {
        "day" | "days" | "hari" => count,
        "week" | "weeks" | "minggu" => count.checked_mul(7)?,
        "hour" | "hours" | "jam" => count / 24,
        _ => return None,
    };
    // "a week" and "in time" aside, a number alone is a duration, not a date.
    if is_bound {
        today.checked_add(days.days()).ok()
    } else {
        None
    }
}

/// A count in digits or words; of "2-3" the smaller.
fn counted(word: &str) -> Option<i32> {
    match word {
        "a" | "an" | "one" | "satu" => Some(1),
        "two" | "dua" => Some(2),
        "three" | "tiga" => Some(3),
        "four" | "empat" => Some(4),
        "five" | "lima" => Some(5),
        _ => word
            .split('-')
            .next()?
            .parse()
            .ok()
            .filter(|count| (0..=3_650).contains(count)),
    }
}

fn feast(after: &Word<'_>, before: &Word<'_>, today: Date) -> Option<Date> {
    let is_year = |word: &str| matches!(word, "year" | "years" | "year's");
    match (after(0), after(1), after(2)) {
        ("christmas" | "xmas", "eve", _) => coming(12, 24, today),
        ("christmas" | "xmas", _, _) => coming(12, 25, today),
        ("natal", _, _) if before(1) == "malam" => coming(12, 24, today),
        ("natal", _, _) => coming(12, 25, today),
        ("new", year, "eve") if is_year(year) => coming(12, 31, today),
        ("new", year, _) if is_year(year) => coming(1, 1, today),
        ("tahun", "baru", _) => coming(1, 1, today),
        ("valentine" | "valentines" | "valentine's", _, _) => coming(2, 14, today),
        ("end", "of", "month") | ("akhir", "bulan", _) => Some(today.last_of_month()),
        ("end", "of", "the" | "this") if after(3) == "month" => Some(today.last_of_month()),
        ("end", "of", "week") => end_of_week(today),
        ("end", "of", "the" | "this") if after(3) == "week" => end_of_week(today),
        ("weekend", _, _) | ("akhir", "pekan" | "minggu", _) => weekend(today),
        _ => None,
    }
}

/// The first day of the coming weekend, or today when it is one.
fn weekend(today: Date) -> Option<Date> {
    match today.weekday() {
        Weekday::Saturday | Weekday::Sunday => Some(today),
        _ => next_weekday(Weekday::Saturday, today),
    }
}

/// Friday; on the weekend Sunday.
fn end_of_week(today: Date) -> Option<Date> {
    match today.weekday() {
        Weekday::Friday | Weekday::Sunday => Some(today),
        Weekday::Saturday => today.tomorrow().ok(),
        _ => next_weekday(Weekday::Friday, today),
    }
}

fn some_weekday(after: &Word<'_>, before: &Word<'_>, today: Date) -> Option<Date> {
    let is_led = || {
        matches!(
            before(1),
            "by" | "before" | "on" | "this" | "next" | "until" | "till" | "for"
        )
    };
    let weekday = match after(0) {
        "monday" | "senin" | "senen" => Weekday::Monday,
        "tuesday" | "tues" | "tue" | "selasa" => Weekday::Tuesday,
        "wednesday" | "rabu" => Weekday::Wednesday,
        "thursday" | "thurs" | "thur" | "thu" | "kamis" | "kemis" => Weekday::Thursday,
        "friday" | "fri" | "jumat" | "jum'at" | "jumaat" => Weekday::Friday,
        "saturday" | "sabtu" => Weekday::Saturday,
        "sunday" | "ahad" => Weekday::Sunday,
        // Short forms that are also words.
        "mon" if is_led() => Weekday::Monday,
        "wed" if is_led() => Weekday::Wednesday,
        "sat" if is_led() => Weekday::Saturday,
        "sun" if is_led() => Weekday::Sunday,
        // "minggu" is Sunday and week.
        "minggu" if before(1) == "hari" => Weekday::Sunday,
        "minggu" => {
            let is_week = matches!(after(1), "depan" | "ini" | "lalu" | "lagi")
                || matches!(before(1), "akhir" | "per" | "tiap" | "setiap")
                || counted(before(1)).is_some();
            if is_week {
                return None;
            }
            Weekday::Sunday
        }
        _ => return None,
    };
    next_weekday(weekday, today)
}

/// The first such day after today.
fn next_weekday(weekday: Weekday, today: Date) -> Option<Date> {
    today.nth_weekday(1, weekday).ok()
}

/// `2026-11-27`, `27/11`, `27/11/2026`, `27.11.2026`; day before month, as most
/// of the world writes it, unless only the other way is a date.
fn date_in_digits(word: &str, before: &Word<'_>, today: Date) -> Option<Date> {
    let parts: Vec<i16> = word
        .split(['-', '/', '.'])
        .map(str::parse)
        .collect::<Result<_, _>>()
        .ok()?;
    let small = |part: i16| i8::try_from(part).ok();
    match *parts {
        [year, month, day] if year > 31 => Date::new(year, small(month)?, small(day)?).ok(),
        [first, second, year] if !word.contains('.') || year > 99 => {
            let year = if year < 100 { year + 2_000 } else { year };
            let (first, second) = (small(first)?, small(second)?);
            Date::new(year, second, first)
                .or_else(|_| Date::new(year, first, second))
                .ok()
        }
        [first, second] if word.contains('/') && word != "24/7" => {
            // "1/2 kg" is no date, "by 1/2" is.
            let is_led = || {
                [before(1), before(2)]
                    .iter()
                    .any(|word| leads_to_date(word))
            };
            if first <= 12 && second <= 12 && !is_led() {
                return None;
            }
            let (first, second) = (small(first)?, small(second)?);
            coming(second, first, today).or_else(|| coming(first, second, today))
        }
        _ => None,
    }
}

fn leads_to_date(word: &str) -> bool {
    matches!(
        word,
        "by" | "before"
            | "on"
            | "until"
            | "till"
            | "for"
            | "sebelum"
            | "sblm"
            | "tanggal"
            | "tgl"
            | "pada"
            | "untuk"
            | "buat"
            | "lambat"
            | "max"
            | "maksimal"
    )
}

/// `27 november`, `november 27th`, `27th of november`, `27nov`, with a year or
/// without.
fn day_and_month(after: &Word<'_>, today: Date) -> Option<Date> {
    let (first, second) = (after(0), after(1));
    let (day, month, year) = if let Some(month) = month(first) {
        (day_number(second)?, month, after(2))
    } else if let Some(month) = month(second) {
        (day_number(first)?, month, after(2))
    } else if second == "of" {
        (day_number(first)?, month(after(2))?, after(3))
    } else {
        let letters = first.trim_start_matches(|c: char| c.is_ascii_digit());
        let day = first[..first.len() - letters.len()].parse().ok()?;
        (day, month(letters)?, second)
    };
    let year = year
        .parse::<i16>()
        .ok()
        .filter(|year| (2_000..3_000).contains(year));
    match year {
        Some(year) => Date::new(year, month, day).ok(),
        None => coming(month, day, today),
    }
}

/// `the 27th`, `tanggal 27`.
fn day_of_month(after: &Word<'_>, before: &Word<'_>, today: Date) -> Option<Date> {
    let word = after(0);
    let is_named = matches!(before(1), "tanggal" | "tgl");
    let is_ordinal = word.ends_with(|c: char| c.is_ascii_alphabetic())
        && matches!(before(1), "the" | "by" | "on" | "before" | "until")
        && !matches!(after(1), "time" | "order" | "one" | "floor" | "item");
    let day = day_number(word).filter(|_| is_named || is_ordinal)?;
    let this_month = Date::new(today.year(), today.month(), day).ok();
    let next_month = || {
        let next = today.last_of_month().tomorrow().ok()?;
        Date::new(next.year(), next.month(), day).ok()
    };
    this_month.filter(|date| *date >= today).or_else(next_month)
}

fn day_number(word: &str) -> Option<i8> {
    let digits = word.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let suffix = &word[digits.len()..];
    matches!(suffix, "" | "st" | "nd" | "rd" | "th").then(|| digits.parse().ok())?
}

fn month(word: &str) -> Option<i8> {
    Some(match word {
        "january" | "januari" | "jan" => 1,
        "february" | "februari" | "feb" => 2,
        "march" | "maret" | "mar" => 3,
        "april" | "apr" => 4,
        "may" | "mei" => 5,
        "june" | "juni" | "jun" => 6,
        "july" | "juli" | "jul" => 7,
        "august" | "agustus" | "aug" | "agu" | "agt" | "ags" => 8,
        "september" | "sept" | "sep" => 9,
        "october" | "oktober" | "oct" | "okt" => 10,
        "november" | "nov" => 11,
        "december" | "desember" | "dec" | "des" => 12,
        _ => return None,
    })
}

/// The next such day that is not over yet.
fn coming(month: i8, day: i8, today: Date) -> Option<Date> {
    let this_year = Date::new(today.year(), month, day).ok();
    let next_year = || Date::new(today.year().checked_add(1)?, month, day).ok();
    this_year.filter(|date| *date >= today).or_else(next_year)
}
