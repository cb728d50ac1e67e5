//! How releases fare: counts for people, and the guardrails' watch. Apart from
//! the releases themselves, so that neither a change of the tenant's document
//! nor a while out of memory starts the counting anew; a restart does.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use baton_domain::{
    ids::ReleaseNumber,
    release::{Guardrails, Tripped, Watch},
};

use crate::evaluation::Stats;

/// How one release fares.
#[derive(Debug, Default)]
pub struct Health {
    /// Counts of its modules.
    pub stats: Stats,
    watch: Mutex<Watch>,
}

impl Health {
    /// Counts an evaluation; why the release must be taken back, if it must.
    pub fn note(&self, limits: &Guardrails, failed: bool, took: Duration) -> Option<Tripped> {
        let took_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let mut watch = self.watch.lock().unwrap_or_else(PoisonError::into_inner);
        watch.note(limits, failed, took_ms)
    }
}

/// How the releases of a tenant fare that stand somewhere.
#[derive(Debug, Default)]
pub struct TenantHealth(Mutex<BTreeMap<ReleaseNumber, Arc<Health>>>);

impl TenantHealth {
    /// Of this release.
    pub fn of(&self, release: ReleaseNumber) -> Arc<Health> {
        self.releases().entry(release).or_default().clone()
    }

    /// Forgets all but these: a release that comes back begins anew.
    pub fn keep_only(&self, standing: &[ReleaseNumber]) {
        self.releases()
            .retain(|number, _| standing.contains(number));
    }

    fn releases(&self) -> MutexGuard<'_, BTreeMap<ReleaseNumber, Arc<Health>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
