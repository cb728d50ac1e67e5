//! The day by which a customer wants something, read from what they wrote in
//! English or Indonesian.
//!
//! Only a day that belongs to arriving, getting or needing counts: not the one
//! on which the customer orders, pays, comes by or was already served. Of two
//! readings the earlier is taken: a promise kept too early annoys nobody.

mod day;
mod verbs;

use jiff::civil::Date;

use day::{NamedDay, day_at};

/// The last day that would do, when `text`, written on `today`, names one:
/// "before Friday" is the Thursday, "by Friday" the Friday.
pub fn requested_date(text: &str, today: Date) -> Option<Date> {
    let text = text.to_lowercase().replace('\u{2019}', "'");
    let sentences: Vec<Sentence<'_>> = sentences(&text).map(Sentence::new).collect();
    let wished = sentences.iter().filter(|sentence| sentence.has_wish);
    wished
        .clone()
        .find_map(|sentence| wished_in(&sentence.words, today))
        .or_else(|| referred_to(&sentences, today))
}

struct Sentence<'t> {
    words: Vec<&'t str>,
    /// Whether it is about arriving, getting or needing at all.
    has_wish: bool,
}

impl<'t> Sentence<'t> {
    fn new(text: &'t str) -> Self {
        let words = words(text);
        let has_wish = verbs::has_wish(&words);
        Self { words, has_wish }
    }
}

/// The first wished-for day of one sentence.
fn wished_in(words: &[&str], today: Date) -> Option<Date> {
    let days = (0..words.len()).filter_map(|at| day_at(words, at, today));
    days.filter(|day| verbs::is_wished(words, day.at))
        .find_map(|day| last_day(words, &day, today))
}

/// "My party is on Friday. Will it be here by then?"
fn referred_to(sentences: &[Sentence<'_>], today: Date) -> Option<Date> {
    let refers = |sentence: &Sentence<'_>| {
        let is_reference = |pair: &[&str]| {
            matches!(
                (pair[0], pair[1]),
                ("by" | "before" | "until", "then" | "that")
                    | ("in" | "on", "time")
                    | ("sebelum", "itu")
                    | ("tepat", "waktu")
            )
        };
        sentence.has_wish && sentence.words.windows(2).any(is_reference)
    };
    let at = sentences.iter().position(refers)?;
    let is_before = sentences[at].words.iter().any(|word| is_exclusive(word));
    sentences[..at]
        .iter()
        .rev()
        .find_map(|Sentence { words, .. }| {
            let mut days = (0..words.len()).filter_map(|at| day_at(words, at, today));
            let day = days.find(|day| verbs::is_to_come(words, day.at))?.date;
            let last = if is_before {
                day.yesterday().ok()?
            } else {
                day
            };
            (last >= today).then_some(last)
        })
}

/// The last day that would do, given what stands before the day.
fn last_day(words: &[&str], day: &NamedDay, today: Date) -> Option<Date> {
    let start = day.at;
    let near = &words[start.saturating_sub(3)..start];
    let Some(before) = near.iter().position(|word| is_exclusive(word)) else {
        return (day.date >= today).then_some(day.date);
    };
    let before = start - near.len() + before;
    let is_denied = words[before.saturating_sub(4)..before]
        .iter()
        .any(|word| is_denial(word));
    let last = day.date.yesterday().ok()?;
    // "not before Friday" sets no end.
    (last >= today && !is_denied).then_some(last)
}

/// Words that exclude the day they stand before.
fn is_exclusive(word: &str) -> bool {
    matches!(word, "before" | "sebelum" | "sblm" | "sebelom")
}

fn is_denial(word: &str) -> bool {
    matches!(
        word,
        "not" | "don't" | "dont" | "never" | "jangan" | "jgn" | "bukan"
    )
}

/// The sentences of a text. A full stop between digits ends none.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let is_between_digits = |at: usize| {
        let is_digit = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_digit);
        let bytes = text.as_bytes();
        is_digit(at.checked_sub(1).and_then(|before| bytes.get(before)))
            && is_digit(bytes.get(at + 1))
    };
    let ends = text.char_indices().filter(move |(at, c)| match c {
        '?' | '!' | '\n' | ';' | '…' => true,
        '.' => !is_between_digits(*at),
        _ => false,
    });
    let ends: Vec<usize> = ends.map(|(at, _)| at).chain([text.len()]).collect();
    let mut start = 0;
    ends.into_iter().map(move |end| {
        let sentence = &text[start.min(end)..end];
        start = end;
        sentence
    })
}

/// Words; dates in digits stay whole.
fn words(sentence: &str) -> Vec<&str> {
    let is_inner = |c: char| c.is_alphanumeric() || "-/'.".contains(c);
    sentence
        .split(|c| !is_inner(c))
        .map(|word| word.trim_matches(['-', '/', '\'', '.']))
        .filter(|word| !word.is_empty())
        .collect()
}

#[cfg(test)]
mod tests {
    use jiff::{ToSpan, civil::date};

    use super::*;

    /// Read on Tuesday 24 November 2026.
    fn check(text: &str, expect: Option<Date>) {
        assert_eq!(requested_date(text, date(2026, 11, 24)), expect, "{text:?}");
    }

    /// In so many days from that Tuesday.
    fn check_days(text: &str, days: i32) {
        check(text, Some(date(2026, 11, 24) + days.days()));
    }

    #[test]
    fn deadlines_are_read_in_english() {
        check_days("Will this arrive before Friday?", 2);
        check_days("can i get it by friday", 3);
        check_days("I need it tomorrow!", 1);
        check_days("need it the day after tomorrow", 2);
        check_days("Could it be delivered before the weekend?", 3);
        check_days("delivery by 27 Nov possible?", 3);
        check("has to be here by December 3rd", Some(date(2026, 12, 3)));
        check("will it get here by 2026-12-01", Some(date(2026, 12, 1)));
        check("deliver before 3/12 please", Some(date(2026, 12, 2)));
        check("need it before Christmas", Some(date(2026, 12, 24)));
        check("I need it by 5 January", Some(date(2027, 1, 5)));
        check_days("is it possible to have Friday delivery?", 3);
        check_days("I need my order by Friday", 3);
        check_days("Hi! Can you ship it so that I have it by Sat?", 4);
        check_days("i want to order a cake for friday", 3);
        check_days("need this within 3 days", 3);
        check_days("can it be here in a week", 7);
        check_days("will I receive it in 2-3 days?", 2);
        check_days("I need it within 48 hours", 2);
        check_days("I need it this evening", 0);
        check_days("must arrive by the 27th", 3);
        check("need it on the 3rd", Some(date(2026, 12, 3)));
        check("please deliver on 3rd of December", Some(date(2026, 12, 3)));
        check("deliver 12/24 pls", Some(date(2026, 12, 24)));
        check("delivery by 1.12.2026", Some(date(2026, 12, 1)));
        check("need it before new year's eve", Some(date(2026, 12, 30)));
        check("get it by the end of the month?", Some(date(2026, 11, 30)));
        check_days("can you send it by the end of the week", 3);
        check_days("If I order today, will it arrive by Friday?", 3);
        check_days("I ordered on Monday, can I get it by thursday", 2);
        check_days("please move my delivery from Friday to Saturday", 4);
        check_days("My party is on Friday. Will it be here before then?", 2);
        check_days("We fly on Sunday! can it arrive in time?", 5);
        check_days("it must arrive no later than Thursday", 2);
        check_days("I\u{2019}ll need it by Friday", 3);
    }

    #[test]
    fn deadlines_are_read_in_indonesian() {
        check_days("Apakah bisa sampai sebelum hari Jumat?", 2);
        check_days("bisa dikirim besok kak?", 1);
        check_days("saya butuh hari ini", 0);
        check("tiba paling lambat 1 Desember ya", Some(date(2026, 12, 1)));
        check_days("kirim hari minggu bisa?", 5);
        check("bisa sampai minggu depan?", None);
        check_days("kalau pesan hari ini bisa sampai jumat?", 3);
        check_days("mau dipakai hari sabtu kak", 4);
        check_days("butuh dalam 3 hari", 3);
        check_days("2 hari lagi harus sampai", 2);
        check_days("bisa sampai dalam seminggu?", 7);
        check_days("harus sampai tgl 27 ya", 3);
        check("perlu sebelum tanggal 5 desember", Some(date(2026, 12, 4)));
        check_days("bisa nyampe sblm jum'at?", 2);
        check_days("bisa nyampe sblm jum\u{2019}at?", 2);
        check_days("bisa dianter ntar sore?", 0);
        check_days("sampai lusa bisa ga?", 2);
        check_days("dikirim akhir minggu ini bisa?", 4);
        check("butuh sebelum akhir bulan", Some(date(2026, 11, 29)));
        check("bisa tiba sebelum tahun baru?", Some(date(2026, 12, 31)));
        check_days("acaranya hari jumat. bisa sampai sebelum itu?", 2);
        check("kirim 27/11 bisa?", Some(date(2026, 11, 27)));
    }

    #[test]
    fn what_asks_for_nothing_is_left_alone() {
        for text in [
            "I was at your shop on Friday",
            "do you have it in blue?",
            "will it arrive soon?",
            "I need 2 of them",
            "need it by 99/99",
            "",
            "If I order today, when will it arrive?",
            "kalau order hari ini kapan sampai?",
            "I ordered on Monday, when will it be delivered?",
            "I paid yesterday. Are you open on Friday?",
            "It was delivered on Monday but it is broken",
            "paket sudah dikirim hari senin",
            "I need 1/2 kg",
            "need support 24/7",
            "need 1.5 kg of it",
            "I get a delivery every Friday",
            "buka sampai jumat?",
            "can I come on Friday?",
            "saya mau datang hari sabtu",
            "please don't deliver before Friday",
            "jangan dikirim sebelum jumat",
            "deliver it after Friday please",
            "it should have come last Friday",
            "harusnya sampai jumat kemarin",
            "butuh 2 minggu",
            "is this my first order? I need the 1st one",
            "I may need 2 more",
        ] {
            check(text, None);
        }
    }

    #[test]
    fn on_a_weekend_the_weekend_is_now() {
        let saturday = date(2026, 11, 28);
        assert_eq!(
            requested_date("need it this weekend", saturday),
            Some(saturday)
        );
        let week = requested_date("need it by the end of the week", saturday);
        assert_eq!(week, Some(date(2026, 11, 29)));
    }

    #[test]
    fn the_ends_of_the_calendar_are_no_days() {
        assert_eq!(requested_date("need it tomorrow", Date::MAX), None);
        assert_eq!(
            requested_date("need it in 99999999999 days", Date::MAX),
            None
        );
        assert_eq!(requested_date("need it before 1/1/-9999", Date::MIN), None);
    }
}
