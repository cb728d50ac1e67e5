//! What is kept of what people owe, and how far ahead they are reckoned with.

/// Handoffs of one conversation whose outcome the state keeps; the log holds
/// all of them.
pub const HANDOFFS_MAX: usize = 8;
/// Steps up kept of one handoff.
pub const ESCALATIONS_MAX: usize = 16;
/// Notes kept for one conversation, the latest; the log holds all of them.
pub const NOTES_MAX: usize = 32;
/// Length of one note.
pub const NOTE_CHARS_MAX: usize = 1_000;
/// Signals of rules kept of one conversation since people have it, the latest.
pub const ADVICE_MAX: usize = 8;
/// Messages that nobody asked for just then, kept for one conversation; also those
/// that advertise and may have left, and those that advertise and wait.
pub const PROMOTIONS_MAX: usize = 32;
/// Days in which somebody's next working hour is looked for.
pub const LOOK_AHEAD_DAYS_MAX: usize = 800;
/// Days in which the next opening of everybody in a team is looked for, when
/// nobody is there: it is looked for while a handoff commits.
pub const OPENING_DAYS_MAX: usize = 31;
/// Minutes within which a tenant may promise something: a month of days.
pub const PROMISE_MINUTES_MAX: u32 = 31 * 24 * 60;
/// Tiers of which a tenant promises something.
pub const PROMISES_MAX: usize = 64;
/// Texts of the App that a tenant lists as automatic.
pub const AUTOMATIC_TEXTS_MAX: usize = 64;
/// How far away the next step may be put off: a year.
pub const NEXT_STEP_DAYS_MAX: usize = 366;
/// Ends of conversations by which the pace is told, the latest.
pub const PACE_ENDINGS_MAX: usize = 32;
/// How old an end may be by which the pace is told.
pub const PACE_HOURS_MAX: i64 = 8;
/// How long a bot may be silent and still counts as there, unless the tenant
/// says otherwise.
pub const BOT_SILENCE_MINUTES: u32 = 15;
/// How long a return by policy waits at a time for a bot that is not there.
pub const RETURN_WAIT_MINUTES: i64 = 5;
/// Customers of one tenant of whom it is remembered up to which version their
/// conversations were counted.
pub const LOADS_RECENT_MAX: usize = 4_096;
