//! Whoever performs work: one loop for each kind, woken by commits and by the
//! clock. Rows are leased, so that a crash or a second host loses none and
//! does none twice.

use std::{collections::BTreeMap, future::Future, pin::Pin, sync::Arc};

use baton_domain::limits::{SWEEP_MINUTES, SWEEP_ROWS_MAX, WORK_AT_ONCE_MAX, WORK_LEASE_SECONDS};
use baton_store::{LeasedWork, StoreError, WorkKind};
use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::{
    host::Host,
    metrics::kind_of_work,
    outbox,
    pipeline::{Refused, finish_evaluation},
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
    vec![
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
        sweeping(host, shutdown),
    ]
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
        while !shutdown.is_cancelled() {
            let added = host.work_added.notified();
            tokio::pin!(added);
            added.as_mut().enable();
            match round(&host, kind, &perform).await {
                Ok(0) => {
                    let next = next_look(&host, kind).await;
                    tokio::select! {
                        () = added => {}
                        () = host.clock.until(next) => {}
                        () = shutdown.cancelled() => {}
                    }
                }
                Ok(_) => {}
                Err(error) => {
                    tracing::error!(?kind, %error, "work not done, it stays leased and is tried again");
                    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
                }
            }
        }
    })
}

/// Sweeps out identities that have outlived their use, now and then.
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
            tokio::select! {
                () = host.clock.until(now + SignedDuration::from_mins(SWEEP_MINUTES)) => {}
                () = shutdown.cancelled() => {}
            }
        }
    })
}

/// Performs what is due now; returns how much there was.
async fn round<F>(
    host: &Arc<Host>,
    kind: WorkKind,
    perform: impl Fn(Arc<Host>, LeasedWork) -> F,
) -> Result<usize, StoreError>
where
    F: Future<Output = Result<(), Refused>>,
{
    let lease = SignedDuration::from_secs(WORK_LEASE_SECONDS);
    let due = host
        .store
        .due(kind, host.clock.now(), lease, WORK_AT_ONCE_MAX)
        .await?;
    let count = due.len();
    // Work of one customer in order, so that messages arrive as they were
    // decided; customers beside each other.
    let mut by_customer: BTreeMap<_, Vec<LeasedWork>> = BTreeMap::new();
    for leased in due {
        let whose = (leased.work.tenant.clone(), leased.work.customer.clone());
        by_customer.entry(whose).or_default().push(leased);
    }
    let performed = by_customer.into_values().map(async |rows| {
        for row in rows {
            let span = span_of(kind, &row);
            host.metrics.work.count(kind_of_work(kind));
            if let Err(error) = perform(host.clone(), row).instrument(span.clone()).await {
                let _in = span.entered();
                host.metrics.work_failures.count(kind_of_work(kind));
                tracing::error!(?kind, %error, "work not done, it is tried again when its lease ends");
            }
        }
    });
    let mut performed = stream::iter(performed).buffer_unordered(WORK_AT_ONCE_MAX);
    while performed.next().await.is_some() {}
    Ok(count)
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
