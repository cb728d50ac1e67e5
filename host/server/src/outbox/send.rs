//! Sending a message to a customer at most once. The row is committed as
//! begun, under the current owner epoch, before the request leaves. After a
//! crash or an answer that tells nothing, the row waits for a status that
//! carries its key; without one it becomes a dead letter. It is never sent a
//! second time, since the Graph API has no idempotency key.

use baton_domain::{
    event::{
        Author, Event, EventBody, MarketingCapped, ProfileChanged, SendKey, SendOutcome,
        SendResolved,
    },
    limits::{
        COMMIT_TRIES_MAX, SEND_FATE_MINUTES_MAX, STOPPED_NUMBER_MINUTES, STOPPED_NUMBER_TRIES_MAX,
        WORK_LEASE_SECONDS,
    },
    state::Profile,
};
use std::{sync::Arc, time::Instant};

use baton_store::{CommitError, Identity, LeasedWork, Stage, StoreError, WorkChange};
use baton_whatsapp::{
    graph::{AccessToken, Outcome, Rejection},
    send_rules::{Next, after},
};
use jiff::{SignedDuration, Timestamp};

use super::{
    SendEffect,
    compose::compose,
    fate::{Fate, fate},
};
use crate::{
    directory::ActiveTenant,
    host::Host,
    pipeline::{Change, Refused, message_identity},
    wire::OutgoingMessage,
};

/// One message on its way.
struct Sending<'a> {
    host: &'a Host,
    leased: LeasedWork,
    effect: SendEffect,
    key: SendKey,
}

/// What a commit of this file came to.
enum Committed<T> {
    Yes(T),
    /// Somebody else holds the row by now: leave it to them.
    LeaseLost,
}

/// Sends a message, or records why not.
pub(super) async fn send(
    host: &Host,
    leased: LeasedWork,
    effect: SendEffect,
) -> Result<(), Refused> {
    let name = leased
        .work
        .key
        .0
        .strip_prefix("send/")
        .unwrap_or(&leased.work.key.0);
    let key = SendKey(name.into());
    let sending = Sending {
        host,
        leased,
        effect,
        key,
    };
    match sending.leased.work.stage.clone() {
        Stage::Begun { at } => sending.settle_unknown(at).await,
        Stage::Waiting => sending.attempt().await,
        Stage::Dead { .. } => Ok(()),
    }
}

/// What looking again right before the request came to.
enum Begin {
    Leave {
        message: OutgoingMessage,
        profile: Box<Profile>,
    },
    Suppressed,
}

impl Sending<'_> {
    async fn attempt(&self) -> Result<(), Refused> {
        let number = &self.effect.number;
        // What is due on a frozen number is suppressed below.
        let has_token = |it: Arc<ActiveTenant>| it.is_frozen(number) || it.token(number).is_some();
        if !self.tenant().is_some_and(has_token) {
            tracing::error!(number = %self.effect.number, "the number has no token");
            return self.wait_for_number("no_token").await;
        }
        let (message, profile) = match self.begin().await? {
            Committed::Yes(Begin::Leave { message, profile }) => (message, profile),
            Committed::Yes(Begin::Suppressed) | Committed::LeaseLost => return Ok(()),
        };
        // Both were checked before the row was begun.
        let tenant = self.tenant();
        let token = tenant.as_ref().and_then(|it| it.token(&self.effect.number));
        let token = token.and_then(|token| AccessToken::new(token).ok());
        let outgoing = compose(&profile, &message, &self.key);
        let (Some(token), Some(outgoing)) = (token, outgoing) else {
            let is_frozen = tenant.is_some_and(|it| it.is_frozen(number));
            let why = if is_frozen {
                "number_frozen"
            } else {
                "not_sendable"
            };
            return self.give_up(why, None).await;
        };
        let begun = Instant::now();
        let outcome = self
            .host
            .graph
            .send(&self.effect.number, &token, &outgoing)
            .await;
        let took = begun.elapsed();
        self.host.metrics.graph_seconds.record(took.as_secs_f64());
        self.conclude(&outcome).await
    }

    fn tenant(&self) -> Option<Arc<ActiveTenant>> {
        self.host
            .directory()
            .tenant(&self.leased.work.tenant)
            .cloned()
    }

    /// Looks again at owner, window and consent, and commits the row as begun
    /// or suppressed. The commit is conditional on the state that was looked
    /// at: a takeover in between makes it look once more.
    async fn begin(&self) -> Result<Committed<Begin>, Refused> {
        let lease = &self.leased.lease;
        self.commit(|change, now| {
            let state = change.state().clone();
            let profile = Box::new(state.profile.clone());
            let sending = (&self.key, &self.effect);
            let leave = match fate(change.tenant(), &state, sending, now) {
                Fate::Leave(message) => Ok(message.clone()),
                Fate::Suppress(why) => Err(why),
            };
            match leave {
                Ok(message) => {
                    self.record(change, now, SendOutcome::Begun);
                    change.add_work(WorkChange::Moved {
                        lease: lease.clone(),
                        stage: Stage::Begun { at: now },
                        due_at: now + SignedDuration::from_secs(WORK_LEASE_SECONDS),
                        keep: true,
                    });
                    Begin::Leave { message, profile }
                }
                Err(why) => {
                    tracing::info!(why, "a message is suppressed");
                    self.host.metrics.sends.count("suppressed");
                    self.record(change, now, SendOutcome::Suppressed { why: why.into() });
                    change.add_work(WorkChange::Done(lease.clone()));
                    Begin::Suppressed
                }
            }
        })
        .await
    }

    /// Records what the request came to.
    async fn conclude(&self, outcome: &Outcome) -> Result<(), Refused> {
        let lease = self.leased.lease.clone();
        match after(outcome, self.leased.work.tries.max(1), self.jitter()) {
            Next::Done => {
                let Outcome::Accepted(accepted) = outcome else {
                    return Ok(());
                };
                let Some(message) = accepted.message.clone() else {
                    return self.give_up("no_message_id", None).await;
                };
                // However late history tells of it, it is known as ours.
                let itself = message_identity(&self.effect.number, &message);
                self.commit_known_as(Some(&itself), |change, now| {
                    let accepted = SendOutcome::Accepted {
                        message: message.clone(),
                    };
                    self.record(change, now, accepted);
                    if self.has_crossed(change) {
                        self.record(change, now, SendOutcome::Crossed);
                    }
                    change.add_work(WorkChange::Done(lease.clone()));
                })
                .await?;
                self.host.metrics.sends.count("accepted");
                Ok(())
            }
            Next::Again(wait) => {
                self.host.metrics.sends.count("again");
                let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::from_secs(60));
                self.moved(Stage::Waiting, wait, self.learnt(outcome)).await
            }
            Next::AwaitStatus => {
                self.host.metrics.sends.count("awaits_status");
                let at = self.host.clock.now();
                self.moved(Stage::Begun { at }, fate_wait(), None).await
            }
            Next::GiveUp => self.give_up(outcome.code(), self.learnt(outcome)).await,
            Next::StopNumber => {
                let (number, code) = (&self.effect.number, outcome.code());
                tracing::error!(%number, code, "the number cannot send: look at its token");
                self.host.metrics.sends.count("number_stopped");
                self.wait_for_number(code).await
            }
        }
    }

    /// The row was begun by someone who never told the end: a status with its
    /// key tells that it was sent; after a while without one, a person must
    /// look.
    async fn settle_unknown(&self, begun_at: Timestamp) -> Result<(), Refused> {
        let lease = &self.leased.lease;
        self.commit(|change, now| {
            let conversation = change.state().conversation(&self.effect.number);
            let is_sent = conversation.is_some_and(|it| it.thread.has_receipt_of(&self.key));
            let give_up_at = begun_at + fate_wait();
            let moved = |stage, due_at| {
                let lease = lease.clone();
                WorkChange::Moved {
                    lease,
                    stage,
                    due_at,
                    keep: false,
                }
            };
            if is_sent {
                let sent_as = conversation.and_then(|it| it.thread.sent_as(&self.key));
                let accepted = sent_as
                    .cloned()
                    .map(|message| SendOutcome::Accepted { message });
                let crossed = || self.has_crossed(change).then_some(SendOutcome::Crossed);
                if let Some(outcome) = crossed().or(accepted) {
                    self.record(change, now, outcome);
                }
                change.add_work(WorkChange::Done(lease.clone()));
            } else if now < give_up_at {
                change.add_work(moved(Stage::Begun { at: begun_at }, give_up_at));
            } else {
                let why: Arc<str> = "fate_unknown".into();
                self.host.metrics.sends.count("dead");
                self.record(change, now, SendOutcome::Dead { why: why.clone() });
                change.add_work(moved(Stage::Dead { why, at: now }, now));
            }
        })
        .await?;
        Ok(())
    }

    /// Nothing was sent and nothing can be until someone acts: it waits, and
    /// everything is looked at again when it is tried.
    async fn wait_for_number(&self, why: &str) -> Result<(), Refused> {
        if self.leased.work.tries >= STOPPED_NUMBER_TRIES_MAX {
            return self.give_up(why, None).await;
        }
        let wait = SignedDuration::from_mins(STOPPED_NUMBER_MINUTES);
        self.moved(Stage::Waiting, wait, None).await
    }

    /// What a refusal tells of the customer: that they get too much marketing, or
    /// want none.
    fn learnt(&self, outcome: &Outcome) -> Option<Event> {
        let Outcome::Rejected { rejection, .. } = outcome else {
            return None;
        };
        let (number, body) = match rejection {
            Rejection::EcosystemCap => {
                let send = self.key.clone();
                let number = Some(self.effect.number.clone());
                (number, EventBody::MarketingCapped(MarketingCapped { send }))
            }
            Rejection::OptedOut => {
                let told = ProfileChanged {
                    marketing_consent: Some(false),
                    ..ProfileChanged::default()
                };
                (None, EventBody::ProfileChanged(told))
            }
            _ => return None,
        };
        let at = self.host.clock.now();
        Some(Event { at, number, body })
    }

    async fn give_up(&self, why: &str, learnt: Option<Event>) -> Result<(), Refused> {
        tracing::info!(why, "a message is given up");
        self.host.metrics.sends.count("dead");
        self.commit(|change, now| {
            learnt.iter().cloned().for_each(|it| change.append(it));
            self.record(change, now, SendOutcome::Dead { why: why.into() });
            change.add_work(WorkChange::Moved {
                lease: self.leased.lease.clone(),
                stage: Stage::Dead {
                    why: why.into(),
                    at: now,
                },
                due_at: now,
                keep: false,
            });
        })
        .await?;
        Ok(())
    }

    async fn moved(
        &self,
        stage: Stage,
        wait: SignedDuration,
        learnt: Option<Event>,
    ) -> Result<(), Refused> {
        self.commit(|change, now| {
            learnt.iter().cloned().for_each(|it| change.append(it));
            change.add_work(WorkChange::Moved {
                lease: self.leased.lease.clone(),
                stage: stage.clone(),
                due_at: now + wait,
                keep: false,
            });
        })
        .await?;
        Ok(())
    }

    /// Whether a person took over while the bot's request was on its way.
    fn has_crossed(&self, change: &Change) -> bool {
        let conversation = change.state().conversation(&self.effect.number);
        let is_moved = conversation.is_some_and(|it| it.ownership.epoch != self.effect.epoch);
        self.effect.author == Author::Bot && is_moved
    }

    fn record(&self, change: &mut Change, now: Timestamp, outcome: SendOutcome) {
        let resolved = SendResolved {
            send: self.key.clone(),
            outcome,
        };
        let number = Some(self.effect.number.clone());
        change.append(Event {
            at: now,
            number,
            body: EventBody::SendResolved(resolved),
        });
    }

    /// A number from 0 to 1 that differs between messages.
    fn jitter(&self) -> f64 {
        let sum = self
            .key
            .0
            .bytes()
            .fold(17u32, |sum, byte| sum.wrapping_mul(31) ^ u32::from(byte));
        f64::from(sum % 1_000) / 1_000.0
    }

    /// Commits what `build` makes of the customer as it is now; once more when
    /// others changed it meanwhile.
    async fn commit<T>(
        &self,
        build: impl Fn(&mut Change, Timestamp) -> T,
    ) -> Result<Committed<T>, Refused> {
        self.commit_known_as(None, build).await
    }

    /// The same, and `identity` is known from then on, if it was not before.
    async fn commit_known_as<T>(
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

fn fate_wait() -> SignedDuration {
    SignedDuration::from_mins(SEND_FATE_MINUTES_MAX)
}
