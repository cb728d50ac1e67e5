//! What a module says of itself: its name, and the closed lists of signals,
//! tags, next steps and settings that it may use.
//!
//! The declaration travels inside the component, as JSON in a custom section,
//! so that it is covered by the module's digest.

use std::{collections::BTreeMap, sync::Arc};

use serde::{Deserialize, Serialize};

use super::{SettingSchema, SettingType, SettingValue, Settings};
use crate::{
    ids::ModuleName,
    limits::{DECLARED_MAX, SETTING_TEXTS_MAX, SHORT_TEXT_CHARS_MAX},
};

/// Name of the custom section that carries the declaration.
pub const DECLARATION_SECTION: &str = "baton:declaration";

/// Which world a module implements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum World {
    /// Emits signals.
    Rule,
    /// Turns signals into a decision.
    Policy,
}

/// A setting that a module declares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeclaredSetting {
    /// What the module asks for it by.
    pub name: Arc<str>,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: SettingType,
    /// What holds when the merchant sets nothing.
    pub default: SettingValue,
    /// What it does, in a sentence for the merchant.
    #[serde(default)]
    pub help: Arc<str>,
    /// Which values it takes beside its type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<SettingSchema>,
}

/// What a module declares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Declaration {
    /// Its name; unique within a release.
    pub name: ModuleName,
    /// Which world it implements.
    pub world: World,
    /// What it does, in a sentence for the merchant.
    pub summary: Arc<str>,
    /// Names of the signals it may emit.
    #[serde(default)]
    pub signals: Vec<Arc<str>>,
    /// Tags it may put on a signal or, as parts joined by " + ", a decision.
    #[serde(default)]
    pub tags: Vec<Arc<str>>,
    /// Next steps it may propose.
    #[serde(default)]
    pub next_steps: Vec<Arc<str>>,
    /// Settings it reads.
    #[serde(default)]
    pub settings: Vec<DeclaredSetting>,
}

/// Why a declaration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidDeclaration {
    /// A list is too long.
    #[error("{list} declares {count} entries, at most {DECLARED_MAX} are allowed")]
    TooMany {
        /// Which list.
        list: &'static str,
        /// How many entries it has.
        count: usize,
    },
    /// An entry is empty or too long.
    #[error("{list} has an entry of {chars} characters; 1 to {SHORT_TEXT_CHARS_MAX} are allowed")]
    EntryLength {
        /// Which list.
        list: &'static str,
        /// Its length.
        chars: usize,
    },
    /// Two entries are the same.
    #[error("{list} declares {entry:?} twice")]
    Twice {
        /// Which list.
        list: &'static str,
        /// The entry.
        entry: Arc<str>,
    },
    /// A setting's default is not of its type.
    #[error("the default of setting {name:?} is not of type {kind:?}")]
    DefaultType {
        /// The setting.
        name: Arc<str>,
        /// The declared type.
        kind: SettingType,
    },
    /// The merchant set something that the module does not declare.
    #[error("the module declares no setting {name:?}; it has: {known}")]
    UnknownSetting {
        /// The name that was set.
        name: Arc<str>,
        /// The names there are.
        known: String,
    },
    /// A setting's value, or its default, is none that it takes.
    #[error("setting {name:?} takes {wanted}")]
    SettingValue {
        /// The setting.
        name: Arc<str>,
        /// What it takes.
        wanted: String,
    },
    /// The merchant set a value of another type.
    #[error("setting {name:?} takes a value of type {kind:?}")]
    SettingType {
        /// The setting.
        name: Arc<str>,
        /// The declared type.
        kind: SettingType,
    },
}

impl Declaration {
    /// Checks lengths, counts and types.
    ///
    /// # Errors
    /// The first [`InvalidDeclaration`] found.
    pub fn validate(&self) -> Result<(), InvalidDeclaration> {
        let setting_names: Vec<_> = self.settings.iter().map(|s| s.name.clone()).collect();
        check_list("signals", &self.signals)?;
        check_list("tags", &self.tags)?;
        check_list("next-steps", &self.next_steps)?;
        check_list("settings", &setting_names)?;
        for setting in &self.settings {
            let DeclaredSetting { name, kind, .. } = setting;
            let default = checked_value(&setting.default, *kind);
            let default = default.ok_or_else(|| InvalidDeclaration::DefaultType {
                name: name.clone(),
                kind: *kind,
            })?;
            setting.check(&default)?;
        }
        Ok(())
    }

    /// The settings that hold for this module: its defaults under `chosen`.
    ///
    /// # Errors
    /// [`InvalidDeclaration::UnknownSetting`] and
    /// [`InvalidDeclaration::SettingType`].
    pub fn settings_with(
        &self,
        chosen: &BTreeMap<Arc<str>, SettingValue>,
    ) -> Result<Settings, InvalidDeclaration> {
        let declared = |name: &Arc<str>| self.settings.iter().find(|s| s.name == *name);
        if let Some(name) = chosen.keys().find(|name| declared(name).is_none()) {
            let known: Vec<&str> = self.settings.iter().map(|s| &*s.name).collect();
            return Err(InvalidDeclaration::UnknownSetting {
                name: name.clone(),
                known: known.join(", "),
            });
        }
        let mut settings = Settings::new();
        for setting in &self.settings {
            let DeclaredSetting { name, kind, .. } = setting;
            let value = chosen.get(name).unwrap_or(&setting.default);
            let value =
                checked_value(value, *kind).ok_or_else(|| InvalidDeclaration::SettingType {
                    name: name.clone(),
                    kind: *kind,
                })?;
            setting.check(&value)?;
            settings.insert(name.clone(), value);
        }
        Ok(settings)
    }

    /// Whether `tag` is one of the declared tags.
    pub fn declares_tag(&self, tag: &str) -> bool {
        self.tags.iter().any(|declared| **declared == *tag)
    }

    /// Whether `step` is one of the declared next steps.
    pub fn declares_next_step(&self, step: &str) -> bool {
        self.next_steps.iter().any(|declared| **declared == *step)
    }
}

impl DeclaredSetting {
    fn check(&self, value: &SettingValue) -> Result<(), InvalidDeclaration> {
        let Some(schema) = &self.schema else {
            return Ok(());
        };
        schema
            .check(value)
            .map_err(|wanted| InvalidDeclaration::SettingValue {
                name: self.name.clone(),
                wanted,
            })
    }
}

fn checked_value(value: &SettingValue, kind: SettingType) -> Option<SettingValue> {
    let value = value.as_kind(kind)?;
    let short = |text: &str| text.chars().count() <= SHORT_TEXT_CHARS_MAX;
    let fits = match &value {
        SettingValue::Text(text) => short(text),
        SettingValue::Texts(texts) => {
            texts.len() <= SETTING_TEXTS_MAX && texts.iter().all(|text| short(text))
        }
        _ => true,
    };
    fits.then_some(value)
}

fn check_list(list: &'static str, entries: &[Arc<str>]) -> Result<(), InvalidDeclaration> {
    if entries.len() > DECLARED_MAX {
        return Err(InvalidDeclaration::TooMany {
            list,
            count: entries.len(),
        });
    }
    for (at, entry) in entries.iter().enumerate() {
        let chars = entry.chars().count();
        if chars == 0 || chars > SHORT_TEXT_CHARS_MAX {
            return Err(InvalidDeclaration::EntryLength { list, chars });
        }
        if entries[..at].contains(entry) {
            return Err(InvalidDeclaration::Twice {
                list,
                entry: entry.clone(),
            });
        }
    }
    Ok(())
}
