//! Bounds of what is taken over from the Business App, and held against it.

/// Phases of one history synchronisation that are noted; WhatsApp has three.
pub const SYNC_PHASES_MAX: usize = 8;
/// Chunks of one phase that are noted.
pub const SYNC_CHUNKS_MAX: usize = 4_096;

/// Messages of the App that one request compares.
pub const COMPARED_MESSAGES_MAX: usize = 20_000;
/// Body of a request that compares: each message at its longest would not fit,
/// and nobody's chats are like that.
pub const COMPARISON_BODY_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Customers whom one request compares.
pub const COMPARED_CUSTOMERS_MAX: usize = 2_000;
/// Discrepancies that one comparison lists, the first; counts are exact.
pub const DISCREPANCIES_MAX: usize = 500;
/// Comparisons kept of one number, the latest.
pub const COMPARISONS_MAX: usize = 60;
/// How far apart the two sides' times of one message may be: the export of a
/// chat tells minutes, and each phone has a clock of its own.
pub const COMPARISON_TOLERANCE_SECONDS: i64 = 120;
/// How far apart two messages of the same longer text are still one, at
/// another time.
pub const COMPARISON_DRIFT_HOURS: i64 = 24;
/// From this length on a text is telling enough for that.
pub const COMPARISON_TELLING_CHARS: usize = 16;
/// How long what arrives is held against a comparison that is open.
pub const COMPARISON_OPEN_HOURS: i64 = 24;
/// Messages of the history that are younger than this may still come by
/// themselves: they are not missing yet.
pub const COMPARISON_GRACE_MINUTES: i64 = 60;
/// How often it is looked whether a comparison is due or over.
pub const COMPARISON_LOOK_MINUTES: i64 = 10;
/// Events of a customer's log that are compared at once.
pub const COMPARISON_EVENTS_AT_ONCE: usize = 1_000;

/// Files that one command compares.
pub const AUDIT_SYNC_FILES_MAX: usize = 200;
/// One exported chat.
pub const CHAT_EXPORT_BYTES_MAX: u64 = 32 * 1024 * 1024;
