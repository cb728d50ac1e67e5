//! How other programs name a customer.

use baton_domain::{limit, limits::FOREIGN_ID_CHARS_MAX};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::InvalidValue;

/// A customer, by any of what is known; at least one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerRef {
    /// Baton's own id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Phone number with the country code; spaces and a plus are ignored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// WhatsApp's business-scoped user id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// Your own id of the customer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
}

impl CustomerRef {
    /// The phone number as digits.
    ///
    /// # Errors
    /// [`InvalidValue`] when it has not 6 to 15 digits (ITU-T E.164) or holds
    /// anything but digits and the usual separators.
    pub fn phone_digits(&self) -> Result<Option<String>, InvalidValue> {
        let Some(phone) = &self.phone else {
            return Ok(None);
        };
        let is_separator = |c: char| c.is_whitespace() || "+-.()".contains(c);
        let digits: String = phone.chars().filter(|c| !is_separator(*c)).collect();
        let is_number = digits.bytes().all(|b| b.is_ascii_digit());
        if !is_number || !(6..=15).contains(&digits.len()) {
            let problem = "is no phone number: 6 to 15 digits with the country code are wanted";
            return Err(InvalidValue::new("customer.phone", problem));
        }
        Ok(Some(digits))
    }

    /// Checks that something names the customer.
    ///
    /// # Errors
    /// [`InvalidValue`] when nothing does, or something is too long.
    pub fn check(&self) -> Result<(), InvalidValue> {
        let named = [&self.id, &self.phone, &self.user_id, &self.external_id];
        if named.iter().all(|it| it.is_none()) {
            let problem = "name the customer by phone, user_id, external_id or id";
            return Err(InvalidValue::new("customer", problem));
        }
        let is_long = |it: &&Option<String>| {
            it.as_ref()
                .is_some_and(|it| it.is_empty() || it.len() > FOREIGN_ID_CHARS_MAX)
        };
        if named.iter().any(is_long) {
            let problem = format!("ids have 1 to {FOREIGN_ID_CHARS_MAX} characters");
            return Err(InvalidValue::over(
                "customer",
                problem,
                limit!(FOREIGN_ID_CHARS_MAX),
            ));
        }
        self.phone_digits().map(drop)
    }
}
