//! What is made up for at start and after the clock was set back: work that was
//! put off while it was ahead is not left to wait until the time that it showed,
//! and deadlines that a policy wants run.

use std::sync::Arc;

use baton_domain::limits::{CLOCK_LOOK_SECONDS, CLOCKS_DIFFER_MINUTES};
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::Loop;
use crate::{
    host::Host,
    pipeline::{Refused, start_deadlines},
};

/// Settles at start, since the clock may have been set back and a policy changed
/// while nobody looked, and looks at the clock now and then.
pub(super) fn settling(host: &Arc<Host>, shutdown: &CancellationToken) -> Loop {
    let (host, shutdown) = (host.clone(), shutdown.clone());
    let differ = SignedDuration::from_mins(CLOCKS_DIFFER_MINUTES);
    Box::pin(async move {
        let mut is_settled = false;
        while !shutdown.is_cancelled() {
            let back = host.clock.set_back(differ);
            if back.is_some() || !is_settled {
                let now = back.unwrap_or_else(|| host.clock.now());
                is_settled = match settle(&host, now).await {
                    Ok(()) => true,
                    Err(error) => {
                        tracing::error!(%error, "what was put off is looked for again");
                        false
                    }
                };
            }
            let next = host.clock.now() + SignedDuration::from_secs(CLOCK_LOOK_SECONDS);
            tokio::select! {
                () = host.clock.until(next) => {}
                () = shutdown.cancelled() => {}
            }
        }
    })
}

/// Leaves all as it would be had the clock always shown what it does.
async fn settle(host: &Host, now: Timestamp) -> Result<(), Refused> {
    host.bots.clock_set_back(now);
    let moved = host.store.clock_set_back(now).await?;
    if moved > 0 {
        tracing::warn!(moved, "the clock was set back: what was put off waits anew");
        host.work_added.notify_waiters();
    }
    let directory = host.directory();
    let tenants = directory.tenants().into_iter();
    for tenant in tenants.filter(|it| it.document.care.auto_return_minutes.is_some()) {
        start_deadlines(host, tenant).await?;
    }
    Ok(())
}
