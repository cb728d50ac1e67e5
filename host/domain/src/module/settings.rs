//! Typed values that a merchant sets for a module in a release.

use std::{collections::BTreeMap, fmt, sync::Arc};

use serde::{Deserialize, Serialize};

/// The types a setting may have, as in `wit/v1/settings.wit`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SettingType {
    /// A yes or no.
    Boolean,
    /// A whole number; money in minor units.
    Integer,
    /// A finite number.
    Decimal,
    /// A text.
    Text,
    /// A list of texts.
    Texts,
}

/// The value of a setting. In JSON it is the plain value; a number without a
/// point is an integer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SettingValue {
    /// A yes or no.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A number.
    Decimal(f64),
    /// A text.
    Text(Arc<str>),
    /// A list of texts.
    Texts(Arc<[Arc<str>]>),
}

impl SettingValue {
    /// Its type.
    pub fn kind(&self) -> SettingType {
        match self {
            Self::Boolean(_) => SettingType::Boolean,
            Self::Integer(_) => SettingType::Integer,
            Self::Decimal(_) => SettingType::Decimal,
            Self::Text(_) => SettingType::Text,
            Self::Texts(_) => SettingType::Texts,
        }
    }

    /// The value as one of `kind`: a whole number serves as a decimal, nothing
    /// else is converted. Non-finite decimals are of no type.
    #[must_use]
    pub fn as_kind(&self, kind: SettingType) -> Option<Self> {
        match (self, kind) {
            (Self::Integer(whole), SettingType::Decimal) => Some(Self::Decimal(*whole as f64)),
            (Self::Decimal(number), _) if !number.is_finite() => None,
            (value, kind) if value.kind() == kind => Some(value.clone()),
            _ => None,
        }
    }
}

impl fmt::Display for SettingValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Decimal(value) => write!(f, "{value}"),
            Self::Text(value) => write!(f, "{value:?}"),
            Self::Texts(values) => write!(f, "{values:?}"),
        }
    }
}

/// The settings of one module: the declared defaults under the merchant's
/// values.
pub type Settings = BTreeMap<Arc<str>, SettingValue>;
