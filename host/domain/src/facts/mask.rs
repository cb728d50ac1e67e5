//! Masking of what identifies people inside free text: typed phone numbers,
//! e-mail addresses and card numbers (contract point 11).
//!
//! Written by hand rather than with a phone-number library: it must find
//! numbers of every country without knowing the country, run on the webhook
//! path, and leave prices, dates and quantities alone. When in doubt it masks.

use std::sync::Arc;

/// What stands in place of a phone number.
const PHONE: &str = "[phone]";
/// What stands in place of a card number.
const CARD: &str = "[card]";
/// What stands in place of an e-mail address.
const EMAIL: &str = "[email]";

/// The text with phone numbers, e-mail addresses and card numbers replaced by
/// `[phone]`, `[email]` and `[card]`. Shares the text when there is nothing
/// to mask.
#[must_use]
pub fn masked(text: &Arc<str>) -> Arc<str> {
    let may_hold_some = text.contains('@') || text.chars().filter(|c| is_digit(*c)).count() >= 7;
    if !may_hold_some {
        return text.clone();
    }
    mask_numbers(&mask_emails(text)).into()
}

/// Digits of any script that phones type.
fn is_digit(c: char) -> bool {
    c.is_numeric() && digit(c).is_some()
}

/// The value of an ASCII, full-width, Arabic-Indic or Persian digit.
fn digit(c: char) -> Option<u8> {
    let zero = match c {
        '0'..='9' => '0',
        '\u{ff10}'..='\u{ff19}' => '\u{ff10}',
        '\u{660}'..='\u{669}' => '\u{660}',
        '\u{6f0}'..='\u{6f9}' => '\u{6f0}',
        _ => return None,
    };
    u8::try_from(u32::from(c) - u32::from(zero)).ok()
}

fn mask_emails(text: &str) -> String {
    let is_local = |c: char| c.is_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c);
    let is_domain = |c: char| c.is_alphanumeric() || c == '.' || c == '-';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let (before, after) = (&rest[..at], &rest[at + 1..]);
        let local = before.len() - before.trim_end_matches(is_local).len();
        let domain = after.len() - after.trim_start_matches(is_domain).len();
        let host = after[..domain].trim_end_matches(['.', '-']);
        if local > 0 && host.contains('.') {
            out.push_str(&before[..before.len() - local]);
            out.push_str(EMAIL);
            rest = &after[host.len()..];
        } else {
            out.push_str(&rest[..=at]);
            rest = after;
        }
    }
    out.push_str(rest);
    out
}

fn mask_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(|c| is_digit(c) || c == '+') {
        let run = number_run(&rest[start..]);
        out.push_str(&rest[..start]);
        match kind_of(run, &rest[..start]) {
            Some(mask) => out.push_str(mask),
            None => out.push_str(run),
        }
        rest = &rest[start + run.len()..];
    }
    out.push_str(rest);
    out
}

/// The longest start of `text` that is digits and the separators that people
/// put between them, ending in a digit.
fn number_run(text: &str) -> &str {
    let is_separator = |c: char| c.is_whitespace() && c != '\n' || "-.()/,\u{2011}\u{2013}".contains(c);
    let mut end = text.chars().next().map_or(0, char::len_utf8);
    let mut separators = 0;
    for (at, c) in text.char_indices().skip(1) {
        if is_digit(c) {
            end = at + c.len_utf8();
            separators = 0;
        } else if is_separator(c) && separators < 3 {
            separators += 1;
        } else {
            break;
        }
    }
    &text[..end]
}

/// Which mask a run of digits deserves, if any.
fn kind_of(run: &str, before: &str) -> Option<&'static str> {
    let digits: Vec<u8> = run.chars().filter_map(digit).collect();
    let has_plus = run.starts_with('+');
    if (13..=19).contains(&digits.len()) && passes_luhn(&digits) {
        return Some(CARD);
    }
    if is_price(run, before) || is_date(run) {
        return None;
    }
    let starts_as_phone = has_plus || digits.first() == Some(&0);
    let least = if starts_as_phone { 7 } else { 9 };
    (digits.len() >= least).then_some(PHONE)
}

/// Luhn's check digit (ISO/IEC 7812-1), which every payment card carries.
fn passes_luhn(digits: &[u8]) -> bool {
    let doubled = |digit: u8| if digit > 4 { digit * 2 - 9 } else { digit * 2 };
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| u32::from(if place % 2 == 1 { doubled(*digit) } else { *digit }))
        .sum();
    sum.is_multiple_of(10)
}

/// Thousands grouped by one kind of separator ("1.250.000"), or any amount
/// right behind a currency ("Rp 1250000000").
fn is_price(run: &str, before: &str) -> bool {
    let last_word = before.trim_end().rsplit(char::is_whitespace).next().unwrap_or_default();
    let last_word = last_word.trim_end_matches('.').to_lowercase();
    if ["rp", "idr", "usd", "$", "€", "£", "eur", "us$", "s$", "rm"].contains(&&*last_word) {
        return true;
    }
    [',', '.'].iter().any(|separator| {
        let mut groups = run.split(*separator);
        let first = groups.next().unwrap_or_default();
        let rest: Vec<&str> = groups.collect();
        let is_group = |group: &&str| group.len() == 3 && group.bytes().all(|b| b.is_ascii_digit());
        let is_first = (1..=3).contains(&first.len()) && !first.starts_with(['0', '+']);
        is_first
            && first.bytes().all(|b| b.is_ascii_digit())
            && !rest.is_empty()
            && rest.iter().all(is_group)
    })
}

/// `2026-11-27`, `27/11/2026`, `27.11.2026`: three groups of which one is a
/// year.
fn is_date(run: &str) -> bool {
    ['-', '/', '.'].iter().any(|separator| {
        let groups: Vec<&str> = run.split(*separator).collect();
        let is_number = |group: &&str| group.bytes().all(|b| b.is_ascii_digit());
        let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
        groups.iter().all(is_number)
            && (matches!(*lengths, [4, 1..=2, 1..=2]) || matches!(*lengths, [1..=2, 1..=2, 4]))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: &str) {
        assert_eq!(&*masked(&text.into()), expect);
    }

    #[test]
    fn phones_of_all_kinds_are_masked() {
        check("call +62 812-3456-7890 now", "call [phone] now");
        check("0812 3456 7890", "[phone]");
        check("(0)812.3456.7890", "([phone]");
        check("my number is 6281234567890.", "my number is [phone].");
        check("wa 081234567, thanks", "wa [phone], thanks");
        check("٠٨١٢٣٤٥٦٧٨٩٠", "[phone]");
        check("+1 (415) 555-2671", "[phone]");
    }

    #[test]
    fn addresses_and_cards_are_masked() {
        check("mail ana.b+x@kopi.co.id, ok?", "mail [email], ok?");
        check("4111 1111 1111 1111 exp 12/29", "[card] exp 12/29");
        check("card 4111-1111-1111-1111", "card [card]");
        check("@kopi and a@b stay", "@kopi and a@b stay");
    }

    #[test]
    fn prices_dates_and_quantities_stay() {
        for text in [
            "Rp 1.250.000 for 12 pieces",
            "1,250,000.",
            "Rp. 1250000000",
            "2026-11-27 or 27/11/2026",
            "order 123456",
            "10 x 20 x 30",
            "before 5 December 2026",
        ] {
            check(text, text);
        }
    }
}
