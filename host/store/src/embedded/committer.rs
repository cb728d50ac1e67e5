//! The committer: the only place that writes. It takes all changes that wait,
//! checks each against those before it and applies them as one batch; the syncer
//! makes it durable, and only then answers them all.
//!
//! **Adaptive group commit.** An idle committer takes what comes at once, so
//! nobody waits for company that does not come. While a sync runs, the next
//! batches are applied, and share the next sync. Only when the last batches were large and few
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
    options::Observer,
    rows::{Batch, Rows},
    syncer::{Answer, Applied, Syncer},
};
use crate::error::{CommitError, StoreError};

/// Batches from this size on are worth lingering for.
const LINGER_FROM: usize = 8;

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
    rows: Arc<dyn Rows>,
    heads: Arc<Heads>,
    syncer: Arc<Syncer>,
}

impl Writer {
    fn new(parts: Parts) -> Arc<Self> {
        let syncer = Syncer {
            rows: parts.rows.clone(),
            in_flight: parts.in_flight,
            observer: parts.observer,
            has_failed: AtomicBool::new(false),
        };
        Arc::new(Self {
            rows: parts.rows,
            heads: parts.heads,
            syncer: Arc::new(syncer),
        })
    }
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
        Self {
            writer: Writer::new(parts),
            mode: Mode::Inline(Mutex::new(true)),
        }
    }

    /// One with a thread, which ends when the committer is dropped. `idle` runs
    /// after each batch.
    pub(crate) fn thread(
        parts: Parts,
        idle: impl Fn() + Send + 'static,
    ) -> Result<Self, StoreError> {
        let writer = Writer::new(parts);
        let (applied, syncer) = writer.syncer.start()?;
        let (queue, waiting) = mpsc::channel();
        let (ending, end) = watch::channel(false);
        let thread = Thread {
            writer: writer.clone(),
            waiting,
            applied: Some(applied),
            syncer: Some(syncer),
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
                let applied = self.writer.apply(vec![job], &mut Vec::new());
                self.writer.syncer.land(applied.into_iter().collect());
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
    /// Where what is applied becomes durable; there until the thread ends.
    applied: Option<Sender<Applied>>,
    syncer: Option<JoinHandle<()>>,
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
            let applied = self.writer.apply(jobs, &mut left);
            if let (Some(applied), Some(syncer)) = (applied, &self.applied) {
                // An error means that it panicked: dropped, it answers, too.
                let _ = syncer.send(applied);
            }
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

/// Also when the thread panics: those who wait must not wait for ever. The store
/// is closed once all that was applied has landed.
impl Drop for Thread {
    fn drop(&mut self) {
        if thread::panicking() {
            self.writer.syncer.has_failed.store(true, Ordering::Release);
            self.writer.syncer.in_flight.fail();
        }
        self.applied.take();
        // It panicked, or it did not; it has said so itself.
        let _ = self.syncer.take().map(JoinHandle::join);
        self.ending.send_replace(true);
    }
}

impl Writer {
    /// Makes the changes of `jobs`. What does not fit into one batch is put into
    /// `left`. After a failure it drops the jobs, which is an answer, too.
    fn apply(&self, jobs: Vec<Job>, left: &mut Vec<Job>) -> Option<Applied> {
        let syncer = &self.syncer;
        if syncer.has_failed.load(Ordering::Acquire) {
            return None;
        }
        let (number, started) = (syncer.in_flight.begin(), Instant::now());
        let mut batch = Batch::default();
        let mut answers = Vec::with_capacity(jobs.len());
        let mut bytes = 0;
        for job in jobs {
            if bytes > BATCH_BYTES_MAX {
                left.push(job);
                continue;
            }
            syncer.in_flight.add(number, job.of);
            let mut draft = Draft::new(&*self.rows, &self.heads, &mut batch, &syncer.has_failed);
            let (is_kept, answer) = (job.change)(&mut draft);
            if is_kept {
                bytes += draft.written();
                draft.keep();
            }
            answers.push(answer);
        }
        let result = if bytes > 0 {
            self.make_visible(&batch)
        } else {
            Ok(())
        };
        Some(Applied {
            number,
            batch,
            bytes,
            answers,
            started,
            result,
        })
    }

    fn make_visible(&self, batch: &Batch) -> Result<(), String> {
        if self.syncer.has_failed.load(Ordering::Acquire) {
            return Err("an earlier change of the batch failed".into());
        }
        let applied = self.rows.apply(batch);
        applied.map_err(|error| self.syncer.fail(&error))?;
        self.heads.applied(batch);
        Ok(())
    }
}
