//! What an uploaded component may be made of.
//!
//! Compile-time bombs are small files (wasmtime issue 4291: one function, 6.5 GB,
//! 8.6 s), so whatever makes a compiler work is counted before it starts. Each
//! limit is at least four times what the largest stock module has; a test in
//! `host/sandbox` holds it there. In comments: that largest, and CosmWasm's
//! (C) and NEAR's (N) limit where they have one.

/// Size of an uploaded component, native tier.
pub const COMPONENT_BYTES_MAX: usize = 1024 * 1024;
/// Core modules and components nested inside one component.
pub const COMPONENT_NESTED_MAX: usize = 64;
/// Functions of all core modules (C 20,000, N 10,000).
pub const COMPONENT_FUNCTIONS_MAX: u64 = 5_000;
/// Code of one function (N 192 KiB).
pub const FUNCTION_BYTES_MAX: u64 = 64 * 1024;
/// Locals of one function, its parameters aside (C 100).
pub const FUNCTION_LOCALS_MAX: u64 = 1_000;
/// Locals of all functions (C 10,000, N 1,000,000).
pub const COMPONENT_LOCALS_MAX: u64 = 50_000;
/// Parameters, or results, of one function (C 100, N 64).
pub const FUNCTION_PARAMS_MAX: u64 = 64;
/// Blocks, loops and conditions of one function (N 5,000).
pub const FUNCTION_BLOCKS_MAX: u64 = 2_000;
/// Entries of all `br_table`s of one function.
pub const FUNCTION_BRANCHES_MAX: u64 = 4_096;
/// Data segments of all core modules.
pub const COMPONENT_DATA_SEGMENTS_MAX: u64 = 1_000;
/// Element segments of all core modules.
pub const COMPONENT_ELEMENT_SEGMENTS_MAX: u64 = 1_000;
/// Entries of all element segments.
pub const COMPONENT_ELEMENTS_MAX: u64 = 10_000;
/// Globals of all core modules.
pub const COMPONENT_GLOBALS_MAX: u64 = 1_000;
/// Types, and what they are declared of, in all modules and components.
pub const COMPONENT_TYPES_MAX: u64 = 4_000;
/// Values that the type of one function of a component spells out: types name
/// each other, so a few bytes can stand for millions of values.
pub const FUNCTION_TYPE_VALUES_MAX: u64 = 1_000;
/// Imports of all core modules and components.
pub const COMPONENT_IMPORTS_MAX: u64 = 1_000;
/// Exports of all core modules and components.
pub const COMPONENT_EXPORTS_MAX: u64 = 1_000;
/// Names that components give to what others export.
pub const COMPONENT_ALIASES_MAX: u64 = 2_000;
/// Functions that cross between core modules and components.
pub const COMPONENT_CROSSINGS_MAX: u64 = 1_000;
/// Components and core modules inside each other.
pub const COMPONENT_DEPTH_MAX: u64 = 8;
/// Instances of components, when each that instantiates others is itself
/// instantiated by others: at most.
pub const COMPONENT_INSTANCES_MAX: u64 = 1_024;

// ---- the compiler's own process ---------------------------------------------

/// Address space of a process that compiles one module (NEAR: the same).
pub const COMPILE_ADDRESS_SPACE_BYTES_MAX: u64 = 1024 * 1024 * 1024;
/// Its stack.
pub const COMPILE_STACK_BYTES: usize = 8 * 1024 * 1024;
/// Computing time that it may use.
pub const COMPILE_CPU_SECONDS_MAX: u64 = 10;
/// How long it may take, whatever it does: long, since it goes last on a busy
/// host and its computing time is what bounds its work (seen: 19 s for a stock
/// module that takes 1 s alone).
pub const COMPILE_WALL_SECONDS_MAX: u64 = 60;
/// How long a module may wait for its turn to be compiled.
pub const COMPILE_WAIT_SECONDS_MAX: u64 = 120;
/// Machine code of one module (seen: 7 times the module's own size).
pub const ARTEFACT_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Complaints of the compiler that are read.
pub const COMPILE_COMPLAINT_BYTES_MAX: u64 = 4 * 1024;
/// Machine code that is kept on disk, all modules together.
pub const ARTEFACT_CACHE_BYTES_MAX: u64 = 1024 * 1024 * 1024;
