//! Tasks in an order that the seed decides. Whatever is ready, one task is
//! drawn and polled once; then everything is looked at again. A task belongs to
//! a host or to the world, so that a host can die with all it was doing, or
//! stand still.
//!
//! It runs inside a paused runtime: when nothing is ready, time goes on to the
//! next thing that waits for it.

use std::{
    collections::{BTreeMap, BTreeSet},
    future::Future,
    mem,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Wake, Waker},
};

/// Which task.
pub type TaskId = u64;

/// Whose task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// People, WhatsApp, the network, whoever operates the hosts.
    World,
    /// One host, from one start to its end.
    Host(u32),
}

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Where tasks are started and stopped; cheap to clone.
#[derive(Clone, Default)]
pub struct Spawner(Arc<Mutex<Control>>);

#[derive(Default)]
struct Control {
    next: TaskId,
    started: Vec<(TaskId, Group, Work)>,
    cancelled: Vec<TaskId>,
    killed: Vec<Group>,
    stalled: BTreeSet<Group>,
    woken: BTreeSet<TaskId>,
    /// Whether a stall ended.
    resumed: bool,
    idle: Option<Waker>,
}

impl Spawner {
    fn control(&self) -> MutexGuard<'_, Control> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts a task.
    pub fn spawn(&self, group: Group, work: impl Future<Output = ()> + Send + 'static) -> TaskId {
        let mut control = self.control();
        control.next += 1;
        let id = control.next;
        control.started.push((id, group, Box::pin(work)));
        id
    }

    /// Drops a task where it stands.
    pub fn cancel(&self, task: TaskId) {
        self.control().cancelled.push(task);
    }

    /// Drops all tasks of a group where they stand.
    pub fn kill(&self, group: Group) {
        self.control().killed.push(group);
    }

    /// Lets no task of a group run until it may again.
    pub fn stall(&self, group: Group, stalled: bool) {
        let mut control = self.control();
        if stalled {
            control.stalled.insert(group);
        } else {
            control.stalled.remove(&group);
            control.resumed = true;
            control.idle.take().into_iter().for_each(Waker::wake);
        }
    }
}

struct TaskWaker {
    task: TaskId,
    spawner: Spawner,
}

impl Wake for TaskWaker {
    fn wake(self: Arc<Self>) {
        let idle = {
            let mut control = self.spawner.control();
            control.woken.insert(self.task);
            control.idle.take()
        };
        idle.into_iter().for_each(Waker::wake);
    }
}

struct Task {
    group: Group,
    work: Work,
    waker: Waker,
}

/// All tasks there are.
pub struct Executor {
    spawner: Spawner,
    tasks: BTreeMap<TaskId, Task>,
    ready: BTreeSet<TaskId>,
}

impl Executor {
    /// An executor of what `spawner` starts.
    pub fn new(spawner: Spawner) -> Self {
        Self {
            spawner,
            tasks: BTreeMap::new(),
            ready: BTreeSet::new(),
        }
    }

    /// Polls one of the ready tasks, drawn by `draw` from how many there are.
    /// Returns which, or `None` when none is ready.
    pub fn step(&mut self, draw: impl FnOnce(usize) -> usize) -> Option<(TaskId, Group)> {
        self.settle();
        let stalled = {
            let mut control = self.spawner.control();
            control.resumed = false;
            control.stalled.clone()
        };
        let mut runnable: Vec<TaskId> = self.ready.iter().copied().collect();
        runnable.retain(|id| !stalled.contains(&self.tasks[id].group));
        if runnable.is_empty() {
            return None;
        }
        let id = runnable[draw(runnable.len())];
        self.ready.remove(&id);
        let task = self.tasks.get_mut(&id)?;
        let group = task.group;
        let mut context = Context::from_waker(&task.waker);
        if task.work.as_mut().poll(&mut context).is_ready() {
            self.tasks.remove(&id);
        }
        Some((id, group))
    }

    /// Returns when a task may be ready.
    pub async fn idle(&self) {
        let spawner = self.spawner.clone();
        std::future::poll_fn(move |context| {
            let mut control = spawner.control();
            let has_news = !control.woken.is_empty()
                || !control.started.is_empty()
                || !control.killed.is_empty()
                || control.resumed;
            if has_news {
                return Poll::Ready(());
            }
            // Whoever is stalled and ready waits for the end of the stall.
            control.idle = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Drops all tasks, also those that nobody polled yet.
    pub fn let_go(self) {
        let started = mem::take(&mut self.spawner.control().started);
        drop((self.tasks, started));
    }

    /// Takes in what was started, woken and stopped.
    fn settle(&mut self) {
        loop {
            let (started, cancelled, killed, woken) = {
                let mut control = self.spawner.control();
                (
                    mem::take(&mut control.started),
                    mem::take(&mut control.cancelled),
                    mem::take(&mut control.killed),
                    mem::take(&mut control.woken),
                )
            };
            if started.is_empty() && cancelled.is_empty() && killed.is_empty() && woken.is_empty() {
                return;
            }
            for (task, group, work) in started {
                let spawner = self.spawner.clone();
                let waker = Arc::new(TaskWaker { task, spawner }).into();
                self.tasks.insert(task, Task { group, work, waker });
                self.ready.insert(task);
            }
            // What is dropped may wake others: hence the loop.
            for task in cancelled {
                self.tasks.remove(&task);
            }
            for group in killed {
                let of_group = |_: &TaskId, task: &mut Task| task.group == group;
                let dropped: Vec<_> = self.tasks.extract_if(.., of_group).collect();
                drop(dropped);
            }
            self.ready.extend(woken);
            self.ready.retain(|task| self.tasks.contains_key(task));
        }
    }
}
