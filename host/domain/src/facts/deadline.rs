//! The day by which a customer wants something, read from what they wrote in
//! English or Indonesian.
//!
//! Only a sentence about arriving, getting or needing counts, so that "I was
//! there on Friday" asks for nothing. Of two readings the earlier is taken: a
//! promise kept too early annoys nobody.

use jiff::{
    ToSpan,
    civil::{Date, Weekday},
};

/// The last day that would do, when `text`, written on `today`, names one:
/// "before Friday" is the Thursday, "by Friday" the Friday.
pub fn requested_date(text: &str, today: Date) -> Option<Date> {
    let words = tokens(text);
    if !words.iter().any(|word| WANTING.contains(&&**word)) {
        return None;
    }
    (0..words.len()).find_map(|at| {
        let day = day_at(&words, at, today)?;
        let is_before = words[at.saturating_sub(3)..at].iter().any(|it| BEFORE.contains(&&**it));
        let last = if is_before { day.yesterday().ok()? } else { day };
        (last >= today).then_some(last)
    })
}

/// Words of a wish to have something.
const WANTING: &[&str] = &[
    "arrive", "arrives", "arriving", "arrival", "deliver", "delivers", "delivery", "delivered",
    "ship", "ships", "shipped", "shipping", "get", "gets", "receive", "reach",
    "reaches", "here", "need", "needs", "needed", "come", "comes", "want", "ready", "sampai",
    "sampe", "nyampe", "tiba", "datang", "kirim", "dikirim", "pengiriman", "terima", "diterima",
    "butuh", "perlu", "dapat",
];

/// Words that exclude the day they stand before.
const BEFORE: &[&str] = &["before", "sebelum", "sblm"];

/// Words in lower case; dates in digits stay whole.
fn tokens(text: &str) -> Vec<String> {
    let is_inner = |c: char| c.is_alphanumeric() || c == '-' || c == '/' || c == '\'';
    text.split(|c| !is_inner(c))
        .map(|word| word.trim_matches(['-', '/', '\'']).to_lowercase())
        .filter(|word| !word.is_empty())
        .collect()
}

/// The day that the words from `at` on name.
fn day_at(words: &[String], at: usize, today: Date) -> Option<Date> {
    let word = &*words[at];
    let next = words.get(at + 1).map_or("", |it| &**it);
    let previous = at.checked_sub(1).map_or("", |before| &*words[before]);
    match (word, next) {
        ("today" | "tonight", _) | ("hari" | "malam" | "sore" | "siang", "ini") => Some(today),
        ("tomorrow", _) if previous == "after" => today.checked_add(2.days()).ok(),
        ("tomorrow" | "tmrw" | "besok" | "bsk", _) => today.tomorrow().ok(),
        ("lusa", _) => today.checked_add(2.days()).ok(),
        ("christmas" | "xmas" | "natal", _) => coming(12, 25, today),
        ("weekend", _) | ("akhir", "pekan") => next_weekday(Weekday::Saturday, today),
        // "minggu" is Sunday, but "minggu depan" is next week.
        ("minggu", "depan" | "ini" | "lalu") if previous != "hari" => None,
        _ => weekday(word)
            .and_then(|weekday| next_weekday(weekday, today))
            .or_else(|| date_in_digits(word, today))
            .or_else(|| day_and_month(word, next, today)),
    }
}

fn weekday(word: &str) -> Option<Weekday> {
    Some(match word {
        "monday" | "senin" => Weekday::Monday,
        "tuesday" | "tues" | "selasa" => Weekday::Tuesday,
        "wednesday" | "rabu" => Weekday::Wednesday,
        "thursday" | "thurs" | "thu" | "kamis" => Weekday::Thursday,
        "friday" | "fri" | "jumat" | "jum'at" => Weekday::Friday,
        "saturday" | "sabtu" => Weekday::Saturday,
        "sunday" | "minggu" | "ahad" => Weekday::Sunday,
        _ => return None,
    })
}

/// The first such day after today.
fn next_weekday(weekday: Weekday, today: Date) -> Option<Date> {
    today.nth_weekday(1, weekday).ok()
}

/// `2026-11-27`, `27/11`, `27/11/2026`; day before month, as most of the world
/// writes it.
fn date_in_digits(word: &str, today: Date) -> Option<Date> {
    let parts: Vec<i16> =
        word.split(['-', '/']).map(str::parse).collect::<Result<_, _>>().ok()?;
    let small = |part: i16| i8::try_from(part).ok();
    match *parts {
        [year, month, day] if year > 31 => Date::new(year, small(month)?, small(day)?).ok(),
        [day, month, year] => {
            let year = if year < 100 { year + 2_000 } else { year };
            Date::new(year, small(month)?, small(day)?).ok()
        }
        [day, month] if word.contains('/') => coming(small(month)?, small(day)?, today),
        _ => None,
    }
}

/// `27 november`, `november 27th`.
fn day_and_month(first: &str, second: &str, today: Date) -> Option<Date> {
    let (day, month) = match (month(first), month(second)) {
        (Some(month), None) => (day_number(second)?, month),
        (None, Some(month)) => (day_number(first)?, month),
        _ => return None,
    };
    coming(month, day, today)
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
        "august" | "agustus" | "aug" | "agu" => 8,
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
    let next_year = || Date::new(today.year() + 1, month, day).ok();
    this_year.filter(|date| *date >= today).or_else(next_year)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    /// Read on Tuesday 24 November 2026.
    fn check(text: &str, expect: Option<Date>) {
        assert_eq!(requested_date(text, date(2026, 11, 24)), expect, "{text:?}");
    }

    #[test]
    fn deadlines_are_read_in_english() {
        check("Will this arrive before Friday?", Some(date(2026, 11, 26)));
        check("can i get it by friday", Some(date(2026, 11, 27)));
        check("I need it tomorrow!", Some(date(2026, 11, 25)));
        check("need it the day after tomorrow", Some(date(2026, 11, 26)));
        check("Could it be delivered before the weekend?", Some(date(2026, 11, 27)));
        check("delivery by 27 Nov possible?", Some(date(2026, 11, 27)));
        check("has to be here by December 3rd", Some(date(2026, 12, 3)));
        check("will it get here by 2026-12-01", Some(date(2026, 12, 1)));
        check("deliver before 3/12 please", Some(date(2026, 12, 2)));
        check("need it before Christmas", Some(date(2026, 12, 24)));
        check("I need it by 5 January", Some(date(2027, 1, 5)));
    }

    #[test]
    fn deadlines_are_read_in_indonesian() {
        check("Apakah bisa sampai sebelum hari Jumat?", Some(date(2026, 11, 26)));
        check("bisa dikirim besok kak?", Some(date(2026, 11, 25)));
        check("saya butuh hari ini", Some(date(2026, 11, 24)));
        check("tiba paling lambat 1 Desember ya", Some(date(2026, 12, 1)));
        check("kirim hari minggu bisa?", Some(date(2026, 11, 29)));
        check("bisa sampai minggu depan?", None);
    }

    #[test]
    fn what_asks_for_nothing_is_left_alone() {
        check("I was at your shop on Friday", None);
        check("do you have it in blue?", None);
        check("will it arrive soon?", None);
        check("I need 2 of them", None);
        check("need it by 99/99", None);
        check("", None);
    }
}
