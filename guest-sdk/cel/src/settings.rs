//! The settings that a document declares: a table each.

use baton_domain::{
    limits::SHORT_TEXT_CHARS_MAX,
    module::{DeclaredSetting, SettingSchema, SettingType, SettingValue},
};

use crate::{
    document::{Document, Entry, Written},
    mistake::Code,
};

/// The keys of a setting: its own, and keywords of JSON Schema.
const KEYS: [&str; 6] = ["type", "default", "help", "minimum", "maximum", "enum"];

/// The settings of a document; what is wrong with them is noted in it.
pub(crate) fn read(document: &mut Document<'_>) -> Vec<DeclaredSetting> {
    let Some(entry) = document.entry("settings").cloned() else {
        return Vec::new();
    };
    let Written::Table(mut settings) = entry.value else {
        let says = "settings are tables, such as [settings.minimum]";
        document.note("settings", entry.value_at, Code::WrongValue, says);
        return Vec::new();
    };
    // As they are written.
    settings.sort_by_key(|setting| setting.key_at);
    settings
        .iter()
        .filter_map(|setting| Reader::new(document, setting).read())
        .collect()
}

/// Reads one setting.
struct Reader<'d, 's, 'e> {
    document: &'d mut Document<'s>,
    entry: &'e Entry<'s>,
    /// As mistakes name it.
    key: String,
}

impl<'d, 's, 'e> Reader<'d, 's, 'e> {
    fn new(document: &'d mut Document<'s>, entry: &'e Entry<'s>) -> Self {
        let key = format!("settings.{}", entry.key);
        Self {
            document,
            entry,
            key,
        }
    }

    fn read(mut self) -> Option<DeclaredSetting> {
        let entry = self.entry;
        let Written::Table(parts) = &entry.value else {
            let says = "a setting has type, default and help";
            return self.wrong(entry.value_at, Code::WrongValue, says);
        };
        if !is_name(&entry.key) {
            let says = "a setting is called by small letters, digits and dashes, a letter first";
            return self.wrong(entry.key_at, Code::WrongText, says);
        }
        for part in parts {
            if !KEYS.contains(&part.key.as_ref()) {
                let says = format!("a setting has no {}; it has {}", part.key, KEYS.join(", "));
                self.note(part.key_at, Code::UnknownKey, &says);
            }
        }
        let part = |key: &str| parts.iter().find(|part| part.key == key);
        let kind = self.kind(part("type"));
        let help = self.help(part("help"));
        let (kind, help) = (kind?, help?);
        let default = self.default(part("default"), kind)?;
        let [minimum, maximum] = ["minimum", "maximum"].map(|key| self.bound(part(key), kind));
        let schema = SettingSchema {
            minimum: minimum?,
            maximum: maximum?,
            one_of: self.choices(part("enum"), kind)?,
            ..SettingSchema::default()
        };
        if let Err(wanted) = schema.check(&default) {
            let at = part("default").map_or(entry.key_at, |it| it.value_at);
            let says = format!("the default is none that the setting takes: {wanted}");
            return self.wrong(at, Code::WrongValue, &says);
        }
        Some(DeclaredSetting {
            name: entry.key.replace('_', "-").into(),
            kind,
            default,
            help: help.into(),
            schema: (schema != SettingSchema::default()).then_some(schema),
        })
    }

    fn kind(&mut self, part: Option<&Entry<'_>>) -> Option<SettingType> {
        const SAYS: &str = "a setting needs a type: boolean, integer, decimal, text or texts";
        let Some(part) = part else {
            return self.wrong(self.entry.key_at, Code::MissingKey, SAYS);
        };
        let kind = match &part.value {
            Written::Text(kind) => kind.as_str(),
            _ => "",
        };
        match kind {
            "boolean" => Some(SettingType::Boolean),
            "integer" => Some(SettingType::Integer),
            "decimal" => Some(SettingType::Decimal),
            "text" => Some(SettingType::Text),
            "texts" => Some(SettingType::Texts),
            _ => self.wrong(part.value_at, Code::WrongValue, SAYS),
        }
    }

    fn default(&mut self, part: Option<&Entry<'_>>, kind: SettingType) -> Option<SettingValue> {
        let Some(part) = part else {
            let says = "a setting needs a default: what holds until the merchant sets it";
            return self.wrong(self.entry.key_at, Code::MissingKey, says);
        };
        let value = self.document.setting_value(part);
        let fitting = value.and_then(|value| value.as_kind(kind));
        if fitting.is_none() {
            let says = format!("the default is not of the type {kind:?}").to_lowercase();
            return self.wrong(part.value_at, Code::WrongValue, &says);
        }
        fitting
    }

    /// A least or greatest number; `None` when something is wrong with it.
    fn bound(&mut self, part: Option<&Entry<'_>>, kind: SettingType) -> Option<Option<f64>> {
        let Some(part) = part else { return Some(None) };
        let is_number = matches!(kind, SettingType::Integer | SettingType::Decimal);
        let value = self.document.setting_value(part);
        match value.and_then(|value| value.as_kind(SettingType::Decimal)) {
            Some(SettingValue::Decimal(bound)) if is_number => Some(Some(bound)),
            _ => {
                let says = format!("{} is a number, for a setting that is one", part.key);
                self.wrong(part.value_at, Code::WrongValue, &says)
            }
        }
    }

    /// The texts there are; `None` when something is wrong with them.
    fn choices(
        &mut self,
        part: Option<&Entry<'_>>,
        kind: SettingType,
    ) -> Option<Option<Vec<SettingValue>>> {
        let Some(part) = part else { return Some(None) };
        match (self.document.setting_value(part), kind) {
            (Some(SettingValue::Texts(all)), SettingType::Text) => {
                let all = all.iter().cloned().map(SettingValue::Text);
                Some(Some(all.collect()))
            }
            _ => {
                let says = "enum is a list of texts, for a setting that is a text";
                self.wrong(part.value_at, Code::WrongValue, says)
            }
        }
    }

    fn help(&mut self, part: Option<&Entry<'_>>) -> Option<String> {
        let Some(part) = part else {
            return Some(String::new());
        };
        match &part.value {
            Written::Text(help) if help.chars().count() <= SHORT_TEXT_CHARS_MAX => {
                Some(help.clone())
            }
            _ => {
                let says = format!("help is a text of {SHORT_TEXT_CHARS_MAX} characters at most");
                self.wrong(part.value_at, Code::WrongText, &says)
            }
        }
    }

    fn wrong<T>(&mut self, at: usize, code: Code, says: &str) -> Option<T> {
        self.note(at, code, says);
        None
    }

    fn note(&mut self, at: usize, code: Code, says: &str) {
        self.document.note(&self.key, at, code, says);
    }
}

/// Whether expressions can call it, with `_` for `-`.
fn is_name(key: &str) -> bool {
    let mut chars = key.chars();
    chars.next().is_some_and(|first| first.is_ascii_lowercase())
        && chars.all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_')
}
