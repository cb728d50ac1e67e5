//! Amounts of money, written as people read them.

use std::fmt;

use crate::Money;

impl Money {
    /// `minor` units of `currency` (ISO 4217, in capitals).
    pub fn new(minor: i64, currency: &str) -> Self {
        Self {
            minor,
            currency: currency.to_owned(),
        }
    }

    /// Whether both are of one currency; amounts of two are never compared.
    pub fn same_currency(&self, other: &Self) -> bool {
        self.currency == other.currency
    }
}

/// As Baton writes amounts everywhere: `USD 1234.56`, `JPY 5000`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = decimals(&self.currency);
        let unit = 10u64.pow(digits);
        let amount = self.minor.unsigned_abs();
        f.write_str(&self.currency)?;
        f.write_str(if self.minor < 0 { " -" } else { " " })?;
        fmt::Display::fmt(&(amount / unit), f)?;
        if digits > 0 {
            write!(f, ".{:0width$}", amount % unit, width = digits as usize)?;
        }
        Ok(())
    }
}

/// Digits after the decimal point (ISO 4217; two unless listed here).
fn decimals(currency: &str) -> u32 {
    const NONE: &str = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
    const THREE: &str = "BHD IQD JOD KWD LYD OMR TND";
    let listed = |codes: &str| codes.split(' ').any(|code| code == currency);
    if listed(NONE) {
        0
    } else if listed(THREE) {
        3
    } else {
        2
    }
}

#[cfg(test)]
mod tests {
    use crate::Money;

    #[test]
    fn amounts_read_as_people_write_them() {
        assert_eq!(Money::new(123_456, "USD").to_string(), "USD 1234.56");
        assert_eq!(Money::new(-5, "USD").to_string(), "USD -0.05");
        assert_eq!(Money::new(5_000, "JPY").to_string(), "JPY 5000");
        assert_eq!(Money::new(1_234, "KWD").to_string(), "KWD 1.234");
    }
}
