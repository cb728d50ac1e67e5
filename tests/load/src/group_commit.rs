//! The simplest group commit there is: one thread takes the rows of all who
//! wait, applies them to sled as one batch, syncs once as the store does, and
//! answers them. It lingers for company by the store's own rule, since without
//! it the floor would be slower than it need be.

use std::{
    fs::File,
    path::Path,
    sync::{
        atomic::{AtomicUsize, Ordering},
        mpsc::{Receiver, Sender, channel},
    },
    thread,
    time::{Duration, Instant},
};

use anyhow::bail;
use baton_domain::limits::{BACKEND_CACHE_BYTES_MAX, BATCH_COMMITS_MAX, BATCH_LINGER_US_MAX};
use tokio::sync::oneshot;

use crate::recording::{Share, fresh};

/// Batches from this size on are worth lingering for, as in the store.
const LINGER_FROM: usize = 8;

/// Which event is written, and who waits for it.
type Job = (usize, oneshot::Sender<()>);

/// Where events are handed in.
pub struct Writer {
    queue: Sender<Job>,
    next: AtomicUsize,
}

/// The write, or the sync, failed.
pub struct Failed;

impl Writer {
    /// A writer of `shares`, one an event, again and again, into a fresh sled
    /// in `folder`.
    pub fn open(folder: &Path, shares: Vec<Share>) -> anyhow::Result<Self> {
        if shares.is_empty() {
            bail!("nothing was recorded");
        }
        let db = sled::Config::new()
            .path(folder)
            .cache_capacity(BACKEND_CACHE_BYTES_MAX)
            .flush_every_ms(None)
            .open()?;
        let log = File::options()
            .write(true)
            .read(true)
            .open(folder.join("db"))?;
        let (queue, jobs) = channel();
        let writing = Writing {
            db,
            log,
            shares,
            jobs,
        };
        thread::spawn(move || writing.run());
        Ok(Self {
            queue,
            next: AtomicUsize::new(0),
        })
    }

    /// Writes what the host wrote for one event; returns when it is durable.
    pub async fn write_one_event(&self) -> Result<(), Failed> {
        let (answer, answered) = oneshot::channel();
        let event = self.next.fetch_add(1, Ordering::Relaxed);
        self.queue.send((event, answer)).map_err(|_| Failed)?;
        answered.await.map_err(|_| Failed)
    }
}

struct Writing {
    db: sled::Db,
    log: File,
    shares: Vec<Share>,
    jobs: Receiver<Job>,
}

impl Writing {
    fn run(self) {
        let mut expected = 1;
        while let Ok(first) = self.jobs.recv() {
            let mut jobs = vec![first];
            let lingered = self.gather(&mut jobs, expected);
            let count = jobs.len();
            if let Err(error) = self.write(jobs) {
                eprintln!("the floor cannot write: {error}");
                return;
            }
            expected = if lingered {
                count
            } else {
                count.max(expected * 3 / 4)
            };
        }
    }

    /// Takes what waits. Returns whether it lingered in vain.
    fn gather(&self, jobs: &mut Vec<Job>, expected: usize) -> bool {
        let mut give_up_at = None;
        while jobs.len() < BATCH_COMMITS_MAX {
            if let Ok(job) = self.jobs.try_recv() {
                jobs.push(job);
                continue;
            }
            if expected < LINGER_FROM || jobs.len() >= expected * 3 / 4 {
                return false;
            }
            let now = Instant::now();
            let linger = Duration::from_micros(BATCH_LINGER_US_MAX);
            let until = *give_up_at.get_or_insert(now + linger);
            match self.jobs.recv_timeout(until.saturating_duration_since(now)) {
                Ok(job) => jobs.push(job),
                Err(_) => return true,
            }
        }
        false
    }

    fn write(&self, jobs: Vec<Job>) -> anyhow::Result<()> {
        let mut batch = sled::Batch::default();
        for (event, _) in &jobs {
            let (pass, at) = (event / self.shares.len(), event % self.shares.len());
            for ((key, value), is_fresh) in &self.shares[at].rows {
                match (value, *is_fresh && pass > 0) {
                    (Some(value), true) => batch.insert(fresh(key, pass), value.as_slice()),
                    (Some(value), false) => batch.insert(key.as_slice(), value.as_slice()),
                    (None, _) => batch.remove(key.as_slice()),
                }
            }
        }
        self.db.apply_batch(batch)?;
        self.db.flush()?;
        self.log.sync_data()?;
        for (_, answer) in jobs {
            // Nobody may be waiting any more.
            let _ = answer.send(());
        }
        Ok(())
    }
}
