//! How large a module may be, and how much it may compute.

use baton_domain::limits::{EVALUATION_FUEL_MAX, SCRIPT_EVALUATION_FUEL_MAX};
use serde::Serialize;

/// Which limits a module needs. It gets the first tier that holds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Compiled to WebAssembly.
    Native,
    /// Carries the engine of a language that is not: larger and slower.
    Script,
}

impl Tier {
    /// Fuel for one evaluation.
    pub const fn fuel_max(self) -> u64 {
        match self {
            Self::Native => EVALUATION_FUEL_MAX,
            Self::Script => SCRIPT_EVALUATION_FUEL_MAX,
        }
    }
}
