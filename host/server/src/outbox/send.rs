//! Sending a message to a customer at most once. The row is committed as
//! begun, under the current owner epoch, before the request leaves. After a
//! crash or an answer that tells nothing, the row waits for a status that
//! carries its key; without one it becomes a dead letter. It is never sent a
//! second time, since the Graph API has no idempotency key.

use std::{sync::Arc, time::Instant};

use baton_domain::{
    event::{
        Author, Event, EventBody, FATE_UNKNOWN, MarketingCapped, NO_MESSAGE_ID, ProfileChanged,
        SendKey, SendOutcome,
    },
    limits::{
        SEND_FATE_MINUTES_MAX, STOPPED_NUMBER_MINUTES, STOPPED_NUMBER_TRIES_MAX, WORK_LEASE_SECONDS,
    },
    state::Profile,
};
use baton_store::{LeasedWork, Stage, WorkChange};
use baton_whatsapp::{
    graph::{AccessToken, Outcome, Rejection},
    send_rules::{Next, after},
};
use jiff::{SignedDuration, Timestamp};

use super::{
    NOT_SENDABLE, SendEffect,
    compose::compose,
    fate::{Fate, fate},
    row::{Committed, Sending},
};
use crate::{
    directory::ActiveTenant,
    host::Host,
    pipeline::{Change, Refused, message_identity},
    wire::OutgoingMessage,
};

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

/// What a row came to of which nobody told the end.
enum Settled {
    Dead,
    Otherwise,
}

/// What looking again right before the request came to.
enum Begin {
    Leave {
        message: OutgoingMessage,
        profile: Box<Profile>,
    },
    Suppressed(&'static str),
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
            Committed::Yes(Begin::Suppressed(why)) => {
                tracing::info!(why, "a message is suppressed");
                self.host.metrics.sends.count("suppressed");
                return Ok(());
            }
            Committed::LeaseLost => return Ok(()),
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
                NOT_SENDABLE
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
                    let left_as = self.is_news(&message).then_some(&message);
                    self.record_as(change, now, SendOutcome::Begun, left_as);
                    change.add_work(WorkChange::Moved {
                        lease: lease.clone(),
                        stage: Stage::Begun { at: now },
                        due_at: now + SignedDuration::from_secs(WORK_LEASE_SECONDS),
                        keep: true,
                    });
                    Begin::Leave { message, profile }
                }
                Err(why) => {
                    self.record(change, now, SendOutcome::Suppressed { why: why.into() });
                    change.add_work(WorkChange::Done(lease.clone()));
                    Begin::Suppressed(why)
                }
            }
        })
        .await
    }

    /// Whether the thread may show other words than these: those that were
    /// queued, or those of an earlier try.
    fn is_news(&self, message: &OutgoingMessage) -> bool {
        let SendEffect {
            outside_window,
            refused,
            waited,
            ..
        } = &self.effect;
        let was_tried = outside_window.is_some() && (*refused > 0 || *waited > 0);
        was_tried || *message != self.effect.message
    }

    /// Records what the request came to.
    async fn conclude(&self, outcome: &Outcome) -> Result<(), Refused> {
        let refused = self.effect.refused.saturating_add(1);
        match after(outcome, refused, self.jitter()) {
            Next::Done => self.accepted(outcome).await,
            Next::Again(wait) => {
                let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::from_secs(60));
                let next = SendEffect {
                    refused,
                    ..self.effect.clone()
                };
                let again = self.again(next, wait, self.learnt(outcome)).await?;
                self.count(&again, "again");
                Ok(())
            }
            Next::AwaitStatus => {
                let at = self.host.clock.now();
                let awaits = self
                    .commit(|change, now| {
                        change.add_work(self.moved(Stage::Begun { at }, now + fate_wait()));
                    })
                    .await?;
                self.count(&awaits, "awaits_status");
                Ok(())
            }
            Next::GiveUp => self.give_up(outcome.code(), self.learnt(outcome)).await,
            Next::StopNumber => {
                let (number, code) = (&self.effect.number, outcome.code());
                tracing::error!(%number, code, "the number cannot send: look at its token");
                self.wait_for_number(code).await?;
                self.host.metrics.sends.count("number_stopped");
                Ok(())
            }
        }
    }

    /// WhatsApp took it.
    async fn accepted(&self, outcome: &Outcome) -> Result<(), Refused> {
        let Outcome::Accepted(accepted) = outcome else {
            return Ok(());
        };
        let Some(message) = accepted.message.clone() else {
            return self.give_up(NO_MESSAGE_ID, None).await;
        };
        // However late history tells of it, it is known as ours.
        let itself = message_identity(&self.effect.number, &message);
        let accepted = self
            .commit_known_as(Some(&itself), |change, now| {
                let accepted = SendOutcome::Accepted {
                    message: message.clone(),
                };
                self.record(change, now, accepted);
                if self.has_crossed(change) {
                    self.record(change, now, SendOutcome::Crossed);
                }
                change.add_work(WorkChange::Done(self.leased.lease.clone()));
            })
            .await?;
        self.count(&accepted, "accepted");
        Ok(())
    }

    /// The row was begun by someone who never told the end: a status with its
    /// key tells that it was sent; after a while without one, a person must
    /// look.
    async fn settle_unknown(&self, begun_at: Timestamp) -> Result<(), Refused> {
        let settled = self
            .commit(|change, now| {
                let conversation = change.state().conversation(&self.effect.number);
                let is_sent = conversation.is_some_and(|it| it.thread.has_receipt_of(&self.key));
                let give_up_at = begun_at + fate_wait();
                if is_sent {
                    let sent_as = conversation.and_then(|it| it.thread.sent_as(&self.key));
                    let accepted = sent_as
                        .cloned()
                        .map(|message| SendOutcome::Accepted { message });
                    let crossed = || self.has_crossed(change).then_some(SendOutcome::Crossed);
                    if let Some(outcome) = crossed().or(accepted) {
                        self.record(change, now, outcome);
                    }
                    change.add_work(WorkChange::Done(self.leased.lease.clone()));
                } else if now < give_up_at {
                    change.add_work(self.moved(Stage::Begun { at: begun_at }, give_up_at));
                } else {
                    let why: Arc<str> = FATE_UNKNOWN.into();
                    self.record(change, now, SendOutcome::Dead { why: why.clone() });
                    change.add_work(self.moved(Stage::Dead { why, at: now }, now));
                    return Settled::Dead;
                }
                Settled::Otherwise
            })
            .await?;
        if let Committed::Yes(Settled::Dead) = settled {
            self.host.metrics.sends.count("dead");
        }
        Ok(())
    }

    /// Nothing was sent and nothing can be until someone acts: it waits, and
    /// everything is looked at again when it is tried.
    async fn wait_for_number(&self, why: &str) -> Result<(), Refused> {
        let waited = self.effect.waited.saturating_add(1);
        if waited >= STOPPED_NUMBER_TRIES_MAX {
            return self.give_up(why, None).await;
        }
        let wait = SignedDuration::from_mins(STOPPED_NUMBER_MINUTES);
        let next = SendEffect {
            waited,
            ..self.effect.clone()
        };
        self.again(next, wait, None).await?;
        Ok(())
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

    /// Whether a person took over while the bot's request was on its way.
    fn has_crossed(&self, change: &Change) -> bool {
        let conversation = change.state().conversation(&self.effect.number);
        let is_moved = conversation.is_some_and(|it| it.ownership.epoch != self.effect.epoch);
        self.effect.author == Author::Bot && is_moved
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
}

fn fate_wait() -> SignedDuration {
    SignedDuration::from_mins(SEND_FATE_MINUTES_MAX)
}
