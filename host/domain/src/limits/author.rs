//! What the commands of a rule's author take, on the author's own machine.

/// A file of cases.
pub const CASES_BYTES_MAX: u64 = 1024 * 1024;
/// A file with recorded decisions.
pub const RECORDING_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// How often a watched file is looked at.
pub const WATCH_PERIOD_MS: u64 = 500;
/// How many times as large an input is made, at most, to see what that costs.
pub const GROWTH_TIMES_MAX: usize = 4;
