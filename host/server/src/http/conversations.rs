//! Conversations: who has the next step, the thread, and the ways in which
//! people take and give back.

use std::sync::Arc;

use axum::extract::State;
use baton_domain::{
    event::{Claimed, Event, EventBody, Resolved, Returned},
    ids::{AgentId, NumberId, OwnerEpoch, TeamName},
    limit,
    limits::{COMMIT_TRIES_MAX, SHORT_TEXT_CHARS_MAX},
    owner::Ownership,
    people::Action,
    seen::Seen,
    state::Conversation,
};
use baton_store::{AuditEntry, CommitError, Held, Inbox};
use serde::Deserialize;
use serde_json::json;
use utoipa::{IntoParams, ToSchema};

use super::{
    audit::note,
    auth::{Claimer, Reader, Returner, Scope},
    code::Code,
    customers::load,
    error::{Answer, ApiError, short},
    extract::{Json, Path, Query},
    reply::may_take,
    view::{ConversationView, HeadView, PageQuery, PageView, RowView},
};
use crate::{host::Host, pipeline::Change};

/// Which conversations are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// `people` for those that people own, `team` for those of them that nobody has
    /// taken yet, `agent` and `app` for those that somebody has; all when absent.
    #[serde(default)]
    #[param(pattern = "^(people|team|agent|app)$")]
    owner: Option<String>,
    /// What this one of the tenant's people has.
    #[serde(default)]
    #[param(value_type = Option<String>, min_length = 1, max_length = 64, pattern = "^[a-z0-9-]+$")]
    agent: Option<AgentId>,
    /// What this team has, or had before somebody took it.
    #[serde(default)]
    #[param(value_type = Option<String>, min_length = 1, max_length = 64, pattern = "^[a-z0-9-]+$")]
    team: Option<TeamName>,
    /// Where the last page ended, from its `next`.
    #[serde(default)]
    after: Option<String>,
    /// How many entries: 50 when absent, at most 200.
    #[serde(default)]
    #[param(minimum = 0)]
    limit: Option<usize>,
}

/// Lists conversations: all, the last touched first; or those that people own,
/// the most urgent first: by when something is owed. A page may be short and name
/// the `next` all the same.
#[utoipa::path(get, path = "/v1/conversations", tag = "conversations", params(Wanted),
    operation_id = "list_conversations", security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::InvalidValue]))),
    responses((status = 200, description = "A page.", body = PageView<RowView>)))]
pub async fn list(
    State(host): State<Arc<Host>>,
    Reader(scope): Reader,
    Query(wanted): Query<Wanted>,
) -> Answer<Json<PageView<RowView>>> {
    let owner = match wanted.owner.as_deref() {
        None | Some("people") => None,
        Some("team" | "agent" | "app") => wanted.owner.clone(),
        Some(_) => {
            let message = "owner is `people`, `team`, `agent` or `app`, or absent for all";
            return Err(ApiError::invalid(message));
        }
    };
    let held = Held {
        owner,
        agent: wanted.agent,
        team: wanted.team,
    };
    let inbox = match wanted.owner {
        _ if held != Held::default() => Inbox::PeopleOf(&held),
        Some(_) => Inbox::People,
        None => Inbox::All,
    };
    let tenant = &scope.tenant.document.id;
    let after = wanted.after.as_deref();
    let page = host
        .store
        .conversations(tenant, inbox, after, PageQuery::limited(wanted.limit))
        .await?;
    Ok(Json(PageView::of(page, RowView::from)))
}

/// Shows a conversation with the recent thread.
#[utoipa::path(get, path = "/v1/conversations/{customer}/{number}", tag = "conversations",
    operation_id = "show_conversation", params(ConversationPath), security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::Erased]))),
    responses((status = 200, description = "The conversation.", body = ConversationView)))]
pub async fn show(
    State(host): State<Arc<Host>>,
    Reader(scope): Reader,
    Path(ConversationPath { customer, number }): Path<ConversationPath>,
) -> Answer<Json<ConversationView>> {
    let loaded = load(&host, &scope, &customer).await?;
    let number = NumberId::parse(&number).map_err(|_| ApiError::not_found())?;
    let conversation = loaded
        .state
        .conversation(&number)
        .ok_or_else(ApiError::not_found)?;
    let now = host.clock.now();
    let (view, read) = {
        let (customer, state) = (&loaded.customer, &loaded.state);
        let seen = Seen::of_conversation(&scope.access, state, &number, now);
        let head = HeadView::of(&seen, customer, &number, conversation, now);
        let view = ConversationView::of(&seen, head, conversation);
        let read = scope.read(&host, "read-conversation", (customer, Some(&number)), &seen);
        (view, read)
    };
    note(&host, &scope, read).await?;
    Ok(Json(view))
}

/// Which conversation.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ConversationPath {
    /// Baton's id of the customer.
    pub(super) customer: String,
    /// The business number: Meta's `phone_number_id`.
    pub(super) number: String,
}

impl ConversationPath {
    /// The number, when it is one.
    pub(super) fn number(&self) -> Answer<NumberId> {
        NumberId::parse(&self.number).map_err(|_| ApiError::not_found())
    }
}

/// Who takes the next step, having seen which epoch.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    /// Who: 1 to 64 of a-z, 0-9 and -.
    #[schema(value_type = String, min_length = 1, max_length = 64, pattern = "^[a-z0-9-]+$")]
    agent: AgentId,
    /// The epoch that was seen.
    #[schema(value_type = u64)]
    epoch: OwnerEpoch,
}

/// Takes the next step: of two who claim at once, exactly one wins.
#[utoipa::path(post, path = "/v1/conversations/{customer}/{number}/claim", tag = "conversations",
    operation_id = "claim", params(ConversationPath), request_body = Claim,
    security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::Erased, Code::NotMoved, Code::AgentUnfit, Code::ChangedMeanwhile, Code::InvalidValue]))),
    responses((status = 200, description = "The agent has the next step.", body = HeadView)))]
pub async fn claim(
    State(host): State<Arc<Host>>,
    Claimer(scope): Claimer,
    Path(path): Path<ConversationPath>,
    Json(claim): Json<Claim>,
) -> Answer<Json<HeadView>> {
    let (agent, epoch) = (claim.agent, claim.epoch);
    as_oneself(&scope, Some(&agent))?;
    may_take(&scope.tenant, &agent, host.clock.now())?;
    change(&host, &scope, "claim", path, |_| {
        let agent = agent.clone();
        Ok(EventBody::Claimed(Claimed { epoch, agent }))
    })
    .await
}

/// What people leave the bot and the next person.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandBack {
    /// The epoch that whoever gives it back has seen. What a colleague has is
    /// given away by who names it; otherwise it is as it is now when absent.
    #[serde(default)]
    #[schema(value_type = Option<u64>)]
    epoch: Option<OwnerEpoch>,
    /// Who.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64, pattern = "^[a-z0-9-]+$")]
    by: Option<AgentId>,
    /// A note for the bot and the next person.
    #[serde(default)]
    #[schema(max_length = 280)]
    note: Option<String>,
}

/// That there is nothing more to do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct End {
    /// The epoch that whoever ends it has seen. What a colleague has is ended by
    /// who names it; otherwise it is as it is now when absent.
    #[serde(default)]
    #[schema(value_type = Option<u64>)]
    epoch: Option<OwnerEpoch>,
    /// Who.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 64, pattern = "^[a-z0-9-]+$")]
    by: Option<AgentId>,
}

/// Gives the conversation back to the bot, when it is there.
#[utoipa::path(post, path = "/v1/conversations/{customer}/{number}/return", tag = "conversations",
    operation_id = "return", params(ConversationPath), request_body = HandBack,
    security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::Erased, Code::NotMoved, Code::BotUnavailable, Code::ChangedMeanwhile, Code::InvalidValue]))),
    responses((status = 200, description = "It moved.", body = HeadView)))]
pub async fn hand_back(
    State(host): State<Arc<Host>>,
    Returner(scope): Returner,
    Path(path): Path<ConversationPath>,
    Json(back): Json<HandBack>,
) -> Answer<Json<HeadView>> {
    if !host.is_bot_there(&scope.tenant, host.clock.now()) {
        let message = "the bot cannot take it: it has no key, or was not heard of late";
        return Err(ApiError::new(Code::BotUnavailable, message));
    }
    let note = back.note.as_deref();
    let note = note.map(|it| short("note", it, limit!(SHORT_TEXT_CHARS_MAX)));
    let note = note.transpose()?;
    as_oneself(&scope, back.by.as_ref())?;
    let by = back.by.or_else(|| scope.access.agent().cloned());
    change(&host, &scope, "return", path, |conversation| {
        let epoch = seen_epoch(&conversation.ownership, back.epoch, by.as_ref())?;
        Ok(EventBody::Returned(Returned {
            epoch,
            by: by.clone(),
            note: note.clone(),
            by_policy: false,
        }))
    })
    .await
}

/// Ends the episode, also while the bot is not there: what is over waits for
/// nobody, and the customer's next message begins another.
#[utoipa::path(post, path = "/v1/conversations/{customer}/{number}/resolve", tag = "conversations",
    operation_id = "resolve", params(ConversationPath), request_body = End,
    security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::Erased, Code::NotMoved, Code::ChangedMeanwhile]))),
    responses((status = 200, description = "It moved.", body = HeadView)))]
pub async fn resolve(
    State(host): State<Arc<Host>>,
    Returner(scope): Returner,
    Path(path): Path<ConversationPath>,
    Json(end): Json<End>,
) -> Answer<Json<HeadView>> {
    as_oneself(&scope, end.by.as_ref())?;
    let by = end.by.or_else(|| scope.access.agent().cloned());
    change(&host, &scope, "resolve", path, |conversation| {
        let epoch = seen_epoch(&conversation.ownership, end.epoch, by.as_ref())?;
        let episode = conversation.last_episode();
        Ok(EventBody::Resolved(Resolved {
            epoch,
            episode,
            by: by.clone(),
        }))
    })
    .await
}

/// The epoch that somebody has seen: the one they name, or as it is now, unless
/// a colleague has the conversation, of whom they may not know.
///
/// # Errors
/// [`Code::NotMoved`], which tells who has it and under which epoch.
pub(super) fn seen_epoch(
    ownership: &Ownership,
    named: Option<OwnerEpoch>,
    who: Option<&AgentId>,
) -> Answer<OwnerEpoch> {
    let has = ownership.owner.agent();
    let is_a_colleagues = has.is_some() && who.is_some() && has != who;
    match named {
        None if is_a_colleagues => Err(not_moved(ownership)),
        named => Ok(named.unwrap_or(ownership.epoch)),
    }
}

/// A person acts as oneself; who manages people, and a system with a key, may
/// act for them.
pub(super) fn as_oneself(scope: &Scope, named: Option<&AgentId>) -> Answer<()> {
    match (scope.access.agent(), named) {
        (Some(own), Some(named)) if own != named && !scope.access.may(Action::ManagePeople) => {
            let message = "with your own token you act as yourself alone";
            Err(ApiError::new(Code::Forbidden, message))
        }
        _ => Ok(()),
    }
}

/// Commits one change of owner; once more when something else became of the
/// customer meanwhile, such as a message that left.
async fn change(
    host: &Host,
    scope: &Scope,
    what: &str,
    ConversationPath { customer, number }: ConversationPath,
    body: impl Fn(&Conversation) -> Answer<EventBody>,
) -> Answer<Json<HeadView>> {
    let number = NumberId::parse(&number).map_err(|_| ApiError::not_found())?;
    for _ in 1..COMMIT_TRIES_MAX {
        match changed(host, scope, what, (&customer, &number), &body).await? {
            Ok(head) => return Ok(Json(head)),
            Err(CommitError::Conflict { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Json(
        changed(host, scope, what, (&customer, &number), &body).await??,
    ))
}

/// One try: refused when the state machine lets nothing move, with who has the
/// next step now.
async fn changed(
    host: &Host,
    scope: &Scope,
    what: &str,
    (customer, number): (&str, &NumberId),
    body: &impl Fn(&Conversation) -> Answer<EventBody>,
) -> Answer<Result<HeadView, CommitError>> {
    let loaded = load(host, scope, customer).await?;
    let before = loaded
        .state
        .conversation(number)
        .ok_or_else(ApiError::not_found)?;
    let body = body(before)?;
    let ends_episode = match &body {
        EventBody::Resolved(it) => {
            it.epoch == before.ownership.epoch && before.open_episode(host.clock.now()).is_some()
        }
        _ => false,
    };
    let ownership = before.ownership.clone();
    let mut change = Change::onto(host, scope.tenant.clone(), loaded).await?;
    let at = host.clock.now();
    change.append(Event {
        at,
        number: Some(number.clone()),
        body,
    });
    let (id, state) = (change.customer().clone(), change.state().clone());
    let after = state.conversation(number).ok_or_else(ApiError::not_found)?;
    if after.ownership == ownership && !ends_episode {
        return Err(not_moved(&ownership));
    }
    change.by(AuditEntry {
        number: Some(number.clone()),
        ..scope.entry(host, what)
    });
    let committed = change.commit(host).await;
    let seen = Seen::of_conversation(&scope.access, &state, number, at);
    Ok(committed.map(|_| HeadView::of(&seen, &id, number, after, at)))
}

/// Nothing moved: who has the next step now, and under which epoch.
pub(super) fn not_moved(ownership: &Ownership) -> ApiError {
    let message = "it changed nothing: someone else has the next step, or nobody took it";
    ApiError::new(Code::NotMoved, message)
        .with("owner", json!(ownership.owner))
        .with("epoch", ownership.epoch.0)
}
