//! How a customer is reached: a phone number, a business-scoped user id, or
//! both. Since user names exist either may be missing (WhatsApp
//! documentation, "Business-scoped user IDs").

use std::{fmt, sync::Arc};

/// Why a text is not an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAddress {
    /// Not 5 to 15 digits.
    #[error("a phone number has 5 to 15 digits, country code first")]
    Phone,
    /// Not of the shape `US.13491208655302741918`.
    #[error("a business-scoped user id is a country code, a dot and 1 to 128 letters or digits")]
    UserId,
}

/// A phone number in E.164 digits without the plus. Personal data: `Debug`
/// shows the last two digits only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(Arc<str>);

impl Phone {
    /// Reads a number as WhatsApp sends it: digits, country code first. A
    /// leading plus and the usual separators are dropped.
    ///
    /// # Errors
    /// [`InvalidAddress::Phone`] when anything else, or not 5 to 15 digits,
    /// is found.
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        let bare = text.strip_prefix('+').unwrap_or(text);
        if bare.bytes().all(|b| b.is_ascii_digit()) {
            return Self::of_digits(bare);
        }
        let separator = |c: char| matches!(c, ' ' | '-' | '(' | ')' | '.' | '\u{a0}');
        Self::of_digits(&bare.replace(separator, ""))
    }

    fn of_digits(digits: &str) -> Result<Self, InvalidAddress> {
        let fits = (5..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
        fits.then(|| Self(digits.into()))
            .ok_or(InvalidAddress::Phone)
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Phone(..{})", &self.0[self.0.len() - 2..])
    }
}

/// A business-scoped user id, such as `US.13491208655302741918`: one person as
/// one business portfolio sees them. It changes with the phone number.
/// Personal data: `Debug` shows the country only.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BusinessScopedUserId(Arc<str>);

impl BusinessScopedUserId {
    /// Reads `^[A-Z]{2}\.(ENT\.)?[0-9A-Za-z]{1,128}$`.
    ///
    /// # Errors
    /// [`InvalidAddress::UserId`] when the text has another shape.
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        let fits = text.split_once('.').is_some_and(|(country, rest)| {
            let id = rest.strip_prefix("ENT.").unwrap_or(rest);
            country.len() == 2
                && country.bytes().all(|b| b.is_ascii_uppercase())
                && (1..=128).contains(&id.len())
                && id.bytes().all(|b| b.is_ascii_alphanumeric())
        });
        fits.then(|| Self(text.into()))
            .ok_or(InvalidAddress::UserId)
    }

    /// The id as WhatsApp writes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for BusinessScopedUserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for BusinessScopedUserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BusinessScopedUserId({}..)", &self.0[..2])
    }
}

/// What is known of where a customer is reached: at least one of the two.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct CustomerAddress {
    phone: Option<Phone>,
    user_id: Option<BusinessScopedUserId>,
}

impl CustomerAddress {
    /// Both parts, or `None` when neither is known.
    pub fn new(phone: Option<Phone>, user_id: Option<BusinessScopedUserId>) -> Option<Self> {
        (phone.is_some() || user_id.is_some()).then_some(Self { phone, user_id })
    }

    /// The phone number, if known.
    pub fn phone(&self) -> Option<&Phone> {
        self.phone.as_ref()
    }

    /// The business-scoped user id, if known.
    pub fn user_id(&self) -> Option<&BusinessScopedUserId> {
        self.user_id.as_ref()
    }

    /// Adds what `other` knows and this address does not.
    #[must_use]
    pub fn or(self, other: &Self) -> Self {
        Self {
            phone: self.phone.or_else(|| other.phone.clone()),
            user_id: self.user_id.or_else(|| other.user_id.clone()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_are_digits_however_they_are_written() {
        for text in [
            "16505551234",
            "+16505551234",
            "+1 (650) 555-1234",
            "1.650.555.1234",
        ] {
            assert_eq!(
                Phone::parse(text).unwrap().as_str(),
                "16505551234",
                "{text}"
            );
        }
        for bad in [
            "",
            "+",
            "1234",
            "1234567890123456",
            "US.1",
            "1650555123a",
            "++16505551234",
            "١٢٣٤٥٦",
        ] {
            assert!(Phone::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn user_ids_have_one_shape() {
        for text in [
            "US.13491208655302741918",
            "US.ENT.11815799212886844830",
            "ID.a",
            "US.ENT",
        ] {
            assert_eq!(BusinessScopedUserId::parse(text).unwrap().as_str(), text);
        }
        let long = format!("US.{}", "1".repeat(129));
        for bad in [
            "",
            "US",
            "US.",
            "us.1",
            "USA.1",
            "US.ENT.",
            "US.1.2",
            "US.a-b",
            "16505551234",
            &long,
        ] {
            assert!(BusinessScopedUserId::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_address_knows_something_and_does_not_show_it() {
        assert_eq!(CustomerAddress::new(None, None), None);
        let phone = CustomerAddress::new(Phone::parse("16505551234").ok(), None).unwrap();
        let user = CustomerAddress::new(None, BusinessScopedUserId::parse("US.9").ok()).unwrap();
        let both = phone.clone().or(&user);
        assert_eq!(both.phone(), phone.phone());
        assert_eq!(both.user_id(), user.user_id());
        let shown = format!("{both:?}");
        assert!(
            !shown.contains("6505551234") && !shown.contains("US.9"),
            "{shown}"
        );
    }
}
