//! How the row of a message changes, and what is counted once that is durable.

use std::sync::Arc;

use baton_domain::{
    event::{Event, EventBody, SendKey, SendOutcome, SendResolved},
    limits::COMMIT_TRIES_MAX,
};
use baton_store::{
    CommitError, Identity, LeasedWork, NewWork, Stage, StoreError, WorkChange, WorkKind,
};
use jiff::{SignedDuration, Timestamp};

use super::{Effect, SendEffect};
use crate::{
    directory::ActiveTenant,
    host::Host,
    pipeline::{Change, Refused},
    wire::OutgoingMessage,
};

/// One message on its way.
pub(super) struct Sending<'a> {
    pub(super) host: &'a Host,
    pub(super) leased: LeasedWork,
    pub(super) effect: SendEffect,
    pub(super) key: SendKey,
}

/// What a commit of a row came to.
pub(super) enum Committed<T> {
    Yes(T),
    /// Somebody else holds the row by now: leave it to them.
    LeaseLost,
}

impl Sending<'_> {
    pub(super) fn tenant(&self) -> Option<Arc<ActiveTenant>> {
        self.host
            .directory()
            .tenant(&self.leased.work.tenant)
            .cloned()
    }

    /// Counts what became of it; once it is durable, so that a change that is
    /// done again counts once.
    pub(super) fn count<T>(&self, committed: &Committed<T>, what: &'static str) {
        if let Committed::Yes(_) = committed {
            self.host.metrics.sends.count(what);
        }
    }

    pub(super) async fn give_up(&self, why: &str, learnt: Option<Event>) -> Result<(), Refused> {
        let given_up = self
            .commit(|change, now| {
                learnt.iter().cloned().for_each(|it| change.append(it));
                self.record(change, now, SendOutcome::Dead { why: why.into() });
                let stage = Stage::Dead {
                    why: why.into(),
                    at: now,
                };
                change.add_work(self.moved(stage, now));
            })
            .await?;
        if let Committed::Yes(()) = given_up {
            tracing::info!(why, "a message is given up");
        }
        self.count(&given_up, "dead");
        Ok(())
    }

    /// It did not leave, and is tried again after `wait` as `next`, which tells
    /// how often it was.
    pub(super) async fn again(
        &self,
        next: SendEffect,
        wait: SignedDuration,
        learnt: Option<Event>,
    ) -> Result<Committed<()>, Refused> {
        let payload = Effect::Send(next).payload();
        self.commit(|change, now| {
            learnt.iter().cloned().for_each(|it| change.append(it));
            let due_at = now + wait;
            // What waits may be told anew what it is to do.
            change.add_work(self.moved(Stage::Waiting, due_at));
            change.add_work(WorkChange::Reschedule(NewWork {
                key: self.leased.work.key.clone(),
                kind: WorkKind::Effect,
                due_at,
                payload: payload.clone(),
            }));
        })
        .await
    }

    /// The row at `stage`, held no more.
    pub(super) fn moved(&self, stage: Stage, due_at: Timestamp) -> WorkChange {
        WorkChange::Moved {
            lease: self.leased.lease.clone(),
            stage,
            due_at,
            keep: false,
        }
    }

    pub(super) fn record(&self, change: &mut Change, now: Timestamp, outcome: SendOutcome) {
        self.record_as(change, now, outcome, None);
    }

    /// The same, and in which words it leaves when they are not those that were
    /// queued.
    pub(super) fn record_as(
        &self,
        change: &mut Change,
        now: Timestamp,
        outcome: SendOutcome,
        left_as: Option<&OutgoingMessage>,
    ) {
        let resolved = SendResolved {
            send: self.key.clone(),
            outcome,
            message_kind: left_as.map(|it| it.kind().into()),
            text: left_as.and_then(OutgoingMessage::text),
        };
        let number = Some(self.effect.number.clone());
        change.append(Event {
            at: now,
            number,
            body: EventBody::SendResolved(resolved),
        });
    }

    /// Commits what `build` makes of the customer as it is now; once more when
    /// others changed it meanwhile.
    pub(super) async fn commit<T>(
        &self,
        build: impl Fn(&mut Change, Timestamp) -> T,
    ) -> Result<Committed<T>, Refused> {
        self.commit_known_as(None, build).await
    }

    /// The same, and `identity` is known from then on, if it was not before.
    pub(super) async fn commit_known_as<T>(
        &self,
        identity: Option<&Identity>,
        build: impl Fn(&mut Change, Timestamp) -> T,
    ) -> Result<Committed<T>, Refused> {
        let asked: Vec<Identity> = identity.cloned().into_iter().collect();
        let work = &self.leased.work;
        let Some(tenant) = self.tenant() else {
            return Ok(Committed::LeaseLost);
        };
        for _ in 0..COMMIT_TRIES_MAX {
            let loaded = match self
                .host
                .store
                .load(&work.tenant, &work.customer, &asked)
                .await
            {
                Ok(Some(loaded)) => loaded,
                // Nobody is left to write to.
                Ok(None) | Err(StoreError::Erased) => return Ok(Committed::LeaseLost),
                Err(error) => return Err(error.into()),
            };
            let is_news = loaded.known.first() == Some(&false);
            let mut change = Change::onto(self.host, tenant.clone(), loaded).await?;
            change.remember(identity.filter(|_| is_news));
            let built = build(&mut change, self.host.clock.now());
            match change.commit(self.host).await {
                Ok(_) => return Ok(Committed::Yes(built)),
                Err(CommitError::LeaseLost) => return Ok(Committed::LeaseLost),
                Err(CommitError::Store(error)) => return Err(error.into()),
                Err(_changed_meanwhile) => {}
            }
        }
        Err(Refused::Contended)
    }
}
