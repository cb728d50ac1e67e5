//! Whoever performs work: one loop for each kind, woken by commits and by the
//! clock. Rows are leased, so that a crash or a second host loses none and
//! does none twice.

mod crew;
mod settle;

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use baton_domain::limits::{SWEEP_MINUTES, SWEEP_ROWS_MAX, WORK_LEASE_SECONDS, WORK_PAUSE_SECONDS};
use baton_store::{LeasedWork, StoreError, WorkKind};
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
use crew::Crew;

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
        settle::settling(host, shutdown),
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
        let mut crew = Crew::new(host.clock.clone(), |row| {
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
                    if crew.take(due, lease_ends) {
                        continue;
                    }
                    // One customer has more than can be held: the rest of it is
                    // passed over at leisure, not as fast as the disk allows.
                    Some(now + SignedDuration::from_secs(WORK_PAUSE_SECONDS))
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
