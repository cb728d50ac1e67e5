//! Which release decides on whom: the pointers, which are always at hand, and
//! the releases ready to run, which are while they are in use.

use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use arc_swap::ArcSwapOption;
use baton_domain::{
    field::Field,
    ids::{CustomerId, ReleaseNumber, TenantId},
    release::{Release, Rollout, Tripped},
};
use baton_store::{Document, Store, StoreError, Tenant};
use tokio::sync::Mutex;

use super::{
    ModuleLibrary, Permissions,
    health::{Health, TenantHealth},
    prepare,
    prepare::barred,
};
use crate::evaluation::ActiveRelease;

/// A tenant's rollout as of a moment. Immutable, but for the releases that it
/// holds ready: they follow from it and from what never changes (releases by
/// number, modules by digest), so that they can be let go and made again.
#[derive(Debug)]
pub struct ActiveRollout {
    /// Where the releases stand.
    pub document: Document<Rollout>,
    permissions: Permissions,
    tenant: TenantId,
    /// Handed on to the next one of the tenant.
    health: Arc<TenantHealth>,
    ready: ArcSwapOption<ReadyRollout>,
    /// Held by whoever makes them ready, so that it is done once.
    preparing: Mutex<()>,
    /// When it was last used; larger is later.
    used: AtomicU64,
}

/// The releases of a rollout, ready to run.
#[derive(Debug)]
pub struct ReadyRollout {
    active: Arc<ActiveRelease>,
    canary: Option<Arc<ActiveRelease>>,
    shadow: Option<Arc<ActiveRelease>>,
    /// Memory that they take, about.
    pub(super) bytes: u64,
}

/// A release that must be taken back, and why.
#[derive(Debug, Clone)]
pub struct Trip {
    /// Whose.
    pub tenant: TenantId,
    /// Which one.
    pub release: ReleaseNumber,
    /// Why.
    pub tripped: Tripped,
}

impl ActiveRollout {
    /// Reads where the tenant's releases stand, and makes nothing ready. When
    /// nothing has changed since `before`, that one is returned; what comes
    /// after it takes over how its releases fared.
    ///
    /// # Errors
    /// The store's.
    pub async fn read(
        store: &dyn Store,
        tenant: &Tenant,
        denied: &BTreeSet<Field>,
        before: Option<&Arc<Self>>,
    ) -> Result<Arc<Self>, StoreError> {
        let document = store.rollout(&tenant.id).await?;
        let permissions = Permissions::of(store, tenant, denied).await?;
        if let Some(before) = before
            && before.document.revision == document.revision
            && before.permissions == permissions
        {
            return Ok(before.clone());
        }
        let health = before.map(|it| it.health.clone()).unwrap_or_default();
        let rollout = Self {
            document,
            permissions,
            tenant: tenant.id.clone(),
            health,
            ready: ArcSwapOption::empty(),
            preparing: Mutex::new(()),
            used: AtomicU64::new(0),
        };
        let standing: Vec<_> = rollout.numbers().map(|(_, number)| number).collect();
        rollout.health.keep_only(&standing);
        Ok(Arc::new(rollout))
    }

    /// The releases, if they are ready; `now` is when they are used.
    pub(super) fn at_hand(&self, now: u64) -> Option<Arc<ReadyRollout>> {
        let ready = self.ready.load_full()?;
        self.used.store(now, Ordering::Relaxed);
        Some(ready)
    }

    /// Whether its releases are ready.
    pub fn is_ready(&self) -> bool {
        self.ready.load().is_some()
    }

    pub(super) fn hold(&self, ready: Arc<ReadyRollout>, now: u64) {
        self.used.store(now, Ordering::Relaxed);
        self.ready.store(Some(ready));
    }

    /// Lets the releases go; who runs them keeps them until then.
    pub(super) fn let_go(&self) {
        self.ready.store(None);
    }

    pub(super) fn last_used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    pub(super) fn preparing(&self) -> &Mutex<()> {
        &self.preparing
    }

    /// Makes the releases ready. What cannot run is barred in its place and
    /// told to the log.
    ///
    /// # Errors
    /// The store's.
    pub(super) async fn prepare(
        &self,
        library: &ModuleLibrary,
        store: &dyn Store,
    ) -> Result<ReadyRollout, StoreError> {
        let rollout = &self.document.body;
        let mut bytes = 0;
        let ready = async |number: ReleaseNumber, bytes: &mut u64| {
            let release = self.kept(library, store, number).await?;
            let prepared = prepare(library, store, &self.tenant, &self.permissions, &release);
            let prepared = prepared.await?;
            for unfit in &prepared.unfit {
                tracing::error!(tenant = %self.tenant, module = %unfit.module, code = unfit.misfit.code(), error = %unfit.misfit, "a module of a release does not run");
            }
            *bytes += prepared.bytes;
            let release = prepared.release.watched(self.health.of(number));
            Ok::<_, StoreError>(Arc::new(release))
        };
        let active = ready(rollout.active(), &mut bytes).await?;
        let canary = match rollout.canary() {
            Some(canary) => Some(ready(canary.release, &mut bytes).await?),
            None => None,
        };
        let shadow = match rollout.shadow() {
            Some(number) => Some(ready(number, &mut bytes).await?),
            None => None,
        };
        Ok(ReadyRollout {
            active,
            canary,
            shadow,
            bytes,
        })
    }

    /// The release that decides on `customer`, with none of its modules able
    /// to run: for a moment that nothing could be made ready for.
    ///
    /// # Errors
    /// The store's.
    pub async fn unready(
        &self,
        library: &ModuleLibrary,
        store: &dyn Store,
        customer: &CustomerId,
    ) -> Result<ActiveRelease, StoreError> {
        let number = self.document.body.release_of(&self.tenant, customer);
        let release = self.kept(library, store, number).await?;
        Ok(barred(&release).watched(self.health.of(number)))
    }

    /// Every release that stands somewhere, as what, and how it fares.
    pub fn standing(&self) -> impl Iterator<Item = (&'static str, ReleaseNumber, Arc<Health>)> {
        let numbers = self.numbers();
        numbers.map(|(stands, number)| (stands, number, self.health.of(number)))
    }

    fn numbers(&self) -> impl Iterator<Item = (&'static str, ReleaseNumber)> {
        let rollout = &self.document.body;
        let all = [
            ("active", Some(rollout.active())),
            ("canary", rollout.canary().map(|it| it.release)),
            ("shadow", rollout.shadow()),
        ];
        all.into_iter()
            .filter_map(|(stands, number)| Some((stands, number?)))
    }

    /// The release of this number. One that is gone has no modules, so that
    /// the tenant's default applies.
    async fn kept(
        &self,
        library: &ModuleLibrary,
        store: &dyn Store,
        number: ReleaseNumber,
    ) -> Result<Release, StoreError> {
        let kept = library.release(store, &self.tenant, number).await?;
        Ok(kept.unwrap_or_else(|| Release {
            number,
            made_at: jiff::Timestamp::UNIX_EPOCH,
            made_by: "".into(),
            note: "".into(),
            key: None,
            modules: Vec::new(),
        }))
    }
}

impl ReadyRollout {
    /// The release that decides on `customer`, by the rollout that these
    /// releases are of.
    pub fn release_of(
        &self,
        rollout: &ActiveRollout,
        customer: &CustomerId,
    ) -> &Arc<ActiveRelease> {
        let number = rollout.document.body.release_of(&rollout.tenant, customer);
        let canary = self.canary.as_ref().filter(|it| it.number == number);
        canary.unwrap_or(&self.active)
    }

    /// The release that decides beside, without effect.
    pub fn shadow(&self) -> Option<&Arc<ActiveRelease>> {
        self.shadow.as_ref()
    }
}
