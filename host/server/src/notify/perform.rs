//! One try to deliver a notice, and what becomes of its row.

use std::{sync::Arc, time::Instant};

use baton_domain::{
    ids::AgentId,
    limits::{
        COMMIT_TRIES_MAX, DELIVERY_BODY_BYTES_MAX, DELIVERY_CROWDED_SECONDS,
        NOTICE_TO_PERSON_MINUTES_MAX,
    },
    notify::wait_before,
    people::Agent,
    seen::{Seen, SeenNotice},
};
use baton_store::{CommitError, Endpoint, LeasedWork, Stage, StoreError, WorkChange};
use jiff::{SignedDuration, Timestamp};

use super::{
    body::body,
    deep_link,
    delivery::{Delivery, Recipient},
    health::{self, Health},
    told::{fields_of, seen_by},
    whatsapp,
};
use crate::{
    directory::ActiveTenant,
    host::Host,
    pipeline::{Change, Refused},
};

/// What a try came to; codes are stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tried {
    /// It was taken.
    Delivered,
    /// It was not, and may be another time.
    Failed(&'static str),
    /// It was not, and never will be.
    Hopeless(&'static str),
    /// The endpoint says that it is gone for good.
    Gone,
    /// Nobody needs to know any more.
    Needless(&'static str),
}

/// What is done with the row.
enum Fate {
    Done,
    Again(SignedDuration, Box<Delivery>),
    Dead(&'static str),
}

/// Tries to deliver a notice once.
///
/// # Errors
/// [`Refused::Store`]; the row is due again when its lease ends.
pub async fn perform(host: &Host, leased: LeasedWork) -> Result<(), Refused> {
    let directory = host.directory();
    let Some(tenant) = directory.tenant(&leased.work.tenant) else {
        return Ok(());
    };
    let Ok(delivery) = serde_json::from_value::<Delivery>(leased.work.payload.clone()) else {
        // What is wrong with it would show what it says.
        tracing::error!("a notice that nothing understands is dropped");
        return settle(host, tenant, &leased, Fate::Done).await;
    };
    let Some(_place) = host.notifier.crowd.place(&tenant.document.id) else {
        host.metrics.deliveries.count("crowded");
        let wait = SignedDuration::from_secs(DELIVERY_CROWDED_SECONDS);
        let fate = Fate::Again(wait, Box::new(delivery));
        return settle(host, tenant, &leased, fate).await;
    };
    let begun = Instant::now();
    let tried = attempt(host, tenant, &leased, &delivery).await?;
    let took = begun.elapsed().as_secs_f64();
    host.metrics.delivery_seconds.record(took);
    let fate = fate(host, tried, &delivery);
    settle(host, tenant, &leased, fate).await?;
    if let Recipient::Webhook { endpoint } = &delivery.to {
        let health = match tried {
            Tried::Delivered => Health::Well,
            Tried::Failed(_) => Health::Failing,
            Tried::Gone => Health::Gone,
            Tried::Hopeless(_) | Tried::Needless(_) => return Ok(()),
        };
        health::note(host, tenant, endpoint, health).await;
    }
    Ok(())
}

fn fate(host: &Host, tried: Tried, delivery: &Delivery) -> Fate {
    let count = |outcome| host.metrics.deliveries.count(outcome);
    match tried {
        Tried::Delivered => {
            count(delivery.to.delivered());
            Fate::Done
        }
        Tried::Needless(why) => {
            tracing::info!(why, "a notice is suppressed");
            count("suppressed");
            Fate::Done
        }
        Tried::Failed(why) => {
            let failures = delivery.failures.saturating_add(1);
            match wait_before(failures, &delivery.key) {
                Some(wait) => {
                    tracing::info!(why, failures, "a notice is tried again");
                    count("again");
                    let next = Delivery {
                        failures,
                        ..delivery.clone()
                    };
                    Fate::Again(wait, Box::new(next))
                }
                None => dead(host, why),
            }
        }
        Tried::Hopeless(why) => dead(host, why),
        Tried::Gone => dead(host, "gone"),
    }
}

fn dead(host: &Host, why: &'static str) -> Fate {
    tracing::warn!(why, "a notice is given up: it can be replayed");
    host.metrics.deliveries.count("dead");
    Fate::Dead(why)
}

async fn attempt(
    host: &Host,
    tenant: &Arc<ActiveTenant>,
    leased: &LeasedWork,
    delivery: &Delivery,
) -> Result<Tried, Refused> {
    let told = tenant.told.load();
    match &delivery.to {
        Recipient::Webhook { endpoint } => Ok(match told.endpoint(endpoint) {
            None => Tried::Needless("endpoint_removed"),
            Some(endpoint) if !endpoint.is_enabled => Tried::Needless("endpoint_off"),
            Some(endpoint) if endpoint.disabled.is_some() => Tried::Hopeless("endpoint_disabled"),
            Some(endpoint) => to_endpoint(host, tenant, endpoint, delivery).await,
        }),
        Recipient::Email { agent } | Recipient::WhatsApp { agent } => {
            if let Some(why) = is_needless(host, leased, delivery).await? {
                return Ok(Tried::Needless(why));
            }
            let Some(agent) = of_people(tenant, agent) else {
                return Ok(Tried::Needless("agent_gone"));
            };
            Ok(to_person(host, tenant, agent, delivery).await)
        }
    }
}

fn of_people<'t>(tenant: &'t ActiveTenant, id: &AgentId) -> Option<&'t Agent> {
    let agent = &tenant.people.agent(id)?.body;
    (!agent.is_frozen).then_some(agent)
}

async fn to_endpoint(
    host: &Host,
    tenant: &ActiveTenant,
    endpoint: &Endpoint,
    delivery: &Delivery,
) -> Tried {
    // Once more, since fields may have been taken away meanwhile.
    let fields = seen_by(&endpoint.sees, &tenant.people);
    let seen = Seen::of_told(fields).notice(delivery.notice.clone());
    let link = deep_link(host, seen.notice());
    let text = body(&seen, link).to_string().into_bytes();
    if text.len() > DELIVERY_BODY_BYTES_MAX {
        return Tried::Hopeless("too_large");
    }
    let id = delivery.id(&tenant.document.id);
    let now = host.clock.now();
    host.notifier.webhooks.post(endpoint, &id, text, now).await
}

async fn to_person(
    host: &Host,
    tenant: &ActiveTenant,
    agent: &Agent,
    delivery: &Delivery,
) -> Tried {
    let fields = fields_of(agent, &tenant.people);
    let seen = Seen::of_told(fields).notice(delivery.notice.clone());
    let link = deep_link(host, seen.notice());
    let id = delivery.id(&tenant.document.id);
    match &delivery.to {
        Recipient::WhatsApp { .. } => {
            let key = delivery.whatsapp_key(&tenant.document.id);
            whatsapp::send(host, tenant, agent, (&seen, link), &key).await
        }
        _ => {
            let Some(mailer) = &host.notifier.mailer else {
                return Tried::Needless("no_mail_server");
            };
            mailer.send(tenant, agent, (&seen, link), &id).await
        }
    }
}

/// Why a person need not be told any more: it is long past, or the conversation
/// has passed on since.
async fn is_needless(
    host: &Host,
    leased: &LeasedWork,
    delivery: &Delivery,
) -> Result<Option<&'static str>, StoreError> {
    let late = SignedDuration::from_mins(NOTICE_TO_PERSON_MINUTES_MAX);
    if host.clock.now().duration_since(delivery.notice.at) > late {
        return Ok(Some("too_late"));
    }
    let work = &leased.work;
    let loaded = match host.store.load(&work.tenant, &work.customer, &[]).await {
        Err(StoreError::Erased) | Ok(None) => return Ok(Some("erased")),
        Ok(Some(loaded)) => loaded,
        Err(error) => return Err(error),
    };
    let number = delivery.notice.number.as_ref();
    let conversation = number.and_then(|it| loaded.state.conversation(it));
    let is_same = conversation.is_some_and(|it| it.ownership.epoch == delivery.notice.epoch);
    Ok((!is_same).then_some("passed_on"))
}

/// Commits what becomes of the row; once more when others changed the customer
/// meanwhile.
async fn settle(
    host: &Host,
    tenant: &Arc<ActiveTenant>,
    leased: &LeasedWork,
    fate: Fate,
) -> Result<(), Refused> {
    let work = &leased.work;
    for _ in 0..COMMIT_TRIES_MAX {
        let loaded = match host.store.load(&work.tenant, &work.customer, &[]).await {
            Ok(Some(loaded)) => loaded,
            // The row went with the customer.
            Ok(None) | Err(StoreError::Erased) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        let mut change = Change::onto(host, tenant.clone(), loaded).await?;
        change.add_work(settled(leased, &fate, host.clock.now()));
        match change.commit(host).await {
            Ok(_) | Err(CommitError::LeaseLost) => return Ok(()),
            Err(CommitError::Store(error)) => return Err(error.into()),
            Err(_changed_meanwhile) => {}
        }
    }
    Err(Refused::Contended)
}

fn settled(leased: &LeasedWork, fate: &Fate, now: Timestamp) -> WorkChange {
    let lease = leased.lease.clone();
    match fate {
        Fate::Done => WorkChange::Done(lease),
        // The count of failures is in what the row keeps.
        Fate::Again(wait, delivery) => WorkChange::Reschedule(
            delivery.work(now.saturating_add(*wait).unwrap_or(Timestamp::MAX)),
        ),
        Fate::Dead(why) => WorkChange::Moved {
            lease,
            stage: Stage::Dead {
                why: (*why).into(),
                at: now,
            },
            due_at: now,
            keep: false,
        },
    }
}

/// What a person is told, in a line: by label and team alone.
pub(super) fn headline(seen: &SeenNotice) -> String {
    let notice = seen.notice();
    let label = notice.kind.label().trim_end_matches('.');
    match &notice.team {
        Some(team) => format!("{label}: {team}"),
        None => label.to_owned(),
    }
}
