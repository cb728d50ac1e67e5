//! Ids. Each thing that has an id has its own type; a value of such a type
//! has passed its one constructor and is well formed.

use std::{fmt, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::limits::{FOREIGN_ID_CHARS_MAX, MESSAGE_ID_CHARS_MAX, NAME_CHARS_MAX};

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind} {problem}")]
pub struct InvalidId {
    kind: &'static str,
    problem: String,
}

fn check_length(kind: &'static str, text: &str, max: usize) -> Result<(), InvalidId> {
    let length = text.chars().count();
    if length == 0 || length > max {
        let problem = format!("must have 1 to {max} characters, has {length}");
        return Err(InvalidId { kind, problem });
    }
    Ok(())
}

/// Names that people choose: lower-case letters, digits and dashes, so that
/// they can stand in a URL, a file name and a label without escaping.
fn check_name(kind: &'static str, text: &str) -> Result<(), InvalidId> {
    check_length(kind, text, NAME_CHARS_MAX)?;
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if let Some(odd) = text.chars().find(|c| !fits(*c)) {
        let problem = format!("may hold a-z, 0-9 and '-', found {odd:?}");
        return Err(InvalidId { kind, problem });
    }
    Ok(())
}

/// Ids that other systems choose: any visible text of bounded length.
fn check_foreign(kind: &'static str, text: &str, max: usize) -> Result<(), InvalidId> {
    check_length(kind, text, max)?;
    if text.chars().any(char::is_control) {
        let problem = "holds a control character".to_owned();
        return Err(InvalidId { kind, problem });
    }
    Ok(())
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks `text` and wraps it.
            ///
            /// # Errors
            /// [`InvalidId`] when the text is empty, too long or holds
            /// characters that such an id may not hold.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                let check: fn(&'static str, &str) -> Result<(), InvalidId> = $check;
                check($kind, text)?;
                Ok(Self(text.into()))
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }

        impl TryFrom<String> for $name {
            type Error = InvalidId;
            fn try_from(text: String) -> Result<Self, InvalidId> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.0.as_ref().to_owned()
            }
        }
    };
}

text_id!(
    /// One merchant.
    TenantId, "tenant id", check_name
);
text_id!(
    /// A person who writes to a tenant, under a random id that tells nothing.
    CustomerId, "customer id", check_name
);
text_id!(
    /// A team of a tenant's people.
    TeamName, "team name", check_name
);
text_id!(
    /// A tier within a team, such as `junior` or `senior`.
    TierName, "tier name", check_name
);
text_id!(
    /// One of a tenant's people.
    AgentId, "agent id", check_name
);
text_id!(
    /// What somebody may see and do, such as `junior-agent`.
    RoleName, "role name", check_name
);
text_id!(
    /// The name that a module declares for itself.
    ModuleName, "module name", check_name
);
text_id!(
    /// One of the addresses that a tenant is told at, by the name it gave it.
    EndpointId, "endpoint id", check_name
);
text_id!(
    /// A comparison of one number with the Business App.
    ComparisonId, "comparison id", check_name
);
text_id!(
    /// A business phone number, by Meta's `phone_number_id`.
    NumberId, "phone number id", |kind, text| check_foreign(kind, text, FOREIGN_ID_CHARS_MAX)
);
text_id!(
    /// A WhatsApp message id (`wamid...`). It contains the customer's phone
    /// number in base64, so it is personal data: keys and logs carry its
    /// keyed hash.
    MessageId, "message id", |kind, text| check_foreign(kind, text, MESSAGE_ID_CHARS_MAX)
);
text_id!(
    /// An order, by the merchant's own id.
    OrderId, "order id", |kind, text| check_foreign(kind, text, FOREIGN_ID_CHARS_MAX)
);
text_id!(
    /// A payment, by the reference that the merchant gave it.
    PaymentReference, "payment reference", |kind, text| check_foreign(kind, text, FOREIGN_ID_CHARS_MAX)
);

/// Number of an episode within one conversation, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EpisodeNumber(pub u32);

/// Counts the changes of owner of one conversation. What was decided under an
/// older epoch is suppressed.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct OwnerEpoch(pub u64);

impl OwnerEpoch {
    /// The epoch after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

/// Number of a release of a tenant, from 1; 0 is the host's own pack.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct ReleaseNumber(pub u32);

/// SHA-256 of a module's bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModuleDigest([u8; 32]);

impl ModuleDigest {
    /// Wraps the 32 bytes of a SHA-256.
    pub fn new(sha256: [u8; 32]) -> Self {
        Self(sha256)
    }

    /// The 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The first 12 hex digits, enough for people.
    pub fn short(&self) -> String {
        self.to_string()[..12].to_owned()
    }
}

impl fmt::Display for ModuleDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ModuleDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl From<ModuleDigest> for String {
    fn from(digest: ModuleDigest) -> Self {
        digest.to_string()
    }
}

impl TryFrom<String> for ModuleDigest {
    type Error = InvalidId;
    fn try_from(text: String) -> Result<Self, InvalidId> {
        let invalid = || InvalidId {
            kind: "module digest",
            problem: "must be 64 hexadecimal digits".to_owned(),
        };
        if text.len() != 64 || !text.is_ascii() {
            return Err(invalid());
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).map_err(|_| invalid())?;
            *byte = u8::from_str_radix(pair, 16).map_err(|_| invalid())?;
        }
        Ok(Self(bytes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe_in_urls_and_labels() {
        assert!(TenantId::parse("kopi-senja").is_ok());
        for bad in ["", "Kopi", "a b", "a/b", "a.b", "é", &"a".repeat(65)] {
            assert!(TenantId::parse(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_digest_survives_its_text() {
        let digest = ModuleDigest::new(std::array::from_fn(|i| i as u8));
        assert_eq!(ModuleDigest::try_from(digest.to_string()), Ok(digest));
        assert!(ModuleDigest::try_from("00".to_owned()).is_err());
        assert!(ModuleDigest::try_from("g".repeat(64)).is_err());
    }
}
