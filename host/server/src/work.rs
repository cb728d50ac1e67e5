//! Whoever performs work: one loop for each kind, woken by commits and by the
//! clock. Rows are leased, so that a crash or a second host loses none and
//! does none twice.

use std::{future::Future, sync::Arc};

use baton_domain::limits::{WORK_AT_ONCE_MAX, WORK_LEASE_SECONDS};
use baton_store::{LeasedWork, StoreError, WorkKind};
use futures_util::{StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::{
    host::Host,
    outbox,
    pipeline::{Refused, finish_evaluation},
    timers,
};

/// Starts the loops; they end after `shutdown`, each finishing what it holds.
pub fn start(host: &Arc<Host>, shutdown: &CancellationToken) -> Vec<tokio::task::JoinHandle<()>> {
    vec![
        start_loop(
            host,
            shutdown,
            WorkKind::Evaluate,
            |host, work| async move { finish_evaluation(&host, work).await },
        ),
        start_loop(host, shutdown, WorkKind::Timer, |host, work| async move {
            timers::fire(&host, work).await
        }),
        start_loop(host, shutdown, WorkKind::Effect, |host, work| async move {
            outbox::perform(&host, work).await
        }),
    ]
}

fn start_loop<F>(
    host: &Arc<Host>,
    shutdown: &CancellationToken,
    kind: WorkKind,
    perform: impl Fn(Arc<Host>, LeasedWork) -> F + Send + Sync + 'static,
) -> tokio::task::JoinHandle<()>
where
    F: Future<Output = Result<(), Refused>> + Send + 'static,
{
    let (host, shutdown) = (host.clone(), shutdown.clone());
    tokio::spawn(async move {
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
    let performed = due.into_iter().map(|work| perform(host.clone(), work));
    let mut performed = stream::iter(performed).buffer_unordered(WORK_AT_ONCE_MAX);
    while let Some(result) = performed.next().await {
        if let Err(error) = result {
            tracing::error!(?kind, %error, "work not done, it is tried again when its lease ends");
        }
    }
    Ok(count)
}

/// When to look again if nothing wakes the loop before.
async fn next_look(host: &Host, kind: WorkKind) -> Timestamp {
    let later = host.clock.now() + SignedDuration::from_secs(WORK_LEASE_SECONDS);
    match host.store.next_due(kind).await {
        Ok(Some(next)) => next.min(later),
        _ => later,
    }
}
