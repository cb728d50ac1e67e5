//! What the expressions of a rule may name, and what they did name.

use std::collections::BTreeSet;

use baton_domain::{
    field::Field,
    module::{DeclaredSetting, SettingType},
};

/// The group of names that stands for settings.
pub(crate) const SETTING: &str = "setting";

/// The types of settings in the order of the contract.
const TYPES: [SettingType; 5] = [
    SettingType::Boolean,
    SettingType::Integer,
    SettingType::Decimal,
    SettingType::Text,
    SettingType::Texts,
];

/// What all expressions of one rule share.
#[derive(Debug, Clone, Default)]
pub(crate) struct Scope {
    /// The settings that the rule declares.
    pub(crate) settings: Vec<DeclaredSetting>,
    /// Every field that was named.
    pub(crate) fields: BTreeSet<Field>,
    /// The types of the settings that were named.
    pub(crate) types: Vec<SettingType>,
}

impl Scope {
    /// The declared setting that is spelt so; noted as named.
    pub(crate) fn name_setting(&mut self, spelt: &str) -> Option<DeclaredSetting> {
        let name = spelt.replace('_', "-");
        let setting = self.settings.iter().find(|it| *it.name == *name)?.clone();
        if !self.types.contains(&setting.kind) {
            self.types.push(setting.kind);
        }
        Some(setting)
    }

    /// The declared settings, as expressions spell them.
    pub(crate) fn spellings(&self) -> Vec<String> {
        let settings = self.settings.iter();
        settings.map(|it| it.name.replace('-', "_")).collect()
    }
}

/// The place of a type in the contract.
pub(crate) fn place(kind: SettingType) -> u8 {
    let place = TYPES.iter().position(|it| *it == kind);
    place.unwrap_or_default() as u8
}
