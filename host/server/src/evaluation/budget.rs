//! What each tenant may use of the evaluators before the answers to its
//! webhooks: a token bucket of computing time. An empty one defers the
//! evaluation and never the intake; and whose evaluations take long has them made
//! on threads that stand aside. So a tenant of slow rules slows down itself and
//! nobody else.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use baton_domain::{
    ids::TenantId,
    limits::{SLOW_EVALUATION_US_MIN, SLOW_TENANT_SECONDS, TENANT_EVALUATION_BURST_SECONDS},
};
use tokio::time::Instant;

/// The buckets of all tenants that evaluated lately.
pub(super) struct Budgets {
    /// Microseconds that flow into a bucket each second; `None` without
    /// threads, where somebody else decides what runs when.
    us_per_second: Option<i64>,
    full_us: i64,
    buckets: Mutex<HashMap<TenantId, Bucket>>,
}

/// What a tenant has left, as of a time. Negative after a slow run, which is
/// paid off before the next one.
#[derive(Clone, Copy)]
struct Bucket {
    left_us: i64,
    at: Instant,
    /// When an evaluation last took long.
    slow_at: Option<Instant>,
}

/// How a tenant stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Standing {
    /// Whether it may evaluate before the answer.
    pub(super) has_left: bool,
    /// Whether an evaluation of its took long lately.
    pub(super) is_slow: bool,
}

impl Budgets {
    /// Budgets of `ms_per_second` for each of `threads` threads.
    pub(super) fn new(threads: usize, ms_per_second: u32) -> Self {
        let threads = i64::try_from(threads).unwrap_or(i64::MAX);
        let us_per_second = (i64::from(ms_per_second) * 1_000).saturating_mul(threads);
        Self {
            us_per_second: (threads > 0).then_some(us_per_second),
            full_us: us_per_second.saturating_mul(TENANT_EVALUATION_BURST_SECONDS),
            buckets: Mutex::default(),
        }
    }

    /// How the tenant stands now.
    pub(super) fn standing(&self, tenant: &TenantId, now: Instant) -> Standing {
        let mut buckets = self.buckets();
        let Some(bucket) = buckets.get_mut(tenant) else {
            return Standing {
                has_left: true,
                is_slow: false,
            };
        };
        *bucket = self.filled(*bucket, now);
        let lately = Duration::from_secs(SLOW_TENANT_SECONDS);
        let is_late = |at: Instant| now.saturating_duration_since(at) < lately;
        Standing {
            has_left: bucket.left_us > 0,
            is_slow: bucket.slow_at.is_some_and(is_late),
        }
    }

    /// Takes what an evaluation took.
    pub(super) fn spend(&self, tenant: &TenantId, took: Duration, now: Instant) {
        let is_slow = took >= Duration::from_micros(SLOW_EVALUATION_US_MIN);
        let took = i64::try_from(took.as_micros()).unwrap_or(i64::MAX);
        let fresh = Bucket {
            left_us: self.full_us,
            at: now,
            slow_at: None,
        };
        let mut buckets = self.buckets();
        if !buckets.contains_key(tenant) {
            buckets.insert(tenant.clone(), fresh);
        }
        if let Some(bucket) = buckets.get_mut(tenant) {
            *bucket = self.filled(*bucket, now);
            bucket.left_us = bucket.left_us.saturating_sub(took).max(-self.full_us);
            if is_slow {
                bucket.slow_at = Some(now);
            }
        }
    }

    fn filled(&self, bucket: Bucket, now: Instant) -> Bucket {
        let passed = now.saturating_duration_since(bucket.at).as_micros();
        let passed = i64::try_from(passed).unwrap_or(i64::MAX);
        let flowed = self.us_per_second.map_or(self.full_us * 2, |rate| {
            passed.saturating_mul(rate) / 1_000_000
        });
        Bucket {
            left_us: bucket.left_us.saturating_add(flowed).min(self.full_us),
            at: now,
            ..bucket
        }
    }

    fn buckets(&self) -> MutexGuard<'_, HashMap<TenantId, Bucket>> {
        self.buckets.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_that_overspent_waits_and_its_neighbour_does_not() {
        let budgets = Budgets::new(2, 500);
        let [slow, quick] = ["slow", "quick"].map(|id| TenantId::parse(id).unwrap());
        let start = Instant::now();
        assert!(budgets.standing(&slow, start).has_left);
        budgets.spend(&slow, Duration::from_secs(3_600), start);
        assert!(!budgets.standing(&slow, start).has_left);
        assert!(budgets.standing(&quick, start).has_left);
        // It owes no more than one bucket, and that is paid off in time.
        let paid_off = start + Duration::from_secs(TENANT_EVALUATION_BURST_SECONDS as u64);
        assert!(!budgets.standing(&slow, paid_off).has_left);
        assert!(
            budgets
                .standing(&slow, paid_off + Duration::from_millis(10))
                .has_left
        );
    }

    #[test]
    fn who_was_slow_lately_is_slow_and_its_neighbour_is_not() {
        let budgets = Budgets::new(2, 500);
        let [slow, quick] = ["slow", "quick"].map(|id| TenantId::parse(id).unwrap());
        let start = Instant::now();
        let long = Duration::from_micros(SLOW_EVALUATION_US_MIN);
        assert!(!budgets.standing(&slow, start).is_slow);
        budgets.spend(&slow, long, start);
        budgets.spend(&quick, long / 2, start);
        assert!(budgets.standing(&slow, start).is_slow && !budgets.standing(&quick, start).is_slow);
        // One that is quick again is slow for a while yet.
        budgets.spend(&slow, Duration::ZERO, start);
        let later = start + Duration::from_secs(SLOW_TENANT_SECONDS);
        assert!(
            budgets
                .standing(&slow, later - Duration::from_secs(1))
                .is_slow
        );
        assert!(!budgets.standing(&slow, later).is_slow);
    }
}
