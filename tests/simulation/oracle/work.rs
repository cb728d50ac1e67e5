//! Rows of work: each is waiting, begun, done, cancelled or dead, settled only
//! by whoever holds it, fired once; and none is lost.

use baton_domain::{event::EventBody, limits::CLOCKS_DIFFER_MINUTES, state::CustomerState};
use baton_store::{Commit, LeasedWork, NewWork, Stage, Work, WorkChange, WorkKey, WorkKind};
use jiff::{SignedDuration, Timestamp};

use super::{Oracle, PERSON_PHRASE, Who};

/// A row as it should stand.
#[derive(Debug, Clone)]
pub(super) struct Row {
    kind: WorkKind,
    due_at: Timestamp,
    shown_at: Timestamp,
    /// When it was given that place, by the clock of whoever gave it.
    placed_at: Timestamp,
    /// Whether it was given another since that clock was ahead.
    is_anew: bool,
    /// `None` when it is done or cancelled.
    stage: Option<Stage>,
    is_cancelled: bool,
    lease: u64,
    is_held: bool,
    tries: u32,
    payload: serde_json::Value,
}

impl Row {
    fn new(new: &NewWork, placed_at: Timestamp) -> Self {
        Self {
            kind: new.kind,
            due_at: new.due_at,
            shown_at: new.due_at,
            placed_at,
            is_anew: false,
            stage: Some(Stage::Waiting),
            is_cancelled: false,
            lease: 0,
            is_held: false,
            tries: 0,
            payload: new.payload.clone(),
        }
    }

    /// Whether it should still be done.
    fn is_open(&self) -> bool {
        matches!(self.stage, Some(Stage::Waiting | Stage::Begun { .. }))
    }

    /// Whether this was done and `other`, which has its key, only waits.
    pub(super) fn outdoes(&self, other: &Self) -> bool {
        let is_done = self.stage.is_none() && !self.is_cancelled;
        is_done && other.stage == Some(Stage::Waiting)
    }

    /// Whether it comes at `due`, or later where that `may_be`; or came already,
    /// when nothing more could follow from it.
    pub(super) fn keeps(&self, due: Timestamp, may_be: bool) -> bool {
        // One that was given another place looks again when it comes.
        let is_in_time = self.due_at == due || may_be && self.due_at >= due || self.is_anew;
        (self.is_open() && is_in_time) || (self.stage.is_none() && !self.is_cancelled)
    }

    /// Whether the store's row stands so.
    pub(super) fn is(&self, stored: Option<&Work>) -> bool {
        match (stored, &self.stage) {
            (None, None) => true,
            (Some(stored), Some(stage)) => {
                let Work {
                    kind,
                    tries,
                    payload,
                    ..
                } = stored;
                stored.stage == *stage
                    && stored.due_at == self.due_at
                    && (*kind, *tries, payload) == (self.kind, self.tries, &self.payload)
            }
            _ => false,
        }
    }

    /// Whether it is a dead letter.
    pub(super) fn is_dead(&self) -> bool {
        matches!(self.stage, Some(Stage::Dead { .. }))
    }
}

impl Oracle {
    /// Work that is not done yet.
    pub fn open_work(&self) -> Vec<String> {
        let open = self.work.iter().filter(|(_, row)| row.is_open());
        open.map(|((_, key), row)| format!("{} ({row:?})", key.0))
            .collect()
    }

    /// The store leased a row.
    pub fn leased(&mut self, leased: &LeasedWork, now: Timestamp, lease_for: SignedDuration) {
        let work = &leased.work;
        let who = self.now((work.tenant.clone(), work.customer.clone()));
        let key = (who, work.key.clone());
        let Some(mut row) = self.work.remove(&key) else {
            return self.check(false, || {
                format!("{} was leased and never added", work.key.0)
            });
        };
        self.check(row.is_open(), || {
            format!("{} was leased: {row:?}", work.key.0)
        });
        self.check(row.shown_at <= now, || {
            format!("{} was leased at {now}: {row:?}", work.key.0)
        });
        self.check(leased.lease.number == row.lease + 1, || {
            format!("{} was leased as {:?}: {row:?}", work.key.0, leased.lease)
        });
        (row.lease, row.is_held) = (leased.lease.number, true);
        row.tries += 1;
        (row.shown_at, row.placed_at) = (now + lease_for, now);
        self.work.insert(key, row);
    }

    /// A host saw that its clock was set back, or started: what was put off by a
    /// clock that was ahead waits anew: so many rows.
    pub fn clock_set_back(&mut self, now: Timestamp, moved: usize) {
        let latest = now + SignedDuration::from_mins(CLOCKS_DIFFER_MINUTES);
        let mut count = 0;
        for row in self.work.values_mut() {
            if !row.is_open() || row.shown_at <= now || row.placed_at <= latest {
                continue;
            }
            let anew =
                |at: Timestamp| now + at.duration_since(row.placed_at).max(SignedDuration::ZERO);
            let (due_at, shown_at) = (anew(row.due_at), anew(row.shown_at));
            row.is_anew |= due_at < row.due_at;
            row.due_at = row.due_at.min(due_at);
            row.shown_at = row.shown_at.min(shown_at);
            row.placed_at = now;
            count += 1;
            self.tally.count("rows that wait anew");
        }
        self.check(count == moved, || {
            format!("{moved} rows wait anew at {now} instead of {count}")
        });
    }

    /// A commit changes work.
    pub(super) fn change_work(
        &mut self,
        who: &Who,
        state: &CustomerState,
        change: &WorkChange,
        commit: &Commit,
    ) {
        match change {
            WorkChange::Add(new) => self.add(who, new, commit.at),
            WorkChange::Reschedule(new) => self.reschedule(who, new, commit.at),
            WorkChange::Cancel(key) => {
                if let Some(row) = self.work.get_mut(&(who.clone(), key.clone()))
                    && row.stage == Some(Stage::Waiting)
                {
                    (row.stage, row.is_held, row.is_cancelled) = (None, false, true);
                }
            }
            WorkChange::Dismiss(key) => {
                if let Some(row) = self.work.get_mut(&(who.clone(), key.clone()))
                    && row.is_dead()
                {
                    row.stage = None;
                }
            }
            WorkChange::Done(lease) => {
                let Some(row) = self.held(who, &lease.key, lease.number) else {
                    return;
                };
                let was = row.stage.take();
                row.is_held = false;
                let (row, was) = (row.clone(), was.unwrap_or(Stage::Waiting));
                self.done(who, state, &lease.key, &row, &was, commit);
            }
            WorkChange::Moved {
                lease,
                stage,
                due_at,
                keep,
            } => {
                if let Some(row) = self.held(who, &lease.key, lease.number) {
                    (row.due_at, row.shown_at) = (*due_at, *due_at);
                    (row.placed_at, row.is_anew) = (commit.at, false);
                    row.stage = Some(stage.clone());
                    row.is_held = *keep && !row.is_dead();
                }
            }
        }
    }

    fn add(&mut self, who: &Who, new: &NewWork, at: Timestamp) {
        self.promised(&new.key.0, &new.payload);
        if new.kind == WorkKind::Evaluate {
            self.tally.count("evaluations deferred");
        }
        let key = (who.clone(), new.key.clone());
        self.work.entry(key).or_insert_with(|| Row::new(new, at));
    }

    fn reschedule(&mut self, who: &Who, new: &NewWork, at: Timestamp) {
        self.promised(&new.key.0, &new.payload);
        let key = (who.clone(), new.key.clone());
        let row = self.work.entry(key).or_insert_with(|| Row::new(new, at));
        if row.is_cancelled || row.stage == Some(Stage::Waiting) {
            let (lease, tries) = (row.lease, if row.is_cancelled { 0 } else { row.tries });
            *row = Row {
                lease,
                tries,
                ..Row::new(new, at)
            };
        }
    }

    /// The row, when the lease is the latest and holds.
    fn held(&mut self, who: &Who, key: &WorkKey, lease: u64) -> Option<&mut Row> {
        let found = self.work.get(&(who.clone(), key.clone())).cloned();
        let holds = found
            .as_ref()
            .is_some_and(|row| row.is_held && row.lease == lease);
        self.check(holds, || {
            format!("{} was settled under lease {lease}: {found:?}", key.0)
        });
        self.work.get_mut(&(who.clone(), key.clone()))
    }

    /// A row is done: a timer fired, once and not before its time; a request
    /// for a person was honoured; a message has its end.
    fn done(
        &mut self,
        who: &Who,
        state: &CustomerState,
        key: &WorkKey,
        row: &Row,
        was: &Stage,
        commit: &Commit,
    ) {
        match row.kind {
            WorkKind::Timer => {
                let count = self.fired.entry((who.clone(), key.clone())).or_default();
                *count += 1;
                let count = *count;
                self.check(count == 1, || format!("{} fired {count} times", key.0));
                // The clock may have been set back since it was leased in time.
                let fired = commit.events.iter().filter(|event| {
                    let at = event.at.max(row.placed_at);
                    matches!(event.body, EventBody::TimerFired(_)) && at >= row.due_at
                });
                let fired = fired.count();
                self.check(fired == 1, || {
                    format!("{} was done and {fired} timers fired in time", key.0)
                });
            }
            WorkKind::Evaluate => {
                let event = &row.payload["event"];
                let text = event["text"].as_str().unwrap_or_default();
                let asks = event["kind"] == "message_received" && text.contains(PERSON_PHRASE);
                let number = event["number"].as_str().unwrap_or_default();
                let mut conversations = state.conversations();
                let is_owned = conversations
                    .any(|(it, held)| it.as_str() == number && held.ownership.owner.is_people());
                self.check(!asks || is_owned, || {
                    format!("{}: a customer asked for a person and nobody came", key.0)
                });
            }
            WorkKind::Notify => {}
            WorkKind::Effect => self.send_done(&key.0, was, state, commit),
        }
    }
}

/// A change of work as a part of a line of the trace.
pub(super) fn line(change: &WorkChange) -> String {
    match change {
        WorkChange::Add(new) => format!("add {} at {}", new.key.0, new.due_at),
        WorkChange::Reschedule(new) => format!("reschedule {} at {}", new.key.0, new.due_at),
        WorkChange::Cancel(key) => format!("cancel {}", key.0),
        WorkChange::Dismiss(key) => format!("dismiss {}", key.0),
        WorkChange::Done(lease) => format!("done {} {}", lease.key.0, lease.number),
        WorkChange::Moved {
            lease,
            stage,
            due_at,
            keep,
        } => format!("{} {} {stage:?} {due_at} {keep}", lease.key.0, lease.number),
    }
}
