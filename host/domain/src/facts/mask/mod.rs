//! Masking of what identifies people inside free text: typed phone numbers,
//! e-mail addresses and card numbers (contract point 11).
//!
//! Written by hand rather than with a phone-number library: it must find
//! numbers of every country without knowing the country, run on the webhook
//! path, and leave prices, dates and quantities alone. When in doubt it masks.

mod numbers;
mod plain;

use std::sync::Arc;

use numbers::{is_digit, mask_numbers};

/// What stands in place of an e-mail address.
const EMAIL: &str = "[email]";

/// The fewest digits that are masked.
const DIGITS_MIN: usize = 7;

/// The text with phone numbers, e-mail addresses and card numbers replaced by
/// `[phone]`, `[email]` and `[card]`. Shares the text when there is nothing
/// to mask.
#[must_use]
pub fn masked(text: &Arc<str>) -> Arc<str> {
    let has_digits = text
        .chars()
        .filter(|c| is_digit(*c))
        .nth(DIGITS_MIN - 1)
        .is_some();
    match (text.contains('@'), has_digits) {
        (false, false) => text.clone(),
        (true, false) => mask_emails(text).into(),
        (false, true) => mask_numbers(text).into(),
        (true, true) => mask_numbers(&mask_emails(text)).into(),
    }
}

fn mask_emails(text: &str) -> String {
    let is_local = |c: char| c.is_alphanumeric() || ".!#$%&'*+/=?^_`{|}~-".contains(c);
    let is_domain = |c: char| c.is_alphanumeric() || c == '.' || c == '-';
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('@') {
        let (mut before, mut after) = (&rest[..at], &rest[at + 1..]);
        // "ana @ kopi.id" is an address, "see @kopi.id" is a name.
        if let (Some(left), Some(right)) = (before.strip_suffix(' '), after.strip_prefix(' ')) {
            (before, after) = (left, right);
        }
        let local = before.len() - before.trim_end_matches(is_local).len();
        let domain = after.len() - after.trim_start_matches(is_domain).len();
        let host = after[..domain].trim_end_matches(['.', '-']);
        if local > 0 && host.contains('.') {
            out.push_str(&before[..before.len() - local]);
            out.push_str(EMAIL);
            rest = &after[host.len()..];
        } else {
            out.push_str(&rest[..=at]);
            rest = &rest[at + 1..];
        }
    }
    out.push_str(rest);
    out
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
        check("(021) 555-1234", "([phone]");
        check("06.12.34.56.78", "[phone]");
        check("+62 812.345.678", "[phone]");
        check("62 812.345.678", "[phone]");
        check("62.812.345.678", "[phone]");
        check("0812 -- 3456 -- 7890", "[phone]");
        check("0812_3456_7890", "[phone]");
        check("0812345678, 0813456789", "[phone], [phone]");
        check("08/12 3456 7890", "[phone]");
        check("०८१२३४५६७८९०", "[phone]");
    }

    #[test]
    fn invisible_characters_hide_nothing() {
        check(
            "\u{202a}+62 812\u{2011}3456\u{2011}7890\u{202c}",
            "\u{202a}[phone]\u{202c}",
        );
        check("0812\u{200b}3456\u{200b}7890", "[phone]");
        check(
            "0\u{fe0f}\u{20e3}8\u{fe0f}\u{20e3}1\u{fe0f}\u{20e3}2345678",
            "[phone]",
        );
        check("0812\u{a0}3456\u{a0}7890", "[phone]");
    }

    #[test]
    fn addresses_and_cards_are_masked() {
        check("mail ana.b+x@kopi.co.id, ok?", "mail [email], ok?");
        check("mail ana @ kopi.co.id", "mail [email]");
        check("a@b.co,c@d.co", "[email],[email]");
        check("4111 1111 1111 1111 exp 12/29", "[card] exp 12/29");
        check("card 4111-1111-1111-1111", "card [card]");
        check("usd 4111111111111111", "usd [card]");
        check("4111111111111111 12/29 123", "[phone]");
        check("@kopi and a@b stay", "@kopi and a@b stay");
        check("see @kopi.id", "see @kopi.id");
    }

    #[test]
    fn a_phone_beside_something_harmless_is_masked() {
        check("Rp 500.000 081234567890", "Rp 500.000 [phone]");
        check("1.250.000 081234567890", "1.250.000 [phone]");
        check("27/11/2026 081234567890", "27/11/2026 [phone]");
        check("0812 3456 7890 27/11/2026", "[phone] 27/11/2026");
        check("08.00 081234567890", "[phone]");
    }

    #[test]
    fn prices_dates_and_quantities_stay() {
        for text in [
            "Rp 1.250.000 for 12 pieces",
            "1,250,000.",
            "Rp. 1250000000",
            "harga:Rp1250000000",
            "(Rp1250000000)",
            "IDR 1 250 000 000",
            "1250000000 rupiah",
            "1.250.000,00",
            "1,250,000.00",
            "Rp1.250.000-Rp1.500.000",
            "1.250.000 - 1.500.000",
            "1.250.000-1.500.000",
            "1.250.000/12 pcs",
            "Rp1.250.000,-",
            "150rb atau 1,5jt",
            "2026-11-27 or 27/11/2026",
            "2026-11-27 10:30",
            "27/11/2026, 12 pieces",
            "27/11/2026 - 29/11/2026",
            "27-29/11/2026",
            "01/12 - 05/12",
            "buka 08.00-17.00",
            "buka 08.00 - 17.00, sabtu 09.00 - 12.00",
            "tgl 01-12-2026 jam 10.00",
            "order 123456",
            "10 x 20 x 30",
            "ukuran 38, 39, 40, 41, 42",
            "before 5 December 2026",
        ] {
            check(text, text);
        }
    }
}
