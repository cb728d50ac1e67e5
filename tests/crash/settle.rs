//! Does all work that the last kill left, on a clock that jumps: leases end,
//! what nobody knows the fate of is given up, timers fire.

use std::sync::Arc;

use baton::{
    clock::{Clock, ManualClock},
    config::Config,
    server,
};
use baton_store::{Store, WorkKind};
use jiff::SignedDuration;
use tokio::{net::TcpListener, time::timeout};

use crate::{process::Place, world::now};

/// How far the clock jumps at a time.
const STEP_MINUTES: i64 = 5;
/// After a day everything must be done.
const STEPS_MAX: i64 = 24 * 60 / STEP_MINUTES;
/// How long the host may take for what is due at one time.
const STEP_SECONDS_MAX: u64 = 60;

/// Runs a host in this process until it has nothing left to do. Returns its
/// store.
pub async fn everything(place: &Place) -> Arc<dyn Store> {
    let clock = ManualClock::new(now());
    let config = Config::read(&place.config()).expect("a configuration");
    let host = server::open(config, clock.clone()).await.expect("it opens");
    let store = host.store.clone();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    tokio::spawn(server::run(host, listener, std::future::pending()));
    for _ in 0..STEPS_MAX {
        let waits = timeout(
            std::time::Duration::from_secs(STEP_SECONDS_MAX),
            nothing_due(&*store, &clock),
        );
        if !waits.await.expect("what is due gets done") {
            return store;
        }
        clock.set(clock.now() + SignedDuration::from_mins(STEP_MINUTES));
    }
    panic!("after a day there is still something to do");
}

/// Returns when nothing is due now: whether something is due later.
async fn nothing_due(store: &dyn Store, clock: &ManualClock) -> bool {
    loop {
        let mut next = None;
        for kind in WorkKind::ALL {
            let due = store.next_due(kind).await.expect("the store answers");
            next = match (next, due) {
                (Some(one), Some(other)) => Some(std::cmp::min(one, other)),
                (one, other) => one.or(other),
            };
        }
        match next {
            None => return false,
            Some(at) if at > clock.now() => return true,
            Some(_) => tokio::time::sleep(std::time::Duration::from_millis(20)).await,
        }
    }
}
