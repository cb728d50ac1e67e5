//! `POST /v1/messages`: the bot, or a person through Baton, writes to a
//! customer. While people own the conversation the bot is refused, with the
//! owner's name.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use baton_domain::{
    event::{Author, Event, EventBody, SendKey, SendQueued},
    ids::NumberId,
    limits::{COMMIT_TRIES_MAX, FOREIGN_ID_CHARS_MAX},
    owner::Owner,
};
use baton_store::{CommitError, Identity, NewWork, WorkChange, WorkKey, WorkKind};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{
    auth::Bot,
    code::Code,
    error::{Answer, ApiError},
    extract::Json,
    facts::customer_key,
    numbers::may_speak,
};
use crate::{
    host::Host,
    outbox::{Effect, SendEffect, check_message},
    pipeline::{Change, CustomerKey},
    wire::{CustomerRef, OutgoingMessage, named},
};

/// A message to be sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Outgoing {
    /// To whom.
    customer: CustomerRef,
    /// From which business number; the latest conversation's when absent.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 256)]
    number: Option<NumberId>,
    /// What it says.
    #[serde(deserialize_with = "named")]
    message: OutgoingMessage,
}

/// What became of the request.
#[derive(Debug, Serialize, ToSchema)]
pub struct Queued {
    /// Key of the message: its fate is in the thread under it.
    send: String,
}

/// Puts a message to a customer into the outbox. Under the same
/// `Idempotency-Key` it is sent once.
#[utoipa::path(post, path = "/v1/messages", tag = "messages", operation_id = "send_message",
    params(("Idempotency-Key" = String, Header, min_length = 1, max_length = 256,
        pattern = "^[!-~]([ -~]*[!-~])?$", description = "Your key of this message.")),
    request_body = Outgoing, security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::IdempotencyKeyMissing, Code::NotFound,
        Code::NoConversation, Code::NumberFrozen, Code::PeopleOwn, Code::OutsideServiceWindow,
        Code::ChangedMeanwhile,
        Code::InvalidValue, Code::Erased]))),
    responses((status = 202, description = "It is in the outbox.", body = Queued)))]
pub async fn send(
    State(host): State<Arc<Host>>,
    Bot(scope): Bot,
    headers: HeaderMap,
    Json(outgoing): Json<Outgoing>,
) -> Answer<(StatusCode, Json<Queued>)> {
    outgoing.customer.check()?;
    check_message(&outgoing.message).map_err(ApiError::invalid)?;
    let key = idempotency_key(&headers)?;
    for _ in 0..COMMIT_TRIES_MAX {
        let identity = Identity::forever(format!("send/{key}"));
        let tenant = &scope.tenant.document.id;
        let loaded = match customer_key(&outgoing.customer)? {
            CustomerKey::Links(links) => {
                host.store
                    .resolve(tenant, &links, std::slice::from_ref(&identity))
                    .await?
            }
            CustomerKey::Id(id) => {
                let loaded = host
                    .store
                    .load(tenant, &id, std::slice::from_ref(&identity))
                    .await?;
                loaded.ok_or_else(ApiError::not_found)?
            }
        };
        let send = format!("bot/{key}");
        if loaded.known == [true] {
            return Ok((StatusCode::ACCEPTED, Json(Queued { send })));
        }
        let mut change = Change::onto(&host, scope.tenant.clone(), loaded).await?;
        change.remember(Some(&identity));
        queue(&host, &mut change, &outgoing, &send)?;
        change.by(scope.entry(&host, "send"));
        match change.commit(&host).await {
            Ok(_) => return Ok((StatusCode::ACCEPTED, Json(Queued { send }))),
            Err(CommitError::Store(error)) => return Err(error.into()),
            Err(_changed_meanwhile) => {}
        }
    }
    Err(CommitError::Duplicate.into())
}

fn queue(host: &Host, change: &mut Change, outgoing: &Outgoing, send: &str) -> Answer<()> {
    let state = change.state().clone();
    let number = outgoing
        .number
        .clone()
        .or_else(|| state.latest_number().cloned());
    let conversation = number.and_then(|number| Some((state.conversation(&number)?, number)));
    let Some((conversation, number)) = conversation else {
        let message = "the customer has no conversation yet: name a number after the first message";
        return Err(ApiError::new(Code::NoConversation, message));
    };
    may_speak(change.tenant(), &number)?;
    let ownership = &conversation.ownership;
    if ownership.owner.is_people() {
        return Err(people_own(&ownership.owner));
    }
    let now = host.clock.now();
    let is_window_open = conversation.is_window_open(now);
    if !is_window_open && !outgoing.message.is_template() {
        let message = "the customer wrote more than 24 hours ago: send an approved template";
        return Err(ApiError::new(Code::OutsideServiceWindow, message));
    }
    let queued = SendQueued {
        send: SendKey(send.into()),
        author: Author::Bot,
        message_kind: outgoing.message.kind().into(),
        text: outgoing.message.text(),
        purpose: None,
        is_marketing: outgoing.message.is_marketing(),
        by: None,
    };
    let effect = Effect::Send(SendEffect {
        number: number.clone(),
        author: Author::Bot,
        by: None,
        epoch: ownership.epoch,
        message: outgoing.message.clone(),
        outside_window: None,
        is_marketing: outgoing.message.is_marketing(),
        too_late_at: None,
        refused: 0,
        waited: 0,
    });
    change.append(Event {
        at: now,
        number: Some(number),
        body: EventBody::SendQueued(queued),
    });
    change.add_work(WorkChange::Add(NewWork {
        key: WorkKey(format!("send/{send}").into()),
        kind: WorkKind::Effect,
        due_at: now,
        payload: effect.payload(),
    }));
    Ok(())
}

fn people_own(owner: &Owner) -> ApiError {
    let message = "people own this conversation: the bot is silent until they return it";
    let error = ApiError::new(Code::PeopleOwn, message);
    let error = error.with("owner", owner.as_str());
    let error = match owner.team() {
        Some(team) => error.with("team", team.as_str()),
        None => error,
    };
    match owner {
        Owner::Agent { agent, .. } => error.with("agent", agent.as_str()),
        _ => error,
    }
}

pub(super) fn idempotency_key(headers: &HeaderMap) -> Answer<String> {
    let wanted = || {
        let message =
            format!("send an Idempotency-Key header of 1 to {FOREIGN_ID_CHARS_MAX} characters");
        ApiError::new(Code::IdempotencyKeyMissing, message)
    };
    let key = headers.get("idempotency-key").ok_or_else(wanted)?;
    let key = key.to_str().map_err(|_| wanted())?.trim();
    let fits = (1..=FOREIGN_ID_CHARS_MAX).contains(&key.len());
    fits.then(|| key.to_owned()).ok_or_else(wanted)
}
