//! Whoever performs work: one loop for each kind, woken by commits and by the
//! clock. Rows are leased, so that a crash or a second host loses none and
//! does none twice.

use std::{
    collections::{BTreeMap, VecDeque},
    future::Future,
    marker::PhantomData,
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use baton_domain::{
    ids::{CustomerId, TenantId},
    limits::{SWEEP_MINUTES, SWEEP_ROWS_MAX, WORK_AT_ONCE_MAX, WORK_LEASE_SECONDS},
};
use baton_store::{LeasedWork, StoreError, WorkKind};
use futures_util::{StreamExt, stream::FuturesUnordered};
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::{
    coexist::auditing,
    host::Host,
    metrics::kind_of_work,
    notify, outbox,
    pipeline::{Refused, finish_evaluation},
    releases::{guarding, note_use, shadowing},
    timers,
};

/// One of the loops.
pub type Loop = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Starts the loops; they end after `shutdown`, each finishing what it holds.
pub fn start(host: &Arc<Host>, shutdown: &CancellationToken) -> Vec<tokio::task::JoinHandle<()>> {
    let loops = loops(host, shutdown).into_iter();
    loops.map(tokio::spawn).collect()
}

/// The loops, for whoever runs them; they end after `shutdown`, each finishing
/// what it holds.
pub fn loops(host: &Arc<Host>, shutdown: &CancellationToken) -> Vec<Loop> {
    let mut loops = vec![
        work_loop(
            host,
            shutdown,
            WorkKind::Evaluate,
            |host, work| async move { finish_evaluation(&host, work).await },
        ),
        work_loop(host, shutdown, WorkKind::Timer, |host, work| async move {
            timers::fire(&host, work).await
        }),
        work_loop(host, shutdown, WorkKind::Effect, |host, work| async move {
            outbox::perform(&host, work).await
        }),
        work_loop(host, shutdown, WorkKind::Notify, |host, work| async move {
            notify::perform(&host, work).await
        }),
        sweeping(host, shutdown),
        auditing(host, shutdown),
    ];
    // Each is taken once; whoever starts the loops twice has them already.
    let jobs = host.shadows.take();
    loops.extend(jobs.map(|jobs| shadowing(host, jobs, shutdown)));
    let trips = host.tripped();
    loops.extend(trips.map(|trips| guarding(host, trips, shutdown)));
    loops
}

fn work_loop<F>(
    host: &Arc<Host>,
    shutdown: &CancellationToken,
    kind: WorkKind,
    perform: impl Fn(Arc<Host>, LeasedWork) -> F + Send + Sync + 'static,
) -> Loop
where
    F: Future<Output = Result<(), Refused>> + Send + 'static,
{
    let (host, shutdown) = (host.clone(), shutdown.clone());
    Box::pin(async move {
        let mut crew = Crew::new(|row| {
            let span = span_of(kind, &row);
            watched(host.clone(), kind, perform(host.clone(), row)).instrument(span)
        });
        while !shutdown.is_cancelled() {
            let added = host.work_added.notified();
            tokio::pin!(added);
            added.as_mut().enable();
            let now = host.clock.now();
            let lease_ends = now + SignedDuration::from_secs(WORK_LEASE_SECONDS);
            let room = crew.room(now);
            let next = match lease(&host, kind, now, room).await {
                Ok(due) if !due.is_empty() => {
                    crew.take(due, lease_ends);
                    continue;
                }
                Ok(_) if room == 0 => Some(Timestamp::MAX),
                Ok(_) => Some(next_look(&host, kind).await),
                Err(error) => {
                    tracing::error!(?kind, %error, "no work is found, it is looked for again");
                    None
                }
            };
            // In a fixed order, so that a simulation can be repeated.
            tokio::select! {
                biased;
                () = shutdown.cancelled() => {}
                () = crew.one_done(), if crew.is_busy() => {}
                () = added, if room > 0 => {}
                () = until(&host, next) => {}
            }
        }
        while crew.is_busy() {
            crew.one_done().await;
        }
    })
}

/// Waits until work is due, or a little after the store failed to say when.
async fn until(host: &Host, next: Option<Timestamp>) {
    match next {
        Some(next) => host.clock.until(next).await,
        None => tokio::time::sleep(Duration::from_secs(1)).await,
    }
}

/// Leases what is due, as much as there is room for.
async fn lease(
    host: &Host,
    kind: WorkKind,
    now: Timestamp,
    room: usize,
) -> Result<Vec<LeasedWork>, StoreError> {
    if room == 0 {
        return Ok(Vec::new());
    }
    let lease = SignedDuration::from_secs(WORK_LEASE_SECONDS);
    host.store.due(kind, now, lease, room).await
}

/// Sweeps out identities that have outlived their use, and notes which grants
/// are in use, now and then.
fn sweeping(host: &Arc<Host>, shutdown: &CancellationToken) -> Loop {
    let (host, shutdown) = (host.clone(), shutdown.clone());
    Box::pin(async move {
        while !shutdown.is_cancelled() {
            let now = host.clock.now();
            match host.store.sweep(now, SWEEP_ROWS_MAX).await {
                // More of it is there: go on at once, others between.
                Ok(SWEEP_ROWS_MAX) => continue,
                Ok(_) => {}
                Err(error) => tracing::error!(%error, "not swept"),
            }
            note_use(&host).await;
            tokio::select! {
                () = host.clock.until(now + SignedDuration::from_mins(SWEEP_MINUTES)) => {}
                () = shutdown.cancelled() => {}
            }
        }
    })
}

/// Counts a row as it is performed; a failure is told here and costs the row one
/// lease.
async fn watched(
    host: Arc<Host>,
    kind: WorkKind,
    perform: impl Future<Output = Result<(), Refused>>,
) {
    host.metrics.work.count(kind_of_work(kind));
    if let Err(error) = perform.await {
        host.metrics.work_failures.count(kind_of_work(kind));
        tracing::error!(?kind, %error, "work not done, it is tried again when its lease ends");
    }
}

/// Whose work a row is.
type Whose = (TenantId, CustomerId);

/// A row, and when the lease of it ends.
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
/// one holds up its customer and nobody else.
struct Crew<P, F> {
    perform: P,
    running: FuturesUnordered<Pin<Box<dyn Future<Output = Performed> + Send>>>,
    /// What waits behind a row of the same customer.
    behind: BTreeMap<Whose, VecDeque<Held>>,
    /// When the leases of all these rows end.
    lease_ends: BTreeMap<Timestamp, usize>,
    performs: PhantomData<F>,
}

impl<P, F> Crew<P, F>
where
    P: Fn(LeasedWork) -> F,
    F: Future<Output = ()> + Send + 'static,
{
    fn new(perform: P) -> Self {
        Self {
            perform,
            running: FuturesUnordered::new(),
            behind: BTreeMap::new(),
            lease_ends: BTreeMap::new(),
            performs: PhantomData,
        }
    }

    /// How many rows more it takes; none while a lease has ended, since it
    /// would be given the same row once more.
    fn room(&self, now: Timestamp) -> usize {
        match self.lease_ends.first_key_value() {
            Some((ends, _)) if *ends <= now => 0,
            _ => WORK_AT_ONCE_MAX.saturating_sub(self.lease_ends.values().sum()),
        }
    }

    fn is_busy(&self) -> bool {
        !self.running.is_empty()
    }

    fn take(&mut self, due: Vec<LeasedWork>, lease_ends: Timestamp) {
        *self.lease_ends.entry(lease_ends).or_default() += due.len();
        for row in due {
            let held = Held { row, lease_ends };
            let work = &held.row.work;
            let whose = (work.tenant.clone(), work.customer.clone());
            match self.behind.get_mut(&whose) {
                Some(behind) => behind.push_back(held),
                None => {
                    self.behind.insert(whose.clone(), VecDeque::new());
                    self.start(whose, held);
                }
            }
        }
    }

    fn start(&mut self, whose: Whose, Held { row, lease_ends }: Held) {
        let performed = (self.perform)(row);
        self.running.push(Box::pin(async move {
            performed.await;
            Performed { whose, lease_ends }
        }));
    }

    /// Returns when a row was performed, and starts the one behind it.
    async fn one_done(&mut self) {
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
        match self.behind.get_mut(&whose).and_then(VecDeque::pop_front) {
            Some(held) => self.start(whose, held),
            None => drop(self.behind.remove(&whose)),
        }
    }
}

/// Ids are random and tell nothing; the key of a row may hold what others
/// chose.
fn span_of(kind: WorkKind, row: &LeasedWork) -> tracing::Span {
    let work = &row.work;
    let kind = kind_of_work(kind);
    tracing::info_span!("work", kind, tenant = %work.tenant, customer = %work.customer, tries = work.tries)
}

/// When to look again if nothing wakes the loop before.
async fn next_look(host: &Host, kind: WorkKind) -> Timestamp {
    let later = host.clock.now() + SignedDuration::from_secs(WORK_LEASE_SECONDS);
    match host.store.next_due(kind).await {
        Ok(Some(next)) => next.min(later),
        _ => later,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use baton_store::{Lease, Stage, Work, WorkKey};
    use tokio::sync::Notify;

    use super::*;

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

    #[tokio::test]
    async fn a_slow_row_holds_up_its_customer_and_nobody_else() {
        let (done, go) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Notify::new()));
        let mut crew = Crew::new(|row| {
            let (done, go) = (done.clone(), go.clone());
            async move {
                if &*row.work.key.0 == "slow" {
                    go.notified().await;
                }
                done.lock().unwrap().push(row.work.key.0.to_string());
            }
        });
        let due = vec![row("a", "slow"), row("a", "behind"), row("b", "other")];
        crew.take(due, Timestamp::MAX);
        crew.one_done().await;
        assert_eq!(*done.lock().unwrap(), ["other"]);
        go.notify_one();
        crew.one_done().await;
        crew.one_done().await;
        assert_eq!(*done.lock().unwrap(), ["other", "slow", "behind"]);
        assert!(!crew.is_busy() && crew.behind.is_empty());
    }

    #[tokio::test]
    async fn nothing_is_leased_while_the_lease_of_a_held_row_has_ended() {
        let mut crew = Crew::new(|_| async {});
        let (now, lease) = (Timestamp::UNIX_EPOCH, SignedDuration::from_secs(60));
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
