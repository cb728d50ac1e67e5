//! When a delivery is tried, and tried again.

use std::hash::Hasher;

use jiff::{SignedDuration, Timestamp};
use siphasher::sip::SipHasher13;

use crate::limits::{
    DELIVERY_JITTER_PERCENT_MAX, DELIVERY_SCHEDULE_SECONDS, ENDPOINT_FAILING_HOURS_MAX,
};

/// How long to wait after `failures` tries that failed; `None` when there is no
/// further one. What is added so that not all come back at once is drawn from
/// `key`, which differs between deliveries: the same each time.
pub fn wait_before(failures: u32, key: &str) -> Option<SignedDuration> {
    let place = usize::try_from(failures).ok()?;
    let seconds = *DELIVERY_SCHEDULE_SECONDS.get(place)?;
    let mut hasher = SipHasher13::new();
    hasher.write(key.as_bytes());
    hasher.write_u32(failures);
    let millis = u64::try_from(seconds).ok()?.saturating_mul(1_000);
    let most = millis / 100 * u64::from(DELIVERY_JITTER_PERCENT_MAX);
    let jitter = hasher.finish() % (most + 1);
    let wait = i64::try_from(millis.saturating_add(jitter)).ok()?;
    Some(SignedDuration::from_millis(wait))
}

/// Whether what has done nothing but fail since `since` is to be disabled.
pub fn is_failing_too_long(since: Timestamp, now: Timestamp) -> bool {
    now.duration_since(since) >= SignedDuration::from_hours(ENDPOINT_FAILING_HOURS_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedule_is_that_of_standard_webhooks_and_a_little_more() {
        for (failures, seconds) in (0u32..).zip(DELIVERY_SCHEDULE_SECONDS) {
            for key in ["a", "b", "notify/crm/abc/7"] {
                let wait = wait_before(failures, key).unwrap().as_secs();
                assert!(wait >= seconds && wait <= seconds + seconds / 5, "{wait}");
                assert_eq!(wait_before(failures, key), wait_before(failures, key));
            }
        }
        assert_eq!(wait_before(8, "a"), None);
        assert_ne!(wait_before(7, "a"), wait_before(7, "b"));
    }
}
