//! What all connections share: bounds, counts, and room for what is in work.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::task::TaskTracker;

use super::{counts::Counts, limits::Limits};

/// The state of the front door. Handlers ask it for room before they begin.
#[derive(Debug)]
pub struct Door {
    /// What it bears.
    pub limits: Limits,
    /// What it did.
    pub counts: Counts,
    /// Requests that are in work, whether or not somebody still waits for the
    /// answer: the drain waits for them.
    pub(super) requests: TaskTracker,
    bodies: Arc<Semaphore>,
    webhooks: Arc<Semaphore>,
    webhook_bytes: Arc<Semaphore>,
    api_requests: Arc<Semaphore>,
}

/// Room that is taken until this is dropped.
#[derive(Debug)]
pub struct Room {
    _permits: [Option<OwnedSemaphorePermit>; 2],
}

/// There is no more room: come again later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too much is in work: come again later")]
pub struct Shed;

fn semaphore(permits: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(permits.min(Semaphore::MAX_PERMITS)))
}

fn take(from: &Arc<Semaphore>, amount: usize) -> Option<OwnedSemaphorePermit> {
    let amount = u32::try_from(amount).ok()?;
    from.clone().try_acquire_many_owned(amount).ok()
}

impl Door {
    /// A door that nothing went through yet.
    pub fn new(limits: Limits) -> Self {
        Self {
            counts: Counts::default(),
            requests: TaskTracker::new(),
            bodies: semaphore(limits.bodies_bytes),
            webhooks: semaphore(limits.webhooks),
            webhook_bytes: semaphore(limits.webhook_bytes),
            api_requests: semaphore(limits.api_requests),
            limits,
        }
    }

    /// Room for a webhook whose body has come, until it is done. The body is
    /// not verified yet: past this threshold everything is shed, unseen.
    ///
    /// # Errors
    /// [`Shed`], counted.
    pub fn webhook(&self, bytes: usize) -> Result<Room, Shed> {
        let one = take(&self.webhooks, 1);
        let bytes = take(&self.webhook_bytes, bytes);
        if one.is_none() || bytes.is_none() {
            self.counts.webhooks_shed.add();
            return Err(Shed);
        }
        Ok(Room {
            _permits: [one, bytes],
        })
    }

    /// Whether one more webhook would find no room, as far as can be told
    /// before its body has come. To refuse then costs a tenth of refusing it
    /// later, and under overload that is what most requests come to.
    ///
    /// # Errors
    /// [`Shed`], counted.
    pub fn before_webhook(&self) -> Result<(), Shed> {
        if self.webhooks.available_permits() > 0 {
            return Ok(());
        }
        self.counts.webhooks_shed.add();
        Err(Shed)
    }

    /// Whether a webhook that has its room, and turned out to carry nothing
    /// but statuses, may stay. WhatsApp sends them again; meanwhile messages
    /// have their room.
    ///
    /// # Errors
    /// [`Shed`], counted.
    pub fn statuses(&self) -> Result<(), Shed> {
        let limits = &self.limits;
        let count = self.webhooks_in_flight();
        let bytes = limits.webhook_bytes - self.webhook_bytes.available_permits();
        let is_much =
            count > limits.webhooks_shed_statuses || bytes > limits.webhook_bytes_shed_statuses;
        if is_much {
            self.counts.statuses_shed.add();
            return Err(Shed);
        }
        Ok(())
    }

    /// Room for a request of the API, until it is answered.
    ///
    /// # Errors
    /// [`Shed`], counted.
    pub fn api_request(&self) -> Result<Room, Shed> {
        let Some(one) = take(&self.api_requests, 1) else {
            self.counts.api_requests_shed.add();
            return Err(Shed);
        };
        Ok(Room {
            _permits: [Some(one), None],
        })
    }

    /// Webhooks in work now.
    pub fn webhooks_in_flight(&self) -> usize {
        self.limits.webhooks - self.webhooks.available_permits()
    }

    /// Requests in work now, of every kind.
    pub fn requests_in_work(&self) -> usize {
        self.requests.len()
    }

    /// Room for a piece of a body that has come.
    pub(super) fn body_bytes(&self, bytes: usize) -> Option<OwnedSemaphorePermit> {
        take(&self.bodies, bytes)
    }
}
