//! Phone and card numbers among other numbers.

use super::{DIGITS_MIN, plain};

/// What stands in place of a phone number.
const PHONE: &str = "[phone]";
/// What stands in place of a card number.
const CARD: &str = "[card]";

/// Characters between two digits of one number, at most.
const SEPARATORS_MAX: usize = 8;

/// Digits of any script that phones type.
pub(super) fn is_digit(c: char) -> bool {
    digit(c).is_some()
}

/// The value of a decimal digit: ASCII, full-width, Arabic-Indic, Persian,
/// Devanagari, Bengali or Thai.
fn digit(c: char) -> Option<u8> {
    const ZEROS: [char; 7] = [
        '0', '\u{ff10}', '\u{660}', '\u{6f0}', '\u{966}', '\u{9e6}', '\u{e50}',
    ];
    let value = |zero: &char| {
        u32::from(c)
            .checked_sub(u32::from(*zero))
            .filter(|it| *it < 10)
    };
    ZEROS
        .iter()
        .find_map(value)
        .and_then(|value| u8::try_from(value).ok())
}

/// Characters that people, or the phone they copy from, put between the
/// digits of one number.
fn is_separator(c: char) -> bool {
    let is_invisible = matches!(
        c,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}'
            | '\u{feff}' | '\u{fe0f}' | '\u{20e3}'
    );
    (c.is_whitespace() && c != '\n')
        || is_invisible
        || "-.()/,_*•·\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2212}".contains(c)
}

/// With `keeps_phones` only card numbers are masked, and what is too long to be
/// a phone number.
pub(super) fn mask_numbers(text: &str, keeps_phones: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c| is_digit(c) || c == '+') {
        let run = number_run(&rest[start..]);
        let (before, after) = (&rest[..start], &rest[start + run.len()..]);
        out.push_str(before);
        mask_run(run, (before, after), keeps_phones, &mut out);
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The longest start of `text` that is digits and separators between them,
/// ending in a digit. A comma before a space ends a number.
fn number_run(text: &str) -> &str {
    let mut end = text.chars().next().map_or(0, char::len_utf8);
    let mut separators = 0;
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        let mut is_next_digit = || chars.peek().is_some_and(|(_, next)| is_digit(*next));
        if is_digit(c) {
            end = at + c.len_utf8();
            separators = 0;
        } else if is_separator(c) && separators < SEPARATORS_MAX && (c != ',' || is_next_digit()) {
            separators += 1;
        } else {
            break;
        }
    }
    &text[..end]
}

/// Writes a run with its phone and card numbers masked. Dates, times and
/// prices inside it are set apart first, so that neither hides the other.
fn mask_run(run: &str, (before, after): (&str, &str), keeps_phones: bool, out: &mut String) {
    let chunks: Vec<&str> = run.split(char::is_whitespace).collect();
    if kind_of(run) == Some(CARD) && is_written_as_card(&chunks) {
        out.push_str(CARD);
        return;
    }
    let amount = plain::amount_chunks(&chunks, before, after);
    let mut rest = run;
    let mut at = 0;
    while at < chunks.len() {
        let is_date = plain::is_date(&chunks[at..]);
        let is_price = at < amount || plain::is_price(chunks[at]);
        let is_number = chunks[at].contains(|c| is_digit(c) || c == '+');
        // What follows a number that is neither is the rest of it, also when it
        // looks like a price: "62 812.345.678".
        let next = if is_date || is_price || !is_number {
            at + 1
        } else {
            let is_over = |next: &usize| plain::is_date(&chunks[*next..]);
            (at + 1..chunks.len()).find(is_over).unwrap_or(chunks.len())
        };
        let (segment, tail) = split_chunks(rest, next - at);
        let spaces = segment.len() - segment.trim_end().len();
        let (number, space) = segment.split_at(segment.len() - spaces);
        let is_kept = |mask: &str| keeps_phones && mask == PHONE && is_short(number);
        let mask = kind_of(number).filter(|mask| !is_date && !is_price && !is_kept(mask));
        out.push_str(mask.unwrap_or(number));
        out.push_str(space);
        rest = tail;
        at = next;
    }
}

/// The first `count` chunks of `text` with the whitespace behind them, and the
/// rest.
fn split_chunks(text: &str, count: usize) -> (&str, &str) {
    let end = text
        .split_inclusive(char::is_whitespace)
        .take(count)
        .map(str::len)
        .sum();
    text.split_at(end)
}

/// Cards are written in one piece, or with spaces or dashes.
fn is_written_as_card(chunks: &[&str]) -> bool {
    let is_part = |chunk: &&str| chunk.chars().all(|c| is_digit(c) || c == '-');
    chunks.iter().all(is_part) && !(0..chunks.len()).any(|at| plain::is_date(&chunks[at..]))
}

/// Whether it has no more digits than a phone number (ITU-T E.164).
fn is_short(run: &str) -> bool {
    run.chars().filter(|c| is_digit(*c)).count() <= 15
}

/// Which mask a run of digits deserves, if any.
fn kind_of(run: &str) -> Option<&'static str> {
    let digits: Vec<u8> = run.chars().filter_map(digit).collect();
    if (13..=19).contains(&digits.len()) && passes_luhn(&digits) {
        return Some(CARD);
    }
    let starts_as_phone = run.starts_with('+') || digits.first() == Some(&0);
    let least = if starts_as_phone {
        DIGITS_MIN
    } else {
        DIGITS_MIN + 2
    };
    (digits.len() >= least).then_some(PHONE)
}

/// Luhn's check digit (ISO/IEC 7812-1), which every payment card carries.
fn passes_luhn(digits: &[u8]) -> bool {
    let doubled = |digit: u8| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            u32::from(if place % 2 == 1 {
                doubled(*digit)
            } else {
                *digit
            })
        })
        .sum();
    sum.is_multiple_of(10)
}
