//! Reading what other people's software writes: numbers as texts, texts as
//! numbers, half emojis.

use std::{borrow::Cow, fmt, sync::Arc};

use baton_domain::money::{Currency, Money};
use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer,
    de::{Error, Visitor},
};

use super::update::Amount;

/// A text, or a number read as its text. WhatsApp sends timestamps as texts in
/// `messages` and as numbers in `user_preferences`, prices as numbers and, in
/// older samples, as texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text<'a>(Cow<'a, str>);

impl Text<'_> {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn into_string(self) -> String {
        self.0.into_owned()
    }
}

/// The shared text of an optional one; empty ones count as missing.
pub(super) fn shared(text: Option<&Text<'_>>) -> Option<Arc<str>> {
    text.map(Text::as_str)
        .filter(|text| !text.is_empty())
        .map(Arc::from)
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text or a number")
            }
            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }
            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
            fn visit_string<E: Error>(self, text: String) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text)))
            }
            fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(number.to_string())))
            }
            fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(number.to_string())))
            }
            fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(number.to_string())))
            }
            fn visit_bool<E: Error>(self, truth: bool) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(truth.to_string())))
            }
        }

        deserializer.deserialize_any(TextVisitor)
    }
}

/// Seconds since 1970, or milliseconds when the number is too great to be
/// seconds of this millennium, or an RFC 3339 text.
pub(super) fn timestamp(text: Option<&Text<'_>>) -> Option<Timestamp> {
    const SECONDS_MAX: i64 = 100_000_000_000;
    let text = text?.as_str();
    match text.parse::<i64>() {
        Ok(number) if number <= 0 => None,
        Ok(seconds) if seconds <= SECONDS_MAX => Timestamp::from_second(seconds).ok(),
        Ok(milliseconds) => Timestamp::from_millisecond(milliseconds).ok(),
        Err(_) => text.parse().ok(),
    }
}

/// A decimal number of whole currency units, such as `12.50`.
pub(super) fn price(units: &Text<'_>, currency: Option<&Text<'_>>) -> Amount {
    let money = currency
        .and_then(|code| Currency::parse(code.as_str()).ok())
        .and_then(|currency| {
            let minor = minor_units(units.as_str(), currency.exponent())?;
            Some(Money::new(minor, currency))
        });
    Amount {
        money,
        text: units.as_str().to_owned(),
    }
}

/// `value` divided by `offset`, in whole currency units.
pub(super) fn scaled(
    value: &Text<'_>,
    offset: Option<&Text<'_>>,
    currency: Option<&Text<'_>>,
) -> Amount {
    let offset_text = offset.map_or("1", Text::as_str);
    let money = currency
        .and_then(|code| Currency::parse(code.as_str()).ok())
        .and_then(|currency| {
            let value: i64 = value.as_str().parse().ok()?;
            let offset: i64 = offset_text.parse().ok().filter(|offset| *offset > 0)?;
            let minor = i128::from(value) * i128::from(10_i64.pow(currency.exponent()));
            let minor = round_half_up(minor, i128::from(offset));
            Some(Money::new(i64::try_from(minor).ok()?, currency))
        });
    Amount {
        money,
        text: format!("{}/{offset_text}", value.as_str()),
    }
}

fn round_half_up(value: i128, by: i128) -> i128 {
    (2 * value + by).div_euclid(2 * by)
}

/// Reads a decimal exactly; digits past the currency's exponent are rounded.
fn minor_units(text: &str, exponent: u32) -> Option<i64> {
    let (negative, text) = text
        .strip_prefix('-')
        .map_or((false, text), |rest| (true, rest));
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.len() <= 18 && text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(part) {
        return None;
    }
    let scale = 10_i128.pow(u32::try_from(part.len()).ok()?);
    let number: i128 = format!("{whole}{part}").parse().ok()?;
    let minor = round_half_up(number * 10_i128.pow(exponent), scale);
    i64::try_from(if negative { -minor } else { minor }).ok()
}

/// `json` with every half of a surrogate pair replaced by U+FFFD, or `None`
/// when there is none. WhatsApp cuts long titles by UTF-16 units and may cut
/// an emoji in two; Rust's strings cannot hold half of one.
pub(super) fn repair(json: &str) -> Option<String> {
    let bytes = json.as_bytes();
    let mut fixed = String::new();
    let (mut kept, mut at) = (0, 0);
    while at < bytes.len() {
        if bytes[at] != b'\\' {
            at += 1;
            continue;
        }
        let step = match (escaped_unit(bytes, at), escaped_unit(bytes, at + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
            (Some(0xd800..=0xdfff), _) => {
                fixed.push_str(&json[kept..at]);
                fixed.push_str("\\ufffd");
                kept = at + 6;
                6
            }
            (Some(_), _) => 6,
            (None, _) => 2,
        };
        at += step;
    }
    if kept == 0 {
        return None;
    }
    fixed.push_str(&json[kept..]);
    Some(fixed)
}

/// The UTF-16 unit of the `\uXXXX` that begins at `at`.
fn escaped_unit(bytes: &[u8], at: usize) -> Option<u16> {
    let digits = bytes.get(at..at + 6)?.strip_prefix(b"\\u")?;
    u16::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Text<'_> {
        Text(Cow::Borrowed(text))
    }

    #[test]
    fn texts_and_numbers_are_one() {
        let read = |json: &str| {
            serde_json::from_str::<Text<'_>>(json)
                .map(Text::into_string)
                .ok()
        };
        assert_eq!(read(r#""12""#).as_deref(), Some("12"));
        assert_eq!(read("12").as_deref(), Some("12"));
        assert_eq!(read("-1").as_deref(), Some("-1"));
        assert_eq!(read("7.99").as_deref(), Some("7.99"));
        assert_eq!(read(r#""caf\u00e9""#).as_deref(), Some("café"));
        assert_eq!(read("[]"), None);
        assert_eq!(read("null"), None);
    }

    #[test]
    fn times_come_in_three_units() {
        let read = |input: &str| timestamp(Some(&text(input))).map(|at| at.to_string());
        let expected = Some("2025-02-12T00:43:44Z".to_owned());
        assert_eq!(read("1739321024"), expected);
        assert_eq!(read("1739321024000"), expected);
        assert_eq!(read("2025-02-12T00:43:44Z"), expected);
        for bad in ["", "0", "-5", "soon", "99999999999999999"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn prices_are_exact() {
        let read = |units: &str, code: &str| {
            price(&text(units), Some(&text(code)))
                .money
                .map(|m| m.to_string())
        };
        assert_eq!(read("7.99", "USD").as_deref(), Some("USD 7.99"));
        assert_eq!(read("7", "usd").as_deref(), Some("USD 7.00"));
        assert_eq!(read("0.1", "KWD").as_deref(), Some("KWD 0.100"));
        assert_eq!(read("1000", "JPY").as_deref(), Some("JPY 1000"));
        assert_eq!(read("1.005", "USD").as_deref(), Some("USD 1.01"));
        assert_eq!(read("-2.50", "USD").as_deref(), Some("USD -2.50"));
        for bad in ["", ".", "1e3", "1,5", "9999999999999999999"] {
            assert_eq!(read(bad, "USD"), None, "{bad}");
        }
        assert_eq!(price(&text("5"), None).money, None);
    }

    #[test]
    fn scaled_amounts_are_exact() {
        let read = |value: &str, offset: &str, code: &str| {
            scaled(&text(value), Some(&text(offset)), Some(&text(code)))
                .money
                .map(|m| m.to_string())
        };
        assert_eq!(read("21000", "100", "INR").as_deref(), Some("INR 210.00"));
        assert_eq!(read("21000", "1000", "KWD").as_deref(), Some("KWD 21.000"));
        assert_eq!(read("21000", "100", "JPY").as_deref(), Some("JPY 210"));
        assert_eq!(read("1", "0", "INR"), None);
        assert_eq!(read("9223372036854775807", "1", "INR"), None);
    }

    #[test]
    fn half_emojis_are_replaced_and_whole_ones_kept() {
        assert_eq!(repair(r#""a\ud83d""#).as_deref(), Some(r#""a\ufffd""#));
        assert_eq!(
            repair(r#""\ud83d\ud83d\udc4d\udc4d""#).as_deref(),
            Some(r#""\ufffd\ud83d\udc4d\ufffd""#)
        );
        assert_eq!(repair(r#""\ud83d\udc4d \\ud83d \n""#), None);
        assert_eq!(repair(r#""\ud83d\\""#).as_deref(), Some(r#""\ufffd\\""#));
    }
}
