//! What every part of the running host shares.

use std::sync::{Arc, PoisonError};

use arc_swap::ArcSwap;
use baton_domain::ids::TenantId;
use baton_store::{Store, StoreError};
use baton_whatsapp::graph::Graph;
use tokio::sync::{Mutex, Notify, mpsc};

use crate::{
    accept::Door,
    clock::Clock,
    config::Config,
    directory::Directory,
    evaluation::Evaluators,
    http::RequestIds,
    metrics::Metrics,
    notify::{Notifier, Told},
    releases::{ModuleLibrary, Shadows, Trip},
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
    pub clock: Arc<dyn Clock>,
    /// Everything durable.
    pub store: Arc<dyn Store>,
    /// The modules there are.
    pub library: ModuleLibrary,
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
    /// Names requests that come without a name.
    pub request_ids: RequestIds,
    /// Wakes whoever waits for work, after a commit that added some.
    pub work_added: Notify,
    /// Held by whoever changes the directory, from the check to the swap.
    pub directory_changes: Mutex<()>,
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
        let directory = Directory::load(&*parts.store, &parts.library, denied).await?;
        let (trips, tripped) = mpsc::unbounded_channel();
        Ok(Arc::new(Self {
            shadows: Shadows::default(),
            trips,
            tripped: std::sync::Mutex::new(Some(tripped)),
            door: Arc::new(Door::new(parts.config.limits.clone())),
            notifier: Notifier::new(&parts.config),
            config: parts.config,
            admin_key: parts.admin_key,
            metrics_key: parts.metrics_key,
            clock: parts.clock,
            store: parts.store,
            library: parts.library,
            evaluators: parts.evaluators,
            graph: parts.graph,
            metrics: parts.metrics,
            request_ids: parts.request_ids,
            work_added: Notify::new(),
            directory_changes: Mutex::new(()),
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
        let directory = Directory::load(&*self.store, &self.library, denied).await?;
        self.directory.store(Arc::new(directory));
        Ok(())
    }

    /// Reads one tenant anew, after a change to what is its own. Hold
    /// [`Host::directory_changes`] meanwhile.
    ///
    /// # Errors
    /// The store's.
    pub async fn reload_tenant(&self, tenant: &TenantId) -> Result<(), StoreError> {
        let denied = &self.config.evaluation.denied_fields;
        let mut directory = Directory::clone(&self.directory());
        directory
            .reload(&*self.store, &self.library, denied, tenant)
            .await?;
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
