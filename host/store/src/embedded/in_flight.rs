//! Who has changes that are visible and not yet durable.
//!
//! Without this, a redelivery could be answered "known" from a commit whose
//! sync is still running, and a crash would then lose what was acknowledged.

use std::{
    collections::HashSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::watch;

use super::key::Who;
use crate::error::StoreError;

/// Customers whose changes are on their way to the disk.
pub(crate) struct InFlight {
    now: Mutex<Now>,
    /// Batches that are durable.
    landed: watch::Sender<u64>,
    /// Whether nothing will be durable any more.
    failed: watch::Sender<bool>,
}

#[derive(Default)]
struct Now {
    batch: u64,
    customers: HashSet<Who>,
}

impl InFlight {
    pub(crate) fn new() -> Self {
        Self {
            now: Mutex::default(),
            landed: watch::channel(0).0,
            failed: watch::channel(false).0,
        }
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Before a change becomes visible.
    pub(crate) fn add(&self, customers: Vec<Who>) {
        self.now().customers.extend(customers);
    }

    /// When everything added is durable, or never will be.
    pub(crate) fn landed(&self, is_durable: bool) {
        let mut now = self.now();
        now.batch += 1;
        now.customers.clear();
        if !is_durable {
            self.failed.send_replace(true);
        }
        self.landed.send_replace(now.batch);
    }

    /// Nothing will be durable any more.
    pub(crate) fn fail(&self) {
        self.landed(false);
    }

    /// Returns once nothing will be durable any more.
    pub(crate) async fn failed(&self) {
        // An error means that the sender is gone; it is ours.
        let _ = self.failed.subscribe().wait_for(|failed| *failed).await;
    }

    /// Returns when everything that was visible of the customer at the call is
    /// durable.
    ///
    /// # Errors
    /// [`StoreError::Backend`] when it never will be.
    pub(crate) async fn settled(&self, who: &Who) -> Result<(), StoreError> {
        let batch = {
            let now = self.now();
            now.customers.contains(who).then_some(now.batch)
        };
        if let Some(batch) = batch {
            // An error means that the sender is gone; it is ours.
            let _ = self
                .landed
                .subscribe()
                .wait_for(|landed| *landed > batch)
                .await;
        }
        self.is_whole()
    }

    /// That what is visible is durable, or will be.
    ///
    /// # Errors
    /// [`StoreError::Backend`] once a write has failed.
    pub(crate) fn is_whole(&self) -> Result<(), StoreError> {
        if *self.failed.borrow() {
            let (doing, source) = ("making a change durable", "the disk failed before".into());
            return Err(StoreError::Backend { doing, source });
        }
        Ok(())
    }
}
