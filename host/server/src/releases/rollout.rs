//! Which release decides on whom, ready to run.

use std::{collections::BTreeSet, sync::Arc};

use baton_domain::{
    field::Field,
    ids::{CustomerId, ReleaseNumber, TenantId},
    release::{Release, Rollout, Tripped},
};
use baton_store::{Document, Store, StoreError, Tenant};

use super::{ModuleLibrary, Permissions, Unfit, prepare};
use crate::evaluation::ActiveRelease;

/// A tenant's rollout with its releases ready to run.
#[derive(Debug)]
pub struct ActiveRollout {
    /// Where the releases stand.
    pub document: Document<Rollout>,
    active: Arc<ActiveRelease>,
    canary: Option<Arc<ActiveRelease>>,
    shadow: Option<Arc<ActiveRelease>>,
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
    /// As [`ActiveRollout::load`]; what cannot run is told to the log.
    ///
    /// # Errors
    /// The store's.
    pub async fn of(
        library: &ModuleLibrary,
        store: &dyn Store,
        tenant: &Tenant,
        denied: &BTreeSet<Field>,
    ) -> Result<Self, StoreError> {
        let (rollout, unfit) = Self::load(library, store, tenant, denied).await?;
        for unfit in unfit {
            tracing::error!(tenant = %tenant.id, module = %unfit.module, code = unfit.misfit.code(), error = %unfit.misfit, "a module of a release does not run");
        }
        Ok(rollout)
    }

    /// Reads where the tenant's releases stand and makes them ready. What
    /// cannot run is barred in its place and told.
    ///
    /// # Errors
    /// The store's.
    pub async fn load(
        library: &ModuleLibrary,
        store: &dyn Store,
        tenant: &Tenant,
        denied: &BTreeSet<Field>,
    ) -> Result<(Self, Vec<Unfit>), StoreError> {
        let document = store.rollout(&tenant.id).await?;
        let permissions = Permissions::of(store, tenant, denied).await?;
        let mut unfit = Vec::new();
        let rollout = &document.body;
        let ready = async |number: ReleaseNumber, unfit: &mut Vec<Unfit>| {
            let release = kept(library, store, tenant, number).await?;
            let prepared = prepare(library, store, &tenant.id, &permissions, &release).await?;
            unfit.extend(prepared.unfit);
            Ok::<_, StoreError>(Arc::new(prepared.release))
        };
        let active = ready(rollout.active(), &mut unfit).await?;
        let canary = match rollout.canary() {
            Some(canary) => Some(ready(canary.release, &mut unfit).await?),
            None => None,
        };
        let shadow = match rollout.shadow() {
            Some(number) => Some(ready(number, &mut unfit).await?),
            None => None,
        };
        let rollout = Self {
            document,
            active,
            canary,
            shadow,
        };
        Ok((rollout, unfit))
    }

    /// The release that decides on `customer`.
    pub fn release_of(&self, tenant: &TenantId, customer: &CustomerId) -> &Arc<ActiveRelease> {
        let number = self.document.body.release_of(tenant, customer);
        let canary = self.canary.as_ref().filter(|it| it.number == number);
        canary.unwrap_or(&self.active)
    }

    /// The release that decides beside, without effect.
    pub fn shadow(&self) -> Option<&Arc<ActiveRelease>> {
        self.shadow.as_ref()
    }

    /// Every release that runs, and as what it stands.
    pub fn standing(&self) -> impl Iterator<Item = (&'static str, &Arc<ActiveRelease>)> {
        let all = [
            ("active", Some(&self.active)),
            ("canary", self.canary.as_ref()),
            ("shadow", self.shadow.as_ref()),
        ];
        all.into_iter()
            .filter_map(|(stands, it)| Some((stands, it?)))
    }
}

/// The release of this number. One that is gone has no modules, so that the
/// tenant's default applies.
async fn kept(
    library: &ModuleLibrary,
    store: &dyn Store,
    tenant: &Tenant,
    number: ReleaseNumber,
) -> Result<Release, StoreError> {
    let kept = library.release(store, &tenant.id, number).await?;
    Ok(kept.unwrap_or_else(|| Release {
        number,
        made_at: jiff::Timestamp::UNIX_EPOCH,
        made_by: "".into(),
        note: "".into(),
        key: None,
        modules: Vec::new(),
    }))
}
