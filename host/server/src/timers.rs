//! Timers that are due become events, and what they call for goes into the
//! outbox, which looks again at owner, window and consent when it sends.

mod care;
mod follow_up;

use baton_domain::limits::COMMIT_TRIES_MAX;
use baton_store::{CommitError, LeasedWork, Stage, WorkChange};
use jiff::{Timestamp, ToSpan};

use crate::{
    host::Host,
    pipeline::{CareDue, Change, FollowUpDue, Refused},
};

/// Fires a timer: once, or never when it is too late.
///
/// # Errors
/// [`Refused::Store`]; the row is due again when its lease ends.
pub async fn fire(host: &Host, leased: LeasedWork) -> Result<(), Refused> {
    let work = &leased.work;
    let directory = host.directory();
    let Some(tenant) = directory.tenant(&work.tenant) else {
        return Ok(());
    };
    for _ in 0..COMMIT_TRIES_MAX {
        let Some(loaded) = host.store.load(&work.tenant, &work.customer, &[]).await? else {
            return Ok(());
        };
        let mut change = Change::onto(host, tenant.clone(), loaded).await?;
        let now = host.clock.now();
        match Due::of(&leased) {
            Some(Due::FollowUp(due)) => {
                follow_up::fire(&mut change, now, tenant, &due, &leased);
            }
            Some(Due::Care(due)) => care::fire(host, &mut change, now, &due, &leased),
            // What is wrong with it would show what it says.
            None => {
                tracing::error!("a timer that nothing understands is dropped");
                change.add_work(WorkChange::Done(leased.lease.clone()));
            }
        }
        match change.commit(host).await {
            Ok(_) | Err(CommitError::LeaseLost) => return Ok(()),
            Err(CommitError::Store(error)) => return Err(error.into()),
            Err(_changed_meanwhile) => {}
        }
    }
    Err(Refused::Contended)
}

/// It is not its time yet: it is looked at again in so many minutes.
fn wait(change: &mut Change, now: Timestamp, leased: &LeasedWork, minutes: i64) {
    let due_at = now.checked_add(minutes.minutes());
    move_to(change, leased, due_at.unwrap_or(Timestamp::MAX));
}

/// It is looked at again then.
fn move_to(change: &mut Change, leased: &LeasedWork, due_at: Timestamp) {
    change.add_work(WorkChange::Moved {
        lease: leased.lease.clone(),
        stage: Stage::Waiting,
        due_at,
        keep: false,
    });
}

/// What a timer is about.
enum Due {
    FollowUp(FollowUpDue),
    Care(CareDue),
}

impl Due {
    fn of(leased: &LeasedWork) -> Option<Self> {
        let payload = &leased.work.payload;
        let care = serde_json::from_value(payload.clone()).map(Self::Care);
        care.or_else(|_| serde_json::from_value(payload.clone()).map(Self::FollowUp))
            .ok()
    }
}
