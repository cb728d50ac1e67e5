//! From a tenant's document to what decisions need of it.

use baton_domain::{
    care::{CarePolicy, TierPromise},
    limit,
    limits::{
        AUTOMATIC_TEXTS_MAX, CAP_DAYS_MAX, CAP_MESSAGES_MAX, CAPS_MAX, FOLLOW_UP_HOURS_MAX,
        FOLLOW_UP_TEXT_CHARS_MAX, FOLLOW_UPS_MAX, MESSAGE_TEXT_CHARS_MAX, NAME_CHARS_MAX,
        NUMBER_WORD_CHARS_MAX, PROMISES_MAX, TEAM_TIERS_MAX, TENANT_NUMBERS_MAX, TENANT_TEAMS_MAX,
    },
    tenant::{InvalidProfile, Team, TenantProfile},
};
use baton_store::{AuditSync, CareDocument, PromiseDocument, Tenant};
use jiff::tz::TimeZone;

/// Why a tenant's document cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum InvalidTenant {
    /// The time zone does not exist.
    #[error("timezone {0:?} is not an IANA time zone such as Asia/Jakarta")]
    Timezone(String),
    /// A list of it, or something in one, is larger than it may be.
    #[error("{what}: at most {max}, at least {min}")]
    OverLimit {
        /// What.
        what: &'static str,
        /// No less.
        min: u64,
        /// No more.
        max: u64,
        /// Name of the limit.
        limit: &'static str,
    },
    /// No month has such a day.
    #[error("audit_sync.day_of_month is 1 to 31, not {0}")]
    AuditDay(i8),
    /// Teams or phrases do not fit.
    #[error(transparent)]
    Profile(#[from] InvalidProfile),
}

/// The profile that a document describes.
///
/// # Errors
/// [`InvalidTenant`], naming what does not fit.
pub fn profile(tenant: &Tenant) -> Result<TenantProfile, InvalidTenant> {
    let timezone = TimeZone::get(&tenant.timezone)
        .map_err(|_| InvalidTenant::Timezone(tenant.timezone.clone()))?;
    if let Some(AuditSync { day_of_month }) = tenant.audit_sync
        && !(1..=31).contains(&day_of_month)
    {
        return Err(InvalidTenant::AuditDay(day_of_month));
    }
    let team = |it: &baton_store::TeamDocument| Team {
        name: it.name.clone(),
        tiers: it.tiers.clone(),
    };
    let teams = tenant.teams.iter().map(team).collect();
    let profile = TenantProfile::new(timezone, &tenant.language, teams)?
        .with_outcome_on_failure(tenant.on_failure)
        .with_automatic_texts(tenant.automatic_texts.clone());
    let phrases = tenant
        .person_phrases
        .clone()
        .unwrap_or_else(baton_domain::tenant::default_person_phrases);
    let profile = profile.with_person_requests(phrases, tenant.person_buttons.clone())?;
    Ok(profile.with_care(care(&tenant.care))?)
}

/// Checks that lists and waits of a document are no larger than they may be; one
/// that was written before there was a limit stays in use.
///
/// # Errors
/// [`InvalidTenant::OverLimit`].
pub fn within_limits(tenant: &Tenant) -> Result<(), InvalidTenant> {
    let numbers = tenant.numbers.len();
    check("numbers", 0, numbers, limit!(TENANT_NUMBERS_MAX))?;
    for account in tenant.numbers.iter().filter_map(|it| it.account.as_ref()) {
        let what = "characters of a number's account";
        check(what, 0, chars(account), limit!(NUMBER_WORD_CHARS_MAX))?;
    }
    people_within_limits(tenant)?;
    follow_ups_within_limits(tenant)
}

fn people_within_limits(tenant: &Tenant) -> Result<(), InvalidTenant> {
    check("teams", 0, tenant.teams.len(), limit!(TENANT_TEAMS_MAX))?;
    for team in &tenant.teams {
        let what = "tiers of a team";
        check(what, 0, team.tiers.len(), limit!(TEAM_TIERS_MAX))?;
    }
    let promises = tenant.care.promises.len();
    check("care.promises", 0, promises, limit!(PROMISES_MAX))?;
    let texts = &tenant.automatic_texts;
    let max = limit!(AUTOMATIC_TEXTS_MAX);
    check("automatic_texts", 0, texts.len(), max)?;
    for text in texts {
        let what = "characters of an automatic text";
        check(what, 1, chars(text), limit!(MESSAGE_TEXT_CHARS_MAX))?;
    }
    Ok(())
}

fn follow_ups_within_limits(tenant: &Tenant) -> Result<(), InvalidTenant> {
    let rows = &tenant.follow_ups;
    check("follow_ups", 0, rows.len(), limit!(FOLLOW_UPS_MAX))?;
    for row in rows {
        // What is blank could never be sent.
        let text = match row.text.trim() {
            "" => 0,
            _ => chars(&row.text),
        };
        let what = "characters of a follow-up's name";
        check(what, 1, chars(&row.name), limit!(NAME_CHARS_MAX))?;
        let what = "characters of a follow-up's text";
        check(what, 1, text, limit!(FOLLOW_UP_TEXT_CHARS_MAX))?;
        let max = limit!(FOLLOW_UP_HOURS_MAX);
        check("delay_hours", 0, row.delay_hours, max)?;
        check("too_late_hours", 0, row.too_late_hours, max)?;
    }
    let caps = &tenant.marketing_caps;
    check("marketing_caps", 0, caps.len(), limit!(CAPS_MAX))?;
    for cap in caps {
        let max = limit!(CAP_MESSAGES_MAX);
        check("messages of a cap", 1, cap.messages, max)?;
        check("days of a cap", 1, cap.days, limit!(CAP_DAYS_MAX))?;
    }
    Ok(())
}

fn chars(text: &str) -> usize {
    text.chars().count()
}

fn check(
    what: &'static str,
    min: u64,
    value: impl TryInto<u64>,
    (limit, max): (&'static str, impl TryInto<u64>),
) -> Result<(), InvalidTenant> {
    let value = value.try_into().unwrap_or(u64::MAX);
    let max = max.try_into().unwrap_or(u64::MAX);
    if (min..=max).contains(&value) {
        return Ok(());
    }
    Err(InvalidTenant::OverLimit {
        what,
        min,
        max,
        limit,
    })
}

fn care(document: &CareDocument) -> CarePolicy {
    let promise = |it: &PromiseDocument| TierPromise {
        tier: it.tier.clone(),
        first_reply_minutes: it.first_reply_minutes,
        next_step_minutes: it.next_step_minutes,
    };
    let usual = CarePolicy::default();
    CarePolicy {
        hours: document.hours.clone(),
        promises: document.promises.iter().map(promise).collect(),
        auto_return_minutes: document.auto_return_minutes,
        bot_silence_minutes: document
            .bot_silence_minutes
            .unwrap_or(usual.bot_silence_minutes),
    }
}
