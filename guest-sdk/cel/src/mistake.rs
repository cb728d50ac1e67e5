//! What is wrong with a document, said to whoever wrote it.

use std::fmt;

use serde::Serialize;

/// What kind of mistake it is; its text is stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// The document is longer than one may be.
    TooLarge,
    /// It is no TOML or JSON.
    Unreadable,
    /// A key that there is not.
    UnknownKey,
    /// A key that must be there.
    MissingKey,
    /// A key has a value of another kind.
    WrongValue,
    /// A text is empty, too long, or no name.
    WrongText,
    /// A `{` without its `}`, or the other way round.
    OpenBrace,
    /// The expression cannot be read.
    Syntax,
    /// CEL has it, rules have not.
    NotAvailable,
    /// There is no such field.
    UnknownField,
    /// There is no such name.
    UnknownName,
    /// The value has no such part.
    UnknownPart,
    /// There is no such function.
    UnknownFunction,
    /// A function takes other arguments.
    WrongArguments,
    /// A value is of another kind than its place asks for.
    WrongKind,
    /// The operator does not take these two.
    WrongOperands,
    /// A whole number and a decimal meet.
    MixedNumbers,
    /// It is never absent.
    AlwaysKnown,
    /// More inside each other than may be.
    TooDeep,
    /// A list is longer than one may be.
    TooMany,
    /// The rule as a whole does not fit.
    TooComplex,
}

impl Code {
    /// The stable text.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::TooLarge => "too_large",
            Self::Unreadable => "unreadable",
            Self::UnknownKey => "unknown_key",
            Self::MissingKey => "missing_key",
            Self::WrongValue => "wrong_value",
            Self::WrongText => "wrong_text",
            Self::OpenBrace => "open_brace",
            Self::Syntax => "syntax",
            Self::NotAvailable => "not_available",
            Self::UnknownField => "unknown_field",
            Self::UnknownName => "unknown_name",
            Self::UnknownPart => "unknown_part",
            Self::UnknownFunction => "unknown_function",
            Self::WrongArguments => "wrong_arguments",
            Self::WrongKind => "wrong_kind",
            Self::WrongOperands => "wrong_operands",
            Self::MixedNumbers => "mixed_numbers",
            Self::AlwaysKnown => "always_known",
            Self::TooDeep => "too_deep",
            Self::TooMany => "too_many",
            Self::TooComplex => "too_complex",
        }
    }
}

/// One mistake, and where it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mistake {
    /// The document's key; empty when it is about the whole.
    pub key: String,
    /// Line of the document, from 1.
    pub line: usize,
    /// Character of the line, from 1.
    pub column: usize,
    /// What kind it is.
    pub code: Code,
    /// What is wrong and what to write instead.
    pub sentence: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            key,
            line,
            column,
            code,
            sentence,
        } = self;
        write!(f, "{line}:{column}: ")?;
        if !key.is_empty() {
            write!(f, "{key}: ")?;
        }
        write!(f, "{sentence} ({})", code.as_str())
    }
}

/// Something wrong inside a text, before it is known where the text stands.
#[derive(Debug, Clone)]
pub(crate) struct Problem {
    /// Byte of the text.
    pub(crate) at: usize,
    pub(crate) code: Code,
    pub(crate) sentence: String,
}

impl Problem {
    pub(crate) fn new(at: usize, code: Code, sentence: impl Into<String>) -> Self {
        Self {
            at,
            code,
            sentence: sentence.into(),
        }
    }
}
