//! What a tenant may say unasked, and what is kept of its numbers.

/// Follow-ups of one tenant.
pub const FOLLOW_UPS_MAX: usize = 64;
/// Length of what a follow-up says, before it is filled in.
pub const FOLLOW_UP_TEXT_CHARS_MAX: usize = 4_000;
/// How long one follow-up may wait, and how late it may be: ten years.
pub const FOLLOW_UP_HOURS_MAX: u32 = 10 * 366 * 24;
/// Follow-ups of one conversation that were not owed, as far as the state keeps
/// why: the latest.
pub const SKIPPED_MAX: usize = 32;
/// Caps on marketing that one tenant sets.
pub const CAPS_MAX: usize = 8;
/// Messages that one cap may allow: what was sent unasked is kept for one more.
pub const CAP_MESSAGES_MAX: u32 = 24;
/// Days over which one cap may count.
pub const CAP_DAYS_MAX: u32 = 90;
/// Templates kept of one number, by name and language: those of which WhatsApp
/// told something.
pub const NUMBER_TEMPLATES_MAX: usize = 500;
/// Length of a word of WhatsApp's on a number or a template.
pub const NUMBER_WORD_CHARS_MAX: usize = 64;
/// Numbers that one tenant may have.
pub const TENANT_NUMBERS_MAX: usize = 1_000;
