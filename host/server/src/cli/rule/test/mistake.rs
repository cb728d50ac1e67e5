//! What is wrong with a file of cases, said to whoever wrote it.

use std::fmt;

use serde::Serialize;

/// What kind of mistake it is; its text is stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Code {
    /// It is longer than one may be.
    TooLarge,
    /// It is no TOML, or has other keys than cases have.
    Unreadable,
    /// There is no case in it, or two have one name.
    Cases,
    /// There is no such field.
    UnknownField,
    /// A value is not of its field's shape, or an expectation says two things.
    WrongValue,
    /// The module declares no such signal, tag or next step.
    Undeclared,
    /// The settings do not fit the module.
    InvalidSettings,
    /// The recorded decision cannot be used.
    Recording,
}

impl Code {
    fn as_str(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::Unreadable => "unreadable",
            Self::Cases => "cases",
            Self::UnknownField => "unknown_field",
            Self::WrongValue => "wrong_value",
            Self::Undeclared => "undeclared",
            Self::InvalidSettings => "invalid_settings",
            Self::Recording => "recording",
        }
    }
}

/// Something wrong inside a case.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    /// Its key, such as `expect` or a field.
    place: String,
    code: Code,
    sentence: String,
}

impl Problem {
    pub(super) fn new(place: &str, code: Code, sentence: impl Into<String>) -> Self {
        Self {
            place: place.to_owned(),
            code,
            sentence: sentence.into(),
        }
    }

    /// The same, in its case and at the line (from 1) where that begins.
    pub(super) fn of(self, case: &str, line: usize) -> Mistake {
        Mistake {
            case: case.to_owned(),
            line,
            place: self.place,
            code: self.code,
            sentence: self.sentence,
        }
    }
}

/// One mistake, and where it is.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Mistake {
    /// Name of the case; empty when it is about the whole file.
    case: String,
    line: usize,
    place: String,
    code: Code,
    sentence: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.line)?;
        if !self.case.is_empty() {
            write!(f, "case {:?}: ", self.case)?;
        }
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        write!(f, "{} ({})", self.sentence, self.code.as_str())
    }
}
