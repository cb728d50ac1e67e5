//! Conversations: who has the next step, the thread, and the ways in which
//! people take and give back.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State},
};
use baton_domain::{
    event::{Claimed, Event, EventBody, Resolved, Returned},
    ids::{AgentId, NumberId, OwnerEpoch},
    state::Conversation,
};
use baton_store::Inbox;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    auth::{Operator, Scope},
    customers::load,
    error::{Answer, ApiError},
    page::{PageQuery, PageView},
    view,
};
use crate::{host::Host, pipeline::Change};

/// Which conversations are wanted.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    /// `people` for those that people own; all when absent.
    #[serde(default)]
    owner: Option<String>,
    #[serde(default)]
    after: Option<String>,
    #[serde(default)]
    limit: Option<usize>,
}

/// `GET /v1/conversations`.
pub async fn list(
    State(host): State<Arc<Host>>,
    Operator(scope): Operator,
    Query(wanted): Query<Wanted>,
) -> Answer<Json<PageView<Value>>> {
    let inbox = match wanted.owner.as_deref() {
        None => Inbox::All,
        Some("people") => Inbox::People,
        Some(_) => return Err(ApiError::invalid("owner is `people`, or absent for all")),
    };
    let tenant = &scope.tenant.document.id;
    let after = wanted.after.as_deref();
    let page = host
        .store
        .conversations(tenant, inbox, after, PageQuery::limited(wanted.limit))
        .await?;
    Ok(Json(PageView::of(page, |row| {
        json!({
            "customer": row.customer,
            "number": row.number,
            "owner": row.owner,
            "touched_at": row.touched_at,
        })
    })))
}

/// `GET /v1/conversations/{customer}/{number}`: with the recent thread.
pub async fn show(
    State(host): State<Arc<Host>>,
    Operator(scope): Operator,
    Path((customer, number)): Path<(String, String)>,
) -> Answer<Json<Value>> {
    let loaded = load(&host, &scope, &customer).await?;
    let number = NumberId::parse(&number).map_err(|_| ApiError::not_found())?;
    let conversation = loaded
        .state
        .conversation(&number)
        .ok_or_else(ApiError::not_found)?;
    let mut shown =
        view::conversation_head(&loaded.customer, &number, conversation, host.clock.now());
    shown["thread"] = json!(view::thread(conversation));
    Ok(Json(shown))
}

/// Who takes the next step, having seen which epoch.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claim {
    agent: AgentId,
    epoch: OwnerEpoch,
}

/// `POST .../claim`: of two who claim at once, exactly one wins.
pub async fn claim(
    State(host): State<Arc<Host>>,
    Operator(scope): Operator,
    Path(path): Path<(String, String)>,
    Json(claim): Json<Claim>,
) -> Answer<Json<Value>> {
    let (agent, epoch) = (claim.agent, claim.epoch);
    change(&host, &scope, path, |_| {
        EventBody::Claimed(Claimed { epoch, agent })
    })
    .await
}

/// What people leave the bot and the next person.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandBack {
    /// The epoch that whoever gives it back has seen; as it is now when absent.
    #[serde(default)]
    epoch: Option<OwnerEpoch>,
    #[serde(default)]
    by: Option<AgentId>,
    #[serde(default)]
    note: Option<String>,
}

/// `POST .../return`: back to the bot.
pub async fn hand_back(
    State(host): State<Arc<Host>>,
    Operator(scope): Operator,
    Path(path): Path<(String, String)>,
    Json(back): Json<HandBack>,
) -> Answer<Json<Value>> {
    let note = back.note.map(Into::into);
    change(&host, &scope, path, |conversation| {
        let epoch = back.epoch.unwrap_or(conversation.ownership.epoch);
        EventBody::Returned(Returned {
            epoch,
            by: back.by,
            note,
        })
    })
    .await
}

/// `POST .../resolve`: the episode is over.
pub async fn resolve(
    State(host): State<Arc<Host>>,
    Operator(scope): Operator,
    Path(path): Path<(String, String)>,
    Json(back): Json<HandBack>,
) -> Answer<Json<Value>> {
    change(&host, &scope, path, |conversation| {
        let epoch = back.epoch.unwrap_or(conversation.ownership.epoch);
        let episode = conversation.last_episode();
        EventBody::Resolved(Resolved {
            epoch,
            episode,
            by: back.by,
        })
    })
    .await
}

/// Commits one change of owner; refused when the state machine lets nothing
/// move, with who has the next step now.
async fn change(
    host: &Host,
    scope: &Scope,
    (customer, number): (String, String),
    body: impl FnOnce(&Conversation) -> EventBody,
) -> Answer<Json<Value>> {
    let loaded = load(host, scope, &customer).await?;
    let number = NumberId::parse(&number).map_err(|_| ApiError::not_found())?;
    let before = loaded
        .state
        .conversation(&number)
        .ok_or_else(ApiError::not_found)?;
    let body = body(before);
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
    let after = state
        .conversation(&number)
        .ok_or_else(ApiError::not_found)?;
    if after.ownership == ownership && !ends_episode {
        let message = "it changed nothing: someone else has the next step, or nobody took it";
        let error = ApiError::new(axum::http::StatusCode::CONFLICT, "not_moved", message);
        return Err(error
            .with("owner", json!(ownership.owner))
            .with("epoch", ownership.epoch.0));
    }
    change.commit(host).await?;
    Ok(Json(view::conversation_head(&id, &number, after, at)))
}
