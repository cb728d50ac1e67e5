//! Numbers that identify nobody: amounts of money, dates, times of day.
//! Chunks are the parts of a run of digits between spaces.

use super::numbers::is_digit;

/// How many chunks from the first on are one amount next to a currency:
/// "Rp 1250000000", "IDR 1 250 000", "1250000000 rupiah".
pub(super) fn amount_chunks(chunks: &[&str], before: &str, after: &str) -> usize {
    let Some(first) = chunks.first() else {
        return 0;
    };
    let is_amount = first.starts_with(|c: char| ('1'..='9').contains(&c))
        && first
            .chars()
            .all(|c| c.is_ascii_digit() || c == '.' || c == ',');
    if !is_amount {
        return 0;
    }
    let is_symbol = |c: char| c.is_alphabetic() || "$€£¥".contains(c);
    let before = before.trim_end_matches([' ', '.', ':']);
    let word_before = &before[before.trim_end_matches(is_symbol).len()..];
    if is_currency(word_before) {
        let is_group = |chunk: &&&str| chunk.len() == 3 && is_ascii_number(chunk);
        let groups = chunks[1..].iter().take_while(is_group).count();
        return if first.len() <= 3 { 1 + groups } else { 1 };
    }
    let after = after.trim_start();
    let rest = after.trim_start_matches(is_symbol);
    let word_after = &after[..after.len() - rest.len()];
    usize::from(chunks.len() == 1 && first.len() <= 12 && is_currency(word_after))
}

fn is_currency(word: &str) -> bool {
    const WORDS: &[&str] = &[
        "rp", "idr", "rupiah", "ribu", "rb", "juta", "jt", "usd", "us$", "dollar", "dollars", "$",
        "sgd", "s$", "myr", "rm", "eur", "euro", "euros", "€", "gbp", "£", "jpy", "¥", "yen",
    ];
    WORDS.contains(&&*word.to_lowercase())
}

/// Thousands in groups of three, with decimals or without, or several of them:
/// "1.250.000", "1,250,000.00", "1.250.000-1.500.000", "1.250.000/12".
pub(super) fn is_price(chunk: &str) -> bool {
    let is_small = |part: &str| part.len() <= 3 && is_ascii_number(part);
    let mut per = chunk.splitn(2, '/');
    let prices = per.next().unwrap_or_default();
    prices.split(['-', '\u{2013}']).all(is_one_price) && per.next().is_none_or(is_small)
}

/// More digits than a price has without a currency beside it: "62.812.345.678"
/// is a phone number.
const PRICE_DIGITS_MAX: usize = 10;

fn is_one_price(text: &str) -> bool {
    let text = text.trim_end_matches(['.', ',']);
    [(',', '.'), ('.', ',')].iter().any(|(thousands, point)| {
        let (whole, cents) = text.split_once(*point).unwrap_or((text, "00"));
        let mut groups = whole.split(*thousands);
        let first = groups.next().unwrap_or_default();
        let rest: Vec<&str> = groups.collect();
        (1..=3).contains(&first.len())
            && is_ascii_number(first)
            && !first.starts_with('0')
            && !rest.is_empty()
            && first.len() + 3 * rest.len() <= PRICE_DIGITS_MAX
            && rest
                .iter()
                .all(|group| group.len() == 3 && is_ascii_number(group))
            && (1..=2).contains(&cents.len())
            && is_ascii_number(cents)
    })
}

/// Whether the first chunk is a date, a time of day, or a range of them.
/// "01/12" and "08.00" may also begin a phone number, so what stands behind
/// them decides.
pub(super) fn is_date(chunks: &[&str]) -> bool {
    let Some(first) = chunks.first() else {
        return false;
    };
    if is_full_date(first) {
        return true;
    }
    if !is_day_or_time(first) {
        return false;
    }
    let next = chunks[1..].iter().find(|chunk| chunk.contains(is_digit));
    next.is_none_or(|next| {
        next.chars().filter(|c| is_digit(*c)).count() <= 3
            || is_full_date(next)
            || is_day_or_time(next)
            || is_price(next)
    })
}

/// `2026-11-27`, `27/11/2026`, `27.11.2026`, `27-29/11/2026`.
fn is_full_date(chunk: &str) -> bool {
    let chunk = chunk.trim_end_matches(['.', ',', '-', '/']);
    if is_one_date(chunk) {
        return true;
    }
    let mut parts = chunk.rsplit(['-', '\u{2013}']);
    let is_start =
        |part: &str| is_small_number(part, 31) || is_day_or_time(part) || is_one_date(part);
    parts.next().is_some_and(is_one_date)
        && parts.next().is_some_and(is_start)
        && parts.next().is_none()
}

fn is_one_date(text: &str) -> bool {
    ['-', '/', '.'].iter().any(|separator| {
        let parts: Vec<&str> = text.split(*separator).collect();
        let is_month = |part: &str| is_small_number(part, 12);
        let is_day = |part: &str| is_small_number(part, 31);
        match *parts {
            [year, month, day] if is_year(year) => is_month(month) && is_day(day),
            [first, second, year] if is_year(year) => {
                (is_month(first) && is_day(second)) || (is_day(first) && is_month(second))
            }
            _ => false,
        }
    })
}

/// `27/11`, `08.00`, `08.00-17.00`, `01/12-05/12`.
fn is_day_or_time(chunk: &str) -> bool {
    chunk
        .trim_end_matches(['.', ',', '-', '/'])
        .split(['-', '\u{2013}'])
        .all(|part| {
            let is_time = part.split_once('.').is_some_and(|(hour, minute)| {
                minute.len() == 2 && is_small_number(hour, 23) && is_small_number(minute, 59)
            });
            let is_day = part
                .split_once('/')
                .is_some_and(|(day, month)| is_small_number(day, 31) && is_small_number(month, 12));
            is_time || is_day
        })
}

fn is_year(text: &str) -> bool {
    text.len() == 4 && is_ascii_number(text) && (text.starts_with("19") || text.starts_with("20"))
}

fn is_small_number(text: &str, max: u8) -> bool {
    text.len() <= 2 && is_ascii_number(text) && text.parse::<u8>().is_ok_and(|number| number <= max)
}

fn is_ascii_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
