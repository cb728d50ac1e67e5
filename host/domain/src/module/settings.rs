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

/// Which values a setting takes beside its type, by the keywords of [JSON
/// Schema](https://json-schema.org/draft/2020-12/json-schema-validation)
/// that fit such values.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SettingSchema {
    /// The least number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<f64>,
    /// The greatest number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<f64>,
    /// The values there are.
    #[serde(default, rename = "enum", skip_serializing_if = "Option::is_none")]
    pub one_of: Option<Vec<SettingValue>>,
    /// The least length of a text, in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_length: Option<usize>,
    /// The greatest length of a text, in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_length: Option<usize>,
    /// The least count of texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_items: Option<usize>,
    /// The greatest count of texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_items: Option<usize>,
}

impl SettingSchema {
    /// Whether `value` is one of those it takes.
    ///
    /// # Errors
    /// What is wanted, in words.
    pub fn check(&self, value: &SettingValue) -> Result<(), String> {
        let wanted = |fits: bool, wanted: String| if fits { Ok(()) } else { Err(wanted) };
        if let Some(all) = &self.one_of {
            let names: Vec<String> = all.iter().map(ToString::to_string).collect();
            wanted(all.contains(value), format!("one of {}", names.join(", ")))?;
        }
        let number = match value {
            SettingValue::Integer(whole) => Some(*whole as f64),
            SettingValue::Decimal(number) => Some(*number),
            _ => None,
        };
        if let (Some(number), Some(least)) = (number, self.minimum) {
            wanted(number >= least, format!("at least {least}"))?;
        }
        if let (Some(number), Some(most)) = (number, self.maximum) {
            wanted(number <= most, format!("at most {most}"))?;
        }
        let (found, least, most, what) = match value {
            SettingValue::Text(text) => {
                let length = text.chars().count();
                (length, self.min_length, self.max_length, "characters")
            }
            SettingValue::Texts(texts) => (texts.len(), self.min_items, self.max_items, "entries"),
            _ => return Ok(()),
        };
        if let Some(least) = least {
            wanted(found >= least, format!("at least {least} {what}"))?;
        }
        most.map_or(Ok(()), |most| {
            wanted(found <= most, format!("at most {most} {what}"))
        })
    }
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
