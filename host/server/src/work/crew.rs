//! Rows that are being performed, and those that wait behind them.

use std::{
    collections::{BTreeMap, VecDeque},
    future::Future,
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
};

use baton_domain::{
    ids::{CustomerId, TenantId},
    limits::{WORK_AT_ONCE_MAX, WORK_BEHIND_MAX, WORK_START_SECONDS_MIN},
};
use baton_store::LeasedWork;
use futures_util::{StreamExt, stream::FuturesUnordered};
use jiff::{SignedDuration, Timestamp};

use crate::clock::Clock;

/// Whose work a row is.
type Whose = (TenantId, CustomerId);

/// A row that waits, and when the lease of it ends.
struct Held {
    row: LeasedWork,
    lease_ends: Timestamp,
}

/// A row that was performed, whatever came of it.
struct Performed {
    whose: Whose,
    lease_ends: Timestamp,
}

/// Rows that are being performed: those of one customer in order, so that
/// messages arrive as they were decided, customers beside each other. A slow
/// one holds up its customer and nobody else: what waits behind it takes no
/// room, and is let go when too little of its lease is left. Until it is leased
/// again, newer rows of that customer may overtake it.
pub(super) struct Crew<P, F> {
    clock: Arc<dyn Clock>,
    perform: P,
    running: FuturesUnordered<Pin<Box<dyn Future<Output = Performed> + Send>>>,
    /// What waits behind the row of each customer that has one running.
    behind: BTreeMap<Whose, VecDeque<Held>>,
    /// When the leases of the running rows end.
    lease_ends: BTreeMap<Timestamp, usize>,
    performs: PhantomData<F>,
}

impl<P, F> Crew<P, F>
where
    P: Fn(LeasedWork) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    pub(super) fn new(clock: Arc<dyn Clock>, perform: P) -> Self {
        Self {
            clock,
            perform,
            running: FuturesUnordered::new(),
            behind: BTreeMap::new(),
            lease_ends: BTreeMap::new(),
            performs: PhantomData,
        }
    }

    /// How many rows more it takes; none while the lease of a running row has
    /// ended, since it would be given the same row once more.
    pub(super) fn room(&self, now: Timestamp) -> usize {
        match self.lease_ends.first_key_value() {
            Some((ends, _)) if *ends <= now => 0,
            _ => WORK_AT_ONCE_MAX.saturating_sub(self.running.len()),
        }
    }

    pub(super) fn is_busy(&self) -> bool {
        !self.running.is_empty()
    }

    /// Starts rows, or holds them behind what runs of their customer; whether
    /// it kept any. What it does not keep is leased again when its lease ends.
    pub(super) fn take(&mut self, due: Vec<LeasedWork>, lease_ends: Timestamp) -> bool {
        let now = self.clock.now();
        let mut has_kept = false;
        for row in due {
            let held = Held { row, lease_ends };
            let work = &held.row.work;
            let whose = (work.tenant.clone(), work.customer.clone());
            let Some(behind) = self.behind.get_mut(&whose) else {
                self.behind.insert(whose.clone(), VecDeque::new());
                self.start(whose, held);
                has_kept = true;
                continue;
            };
            behind.retain(|it| is_worth_starting(it, now));
            if behind.len() < WORK_BEHIND_MAX {
                behind.push_back(held);
                has_kept = true;
            }
        }
        has_kept
    }

    fn start(&mut self, whose: Whose, Held { row, lease_ends }: Held) {
        *self.lease_ends.entry(lease_ends).or_default() += 1;
        let performed = (self.perform)(row);
        self.running.push(Box::pin(async move {
            performed.await;
            Performed { whose, lease_ends }
        }));
    }

    /// Returns when a row was performed, and starts the next one behind it
    /// whose lease still holds for long enough.
    pub(super) async fn one_done(&mut self) {
        let Some(performed) = self.running.next().await else {
            return;
        };
        let Performed { whose, lease_ends } = performed;
        if let Some(rows) = self.lease_ends.get_mut(&lease_ends) {
            *rows -= 1;
            if *rows == 0 {
                self.lease_ends.remove(&lease_ends);
            }
        }
        let now = self.clock.now();
        let mut behind = self.behind.remove(&whose).unwrap_or_default();
        behind.retain(|it| is_worth_starting(it, now));
        if let Some(held) = behind.pop_front() {
            self.behind.insert(whose.clone(), behind);
            self.start(whose, held);
        }
    }
}

/// Whether a row that waited can be performed before its lease ends: past it,
/// somebody else may perform it.
fn is_worth_starting(held: &Held, now: Timestamp) -> bool {
    let left = held.lease_ends.duration_since(now);
    left >= SignedDuration::from_secs(WORK_START_SECONDS_MIN)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use baton_domain::limits::WORK_LEASE_SECONDS;
    use baton_store::{Lease, Stage, Work, WorkKey, WorkKind};
    use tokio::sync::Notify;

    use super::*;
    use crate::clock::ManualClock;

    type Performing = Pin<Box<dyn Future<Output = ()> + Send>>;

    fn row(customer: &str, key: &str) -> LeasedWork {
        let key = WorkKey(key.into());
        LeasedWork {
            lease: Lease {
                key: key.clone(),
                number: 1,
            },
            work: Work {
                tenant: TenantId::parse("shop").unwrap(),
                customer: CustomerId::parse(&customer.repeat(24)).unwrap(),
                key,
                kind: WorkKind::Effect,
                due_at: Timestamp::UNIX_EPOCH,
                tries: 1,
                stage: Stage::Waiting,
                payload: serde_json::Value::Null,
            },
        }
    }

    fn seconds(seconds: i64) -> SignedDuration {
        SignedDuration::from_secs(seconds)
    }

    /// A crew of which the row `slow` waits to be told, and what it did.
    struct Slow {
        clock: Arc<ManualClock>,
        done: Arc<Mutex<Vec<String>>>,
        go: Arc<Notify>,
    }

    impl Slow {
        fn new() -> Self {
            Self {
                clock: ManualClock::new(Timestamp::UNIX_EPOCH),
                done: Arc::default(),
                go: Arc::default(),
            }
        }

        fn crew(&self) -> Crew<impl Fn(LeasedWork) -> Performing + use<>, Performing> {
            let (done, go) = (self.done.clone(), self.go.clone());
            Crew::new(self.clock.clone(), move |row: LeasedWork| -> Performing {
                let (done, go) = (done.clone(), go.clone());
                Box::pin(async move {
                    if &*row.work.key.0 == "slow" {
                        go.notified().await;
                    }
                    done.lock().unwrap().push(row.work.key.0.to_string());
                })
            })
        }

        fn done(&self) -> Vec<String> {
            self.done.lock().unwrap().clone()
        }
    }

    #[tokio::test]
    async fn a_slow_row_holds_up_its_customer_and_nobody_else() {
        let slow = Slow::new();
        let mut crew = slow.crew();
        let due = vec![row("a", "slow"), row("a", "behind"), row("b", "other")];
        assert!(crew.take(due, Timestamp::MAX));
        crew.one_done().await;
        assert_eq!(slow.done(), ["other"]);
        slow.go.notify_one();
        crew.one_done().await;
        crew.one_done().await;
        assert_eq!(slow.done(), ["other", "slow", "behind"]);
        assert!(!crew.is_busy() && crew.behind.is_empty());
    }

    #[tokio::test]
    async fn what_waits_behind_a_slow_row_takes_no_room() {
        let slow = Slow::new();
        let mut crew = slow.crew();
        let lease = Timestamp::UNIX_EPOCH + seconds(WORK_LEASE_SECONDS);
        let behind = |count| (0..count).map(|_| row("a", "behind")).collect::<Vec<_>>();
        assert!(crew.take(vec![row("a", "slow")], lease));
        assert!(crew.take(behind(WORK_BEHIND_MAX + 1), lease));
        assert_eq!(crew.room(slow.clock.now()), WORK_AT_ONCE_MAX - 1);
        // No more of it is held than that.
        assert!(!crew.take(behind(1), lease));
        assert!(crew.take(vec![row("b", "other")], lease));
        crew.one_done().await;
        assert_eq!(slow.done(), ["other"]);
        slow.go.notify_one();
        for _ in 0..=WORK_BEHIND_MAX {
            crew.one_done().await;
        }
        assert_eq!(slow.done().len(), 2 + WORK_BEHIND_MAX);
        assert!(!crew.is_busy() && crew.behind.is_empty());
    }

    #[tokio::test]
    async fn what_waited_too_long_is_left_to_whoever_leases_it_next() {
        let slow = Slow::new();
        let mut crew = slow.crew();
        let (begun, lease) = (slow.clock.now(), seconds(WORK_LEASE_SECONDS));
        crew.take(vec![row("a", "slow"), row("a", "waits")], begun + lease);
        slow.clock
            .set(begun + lease - seconds(WORK_START_SECONDS_MIN - 1));
        // Leased since, it is behind the row that ran out.
        crew.take(vec![row("a", "later")], slow.clock.now() + lease);
        slow.go.notify_one();
        crew.one_done().await;
        crew.one_done().await;
        assert_eq!(slow.done(), ["slow", "later"]);
        assert!(!crew.is_busy() && crew.behind.is_empty());
    }

    #[tokio::test]
    async fn nothing_is_leased_while_the_lease_of_a_running_row_has_ended() {
        let slow = Slow::new();
        let mut crew = slow.crew();
        let (now, lease) = (Timestamp::UNIX_EPOCH, seconds(WORK_LEASE_SECONDS));
        assert_eq!(crew.room(now), WORK_AT_ONCE_MAX);
        crew.take(vec![row("a", "one"), row("b", "two")], now + lease);
        assert_eq!(crew.room(now), WORK_AT_ONCE_MAX - 2);
        assert_eq!(crew.room(now + lease), 0);
        crew.one_done().await;
        assert_eq!(crew.room(now + lease), 0);
        crew.one_done().await;
        assert_eq!(crew.room(now + lease), WORK_AT_ONCE_MAX);
    }
}
