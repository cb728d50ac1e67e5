//! Amounts of money: integer minor units of one currency.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

/// An ISO 4217 currency code, three capital letters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency(Arc<str>);

/// The text is not three letters.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a currency is three letters as in ISO 4217, such as USD or IDR; found {0:?}")]
pub struct InvalidCurrency(String);

impl Currency {
    /// Reads a code; lower case is accepted and raised.
    ///
    /// # Errors
    /// [`InvalidCurrency`] when it is not three ASCII letters.
    pub fn parse(text: &str) -> Result<Self, InvalidCurrency> {
        if text.len() == 3 && text.bytes().all(|b| b.is_ascii_alphabetic()) {
            Ok(Self(text.to_ascii_uppercase().into()))
        } else {
            Err(InvalidCurrency(text.chars().take(16).collect()))
        }
    }

    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Digits after the decimal point (ISO 4217; currencies that are not
    /// listed here have two).
    pub fn exponent(&self) -> u32 {
        match self.as_str() {
            "BIF" | "CLP" | "DJF" | "GNF" | "ISK" | "JPY" | "KMF" | "KRW" | "PYG" | "RWF"
            | "UGX" | "UYI" | "VND" | "VUV" | "XAF" | "XOF" | "XPF" => 0,
            "BHD" | "IQD" | "JOD" | "KWD" | "LYD" | "OMR" | "TND" => 3,
            _ => 2,
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Currency {
    type Error = InvalidCurrency;
    fn try_from(text: String) -> Result<Self, InvalidCurrency> {
        Self::parse(&text)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.0.as_ref().to_owned()
    }
}

/// An amount in minor units (cents for USD).
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Minor units; negative for what is owed back.
    pub minor: i64,
    /// In which currency.
    pub currency: Currency,
}

impl Money {
    /// `minor` units of `currency`.
    pub fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// The sum, or `None` when the currencies differ: Baton never converts.
    #[must_use]
    pub fn checked_add(&self, other: &Self) -> Option<Self> {
        let same = self.currency == other.currency;
        same.then(|| {
            Self::new(
                self.minor.saturating_add(other.minor),
                self.currency.clone(),
            )
        })
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let exponent = self.currency.exponent();
        let unit = 10u64.pow(exponent);
        let (whole, part) = (
            self.minor.unsigned_abs() / unit,
            self.minor.unsigned_abs() % unit,
        );
        let sign = if self.minor < 0 { "-" } else { "" };
        write!(f, "{} {sign}{whole}", self.currency)?;
        if exponent > 0 {
            write!(f, ".{part:0width$}", width = exponent as usize)?;
        }
        Ok(())
    }
}

impl fmt::Debug for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_read_as_people_write_them() {
        let show = |minor, code| Money::new(minor, Currency::parse(code).unwrap()).to_string();
        assert_eq!(show(123_456, "usd"), "USD 1234.56");
        assert_eq!(show(-5, "USD"), "USD -0.05");
        assert_eq!(show(5_000, "JPY"), "JPY 5000");
        assert_eq!(show(1_234, "KWD"), "KWD 1.234");
    }

    #[test]
    fn currencies_never_mix() {
        let usd = Money::new(1, Currency::parse("USD").unwrap());
        let idr = Money::new(1, Currency::parse("IDR").unwrap());
        assert_eq!(usd.checked_add(&idr), None);
        assert_eq!(usd.checked_add(&usd).unwrap().minor, 2);
        assert!(Currency::parse("US").is_err());
    }
}
