//! Whose turn it is: owners of jobs take turns, and what somebody waits for
//! goes before what nobody does, but not for ever.

use std::collections::{HashMap, VecDeque};

use baton_domain::limits::{EVALUATION_LANE_MAX, EVALUATION_QUEUE_MAX};

use super::{Job, QueueFull};

/// Of so many turns, one is for jobs that nobody waits for.
const TURNS: u32 = 4;

/// Whether somebody waits for a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Urgency {
    /// Somebody does.
    Now,
    /// Nobody does: one thread at least is kept free of such jobs.
    Later,
}

/// Jobs that wait for a thread.
#[derive(Default)]
pub(super) struct Queue {
    now: Lanes,
    later: Lanes,
    later_running: usize,
    turn: u32,
    pub(super) closed: bool,
}

/// Jobs of each owner, in order; the owners in the order of their turns.
#[derive(Default)]
struct Lanes {
    jobs: HashMap<u64, VecDeque<Job>>,
    turns: VecDeque<u64>,
    count: usize,
}

impl Queue {
    pub(super) fn push(&mut self, owner: u64, urgency: Urgency, job: Job) -> Result<(), QueueFull> {
        if self.len() >= EVALUATION_QUEUE_MAX {
            return Err(QueueFull);
        }
        match urgency {
            Urgency::Now => self.now.push(owner, job),
            Urgency::Later => self.later.push(owner, job),
        }
    }

    /// The next job, of whose kind at most `later_max` run when nobody waits
    /// for it.
    pub(super) fn pop(&mut self, later_max: usize) -> Option<(Urgency, Job)> {
        let may_later = self.closed || self.later_running < later_max;
        self.turn = self.turn.wrapping_add(1);
        let later_first = self.turn.is_multiple_of(TURNS);
        let first = later_first && may_later;
        let later = |queue: &mut Self| {
            let job = queue.later.pop()?;
            queue.later_running += 1;
            Some((Urgency::Later, job))
        };
        let early = first.then(|| later(self)).flatten();
        early
            .or_else(|| self.now.pop().map(|job| (Urgency::Now, job)))
            .or_else(|| may_later.then(|| later(self)).flatten())
    }

    /// A job is done.
    pub(super) fn ended(&mut self, urgency: Urgency) {
        if urgency == Urgency::Later {
            self.later_running = self.later_running.saturating_sub(1);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.now.count + self.later.count
    }
}

impl Lanes {
    fn push(&mut self, owner: u64, job: Job) -> Result<(), QueueFull> {
        let lane = self.jobs.entry(owner).or_default();
        if lane.len() >= EVALUATION_LANE_MAX {
            return Err(QueueFull);
        }
        if lane.is_empty() {
            self.turns.push_back(owner);
        }
        lane.push_back(job);
        self.count += 1;
        Ok(())
    }

    fn pop(&mut self) -> Option<Job> {
        let owner = self.turns.pop_front()?;
        let lane = self.jobs.get_mut(&owner)?;
        let job = lane.pop_front();
        if lane.is_empty() {
            self.jobs.remove(&owner);
        } else {
            self.turns.push_back(owner);
        }
        self.count -= usize::from(job.is_some());
        job
    }
}
