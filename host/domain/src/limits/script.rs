//! What a module of the script tier may be made of, where that is more than a
//! native one may.
//!
//! Such a module carries the engine of its language. Each limit is at least
//! twice what the largest honest one has: a rule on QuickJS that reads every
//! field and setting there is (in comments). Tests in `host/sandbox` hold them
//! there with the rule of `tests/fixtures/javascript`.

/// Size of an uploaded component, script tier (1.7 MB).
pub const SCRIPT_COMPONENT_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Core modules and components nested inside one component (34).
pub const SCRIPT_COMPONENT_NESTED_MAX: usize = 96;
/// Code of one function: the interpreter's loop (54,010).
pub const SCRIPT_FUNCTION_BYTES_MAX: u64 = 128 * 1024;
/// Blocks, loops and conditions of one function (1,191).
pub const SCRIPT_FUNCTION_BLOCKS_MAX: u64 = 4_000;
/// Data segments of all core modules: the engine's memory as it is once the
/// script is loaded (5,953).
pub const SCRIPT_DATA_SEGMENTS_MAX: u64 = 16_000;
/// Fuel for one evaluation: four times what a rule of 30 phrases and 5 patterns
/// uses on a message of 4,096 characters (34,887,076; on 60 characters
/// 1,972,726). Some 40 ms, so that it is used up before the time is.
pub const SCRIPT_EVALUATION_FUEL_MAX: u64 = 140_000_000;
