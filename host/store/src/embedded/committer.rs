//! The committer: the only place that writes. It takes all changes that wait,
//! checks each against those before it, applies them as one batch, syncs once,
//! and only then answers them all.
//!
//! **Adaptive group commit.** An idle committer takes what comes at once, so
//! nobody waits for company that does not come. While a sync runs, others
//! queue up and share the next. Only when the last batches were large and few
//! have come back yet does it linger for them, a millisecond at most: without
//! that, small and large batches take turns and the tail doubles.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
        mpsc::{self, Receiver, Sender},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use baton_domain::limits::{
    BATCH_BYTES_MAX, BATCH_COMMITS_MAX, BATCH_LINGER_US_MAX, COMMITS_WAITING_MAX,
};
use tokio::sync::{Semaphore, oneshot, watch};

use super::{
    draft::Draft,
    heads::Heads,
    in_flight::InFlight,
    key::Who,
    options::{Observer, Synced},
    rows::{Batch, Rows},
};
use crate::error::{CommitError, StoreError};

/// Batches from this size on are worth lingering for.
const LINGER_FROM: usize = 8;

type Answer = Box<dyn FnOnce(Result<(), String>) + Send>;
type Change = Box<dyn FnOnce(&mut Draft<'_>) -> (bool, Answer) + Send>;

/// A change that waits.
struct Job {
    /// Whose rows it writes.
    of: Vec<Who>,
    change: Change,
}

/// What a committer works with.
pub(crate) struct Parts {
    pub(crate) rows: Arc<dyn Rows>,
    pub(crate) heads: Arc<Heads>,
    pub(crate) in_flight: Arc<InFlight>,
    pub(crate) observer: Option<Arc<dyn Observer>>,
}

/// Applies jobs to the rows.
struct Writer {
    parts: Parts,
    /// Set when a write or a sync failed: what is on the disk is not known
    /// from then on, and nothing more is written.
    has_failed: AtomicBool,
}

/// Where changes are handed in.
pub(crate) struct Committer {
    writer: Arc<Writer>,
    mode: Mode,
}

enum Mode {
    /// Changes are made by whoever hands them in, one after the other: always
    /// in the same order in a simulation. Tells whether it is open.
    Inline(Mutex<bool>),
    /// A thread makes them, many with one sync.
    Thread {
        queue: Mutex<Option<Sender<Job>>>,
        room: Semaphore,
        end: watch::Receiver<bool>,
        thread: Option<JoinHandle<()>>,
    },
}

impl Committer {
    /// One without a thread.
    pub(crate) fn inline(parts: Parts) -> Self {
        let has_failed = AtomicBool::new(false);
        let writer = Arc::new(Writer { parts, has_failed });
        Self {
            writer,
            mode: Mode::Inline(Mutex::new(true)),
        }
    }

    /// One with a thread, which ends when the committer is dropped. `idle` runs
    /// after each batch.
    pub(crate) fn thread(
        parts: Parts,
        idle: impl Fn() + Send + 'static,
    ) -> Result<Self, StoreError> {
        let has_failed = AtomicBool::new(false);
        let writer = Arc::new(Writer { parts, has_failed });
        let (queue, waiting) = mpsc::channel();
        let (ending, end) = watch::channel(false);
        let thread = Thread {
            writer: writer.clone(),
            waiting,
            ending,
        };
        let spawned = thread::Builder::new()
            .name("baton-committer".into())
            .spawn(move || thread.run(idle));
        let thread = Some(spawned.map_err(|source| StoreError::Backend {
            doing: "starting the committer",
            source: source.into(),
        })?);
        let (queue, room) = (Mutex::new(Some(queue)), Semaphore::new(COMMITS_WAITING_MAX));
        Ok(Self {
            writer,
            mode: Mode::Thread {
                queue,
                room,
                end,
                thread,
            },
        })
    }

    /// Makes a change and returns when it is durable. `of` names the customers
    /// whose rows it writes. A change that fails writes nothing.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        of: Vec<Who>,
        change: impl FnOnce(&mut Draft<'_>) -> Result<T, CommitError> + Send + 'static,
    ) -> Result<T, CommitError> {
        let (answer, answered) = oneshot::channel();
        let change: Change = Box::new(move |draft| {
            let result = change(draft);
            let is_kept = result.is_ok();
            let answer: Answer = Box::new(move |synced| {
                let result = match synced {
                    Ok(()) => result,
                    Err(why) => Err(failed(why).into()),
                };
                // Nobody may be waiting any more; the change is made all the
                // same.
                let _ = answer.send(result);
            });
            (is_kept, answer)
        });
        let job = Job { of, change };
        match &self.mode {
            Mode::Inline(turn) => {
                let is_open = turn.lock().unwrap_or_else(PoisonError::into_inner);
                if !*is_open {
                    return Err(StoreError::Closing.into());
                }
                self.writer.write(vec![job], &mut Vec::new());
            }
            Mode::Thread { queue, room, .. } => {
                let room = room.acquire().await.map_err(|_| StoreError::Closing)?;
                self.send(queue, job)?;
                let answer = answered.await;
                drop(room);
                return answer.unwrap_or_else(|_| Err(failed("the committer ended".into()).into()));
            }
        }
        answered
            .await
            .unwrap_or_else(|_| Err(StoreError::Closing.into()))
    }

    /// How many changes wait, or wait for their sync.
    #[cfg(test)]
    pub(crate) fn waiting(&self) -> usize {
        match &self.mode {
            Mode::Inline(_) => 0,
            Mode::Thread { room, .. } => COMMITS_WAITING_MAX - room.available_permits(),
        }
    }

    fn send(&self, queue: &Mutex<Option<Sender<Job>>>, job: Job) -> Result<(), StoreError> {
        let queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = queue.as_ref().ok_or(StoreError::Closing)?;
        queue.send(job).map_err(|_| StoreError::Closing)
    }

    /// Takes no more changes and returns when those that wait are durable.
    pub(crate) async fn close(&self) {
        match &self.mode {
            Mode::Inline(turn) => *turn.lock().unwrap_or_else(PoisonError::into_inner) = false,
            Mode::Thread { queue, end, .. } => {
                queue.lock().unwrap_or_else(PoisonError::into_inner).take();
                let mut end = end.clone();
                // An error means that the thread is gone, which is as well.
                let _ = end.wait_for(|has_ended| *has_ended).await;
            }
        }
    }
}

/// Waits for the thread, so that whoever dropped the store can open it again.
impl Drop for Committer {
    fn drop(&mut self) {
        if let Mode::Thread { queue, thread, .. } = &mut self.mode {
            queue
                .get_mut()
                .unwrap_or_else(PoisonError::into_inner)
                .take();
            let thread = thread
                .take()
                .filter(|it| it.thread().id() != thread::current().id());
            // It panicked, or it did not; there is nobody left to tell.
            let _ = thread.map(JoinHandle::join);
        }
    }
}

fn failed(why: String) -> StoreError {
    StoreError::Backend {
        doing: "making a change durable",
        source: why.into(),
    }
}

struct Thread {
    writer: Arc<Writer>,
    waiting: Receiver<Job>,
    ending: watch::Sender<bool>,
}

impl Thread {
    fn run(self, idle: impl Fn()) {
        let mut expected = 1;
        let mut jobs = Vec::new();
        loop {
            if jobs.is_empty() {
                match self.waiting.recv() {
                    Ok(job) => jobs.push(job),
                    Err(_) => return,
                }
            }
            let lingered = self.gather(&mut jobs, expected);
            let count = jobs.len();
            let mut left = Vec::new();
            self.writer.write(jobs, &mut left);
            jobs = left;
            expected = if lingered {
                count
            } else {
                count.max(expected * 3 / 4)
            };
            idle();
        }
    }

    /// Takes what waits. Returns whether it lingered in vain.
    fn gather(&self, jobs: &mut Vec<Job>, expected: usize) -> bool {
        let enough = expected * 3 / 4;
        let mut give_up_at = None;
        while jobs.len() < BATCH_COMMITS_MAX {
            if let Ok(job) = self.waiting.try_recv() {
                jobs.push(job);
                continue;
            }
            if expected < LINGER_FROM || jobs.len() >= enough {
                return false;
            }
            let now = Instant::now();
            let linger = Duration::from_micros(BATCH_LINGER_US_MAX);
            let give_up_at = *give_up_at.get_or_insert(now + linger);
            match self
                .waiting
                .recv_timeout(give_up_at.saturating_duration_since(now))
            {
                Ok(job) => jobs.push(job),
                Err(_) => return true,
            }
        }
        false
    }
}

/// Also when the thread panics: those who wait must not wait for ever.
impl Drop for Thread {
    fn drop(&mut self) {
        if thread::panicking() {
            self.writer.has_failed.store(true, Ordering::Release);
            self.writer.parts.in_flight.fail();
        }
        self.ending.send_replace(true);
    }
}

impl Writer {
    /// Makes the changes of `jobs`, syncs and answers. What does not fit into
    /// one batch is put into `left`. After a failure it drops the jobs, which
    /// is an answer, too.
    fn write(&self, jobs: Vec<Job>, left: &mut Vec<Job>) {
        if self.has_failed.load(Ordering::Acquire) {
            return;
        }
        let started = Instant::now();
        let mut pending = Batch::default();
        let mut answers = Vec::with_capacity(jobs.len());
        let mut bytes = 0;
        for job in jobs {
            if bytes > BATCH_BYTES_MAX {
                left.push(job);
                continue;
            }
            self.parts.in_flight.add(job.of);
            let mut draft = Draft::new(
                &*self.parts.rows,
                &self.parts.heads,
                &mut pending,
                &self.has_failed,
            );
            let (is_kept, answer) = (job.change)(&mut draft);
            if is_kept {
                bytes += draft.written();
                draft.keep();
            }
            answers.push(answer);
        }
        let synced = if bytes > 0 {
            self.make_durable(&pending)
        } else {
            Ok(Duration::ZERO)
        };
        self.parts.in_flight.landed(synced.is_ok());
        if let (Ok(synced), Some(observer), true) = (&synced, &self.parts.observer, bytes > 0) {
            let (changes, took, synced) = (answers.len(), started.elapsed(), *synced);
            observer.synced(&Synced {
                changes,
                bytes,
                took,
                synced,
            });
            for (key, value) in pending.iter() {
                observer.wrote(key, value.as_deref());
            }
        }
        for answer in answers {
            answer(synced.as_ref().map(|_| ()).map_err(Clone::clone));
        }
    }

    /// Applies and syncs. Returns how long the sync took.
    fn make_durable(&self, batch: &Batch) -> Result<Duration, String> {
        if self.has_failed.load(Ordering::Acquire) {
            return Err("an earlier change of the batch failed".into());
        }
        let durable = || {
            self.parts.rows.apply(batch)?;
            self.parts.heads.applied(batch);
            let started = Instant::now();
            self.parts.rows.sync()?;
            Ok(started.elapsed())
        };
        durable().map_err(|error: StoreError| {
            self.has_failed.store(true, Ordering::Release);
            std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string)
        })
    }
}
