//! What people do with a conversation beside taking and giving back: answer,
//! send up, set the next step, note down; and all that they need to see for it.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use baton_domain::{
    assign::{Asked, Ineligible},
    event::{
        Author, Claimed, EscalationCause, Event, EventBody, NextStepSet, NoteKind, NoteTaken,
        SendKey, SendQueued,
    },
    ids::{AgentId, CustomerId, NumberId, OwnerEpoch},
    limits::{COMMIT_TRIES_MAX, NOTE_CHARS_MAX, SHORT_TEXT_CHARS_MAX},
    state::Conversation,
};
use baton_store::{CommitError, Identity, Loaded, NewWork, WorkChange, WorkKey, WorkKind};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::ToSchema;

use super::{
    auth::{Operator, Scope, Teller},
    code::Code,
    conversations::{ConversationPath, not_moved},
    customers::load,
    error::{Answer, ApiError},
    extract::{Json, Path},
    messages::idempotency_key,
    view::HeadView,
};
use crate::{
    directory::ActiveTenant,
    host::Host,
    outbox::{Effect, SendEffect, check_message},
    pipeline::{Change, escalate},
    wire::{OutgoingMessage, named},
};

/// What one of your people writes to the customer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reply {
    /// Who writes, and has the next step from then on.
    #[schema(value_type = String, min_length = 1, max_length = 64, pattern = "^[a-z0-9-]+$")]
    agent: AgentId,
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
        Code::NotMoved, Code::AgentUnfit, Code::OutsideServiceWindow, Code::ChangedMeanwhile, Code::InvalidValue]))),
    responses((status = 202, description = "It is in the outbox.", body = Replied)))]
pub async fn reply(
    State(host): State<Arc<Host>>,
    Operator(scope): Operator,
    Path(path): Path<ConversationPath>,
    headers: HeaderMap,
    Json(reply): Json<Reply>,
) -> Answer<(StatusCode, Json<Replied>)> {
    check_message(&reply.message).map_err(ApiError::invalid)?;
    may_take(&scope.tenant, &reply.agent, host.clock.now())?;
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
            queue_reply(&mut change, now, &number, &reply, &send)?;
        }
        let (customer, state) = (change.customer().clone(), change.state().clone());
        let answer = || {
            let conversation = state
                .conversation(&number)
                .ok_or_else(ApiError::not_found)?;
            let conversation = HeadView::of(&customer, &number, conversation, now);
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
    now: Timestamp,
    number: &NumberId,
    reply: &Reply,
    send: &str,
) -> Answer<()> {
    let conversation = change.state().conversation(number);
    let conversation = conversation.ok_or_else(ApiError::not_found)?;
    if !conversation.is_window_open(now) && !reply.message.is_template() {
        let message = "the customer wrote more than 24 hours ago: send an approved template";
        return Err(ApiError::new(Code::OutsideServiceWindow, message));
    }
    let ownership = conversation.ownership.clone();
    let owner = ownership.owner.agent();
    let is_others = owner.is_some_and(|it| *it != reply.agent);
    let is_stale = reply.epoch.is_some_and(|seen| seen != ownership.epoch);
    if owner != Some(&reply.agent) && (is_stale || is_others && reply.epoch.is_none()) {
        return Err(not_moved(&ownership));
    }
    let mut append = |body| {
        change.append(Event {
            at: now,
            number: Some(number.clone()),
            body,
        });
    };
    if owner != Some(&reply.agent) {
        append(EventBody::Claimed(Claimed {
            epoch: ownership.epoch,
            agent: reply.agent.clone(),
        }));
    }
    append(EventBody::SendQueued(SendQueued {
        send: SendKey(send.into()),
        author: Author::Agent,
        message_kind: reply.message.kind().into(),
        text: reply.message.text(),
        purpose: None,
        is_marketing: reply.message.is_marketing(),
        by: Some(reply.agent.clone()),
    }));
    let conversation = change.state().conversation(number);
    let epoch = conversation.map(|it| it.ownership.epoch);
    let effect = Effect::Send(SendEffect {
        number: number.clone(),
        author: Author::Agent,
        epoch: epoch.unwrap_or_default(),
        message: reply.message.clone(),
        outside_window: None,
        is_marketing: reply.message.is_marketing(),
        too_late_at: None,
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

/// Why a conversation should go up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendUp {
    /// The epoch that was seen; as it is now when absent.
    #[serde(default)]
    #[schema(value_type = Option<u64>)]
    epoch: Option<OwnerEpoch>,
    /// Who asks.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64, pattern = "^[a-z0-9-]+$")]
    by: Option<AgentId>,
    /// What the next person should know.
    #[serde(default)]
    #[schema(max_length = 280)]
    note: Option<String>,
}

/// Sends a conversation that people own to the next tier of its team, or from
/// the last to the operator.
#[utoipa::path(post, path = "/v1/conversations/{customer}/{number}/escalate", tag = "conversations",
    operation_id = "escalate", params(ConversationPath), request_body = SendUp,
    security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::Erased, Code::NotMoved, Code::ChangedMeanwhile, Code::InvalidValue]))),
    responses((status = 200, description = "It went up.", body = HeadView)))]
pub async fn send_up(
    State(host): State<Arc<Host>>,
    Operator(scope): Operator,
    Path(path): Path<ConversationPath>,
    Json(up): Json<SendUp>,
) -> Answer<Json<HeadView>> {
    let note = up
        .note
        .as_deref()
        .map(|it| short("note", it, SHORT_TEXT_CHARS_MAX));
    let note = note.transpose()?;
    changed(&host, &scope, &path, |change, now, number, before| {
        let ownership = before.ownership.clone();
        let asked = Asked {
            cause: EscalationCause::Asked,
            by: up.by.clone(),
            note: note.clone(),
        };
        let is_stale = up.epoch.is_some_and(|seen| seen != ownership.epoch);
        if is_stale || !escalate(change, &host, now, number, asked) {
            return Err(not_moved(&ownership));
        }
        Ok(())
    })
    .await
}

/// The next step, as it should stand.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetStep {
    /// The count of promises that was seen: `promise` of the view.
    promise: u32,
    /// Whether it is done: nothing more is owed for now.
    #[serde(default)]
    close: bool,
    /// What it is; as before when absent.
    #[serde(default)]
    #[schema(max_length = 280)]
    what: Option<String>,
    /// By when; whoever does not take it by then loses it to the next tier.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    due: Option<Timestamp>,
    /// Who says so.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64, pattern = "^[a-z0-9-]+$")]
    by: Option<AgentId>,
}

/// Closes the next step of a conversation that people own, puts it off, or
/// names it anew.
#[utoipa::path(post, path = "/v1/conversations/{customer}/{number}/next-step", tag = "conversations",
    operation_id = "set_next_step", params(ConversationPath), request_body = SetStep,
    security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::Erased, Code::NotMoved, Code::ChangedMeanwhile, Code::InvalidValue]))),
    responses((status = 200, description = "It stands so.", body = HeadView)))]
pub async fn set_next_step(
    State(host): State<Arc<Host>>,
    Operator(scope): Operator,
    Path(path): Path<ConversationPath>,
    Json(step): Json<SetStep>,
) -> Answer<Json<HeadView>> {
    let what = step
        .what
        .as_deref()
        .map(|it| short("what", it, SHORT_TEXT_CHARS_MAX));
    let what = what.transpose()?;
    if !step.close && what.is_none() && step.due.is_none() {
        return Err(ApiError::invalid("say `close`, `what` or `due`"));
    }
    changed(&host, &scope, &path, |change, now, number, before| {
        let is_late = step.due.is_some_and(|due| due <= now);
        if is_late && !step.close {
            return Err(ApiError::invalid("`due` is over already"));
        }
        let is_seen = step.promise == before.care.promises();
        if !is_seen || !before.ownership.owner.is_people() {
            let error = not_moved(&before.ownership);
            return Err(error.with("promise", before.care.promises()));
        }
        change.append(Event {
            at: now,
            number: Some(number.clone()),
            body: EventBody::NextStepSet(NextStepSet {
                promise: step.promise,
                closed: step.close,
                what: what.clone(),
                due: step.due,
                by: step.by.clone(),
            }),
        });
        Ok(())
    })
    .await
}

/// What the next person should know.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewNote {
    /// `lead` for what qualifies the customer as a buyer, else `care`.
    #[schema(value_type = String, pattern = "^(lead|care)$")]
    about: NoteKind,
    /// What it says.
    #[schema(min_length = 1, max_length = 1000)]
    text: String,
    /// Who writes it, when it is one of your people.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64, pattern = "^[a-z0-9-]+$")]
    by: Option<AgentId>,
}

/// That a note was taken.
#[derive(Debug, Serialize, ToSchema)]
pub struct Noted {
    /// When.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

/// Notes down what the next person should know; people see it in the view.
#[utoipa::path(post, path = "/v1/conversations/{customer}/{number}/notes", tag = "conversations",
    operation_id = "take_note", params(ConversationPath), request_body = NewNote,
    security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::Erased, Code::ChangedMeanwhile, Code::InvalidValue]))),
    responses((status = 201, description = "It is kept.", body = Noted)))]
pub async fn take_note(
    State(host): State<Arc<Host>>,
    Teller(scope): Teller,
    Path(path): Path<ConversationPath>,
    Json(note): Json<NewNote>,
) -> Answer<(StatusCode, Json<Noted>)> {
    let text = short("text", &note.text, NOTE_CHARS_MAX)?;
    let source = note.by.is_none().then(|| scope.key.clone());
    let mut at = host.clock.now();
    changed(&host, &scope, &path, |change, now, number, _| {
        at = now;
        change.append(Event {
            at: now,
            number: Some(number.clone()),
            body: EventBody::NoteTaken(NoteTaken {
                about: note.about,
                text: text.clone(),
                by: note.by.clone(),
                source: source.clone(),
            }),
        });
        Ok(())
    })
    .await?;
    Ok((StatusCode::CREATED, Json(Noted { at })))
}

/// A text of 1 to `most` characters.
fn short(name: &str, text: &str, most: usize) -> Answer<Arc<str>> {
    let length = text.chars().count();
    if (1..=most).contains(&length) {
        return Ok(text.into());
    }
    let message = format!("{name} must have 1 to {most} characters, has {length}");
    Err(ApiError::invalid(message))
}

/// Commits what `build` makes of a conversation; once more when others changed
/// the customer meanwhile.
async fn changed(
    host: &Host,
    scope: &Scope,
    path: &ConversationPath,
    mut build: impl FnMut(&mut Change, Timestamp, &NumberId, &Conversation) -> Answer<()>,
) -> Answer<Json<HeadView>> {
    let number = path.number()?;
    for _ in 0..COMMIT_TRIES_MAX {
        let loaded = load(host, scope, &path.customer).await?;
        let before = loaded.state.conversation(&number).cloned();
        let before = before.ok_or_else(ApiError::not_found)?;
        let mut change = Change::onto(host, scope.tenant.clone(), loaded).await?;
        let now = host.clock.now();
        build(&mut change, now, &number, &before)?;
        let (customer, state) = (change.customer().clone(), change.state().clone());
        match change.commit(host).await {
            Ok(_) => {
                let after = state
                    .conversation(&number)
                    .ok_or_else(ApiError::not_found)?;
                return Ok(Json(HeadView::of(&customer, &number, after, now)));
            }
            Err(CommitError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(ApiError::new(
        Code::ChangedMeanwhile,
        "it was changed meanwhile: read it again",
    ))
}
