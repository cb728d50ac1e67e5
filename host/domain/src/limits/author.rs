//! What the commands of a rule's author take, on the author's own machine and
//! against a host.

/// A file of cases.
pub const CASES_BYTES_MAX: u64 = 1024 * 1024;
/// A file with recorded decisions.
pub const RECORDING_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// How often a watched file is looked at.
pub const WATCH_PERIOD_MS: u64 = 500;
/// How many times as large an input is made, at most, to see what that costs.
pub const GROWTH_TIMES_MAX: usize = 4;

// ---- commands against a host -------------------------------------------------

/// How long a connection to the host may take to come about.
pub const CLIENT_CONNECT_SECONDS_MAX: u64 = 10;
/// How long the host's answer may take: a release is compiled before it is
/// answered.
pub const CLIENT_ANSWER_SECONDS_MAX: u64 = 120;
/// Decisions that are asked for at once while they are followed.
pub const LOG_PAGE_ITEMS: usize = 50;
/// Pages that are read to find where the last look ended.
pub const LOG_PAGES_MAX: usize = 20;
/// Records of decisions that are asked for at once.
pub const LOG_RECORDS_AT_ONCE: usize = 8;
