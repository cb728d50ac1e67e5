//! The document: its keys, their values, and where each stands.

mod json;
mod place;
mod toml;

use std::borrow::Cow;

use baton_domain::{limits::NO_CODE_DOCUMENT_BYTES_MAX, module::SettingValue};
use serde::Deserialize;

use crate::mistake::{Code, Mistake};

/// What a document is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// TOML 1.
    Toml,
    /// JSON.
    Json,
}

/// A value, as far as documents have them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Written<'s> {
    Text(String),
    Number(f64),
    Table(Vec<Entry<'s>>),
    Other,
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry<'s> {
    pub(crate) key: Cow<'s, str>,
    /// Byte of the document.
    pub(crate) key_at: usize,
    pub(crate) value: Written<'s>,
    /// Byte of the document where the value begins, its quote included.
    pub(crate) value_at: usize,
    /// The value as it is written.
    pub(crate) raw: &'s str,
}

/// A document that could be read.
#[derive(Debug)]
pub(crate) struct Document<'s> {
    source: &'s str,
    format: Format,
    entries: Vec<Entry<'s>>,
    pub(crate) mistakes: Vec<Mistake>,
}

impl<'s> Document<'s> {
    pub(crate) fn read(source: &'s str, format: Format) -> Result<Self, Mistake> {
        let mut document = Self {
            source,
            format,
            entries: Vec::new(),
            mistakes: Vec::new(),
        };
        if source.len() > NO_CODE_DOCUMENT_BYTES_MAX {
            let sentence = format!(
                "the document has {} bytes; {NO_CODE_DOCUMENT_BYTES_MAX} are allowed",
                source.len()
            );
            return Err(document.mistake("", 0, Code::TooLarge, sentence));
        }
        let entries = match format {
            Format::Toml => toml::entries(source),
            Format::Json => json::entries(source),
        };
        match entries {
            Ok(entries) => document.entries = entries,
            Err((at, says)) => {
                let language = match format {
                    Format::Toml => "TOML",
                    Format::Json => "JSON",
                };
                let sentence = format!("this is not {language}: {says}");
                return Err(document.mistake("", at, Code::Unreadable, sentence));
            }
        }
        document.entries.sort_by_key(|entry| entry.key_at);
        Ok(document)
    }

    pub(crate) fn entry(&self, key: &str) -> Option<&Entry<'s>> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// A value as a setting has it.
    pub(crate) fn setting_value(&self, entry: &Entry<'_>) -> Option<SettingValue> {
        /// A document of one key.
        #[derive(Deserialize)]
        struct One {
            value: SettingValue,
        }
        match self.format {
            Format::Toml => {
                let one: One = ::toml::from_str(&format!("value = {}", entry.raw)).ok()?;
                Some(one.value)
            }
            Format::Json => serde_json::from_str(entry.raw).ok(),
        }
    }

    /// Notes every key that is none of `known`, and every one that is there
    /// twice.
    pub(crate) fn check_keys(&mut self, known: &[&str]) {
        let mut wrong = Vec::new();
        for (at, entry) in self.entries.iter().enumerate() {
            let key = entry.key.as_ref();
            let sentence = if !known.contains(&key) {
                format!("there is no key {key:?}; a rule has {}", known.join(", "))
            } else if self.entries[..at].iter().any(|other| other.key == key) {
                format!("{key} is here twice")
            } else {
                continue;
            };
            wrong.push(self.mistake(key, entry.key_at, Code::UnknownKey, sentence));
        }
        self.mistakes.extend(wrong);
    }

    pub(crate) fn note(&mut self, key: &str, at: usize, code: Code, sentence: impl Into<String>) {
        let mistake = self.mistake(key, at, code, sentence);
        self.mistakes.push(mistake);
    }

    /// Notes what is wrong at a byte of the text that `key` has.
    pub(crate) fn note_inside(
        &mut self,
        key: &str,
        at: usize,
        code: Code,
        sentence: impl Into<String>,
    ) {
        let inside = self.entry(key).map_or(0, |entry| {
            let within = match self.format {
                Format::Toml => place::in_toml(entry.raw, at),
                Format::Json => place::in_json(entry.raw, at),
            };
            entry.value_at + within
        });
        self.note(key, inside, code, sentence);
    }

    fn mistake(&self, key: &str, at: usize, code: Code, sentence: impl Into<String>) -> Mistake {
        let (line, column) = place::line_and_column(self.source, at);
        Mistake {
            key: key.to_owned(),
            line,
            column,
            code,
            sentence: sentence.into(),
        }
    }
}
