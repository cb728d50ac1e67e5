//! What people do with a conversation beside taking, answering and giving back:
//! send it up or to a colleague, set the next step.

use std::sync::Arc;

use axum::extract::State;
use baton_domain::{
    assign::Asked,
    event::{EscalationCause, Event, EventBody, NextStepSet},
    ids::{AgentId, NumberId, OwnerEpoch},
    limit,
    limits::{COMMIT_TRIES_MAX, NEXT_STEP_DAYS_MAX, SHORT_TEXT_CHARS_MAX},
    people::Principal,
    seen::Seen,
    state::Conversation,
};
use baton_store::{AuditEntry, CommitError};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    auth::{Claimer, Escalator, Replier, Scope},
    code::Code,
    conversations::{ConversationPath, as_oneself, not_moved, seen_epoch},
    customers::load,
    error::{Answer, ApiError, short},
    extract::{Json, Path},
    reply::may_take,
    view::HeadView,
};
use crate::{
    host::Host,
    pipeline::{Change, escalate, reassign},
};

/// Why a conversation should go up.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendUp {
    /// The epoch that was seen. What a colleague has moves for who names it;
    /// otherwise it is as it is now when absent.
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
    Escalator(scope): Escalator,
    Path(path): Path<ConversationPath>,
    Json(up): Json<SendUp>,
) -> Answer<Json<HeadView>> {
    let note = up
        .note
        .as_deref()
        .map(|it| short("note", it, limit!(SHORT_TEXT_CHARS_MAX)));
    let note = note.transpose()?;
    as_oneself(&scope, up.by.as_ref())?;
    let by = up.by.or_else(|| scope.access.agent().cloned());
    changed(
        &host,
        &scope,
        "escalate",
        &path,
        |change, now, number, before| {
            let ownership = before.ownership.clone();
            let asked = Asked {
                cause: EscalationCause::Asked,
                by: by.clone(),
                note: note.clone(),
            };
            let epoch = seen_epoch(&ownership, up.epoch, by.as_ref())?;
            let is_stale = epoch != ownership.epoch;
            if is_stale || !escalate(change, &host, now, number, asked) {
                return Err(not_moved(&ownership));
            }
            Ok(())
        },
    )
    .await
}

/// To whom a conversation should go.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PassOn {
    /// The epoch that was seen. What a colleague has moves for who names it;
    /// otherwise it is as it is now when absent.
    #[serde(default)]
    #[schema(value_type = Option<u64>)]
    epoch: Option<OwnerEpoch>,
    /// To whom; whoever is best for it when absent, and into the queue when
    /// nobody is there.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64, pattern = "^[a-z0-9-]+$")]
    to: Option<AgentId>,
    /// Who says so.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64, pattern = "^[a-z0-9-]+$")]
    by: Option<AgentId>,
}

/// Passes a conversation that one of your people has to another: the one who is
/// named, or the best that is there. What is promised stays.
#[utoipa::path(post, path = "/v1/conversations/{customer}/{number}/assign", tag = "conversations",
    operation_id = "assign", params(ConversationPath), request_body = PassOn,
    security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::Erased, Code::NotMoved, Code::AgentUnfit, Code::ChangedMeanwhile, Code::InvalidValue]))),
    responses((status = 200, description = "Somebody else has it, or the queue.", body = HeadView)))]
pub async fn pass_on(
    State(host): State<Arc<Host>>,
    Claimer(scope): Claimer,
    Path(path): Path<ConversationPath>,
    Json(pass): Json<PassOn>,
) -> Answer<Json<HeadView>> {
    if let Some(to) = &pass.to {
        may_take(&scope.tenant, to, host.clock.now())?;
    }
    as_oneself(&scope, pass.by.as_ref())?;
    let who = pass.by.as_ref().or_else(|| scope.access.agent());
    let by = || match who {
        Some(agent) => Principal::Person(agent.clone()),
        None => scope.access.who().clone(),
    };
    changed(
        &host,
        &scope,
        "assign",
        &path,
        |change, now, number, before| {
            let ownership = before.ownership.clone();
            let epoch = seen_epoch(&ownership, pass.epoch, who)?;
            let is_stale = epoch != ownership.epoch;
            let is_theirs = pass.to.is_some() && ownership.owner.agent() == pass.to.as_ref();
            let place = (now, number);
            if is_stale
                || is_theirs
                || !reassign(change, &host, place, pass.to.as_ref(), ("asked", by()))
            {
                return Err(not_moved(&ownership));
            }
            Ok(())
        },
    )
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
    Replier(scope): Replier,
    Path(path): Path<ConversationPath>,
    Json(step): Json<SetStep>,
) -> Answer<Json<HeadView>> {
    let what = step
        .what
        .as_deref()
        .map(|it| short("what", it, limit!(SHORT_TEXT_CHARS_MAX)));
    let what = what.transpose()?;
    if !step.close && what.is_none() && step.due.is_none() {
        return Err(ApiError::invalid("say `close`, `what` or `due`"));
    }
    as_oneself(&scope, step.by.as_ref())?;
    let by = step.by.or_else(|| scope.access.agent().cloned());
    changed(
        &host,
        &scope,
        "next-step",
        &path,
        |change, now, number, before| {
            let is_late = step.due.is_some_and(|due| due <= now);
            if is_late && !step.close {
                return Err(ApiError::invalid("`due` is over already"));
            }
            let latest = SignedDuration::from_hours(24 * NEXT_STEP_DAYS_MAX as i64);
            if step.due.is_some_and(|due| due.duration_since(now) > latest) {
                let limit = limit!(NEXT_STEP_DAYS_MAX);
                return Err(ApiError::over("days until `due`", limit));
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
                    epoch: before.ownership.epoch,
                    promise: step.promise,
                    closed: step.close,
                    what: what.clone(),
                    due: step.due,
                    by: by.clone(),
                }),
            });
            Ok(())
        },
    )
    .await
}

/// Commits what `build` makes of a conversation; once more when others changed
/// the customer meanwhile.
pub(super) async fn changed(
    host: &Host,
    scope: &Scope,
    what: &str,
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
        change.by(AuditEntry {
            number: Some(number.clone()),
            ..scope.entry(host, what)
        });
        let (customer, state) = (change.customer().clone(), change.state().clone());
        match change.commit(host).await {
            Ok(_) => {
                let after = state
                    .conversation(&number)
                    .ok_or_else(ApiError::not_found)?;
                let seen = Seen::of_conversation(&scope.access, &state, &number, now);
                let head = HeadView::of(&seen, &customer, &number, after, now);
                return Ok(Json(head));
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
