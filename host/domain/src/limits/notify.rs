//! Notifications: who is told, how often it is tried, what is sent.

/// Endpoints of one tenant.
pub const ENDPOINTS_MAX: usize = 32;
/// An endpoint's address.
pub const ENDPOINT_URL_CHARS_MAX: usize = 2_000;
/// How long the secret before still signs after a rotation.
pub const SECRET_ROTATION_HOURS: i64 = 24;
/// How long an endpoint may do nothing but fail before it is disabled.
pub const ENDPOINT_FAILING_HOURS_MAX: i64 = 5 * 24;
/// How long notices of an endpoint that was disabled so are kept to be
/// replayed; those that happen later are not.
pub const ENDPOINT_KEPT_DAYS: i64 = 30;
/// How long a delivery may take in all.
pub const DELIVERY_SECONDS_MAX: u64 = 15;
/// How long its connection may take to come about.
pub const DELIVERY_CONNECT_SECONDS_MAX: u64 = 5;
/// What is read of an endpoint's answer; nothing of it is used.
pub const DELIVERY_ANSWER_BYTES_MAX: usize = 4 * 1024;
/// Body of a delivery.
pub const DELIVERY_BODY_BYTES_MAX: usize = 256 * 1024;
/// Notices of one tenant that are on their way at once: one tenant's slow
/// endpoint leaves room for the others.
pub const TENANT_DELIVERIES_AT_ONCE_MAX: usize = 8;
/// How long a notice waits when as many of its tenant are on their way.
pub const DELIVERY_CROWDED_SECONDS: i64 = 5;
/// Seconds between one try and the next (Standard Webhooks, "Deliverability and
/// reliability"): the first at once.
pub const DELIVERY_SCHEDULE_SECONDS: [i64; 8] = [
    0,
    5,
    5 * 60,
    30 * 60,
    2 * 3_600,
    5 * 3_600,
    10 * 3_600,
    10 * 3_600,
];
/// How much longer than the schedule says a try may wait, so that not all come
/// back at once: a hundredth of it, so many times.
pub const DELIVERY_JITTER_PERCENT_MAX: u32 = 20;
/// Agents who are told of one conversation that waits for their team.
pub const NOTICE_AGENTS_MAX: usize = 50;
/// After this a person is not told any more: it would help nobody.
pub const NOTICE_TO_PERSON_MINUTES_MAX: i64 = 60;
/// Notices that one request replays; ask again for more.
pub const REPLAYED_AT_ONCE_MAX: usize = 500;
/// How long the mail server may take for one message.
pub const MAIL_SECONDS_MAX: u64 = 15;

// ---- flags -------------------------------------------------------------------

/// Flags kept for one conversation, the latest.
pub const CONVERSATION_FLAGS_MAX: usize = 64;
/// Length of a flag's note.
pub const FLAG_NOTE_CHARS_MAX: usize = 500;
/// Rules that one flag counts for.
pub const FLAG_RULES_MAX: usize = 128;
/// Events among which the decision of a flag is looked for when it is not named.
pub const FLAG_EVENTS_SEARCHED_MAX: usize = 1_000;
/// Weeks of one report.
pub const REPORT_WEEKS_MAX: i64 = 53;
/// Versions of rules that are counted in one week of a tenant; later ones are
/// not.
pub const REPORT_VERSIONS_MAX: usize = 1_000;
