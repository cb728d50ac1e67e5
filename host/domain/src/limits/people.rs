//! What a tenant may keep of its people and what they may see.

/// Agents of one tenant.
pub const TENANT_AGENTS_MAX: usize = 2_000;
/// Teams of one tenant.
pub const TENANT_TEAMS_MAX: usize = 64;
/// Tiers of one team.
pub const TEAM_TIERS_MAX: usize = 16;
/// Roles that one tenant defines, beside the stock ones.
pub const TENANT_ROLES_MAX: usize = 64;
/// Personal tokens of one agent, revoked and expired ones too.
pub const AGENT_TOKENS_MAX: usize = 32;
/// Teams that one agent belongs to.
pub const AGENT_TEAMS_MAX: usize = 16;
/// Languages that one agent speaks.
pub const AGENT_LANGUAGES_MAX: usize = 16;
/// Tags that one agent is good at.
pub const AGENT_SKILLS_MAX: usize = 64;
/// Conversations that one agent may have at once, at most.
pub const AGENT_CAPACITY_MAX: u16 = 1_000;
/// Phishing drills kept of one agent, the latest.
pub const AGENT_DRILLS_MAX: usize = 32;
/// Spans of one agent's week.
pub const WEEKLY_SPANS_MAX: usize = 42;
/// Days off of one agent.
pub const DAYS_OFF_MAX: usize = 366;
/// Minutes of a day.
pub const DAY_MINUTES: u16 = 24 * 60;
/// Grants of fields kept for one conversation, the latest.
pub const CONVERSATION_GRANTS_MAX: usize = 32;
/// How long a grant of fields may hold.
pub const GRANT_HOURS_MAX: i64 = 7 * 24;
/// Conversations of an agent who leaves or is frozen that are handed on in one
/// request; ask again for the rest.
pub const REASSIGNED_AT_ONCE_MAX: usize = 500;

/// Events of a customer's log that an export reads at once.
pub const CUSTOMER_EXPORT_EVENTS_AT_ONCE: usize = 256;

// ---- the audit -----------------------------------------------------------------

/// Entries that are written to the audit at once.
pub const AUDIT_AT_ONCE_MAX: usize = 1_024;
/// Entries that one question to the audit looks through; its answer tells where
/// to go on.
pub const AUDIT_ROWS_SEEN_MAX: usize = 20_000;
/// Events that are read at once to look for what modules read.
pub const AUDIT_EVENTS_AT_ONCE: usize = 500;
/// Events of a customer's log that one question looks through for what modules
/// read; its answer tells where to go on.
pub const AUDIT_EVENTS_SEEN_MAX: usize = 2_000;
/// Reads of modules that the audit tells of at once.
pub const AUDIT_MODULE_READS_MAX: usize = 1_000;
