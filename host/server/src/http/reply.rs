//! `POST .../reply`: one of the tenant's people writes to the customer, and has
//! the next step from then on.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use baton_domain::{
    assign::Ineligible,
    event::{Author, Claimed, Event, EventBody, SendKey, SendQueued},
    ids::{AgentId, CustomerId, NumberId, OwnerEpoch},
    limits::COMMIT_TRIES_MAX,
    seen::Seen,
};
use baton_store::{
    AuditEntry, CommitError, Identity, Loaded, NewWork, WorkChange, WorkKey, WorkKind,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{
    auth::{Replier, Scope},
    code::Code,
    conversations::{ConversationPath, as_oneself, not_moved},
    error::{Answer, ApiError},
    extract::{Json, Path},
    messages::idempotency_key,
    numbers::may_speak,
    view::HeadView,
};
use crate::{
    directory::ActiveTenant,
    host::Host,
    outbox::{Effect, SendEffect, check_message},
    pipeline::Change,
    wire::{OutgoingMessage, named},
};

/// What one of your people writes to the customer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// Who writes, and has the next step from then on; whose token it is when
    /// absent.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64, pattern = "^[a-z0-9-]+$")]
    agent: Option<AgentId>,
    /// The epoch that was seen. Without it a reply takes over from the bot, a
    /// queue or the App, and not from another agent.
    #[serde(default)]
    #[schema(value_type = Option<u64>)]
    epoch: Option<OwnerEpoch>,
    /// What it says.
    #[serde(deserialize_with = "named")]
    message: OutgoingMessage,
}

/// What became of a reply.
#[derive(Debug, Serialize, ToSchema)]
pub struct Replied {
    /// Key of the message: its fate is in the thread under it.
    send: String,
    /// The conversation, which is the agent's now.
    conversation: HeadView,
}

/// Writes to the customer as one of your people, who has the next step from
/// then on: the bot is silent. Under the same `Idempotency-Key` it is sent once.
#[utoipa::path(post, path = "/v1/conversations/{customer}/{number}/reply", tag = "conversations",
    operation_id = "reply", params(ConversationPath, ("Idempotency-Key" = String, Header,
        min_length = 1, max_length = 256, pattern = "^[!-~]([ -~]*[!-~])?$",
        description = "Your key of this message.")),
    request_body = Reply, security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::IdempotencyKeyMissing, Code::NotFound, Code::Erased,
        Code::NotMoved, Code::AgentUnfit, Code::NumberFrozen, Code::OutsideServiceWindow, Code::ChangedMeanwhile, Code::InvalidValue]))),
    responses((status = 202, description = "It is in the outbox.", body = Replied)))]
pub async fn reply(
    State(host): State<Arc<Host>>,
    Replier(scope): Replier,
    Path(path): Path<ConversationPath>,
    headers: HeaderMap,
    Json(reply): Json<Reply>,
) -> Answer<(StatusCode, Json<Replied>)> {
    check_message(&reply.message).map_err(ApiError::invalid)?;
    as_oneself(&scope, reply.agent.as_ref())?;
    let agent = reply.agent.as_ref().or_else(|| scope.access.agent());
    let agent = agent.ok_or_else(|| ApiError::invalid("name the `agent` who writes"))?;
    may_take(&scope.tenant, agent, host.clock.now())?;
    let key = idempotency_key(&headers)?;
    let number = path.number()?;
    let send = format!("agent/{key}");
    let identity = Identity::forever(format!("reply/{key}"));
    for _ in 0..COMMIT_TRIES_MAX {
        let loaded = load_knowing(&host, &scope, &path.customer, &identity).await?;
        let now = host.clock.now();
        let is_known = loaded.known == [true];
        let mut change = Change::onto(&host, scope.tenant.clone(), loaded).await?;
        if !is_known {
            change.remember(Some(&identity));
            queue_reply(&mut change, (now, &number), agent, &reply, &send)?;
            change.by(AuditEntry {
                number: Some(number.clone()),
                ..scope.entry(&host, "reply")
            });
        }
        let (customer, state) = (change.customer().clone(), change.state().clone());
        let answer = || {
            let conversation = state
                .conversation(&number)
                .ok_or_else(ApiError::not_found)?;
            let seen = Seen::of_conversation(&scope.access, &state, &number, now);
            let conversation = HeadView::of(&seen, &customer, &number, conversation, now);
            let send = send.clone();
            Ok((StatusCode::ACCEPTED, Json(Replied { send, conversation })))
        };
        if is_known {
            return answer();
        }
        match change.commit(&host).await {
            Ok(_) => return answer(),
            Err(CommitError::Store(error)) => return Err(error.into()),
            Err(_changed_meanwhile) => {}
        }
    }
    Err(CommitError::Duplicate.into())
}

async fn load_knowing(
    host: &Host,
    scope: &Scope,
    customer: &str,
    identity: &Identity,
) -> Answer<Loaded> {
    let id = CustomerId::parse(customer).map_err(|_| ApiError::not_found())?;
    let tenant = &scope.tenant.document.id;
    let asked = std::slice::from_ref(identity);
    let loaded = host.store.load(tenant, &id, asked).await?;
    loaded.ok_or_else(ApiError::not_found)
}

/// Takes over when it must, and puts the message into thread and outbox.
fn queue_reply(
    change: &mut Change,
    (now, number): (Timestamp, &NumberId),
    agent: &AgentId,
    reply: &Reply,
    send: &str,
) -> Answer<()> {
    let conversation = change.state().conversation(number);
    let conversation = conversation.ok_or_else(ApiError::not_found)?;
    may_speak(change.tenant(), number)?;
    if !conversation.is_window_open(now) && !reply.message.is_template() {
        let message = "the customer wrote more than 24 hours ago: send an approved template";
        return Err(ApiError::new(Code::OutsideServiceWindow, message));
    }
    let ownership = conversation.ownership.clone();
    let owner = ownership.owner.agent();
    let is_others = owner.is_some_and(|it| it != agent);
    let is_stale = reply.epoch.is_some_and(|seen| seen != ownership.epoch);
    if owner != Some(agent) && (is_stale || is_others && reply.epoch.is_none()) {
        return Err(not_moved(&ownership));
    }
    let mut append = |body| {
        change.append(Event {
            at: now,
            number: Some(number.clone()),
            body,
        });
    };
    if owner != Some(agent) {
        append(EventBody::Claimed(Claimed {
            epoch: ownership.epoch,
            agent: agent.clone(),
        }));
    }
    append(EventBody::SendQueued(SendQueued {
        send: SendKey(send.into()),
        author: Author::Agent,
        message_kind: reply.message.kind().into(),
        text: reply.message.text(),
        purpose: None,
        is_marketing: reply.message.is_marketing(),
        by: Some(agent.clone()),
    }));
    let conversation = change.state().conversation(number);
    let epoch = conversation.map(|it| it.ownership.epoch);
    let effect = Effect::Send(SendEffect {
        number: number.clone(),
        author: Author::Agent,
        by: Some(agent.clone()),
        epoch: epoch.unwrap_or_default(),
        message: reply.message.clone(),
        outside_window: None,
        is_marketing: reply.message.is_marketing(),
        too_late_at: None,
        refused: 0,
        waited: 0,
    });
    change.add_work(WorkChange::Add(NewWork {
        key: WorkKey(format!("send/{send}").into()),
        kind: WorkKind::Effect,
        due_at: now,
        payload: effect.payload(),
    }));
    Ok(())
}

/// Whether `agent` may take a conversation: one of the tenant's people, when it
/// has any, and fit for it.
pub(super) fn may_take(tenant: &ActiveTenant, agent: &AgentId, now: Timestamp) -> Answer<()> {
    if tenant.roster.is_empty() {
        return Ok(());
    }
    let Some(member) = tenant.roster.member(agent) else {
        return Err(ApiError::invalid("the agent is none of your people"));
    };
    let today = tenant.profile.timezone().to_datetime(now).date();
    let unfit = |why: serde_json::Value, message: &str| {
        Err(ApiError::new(Code::AgentUnfit, message).with("why", why))
    };
    match member.lacks(tenant.roster.training(), today) {
        None => Ok(()),
        Some(Ineligible::Frozen) => unfit(json!("frozen"), "the agent is frozen"),
        Some(Ineligible::Role) => unfit(json!("role"), "the agent's role does not let them claim"),
        Some(Ineligible::Training(unmet)) => {
            unfit(json!(unmet), "the agent lacks training that you want")
        }
    }
}
