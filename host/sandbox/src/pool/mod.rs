//! Threads of their own for evaluations, which compute and never wait, so
//! that they do not stand in the way of an async runtime.

mod queue;

use std::{
    fmt,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll},
    thread::{self, JoinHandle},
};

use baton_domain::limits::{
    EVALUATION_LANE_MAX, EVALUATION_QUEUE_MAX, EVALUATION_THREAD_STACK_BYTES,
    EVALUATION_THREADS_MAX,
};
use tokio::sync::oneshot;

use queue::Queue;
pub use queue::Urgency;

/// An evaluation that delivers its own result. Dropping it loses the result.
pub type Job = Box<dyn FnOnce() + Send>;

/// Decides where and when a job runs; see [`EvaluatorPool::run_by`].
type Runner = Arc<dyn Fn(Job) -> Result<(), QueueFull> + Send + Sync>;

/// A fixed number of threads behind one bounded queue, in which owners take
/// turns. Dropping the pool
/// finishes what was accepted, then ends the threads.
pub struct EvaluatorPool {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
    runner: Option<Runner>,
}

/// The queue is full; the job was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "{EVALUATION_QUEUE_MAX} evaluations are waiting already, or {EVALUATION_LANE_MAX} of one owner"
)]
pub struct QueueFull;

/// The job panicked, so there is no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the evaluation was lost to a panic")]
pub struct EvaluationLost;

/// The result of an accepted job, as a future of any runtime.
#[derive(Debug)]
#[must_use = "dropping it does not cancel the job, but loses the result"]
pub struct Pending<T>(oneshot::Receiver<T>);

/// How a thread stands beside others of the machine.
#[derive(Debug, Clone, Copy)]
enum Priority {
    Normal,
    Low,
}

/// Far enough below the rest that it is set aside at once, and not so far that
/// what it holds is never let go of.
const LOW_NICE: i32 = 10;

impl Priority {
    /// The calling thread takes it.
    fn take(self) {
        if let Self::Low = self {
            // On Linux this is of one thread. Where it is refused, the thread
            // works as the others do.
            let _ = rustix::process::nice(LOW_NICE);
        }
    }
}

struct Shared {
    queue: Mutex<Queue>,
    wake: Condvar,
    /// How many threads may run what nobody waits for.
    later_max: usize,
}

impl Shared {
    fn new(threads: usize) -> Self {
        Self {
            queue: Mutex::default(),
            wake: Condvar::new(),
            later_max: (threads - 1).max(1),
        }
    }
}

impl EvaluatorPool {
    /// Starts `threads` threads, at least one and at most
    /// [`EVALUATION_THREADS_MAX`], for which the sandbox has instances.
    ///
    /// # Errors
    /// The operating system's, when it gives no thread.
    pub fn new(threads: usize) -> std::io::Result<Self> {
        Self::with_priority(threads, Priority::Normal)
    }

    /// As [`EvaluatorPool::new`], of threads that stand aside while anything
    /// else of this machine wants to compute. Together with the others they are
    /// at most [`EVALUATION_THREADS_MAX`].
    ///
    /// # Errors
    /// The operating system's, when it gives no thread.
    pub fn aside(threads: usize) -> std::io::Result<Self> {
        Self::with_priority(threads, Priority::Low)
    }

    fn with_priority(threads: usize, priority: Priority) -> std::io::Result<Self> {
        let threads = threads.clamp(1, EVALUATION_THREADS_MAX);
        let mut pool = Self {
            shared: Arc::new(Shared::new(threads)),
            threads: Vec::new(),
            runner: None,
        };
        for number in 0..threads {
            let shared = Arc::clone(&pool.shared);
            let thread = thread::Builder::new()
                .name(format!("baton-eval-{number}"))
                .stack_size(EVALUATION_THREAD_STACK_BYTES)
                .spawn(move || {
                    priority.take();
                    shared.work();
                })?;
            pool.threads.push(thread);
        }
        Ok(pool)
    }

    /// A pool without threads: `runner` decides where and when each job runs.
    /// For simulations, whose seed must decide everything. It may run the job
    /// at once, keep it for later, refuse it as a full queue does, or drop it,
    /// which loses the result as a panic does.
    pub fn run_by(runner: impl Fn(Job) -> Result<(), QueueFull> + Send + Sync + 'static) -> Self {
        Self {
            shared: Arc::new(Shared::new(1)),
            threads: Vec::new(),
            runner: Some(Arc::new(runner)),
        }
    }

    /// As [`EvaluatorPool::run_for`], for a job of nobody in particular.
    ///
    /// # Errors
    /// [`QueueFull`], likewise.
    pub fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Pending<T>, QueueFull> {
        self.run_for(0, Urgency::Now, job)
    }

    /// Runs `job` of `owner` on one of the threads. Owners take turns, so that
    /// one with many or slow jobs does not hold up the others. A job whose
    /// [`Pending`] was dropped before its turn is not run.
    ///
    /// # Errors
    /// [`QueueFull`] at once when [`EVALUATION_QUEUE_MAX`] jobs wait, or
    /// [`EVALUATION_LANE_MAX`] of this owner.
    pub fn run_for<T: Send + 'static>(
        &self,
        owner: u64,
        urgency: Urgency,
        job: impl FnOnce() -> T + Send + 'static,
    ) -> Result<Pending<T>, QueueFull> {
        let (sender, receiver) = oneshot::channel();
        let job = move || {
            if !sender.is_closed() {
                // Nobody waiting any more is no reason to complain.
                drop(sender.send(job()));
            }
        };
        self.submit(owner, urgency, job)?;
        Ok(Pending(receiver))
    }

    /// As [`EvaluatorPool::run_for`], for a job that delivers its own result.
    ///
    /// # Errors
    /// [`QueueFull`], likewise.
    pub fn submit(
        &self,
        owner: u64,
        urgency: Urgency,
        job: impl FnOnce() + Send + 'static,
    ) -> Result<(), QueueFull> {
        if let Some(runner) = &self.runner {
            return runner(Box::new(job));
        }
        self.shared.lock().push(owner, urgency, Box::new(job))?;
        self.shared.wake.notify_one();
        Ok(())
    }

    /// Jobs that wait for a thread.
    pub fn waiting(&self) -> usize {
        self.shared.lock().len()
    }

    /// How many threads there are.
    pub fn threads(&self) -> usize {
        self.threads.len()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        // No job runs under the lock, so the queue is whole even if poisoned.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self) {
        while let Some((urgency, job)) = self.next() {
            // A panic is the host's own fault. The waiting side learns of it
            // by losing its sender; the thread goes on with the next job.
            let _ = catch_unwind(AssertUnwindSafe(job));
            self.lock().ended(urgency);
        }
    }

    fn next(&self) -> Option<(Urgency, Job)> {
        let mut queue = self.lock();
        loop {
            if let Some(next) = queue.pop(self.later_max) {
                return Some(next);
            }
            if queue.closed {
                return None;
            }
            queue = self
                .wake
                .wait(queue)
                .unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Drop for EvaluatorPool {
    fn drop(&mut self) {
        self.shared.lock().closed = true;
        self.shared.wake.notify_all();
        let current = thread::current().id();
        for thread in self.threads.drain(..) {
            // The last owner may be a job; its thread cannot wait for itself.
            if thread.thread().id() != current {
                // Threads contain the panics of their jobs.
                let _ = thread.join();
            }
        }
    }
}

impl fmt::Debug for EvaluatorPool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (threads, waiting) = (self.threads(), self.waiting());
        f.debug_struct("EvaluatorPool")
            .field("threads", &threads)
            .field("waiting", &waiting)
            .finish()
    }
}

impl<T> Pending<T> {
    /// Waits for the result, blocking; not for use inside a runtime.
    ///
    /// # Errors
    /// [`EvaluationLost`].
    pub fn wait(self) -> Result<T, EvaluationLost> {
        self.0.blocking_recv().map_err(|_| EvaluationLost)
    }
}

impl<T> Future for Pending<T> {
    type Output = Result<T, EvaluationLost>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0)
            .poll(context)
            .map(|result| result.map_err(|_| EvaluationLost))
    }
}
