//! How many modules each tenant may have compiled: so many at once, and one
//! more each few seconds. Compilers run one after the other, so that a tenant
//! without a limit would keep all others waiting.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use baton_domain::{
    ids::TenantId,
    limits::{TENANT_COMPILE_SECONDS, TENANT_COMPILES_MAX},
};
use jiff::{SignedDuration, Timestamp};

/// The tenant had too many modules compiled lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "too many modules were compiled for you: {TENANT_COMPILES_MAX} at once, then one each \
     {TENANT_COMPILE_SECONDS} s; come again in {retry_after} s"
)]
pub struct TooManyCompiles {
    /// Seconds until the next one may be.
    pub retry_after: u64,
}

/// What each tenant used lately: the time at which all of it is paid off.
#[derive(Debug, Default)]
pub struct Compiles(Mutex<HashMap<TenantId, Timestamp>>);

impl Compiles {
    /// Takes one for `tenant`.
    ///
    /// # Errors
    /// [`TooManyCompiles`]; then nothing is taken.
    pub fn take(&self, tenant: &TenantId, now: Timestamp) -> Result<(), TooManyCompiles> {
        let each = SignedDuration::from_secs(TENANT_COMPILE_SECONDS);
        let longest = each * i32::try_from(TENANT_COMPILES_MAX).unwrap_or(i32::MAX);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Who owes nothing needs no place. Nobody owes more than can be taken at
        // once, unless the clock was ahead.
        all.retain(|_, paid_off| *paid_off > now && paid_off.duration_since(now) <= longest);
        let before = all.get(tenant).copied().unwrap_or(now);
        let paid_off = before.saturating_add(each).unwrap_or(Timestamp::MAX);
        let owed = paid_off.duration_since(now);
        if owed > longest {
            let wait = (owed - longest).as_millis().max(1);
            let retry_after = u64::try_from(wait).unwrap_or(u64::MAX).div_ceil(1_000);
            return Err(TooManyCompiles { retry_after });
        }
        all.insert(tenant.clone(), paid_off);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn so_many_at_once_then_one_at_a_time_and_nobody_elses_count() {
        let compiles = Compiles::default();
        let [busy, other] = ["busy", "other"].map(|id| TenantId::parse(id).unwrap());
        let start = Timestamp::UNIX_EPOCH;
        for _ in 0..TENANT_COMPILES_MAX {
            compiles.take(&busy, start).unwrap();
        }
        let refused = compiles.take(&busy, start).unwrap_err();
        assert_eq!(refused.retry_after, TENANT_COMPILE_SECONDS as u64);
        compiles.take(&other, start).unwrap();
        let later = start + SignedDuration::from_secs(TENANT_COMPILE_SECONDS);
        compiles.take(&busy, later).unwrap();
        assert!(compiles.take(&busy, later).is_err());
        // All of it is forgotten in time.
        let rested = later + SignedDuration::from_secs(TENANT_COMPILE_SECONDS * 20);
        for _ in 0..TENANT_COMPILES_MAX {
            compiles.take(&busy, rested).unwrap();
        }
    }

    #[test]
    fn what_was_taken_by_a_clock_that_was_ahead_is_forgotten() {
        let compiles = Compiles::default();
        let busy = TenantId::parse("busy").unwrap();
        let ahead = Timestamp::UNIX_EPOCH + SignedDuration::from_hours(400 * 24);
        for now in [ahead, Timestamp::UNIX_EPOCH] {
            for _ in 0..TENANT_COMPILES_MAX {
                compiles.take(&busy, now).unwrap();
            }
            assert!(compiles.take(&busy, now).is_err());
        }
    }
}
