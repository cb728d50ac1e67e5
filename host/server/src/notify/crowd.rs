//! How much of one tenant is on its way at once.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use baton_domain::{ids::TenantId, limits::TENANT_DELIVERIES_AT_ONCE_MAX};

/// Counts what is on its way, by tenant.
#[derive(Debug, Clone, Default)]
pub struct Crowd(Arc<Mutex<HashMap<TenantId, usize>>>);

/// A place on the way, until it is dropped.
#[derive(Debug)]
pub struct Place {
    crowd: Crowd,
    tenant: TenantId,
}

impl Crowd {
    /// A place for one more of `tenant`; `None` when as many as may be are on
    /// their way.
    pub fn place(&self, tenant: &TenantId) -> Option<Place> {
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry(tenant.clone()).or_default();
        if *count >= TENANT_DELIVERIES_AT_ONCE_MAX {
            return None;
        }
        *count += 1;
        Some(Place {
            crowd: self.clone(),
            tenant: tenant.clone(),
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let counts = self.crowd.0.lock();
        let mut counts = counts.unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = counts.get_mut(&self.tenant) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_tenant_leaves_room_for_another() {
        let crowd = Crowd::default();
        let [one, other] = ["one", "other"].map(|it| TenantId::parse(it).unwrap());
        let mut held: Vec<_> = std::iter::from_fn(|| crowd.place(&one)).collect();
        assert_eq!(held.len(), TENANT_DELIVERIES_AT_ONCE_MAX);
        assert!(crowd.place(&other).is_some());
        held.pop();
        assert!(crowd.place(&one).is_some());
    }
}
