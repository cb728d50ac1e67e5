//! From a tenant's document to what decisions need of it.

use baton_domain::{
    care::{CarePolicy, TierPromise},
    limits::{
        CAP_DAYS_MAX, CAP_MESSAGES_MAX, CAPS_MAX, FOLLOW_UP_HOURS_MAX, FOLLOW_UP_TEXT_CHARS_MAX,
        FOLLOW_UPS_MAX, NAME_CHARS_MAX, NUMBER_WORD_CHARS_MAX, TENANT_NUMBERS_MAX,
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
    /// Follow-ups, caps or numbers are more, or larger, than they may be.
    #[error("{what}: at most {max}, at least {min}")]
    OverLimit {
        /// What.
        what: &'static str,
        /// No less.
        min: u64,
        /// No more.
        max: u64,
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
    let check = |what, min: u64, value: u64, max: u64| {
        let fits = (min..=max).contains(&value);
        fits.then_some(())
            .ok_or(InvalidTenant::OverLimit { what, min, max })
    };
    let count = |it: usize| it as u64;
    let max = count(TENANT_NUMBERS_MAX);
    check("numbers", 0, count(tenant.numbers.len()), max)?;
    for account in tenant.numbers.iter().filter_map(|it| it.account.as_ref()) {
        let (length, max) = (account.chars().count(), count(NUMBER_WORD_CHARS_MAX));
        let what = "characters of a number's account";
        check(what, 0, count(length), max)?;
    }
    let max = count(FOLLOW_UPS_MAX);
    check("follow_ups", 0, count(tenant.follow_ups.len()), max)?;
    for row in &tenant.follow_ups {
        let name = row.name.chars().count();
        // What is blank could never be sent.
        let text = match row.text.trim() {
            "" => 0,
            _ => row.text.chars().count(),
        };
        let hours = FOLLOW_UP_HOURS_MAX.into();
        check(
            "characters of a follow-up's name",
            1,
            count(name),
            count(NAME_CHARS_MAX),
        )?;
        let max = count(FOLLOW_UP_TEXT_CHARS_MAX);
        check("characters of a follow-up's text", 1, count(text), max)?;
        check("delay_hours", 0, row.delay_hours.into(), hours)?;
        check("too_late_hours", 0, row.too_late_hours.into(), hours)?;
    }
    let caps = tenant.marketing_caps.iter();
    check("marketing_caps", 0, count(caps.len()), count(CAPS_MAX))?;
    for cap in caps {
        let (messages, days) = (CAP_MESSAGES_MAX.into(), CAP_DAYS_MAX.into());
        check("messages of a cap", 1, cap.messages.into(), messages)?;
        check("days of a cap", 1, cap.days.into(), days)?;
    }
    Ok(())
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
