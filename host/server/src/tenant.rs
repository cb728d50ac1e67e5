//! From a tenant's document to what decisions need of it.

use baton_domain::{
    care::{CarePolicy, TierPromise},
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
