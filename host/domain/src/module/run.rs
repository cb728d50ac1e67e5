//! One run of one module: what it read, what it answered, what it cost.
//!
//! This record explains a decision to the agent, is audited, and is enough to
//! run the module again (contract point 5).

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::SettingValue;
use crate::{
    field::{Field, FieldValue},
    ids::{ModuleDigest, ModuleName},
    limits::BREAKER_FAILURES,
    people::FieldSet,
};

/// Where field values come from: the facts of a moment, or recorded reads.
pub trait FieldSource: Send + Sync {
    /// The value of `field`; always of the field's shape.
    fn read(&self, field: Field) -> FieldValue;
}

/// One thing that a module read, and the value it got.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Read {
    /// A field.
    Field(Field, FieldValue),
    /// A setting; `None` when it is not declared with the type asked for.
    Setting(Arc<str>, Option<SettingValue>),
}

/// What a module read, in the order of first reading, each once.
pub type Reads = Vec<Read>;

/// Why a module's answer does not count. Its signals are lost, the decision
/// is made from the rest (contract point 7).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case", tag = "code", content = "detail")]
pub enum ModuleFailure {
    /// It trapped: unreachable code, out of bounds, division by zero, stack
    /// overflow, a full arena.
    #[error("the module trapped: {0}")]
    Trapped(String),
    /// It used all its fuel.
    #[error("the module used all its fuel")]
    OutOfFuel,
    /// It ran into the wall-clock backstop.
    #[error("the module ran too long")]
    Overran,
    /// It asked for more memory than it may have.
    #[error("the module asked for more memory or tables than it may have")]
    OutOfMemory,
    /// It read fields and settings more often than it may.
    #[error("the module read fields and settings more often than it may")]
    TooManyReads,
    /// Its answer is larger than allowed.
    #[error("the module's answer is too large: {0}")]
    OutputTooLarge(String),
    /// Its answer makes no sense: a score out of range, an undeclared name.
    #[error("the module's answer is not valid: {0}")]
    OutputInvalid(String),
    /// It was not run: the host died, or never came to an end, when this was
    /// evaluated before.
    #[error("the evaluation is quarantined: the host died of it, or it never ended")]
    Quarantined,
    /// It did nothing but fail lately, so it is left alone for a while.
    #[error("the module is suspended: it failed {BREAKER_FAILURES} times in a row")]
    Suspended,
    /// It reads a field that is not granted to it, or that nobody may read.
    #[error("the module was not run: it reads {0}, which is not granted to it")]
    NotGranted(String),
    /// It could not be started.
    #[error("the module could not be started: {0}")]
    NotStarted(String),
}

impl ModuleFailure {
    /// A stable code for logs, metrics and APIs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Trapped(_) => "module_trapped",
            Self::OutOfFuel => "module_out_of_fuel",
            Self::Overran => "module_overran",
            Self::OutOfMemory => "module_out_of_memory",
            Self::TooManyReads => "module_too_many_reads",
            Self::OutputTooLarge(_) => "module_output_too_large",
            Self::OutputInvalid(_) => "module_output_invalid",
            Self::Quarantined => "module_quarantined",
            Self::Suspended => "module_suspended",
            Self::NotGranted(_) => "module_not_granted",
            Self::NotStarted(_) => "module_not_started",
        }
    }
}

/// One run of one module, answering `A`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModuleRun<A> {
    /// Which module.
    pub module: ModuleName,
    /// Which bytes.
    pub digest: ModuleDigest,
    /// What it read.
    pub reads: Reads,
    /// What it answered.
    pub answer: Result<A, ModuleFailure>,
    /// Fuel used.
    pub fuel: u64,
}

impl<A> ModuleRun<A> {
    /// The fields that it read.
    pub fn fields_read(&self) -> FieldSet {
        let field = |read: &Read| match read {
            Read::Field(field, _) => Some(*field),
            Read::Setting(..) => None,
        };
        self.reads.iter().filter_map(field).collect()
    }
}
