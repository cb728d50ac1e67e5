//! What admission found out about a module, in one piece: for the person who
//! installs it, for its author and for programs.

use baton_domain::{
    field::Field,
    ids::{ModuleDigest, ModuleName},
    module::{SettingType, World},
};
use serde::Serialize;

use super::{Measured, Tier};

/// What a module is, what it can ever read and how close it comes to each
/// limit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AdmissionReport {
    /// The name that it declares.
    pub name: ModuleName,
    /// The world that it implements.
    pub world: World,
    /// The version of the contract that it was built for, major and minor.
    pub contract: String,
    /// SHA-256 of the component.
    pub digest: ModuleDigest,
    /// Size of the component.
    pub bytes: u64,
    /// SHA-256 of what was uploaded.
    pub uploaded: ModuleDigest,
    /// Whether that was a core module, of which this component was made.
    pub is_componentised: bool,
    /// Every field that it can ever read, in the order of the contract.
    pub reads: Vec<ReadableField>,
    /// Types of settings that it asks for.
    pub settings: Vec<SettingType>,
    /// Names of what it exports.
    pub exports: Vec<String>,
    /// The tier whose limits it needs.
    pub tier: Tier,
    /// Each limit of that tier with its measured value.
    pub limits: Vec<Measured>,
}

/// A field that a module can read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ReadableField {
    /// Its name, such as `customer.lifetime-value`.
    pub field: Field,
    /// The same in plain words.
    pub label: &'static str,
}

impl ReadableField {
    pub(super) fn of(field: Field) -> Self {
        Self {
            field,
            label: field.label(),
        }
    }
}
