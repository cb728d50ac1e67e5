//! What keeps a module or a release that goes wrong from doing so for long:
//! breakers suspend modules, guardrails take releases back.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use baton_domain::{
    ids::{ModuleDigest, TenantId},
    limits::{BREAKERS_MAX, COMMIT_TRIES_MAX},
    release::{Asked, Breaker, InvalidMove},
};
use baton_store::{CommitError, Document};
use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Trip;
use crate::{host::Host, work::Loop};

/// The breakers of all modules that failed lately.
#[derive(Debug, Default)]
pub struct Breakers {
    /// Spares the lock while all is well.
    is_used: AtomicBool,
    breakers: Mutex<HashMap<(TenantId, ModuleDigest), Breaker>>,
}

impl Breakers {
    /// Whether the module may run for the tenant.
    pub fn admits(&self, tenant: &TenantId, module: ModuleDigest, now: Timestamp) -> bool {
        if !self.is_used.load(Ordering::Relaxed) {
            return true;
        }
        let mut breakers = self.breakers();
        let breaker = breakers.get_mut(&(tenant.clone(), module));
        breaker.is_none_or(|it| it.admits(now))
    }

    /// Tells how a run of the module went; whether it is suspended by it.
    pub fn note(
        &self,
        tenant: &TenantId,
        module: ModuleDigest,
        failed: bool,
        now: Timestamp,
    ) -> bool {
        if !failed && !self.is_used.load(Ordering::Relaxed) {
            return false;
        }
        let mut breakers = self.breakers();
        let key = (tenant.clone(), module);
        if !failed {
            breakers.remove(&key);
        } else if breakers.len() < BREAKERS_MAX || breakers.contains_key(&key) {
            let breaker = breakers.entry(key).or_default();
            let is_suspended = breaker.note(failed, now);
            self.is_used.store(true, Ordering::Relaxed);
            return is_suspended;
        }
        self.is_used.store(!breakers.is_empty(), Ordering::Relaxed);
        false
    }

    fn breakers(&self) -> MutexGuard<'_, HashMap<(TenantId, ModuleDigest), Breaker>> {
        self.breakers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes back what tripped, until `shutdown`.
pub fn guarding(
    host: &Arc<Host>,
    mut trips: mpsc::UnboundedReceiver<Trip>,
    shutdown: &CancellationToken,
) -> Loop {
    let (host, shutdown) = (host.clone(), shutdown.clone());
    Box::pin(async move {
        loop {
            let trip = tokio::select! {
                biased;
                () = shutdown.cancelled() => return,
                trip = trips.recv() => trip,
            };
            let Some(trip) = trip else { return };
            if let Err(error) = take_back(&host, &trip).await {
                let number = trip.release.0;
                tracing::error!(tenant = %trip.tenant, release = number, %error, "a release that tripped stays");
            }
        }
    })
}

async fn take_back(host: &Host, trip: &Trip) -> Result<(), CommitError> {
    for _ in 0..COMMIT_TRIES_MAX {
        let _changing = host.directory_changes.lock().await;
        let Document { revision, mut body } = host.store.rollout(&trip.tenant).await?;
        let asked = Asked {
            at: host.clock.now(),
            by: "guardrail".into(),
            why: Some(trip.tripped.to_string().into()),
        };
        match body.withdraw(trip.release, asked) {
            Ok(()) => {}
            // Someone was faster, or there is nothing better to run.
            Err(InvalidMove::Idle(_)) => return Ok(()),
            Err(error) => {
                tracing::error!(tenant = %trip.tenant, release = trip.release.0, why = %trip.tripped, %error, "a release trips and stays");
                return Ok(());
            }
        }
        let rollout = Document { revision, body };
        match host.store.put_rollout(&trip.tenant, rollout, None).await {
            Ok(()) => {
                tracing::warn!(tenant = %trip.tenant, release = trip.release.0, why = %trip.tripped, "a release was taken back");
                host.metrics.guardrails.increment(1);
                host.reload_tenant(&trip.tenant).await?;
                return Ok(());
            }
            Err(CommitError::Stale) => {}
            Err(error) => return Err(error),
        }
    }
    Err(CommitError::Stale)
}
