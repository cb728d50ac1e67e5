//! What the committer applied becomes durable: one sync for all batches that
//! wait for it, while the committer makes the next one. Only then are those who
//! wait answered, in the order in which their changes were made.

use std::{
    error::Error as _,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use super::{
    in_flight::InFlight,
    options::{Observer, Synced},
    rows::{Batch, Rows},
};
use crate::error::StoreError;

/// Tells whoever waits that the change is durable, or why nobody knows.
pub(crate) type Answer = Box<dyn FnOnce(Result<(), String>) + Send>;

/// A batch that is applied, unless that failed.
pub(crate) struct Applied {
    /// Its number among those that are in flight.
    pub(crate) number: u64,
    pub(crate) batch: Batch,
    pub(crate) bytes: usize,
    pub(crate) answers: Vec<Answer>,
    pub(crate) started: Instant,
    pub(crate) result: Result<(), String>,
}

/// Syncs and answers.
pub(crate) struct Syncer {
    pub(crate) rows: Arc<dyn Rows>,
    pub(crate) in_flight: Arc<InFlight>,
    pub(crate) observer: Option<Arc<dyn Observer>>,
    /// Set when a write or a sync failed: what is on the disk is not known
    /// from then on, and nothing more is written.
    pub(crate) has_failed: AtomicBool,
}

impl Syncer {
    /// Why a write failed, which is the last of all.
    pub(crate) fn fail(&self, error: &StoreError) -> String {
        self.has_failed.store(true, Ordering::Release);
        let source = error.source();
        source.map_or_else(|| error.to_string(), ToString::to_string)
    }

    /// Makes batches durable with one sync, and answers.
    pub(crate) fn land(&self, applied: Vec<Applied>) {
        let has_written = applied.iter().any(|it| it.bytes > 0);
        let synced = self.sync(has_written);
        for one in applied {
            let result = one.result.and(synced.clone());
            self.in_flight.landed(one.number, result.is_ok());
            if let (Ok(synced), Some(observer), true) = (&result, &self.observer, one.bytes > 0) {
                observer.synced(&Synced {
                    changes: one.answers.len(),
                    bytes: one.bytes,
                    took: one.started.elapsed(),
                    synced: *synced,
                });
                for (key, value) in one.batch.iter() {
                    observer.wrote(key, value.as_deref());
                }
            }
            for answer in one.answers {
                answer(result.as_ref().map(|_| ()).map_err(Clone::clone));
            }
        }
    }

    /// Returns how long it took. What wrote nothing may rest on what it read of
    /// batches before it, so it fails with them.
    fn sync(&self, has_written: bool) -> Result<Duration, String> {
        if self.has_failed.load(Ordering::Acquire) {
            return Err("an earlier change failed".into());
        }
        if !has_written {
            return Ok(Duration::ZERO);
        }
        let started = Instant::now();
        match self.rows.sync() {
            Ok(()) => Ok(started.elapsed()),
            Err(error) => Err(self.fail(&error)),
        }
    }

    /// Starts a thread that lands what is sent to it; it ends, when all has
    /// landed, once there is no sender. What waits is bounded by how many changes
    /// may wait for the committer: each counts until it is answered.
    pub(crate) fn start(self: &Arc<Self>) -> Result<(Sender<Applied>, JoinHandle<()>), StoreError> {
        let (sender, waiting) = channel();
        let thread = Landing(self.clone());
        let spawned = thread::Builder::new()
            .name("baton-syncer".into())
            .spawn(move || thread.run(&waiting));
        let spawned = spawned.map_err(|source| StoreError::Backend {
            doing: "starting the syncer",
            source: source.into(),
        })?;
        Ok((sender, spawned))
    }
}

struct Landing(Arc<Syncer>);

impl Landing {
    fn run(self, waiting: &Receiver<Applied>) {
        while let Ok(first) = waiting.recv() {
            let applied = std::iter::once(first).chain(waiting.try_iter());
            self.0.land(applied.collect());
        }
    }
}

/// When the thread panics: those who wait must not wait for ever.
impl Drop for Landing {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.has_failed.store(true, Ordering::Release);
            self.0.in_flight.fail();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::MemoryRows;

    #[test]
    fn what_wrote_nothing_fails_with_what_it_rests_on() {
        let syncer = Syncer {
            rows: Arc::new(MemoryRows::default()),
            in_flight: Arc::new(InFlight::new()),
            observer: None,
            has_failed: AtomicBool::new(false),
        };
        let ask = || {
            let (told, answered) = channel();
            let answer: Answer = Box::new(move |result| told.send(result).unwrap());
            syncer.land(vec![Applied {
                number: syncer.in_flight.begin(),
                batch: Batch::default(),
                bytes: 0,
                answers: vec![answer],
                started: Instant::now(),
                result: Ok(()),
            }]);
            answered.recv().unwrap()
        };
        assert_eq!(ask(), Ok(()));
        // The batch before it could not be synced.
        syncer.has_failed.store(true, Ordering::Release);
        assert!(ask().is_err());
        assert!(syncer.in_flight.is_whole().is_err());
    }
}
