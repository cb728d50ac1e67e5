//! What is counted of a module, and how much of it there may be.

use baton_domain::limits::*;
use serde::Serialize;

use super::{Rejection, Tier};

/// One limit and how close a module comes to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Measured {
    /// What was counted, in the plural: "functions".
    pub what: &'static str,
    /// How much of it there is.
    pub measured: u64,
    /// How much there may be.
    pub max: u64,
}

macro_rules! measures {
    ($($variant:ident $what:literal $native:expr $(=> $script:expr)?;)*) => {
        /// Something that is counted.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Measure { $($variant),* }

        impl Measure {
            const ALL: &'static [Self] = &[$(Self::$variant),*];

            const fn what(self) -> &'static str {
                match self { $(Self::$variant => $what),* }
            }

            /// How much of it a module of `tier` may have.
            const fn max(self, tier: Tier) -> u64 {
                match tier {
                    Tier::Native => match self { $(Self::$variant => $native),* },
                    // The first: the script tier's own, if it has one.
                    Tier::Script => match self {
                        $(Self::$variant => [$($script,)? $native][0]),*
                    },
                }
            }
        }
    };
}

// `=>` where a script may have more.
measures! {
    Bytes "bytes" COMPONENT_BYTES_MAX as u64 => SCRIPT_COMPONENT_BYTES_MAX as u64;
    DeclarationBytes "bytes of declaration" DECLARATION_BYTES_MAX as u64;
    Nested "nested modules and components"
        COMPONENT_NESTED_MAX as u64 => SCRIPT_COMPONENT_NESTED_MAX as u64;
    Depth "levels of nesting" COMPONENT_DEPTH_MAX;
    Imports "imports" COMPONENT_IMPORTS_MAX;
    Exports "exports" COMPONENT_EXPORTS_MAX;
    Aliases "aliases" COMPONENT_ALIASES_MAX;
    Types "types" COMPONENT_TYPES_MAX;
    TypeValues "values in the type of one function" FUNCTION_TYPE_VALUES_MAX;
    Crossings "functions between core modules and components" COMPONENT_CROSSINGS_MAX;
    Instances "instances of components" COMPONENT_INSTANCES_MAX;
    CoreInstances "core instances" COMPONENT_CORE_INSTANCES_MAX as u64;
    Memories "memories" COMPONENT_MEMORIES_MAX as u64;
    MemoriesOfModule "memories in one core module" 1;
    MemoryBytes "bytes of initial memory" EVALUATION_MEMORY_BYTES_MAX as u64;
    Tables "tables" COMPONENT_TABLES_MAX as u64;
    TableElements "table elements" EVALUATION_TABLE_ELEMENTS_MAX as u64;
    Globals "globals" COMPONENT_GLOBALS_MAX;
    ElementSegments "element segments" COMPONENT_ELEMENT_SEGMENTS_MAX;
    Elements "entries of element segments" COMPONENT_ELEMENTS_MAX;
    DataSegments "data segments" COMPONENT_DATA_SEGMENTS_MAX => SCRIPT_DATA_SEGMENTS_MAX;
    Functions "functions" COMPONENT_FUNCTIONS_MAX;
    FunctionParams "parameters or results of one function" FUNCTION_PARAMS_MAX;
    FunctionBytes "bytes of code in one function" FUNCTION_BYTES_MAX => SCRIPT_FUNCTION_BYTES_MAX;
    FunctionLocals "locals in one function" FUNCTION_LOCALS_MAX;
    Locals "locals" COMPONENT_LOCALS_MAX;
    FunctionBlocks "blocks in one function" FUNCTION_BLOCKS_MAX => SCRIPT_FUNCTION_BLOCKS_MAX;
    FunctionBranches "branches of `br_table` in one function" FUNCTION_BRANCHES_MAX;
}

/// How much there is of everything that is counted. Counts stop at the largest
/// number instead of starting anew.
#[derive(Debug, Clone)]
pub(crate) struct Measures([u64; Measure::ALL.len()]);

impl Default for Measures {
    fn default() -> Self {
        Self([0; Measure::ALL.len()])
    }
}

impl Measures {
    /// Counts `more` of what is summed up over the whole module.
    ///
    /// # Errors
    /// [`Rejection::OverLimit`] with the sum so far.
    pub(crate) fn add(&mut self, measure: Measure, more: u64) -> Result<(), Rejection> {
        let sum = &mut self.0[measure as usize];
        *sum = sum.saturating_add(more);
        within(measure, *sum, Tier::Script)
    }

    /// Notes one of many things of which the largest counts.
    ///
    /// # Errors
    /// [`Rejection::OverLimit`].
    pub(crate) fn peak(&mut self, measure: Measure, one: u64) -> Result<(), Rejection> {
        let peak = &mut self.0[measure as usize];
        *peak = one.max(*peak);
        within(measure, one, Tier::Script)
    }

    /// The first tier that has room for it.
    pub(crate) fn tier(&self) -> Tier {
        let fits = |measure: &Measure| self.0[*measure as usize] <= measure.max(Tier::Native);
        if Measure::ALL.iter().all(fits) {
            Tier::Native
        } else {
            Tier::Script
        }
    }

    /// Each limit of its tier with its measured value.
    pub(crate) fn list(&self) -> Vec<Measured> {
        let tier = self.tier();
        let row = |measure: &Measure| Measured {
            what: measure.what(),
            measured: self.0[*measure as usize],
            max: measure.max(tier),
        };
        Measure::ALL.iter().map(row).collect()
    }
}

/// Refuses more than a module of `tier` may have.
///
/// # Errors
/// [`Rejection::OverLimit`].
pub(crate) fn within(measure: Measure, measured: u64, tier: Tier) -> Result<(), Rejection> {
    let max = measure.max(tier);
    if measured > max {
        return Err(Rejection::OverLimit {
            what: measure.what(),
            measured,
            max,
        });
    }
    Ok(())
}
