//! Masking of what identifies people inside free text: typed phone numbers,
//! e-mail addresses and card numbers (contract point 11), and for people whose
//! role lacks them postal addresses.
//!
//! Written by hand rather than with a phone-number library: it must find
//! numbers of every country without knowing the country, run on the webhook
//! path, and leave prices, dates and quantities alone. When in doubt it masks.

mod address;
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
    let keep = Keep {
        addresses: true,
        ..Keep::default()
    };
    masked_but(text, keep)
}

/// What stays in a text that is masked. Card numbers never do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Keep {
    /// Phone numbers.
    pub phones: bool,
    /// E-mail addresses.
    pub emails: bool,
    /// Postal addresses, which modules see: what they tell of a place is what a
    /// rule about delivery looks for.
    pub addresses: bool,
}

/// As [`masked`], but for what `keep` names; what looks like a postal address
/// becomes `[address]`.
#[must_use]
pub fn masked_but(text: &Arc<str>, keep: Keep) -> Arc<str> {
    let has_digits = |text: &str| {
        let mut digits = text.chars().filter(|c| is_digit(*c));
        digits.nth(DIGITS_MIN - 1).is_some()
    };
    let mut out = text.clone();
    if !keep.emails && out.contains('@') {
        out = mask_emails(&out).into();
    }
    if has_digits(&out) {
        out = mask_numbers(&out, keep.phones).into();
    }
    if !keep.addresses
        && let Some(without) = address::mask_addresses(&out)
    {
        out = without.into();
    }
    out
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

    fn check_but(keep: Keep, text: &str, expect: &str) {
        assert_eq!(&*masked_but(&text.into(), keep), expect);
    }

    #[test]
    fn what_is_kept_stays_and_a_card_never_does() {
        let text = "mail ana@kopi.id or +62 812 3456 7890, card 4111 1111 1111 1111";
        let phones = Keep {
            phones: true,
            ..Keep::default()
        };
        let expect = "mail [email] or +62 812 3456 7890, card [card]";
        check_but(phones, text, expect);
        let emails = Keep {
            emails: true,
            ..Keep::default()
        };
        check_but(emails, text, "mail ana@kopi.id or [phone], card [card]");
        // Longer than any phone number, so it is something else.
        check_but(phones, "4111111111111111 12/29 123", "[phone]");
    }

    #[test]
    fn postal_addresses_are_masked() {
        let none = Keep::default();
        for (text, expect) in [
            (
                "Kirim ke Jl. Kenanga No. 12, RT 03/RW 05, Kel. Menteng, Jakarta Pusat 10310",
                "Kirim ke [address]",
            ),
            ("jalan kenanga no 12 ya", "[address]"),
            (
                "Jalan Sudirman 45, kapan sampai?",
                "[address], kapan sampai?",
            ),
            (
                "I live at 12 Main Street, Springfield 12345, when is it here?",
                "I live at [address], when is it here?",
            ),
            ("221B Baker Street", "[address]"),
            ("ship to 7 Old Mill Rd. thanks", "ship to [address] thanks"),
            ("Hauptstraße 5, 10115 Berlin", "[address]"),
            ("rue de Rivoli 12", "[address]"),
            (
                "My address: the blue house behind the mosque",
                "My address: [address]",
            ),
            ("alamat: rumah biru, belakang masjid", "alamat: [address]"),
            ("kode pos 10310 ya", "[address] ya"),
            ("one\nBlok C4 No 8\nthanks", "one\n[address]\nthanks"),
        ] {
            check_but(none, text, expect);
        }
    }

    #[test]
    fn ordinary_words_are_no_address() {
        let none = Keep::default();
        for text in [
            "Will this arrive before Friday?",
            "jalan-jalan sama keluarga",
            "pesanan saya sudah jalan belum?",
            "2 pieces in blue, size 38",
            "I paid 500.000 on 12 May, any way to get it today?",
            "is there a place for 2?",
            "the street is closed",
            "apa alamat toko?",
            "what is your address?",
            "gang, 2 more please",
        ] {
            check_but(none, text, text);
        }
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
