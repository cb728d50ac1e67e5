//! What every part of the running host shares.

use std::sync::{Arc, PoisonError};

use arc_swap::ArcSwap;
use baton_domain::ids::TenantId;
use baton_store::{Store, StoreError};
use baton_whatsapp::graph::Graph;
use jiff::Timestamp;
use tokio::{
    sync::{Mutex, Notify, mpsc},
    time::{Instant, timeout_at},
};

use crate::{
    accept::Door,
    clock::{Clock, WatchedClock},
    coexist::PastLocks,
    config::Config,
    directory::{ActiveTenant, Directory},
    evaluation::Evaluators,
    http::RequestIds,
    metrics::Metrics,
    notify::{Notifier, Told},
    numbers::Numbers,
    people::{Bots, HostLoads},
    releases::{Compiles, ModuleLibrary, ReadyRollout, Residents, Shadows, Trip},
};

/// The running host.
pub struct Host {
    /// Host settings.
    pub config: Config,
    /// SHA-256 of the administrator's key.
    pub admin_key: [u8; 32],
    /// SHA-256 of the key that opens the metrics alone, when there is one.
    pub metrics_key: Option<[u8; 32]>,
    /// What time it is.
    pub clock: Arc<WatchedClock>,
    /// Everything durable.
    pub store: Arc<dyn Store>,
    /// The modules there are.
    pub library: ModuleLibrary,
    /// Tenants whose releases are ready to run.
    pub residents: Residents,
    /// How many modules each tenant may have compiled.
    pub compiles: Compiles,
    /// Whoever runs guest code.
    pub evaluators: Evaluators,
    /// Moments that wait for a shadow release.
    pub shadows: Shadows,
    /// The way to WhatsApp.
    pub graph: Arc<dyn Graph>,
    /// The ways to whoever is told of what happens.
    pub notifier: Notifier,
    /// The front door: room for what is in work, and counts.
    pub door: Arc<Door>,
    /// What is counted and timed.
    pub metrics: Arc<Metrics>,
    /// Who has how much.
    pub loads: HostLoads,
    /// Which bots are there.
    pub bots: Bots,
    /// Names requests that come without a name.
    pub request_ids: RequestIds,
    /// Wakes whoever waits for work, after a commit that added some.
    pub work_added: Notify,
    /// Held by whoever changes the directory, from the check to the swap.
    pub directory_changes: Mutex<()>,
    /// Held by whoever changes what is known of numbers, also while the
    /// directory changes.
    pub number_changes: Mutex<()>,
    /// Held by whoever changes what is known of a number's past.
    pub past_changes: PastLocks,
    directory: ArcSwap<Directory>,
    trips: mpsc::UnboundedSender<Trip>,
    tripped: std::sync::Mutex<Option<mpsc::UnboundedReceiver<Trip>>>,
}

/// The parts that a host is made of.
pub struct Parts {
    /// Host settings.
    pub config: Config,
    /// SHA-256 of the administrator's key.
    pub admin_key: [u8; 32],
    /// SHA-256 of the key that opens the metrics alone, when there is one.
    pub metrics_key: Option<[u8; 32]>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Everything durable.
    pub store: Arc<dyn Store>,
    /// The modules there are.
    pub library: ModuleLibrary,
    /// Whoever runs guest code.
    pub evaluators: Evaluators,
    /// The way to WhatsApp.
    pub graph: Arc<dyn Graph>,
    /// What is counted and timed.
    pub metrics: Arc<Metrics>,
    /// Names requests that come without a name.
    pub request_ids: RequestIds,
}

impl Host {
    /// Puts the parts together and reads the directory.
    ///
    /// # Errors
    /// The store's.
    pub async fn new(parts: Parts) -> Result<Arc<Self>, StoreError> {
        let denied = &parts.config.evaluation.denied_fields;
        let directory = Directory::load(&*parts.store, denied, &Directory::default()).await?;
        let (trips, tripped) = mpsc::unbounded_channel();
        let (loads, now) = (HostLoads::default(), parts.clock.now());
        for tenant in directory
            .tenants()
            .iter()
            .filter(|it| !it.roster.is_empty())
        {
            loads
                .rebuild(&*parts.store, &tenant.document.id, now)
                .await?;
        }
        Ok(Arc::new(Self {
            shadows: Shadows::default(),
            residents: Residents::new(parts.config.evaluation.resident_mib << 20),
            compiles: Compiles::default(),
            trips,
            tripped: std::sync::Mutex::new(Some(tripped)),
            door: Arc::new(Door::new(parts.config.limits.clone())),
            notifier: Notifier::new(&parts.config),
            config: parts.config,
            admin_key: parts.admin_key,
            metrics_key: parts.metrics_key,
            clock: Arc::new(WatchedClock::new(parts.clock)),
            store: parts.store,
            library: parts.library,
            evaluators: parts.evaluators,
            graph: parts.graph,
            metrics: parts.metrics,
            loads,
            bots: Bots::new(now),
            past_changes: PastLocks::default(),
            request_ids: parts.request_ids,
            work_added: Notify::new(),
            directory_changes: Mutex::new(()),
            number_changes: Mutex::new(()),
            directory: ArcSwap::from_pointee(directory),
        }))
    }

    /// Everybody, as of now.
    pub fn directory(&self) -> Arc<Directory> {
        self.directory.load_full()
    }

    /// Reads the directory anew, after a change. Hold
    /// [`Host::directory_changes`] meanwhile.
    ///
    /// # Errors
    /// The store's.
    pub async fn reload_directory(&self) -> Result<(), StoreError> {
        let denied = &self.config.evaluation.denied_fields;
        let directory = Directory::load(&*self.store, denied, &self.directory()).await?;
        self.directory.store(Arc::new(directory));
        Ok(())
    }

    /// The releases that decide for `tenant`, made ready if need be.
    ///
    /// # Errors
    /// The store's.
    pub async fn releases_of(
        &self,
        tenant: &ActiveTenant,
    ) -> Result<Arc<ReadyRollout>, StoreError> {
        let (rollout, store) = (&tenant.rollout, &*self.store);
        self.residents.ready(rollout, &self.library, store).await
    }

    /// The same, if they can be had in time: whoever answers a webhook does not
    /// wait until a module is compiled.
    pub async fn releases_by(
        &self,
        tenant: &ActiveTenant,
        deadline: Instant,
    ) -> Option<Arc<ReadyRollout>> {
        if let Some(ready) = self.residents.at_hand(&tenant.rollout) {
            return Some(ready);
        }
        match timeout_at(deadline, self.releases_of(tenant)).await {
            Ok(Ok(ready)) => Some(ready),
            Ok(Err(error)) => {
                tracing::warn!(tenant = %tenant.document.id, %error, "its releases are not ready");
                None
            }
            Err(_) => None,
        }
    }

    /// Reads one tenant anew, after a change to what is its own. Of a tenant
    /// that is in use, or whose releases moved, they are made ready before it is
    /// swapped in, so that no event waits for them. Hold [`Host::directory_changes`] meanwhile.
    ///
    /// # Errors
    /// The store's.
    pub async fn reload_tenant(&self, tenant: &TenantId) -> Result<(), StoreError> {
        let denied = &self.config.evaluation.denied_fields;
        let before = self.directory();
        let mut directory = Directory::clone(&before);
        directory.reload(&*self.store, denied, tenant).await?;
        let before = before.tenant(tenant);
        let is_needed = |now: &&Arc<ActiveTenant>| {
            let has_moved = |it: &Arc<ActiveTenant>| {
                it.rollout.document.revision != now.rollout.document.revision
            };
            before.is_some_and(|it| it.rollout.is_ready() || has_moved(it))
        };
        if let Some(tenant) = directory.tenant(tenant).filter(is_needed) {
            self.releases_of(tenant).await?;
        }
        let has_people = |it: &Arc<ActiveTenant>| !it.roster.is_empty();
        // Nothing was counted as long as nobody was there.
        if directory.tenant(tenant).is_some_and(has_people) && !before.is_some_and(has_people) {
            let now = self.clock.now();
            self.loads.rebuild(&*self.store, tenant, now).await?;
        }
        self.directory.store(Arc::new(directory));
        Ok(())
    }

    /// Reads anew whom one tenant wants told, after a change to that alone. Hold
    /// [`Host::directory_changes`] meanwhile.
    ///
    /// # Errors
    /// The store's.
    pub async fn reload_told(&self, tenant: &TenantId) -> Result<(), StoreError> {
        if let Some(active) = self.directory().tenant(tenant) {
            let told = Told::load(&*self.store, tenant).await?;
            active.told.store(Arc::new(told));
        }
        Ok(())
    }

    /// Reads anew what is known of one tenant's numbers, after a change to that
    /// alone. Hold [`Host::number_changes`] meanwhile.
    ///
    /// # Errors
    /// The store's.
    pub async fn reload_numbers(&self, tenant: &TenantId) -> Result<(), StoreError> {
        if let Some(active) = self.directory().tenant(tenant) {
            let numbers = Numbers::load(&*self.store, tenant).await?;
            active.numbers.store(Arc::new(numbers));
        }
        Ok(())
    }

    /// Whether the tenant's bot can answer at `now`: it has a key, and was heard
    /// of late.
    pub fn is_bot_there(&self, tenant: &ActiveTenant, now: Timestamp) -> bool {
        let id = &tenant.document.id;
        let minutes = tenant.profile.care().bot_silence_minutes;
        self.directory().has_bot(id, now) && now < self.bots.there_until(id, minutes)
    }

    /// A release must be taken back: soon, by the loop that does so.
    pub fn trip(&self, trip: Trip) {
        // Without the loop the host ends.
        let _ = self.trips.send(trip);
    }

    /// What tripped, for the one loop that takes releases back.
    pub(crate) fn tripped(&self) -> Option<mpsc::UnboundedReceiver<Trip>> {
        let mut tripped = self.tripped.lock().unwrap_or_else(PoisonError::into_inner);
        tripped.take()
    }
}
