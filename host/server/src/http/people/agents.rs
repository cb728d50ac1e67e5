//! The tenant's people.

use std::sync::Arc;

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use baton_domain::{ids::AgentId, people::Agent};
use baton_store::Document;
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    entry_about,
    hand_over::{Holder, hand_over, pass_all_on},
    holds,
};
use crate::{
    host::Host,
    http::{
        admin::revision_read,
        auth::{PeopleManager, Scope},
        code::Code,
        error::{Answer, ApiError},
        extract::{Json, Path, Query, WithRevision, with_revision},
        reply::may_take,
        view::{AgentBody, AgentView, List},
    },
};

/// Lists the tenant's people, by id.
#[utoipa::path(get, path = "/v1/people", tag = "people", operation_id = "list_people",
    security(("tenant_key" = [])),
    responses((status = 200, description = "All of them.", body = List<AgentView>)))]
pub async fn list(
    State(host): State<Arc<Host>>,
    PeopleManager(scope): PeopleManager,
) -> Answer<Json<List<AgentView>>> {
    let roster = host.directory().roster(&scope.tenant.document.id);
    let items = roster.agents().cloned().map(AgentView::from).collect();
    Ok(Json(List { items }))
}

/// Shows one of them.
#[utoipa::path(get, path = "/v1/people/{agent}", tag = "people", operation_id = "show_person",
    params(("agent" = String, Path, description = "Their id.")), security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound]))),
    responses((status = 200, description = "Who it is.", body = AgentView,
        headers(("ETag" = String, description = "The revision, for `If-Match`.")))))]
pub async fn show(
    State(host): State<Arc<Host>>,
    PeopleManager(scope): PeopleManager,
    Path(agent): Path<String>,
) -> Answer<WithRevision<AgentView>> {
    let document = known(&host, &scope, &agent)?;
    Ok(with_revision(document.revision, document.into()))
}

/// Adds or changes one of them.
#[utoipa::path(put, path = "/v1/people/{agent}", tag = "people", operation_id = "put_person",
    params(("agent" = String, Path, description = "Their id, as in the body."),
        ("If-Match" = Option<String>, Header, description = "The revision read, such as `\"3\"`; absent for a new one.")),
    request_body = AgentBody, security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::InvalidValue, Code::Stale]))),
    responses((status = 200, description = "It holds from now on.", body = AgentView,
        headers(("ETag" = String, description = "The revision, for `If-Match`.")))))]
pub async fn put(
    State(host): State<Arc<Host>>,
    PeopleManager(scope): PeopleManager,
    Path(agent): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Agent>,
) -> Answer<WithRevision<AgentView>> {
    if body.id.as_str() != agent {
        return Err(ApiError::invalid(
            "the id in the body is not the one in the path",
        ));
    }
    body.check().map_err(ApiError::invalid)?;
    let revision = revision_read(&headers)?;
    let _changing = host.directory_changes.lock().await;
    check_places(&host, &scope, &body)?;
    let tenant = &scope.tenant.document.id;
    // Who is above the one who asks is not theirs to change either.
    if let Some(before) = host.directory().roster(tenant).agent(&body.id) {
        holds_role_of(&host, &scope, &before.body)?;
        if body.is_frozen && !before.body.is_frozen {
            let message = "whoever is frozen has tokens and conversations: \
                           POST /v1/people/{agent}/freeze takes both away";
            return Err(ApiError::invalid(message).with("place", "is_frozen"));
        }
    }
    let entry = entry_about(&scope, &host, "put-person", &agent);
    let document = Document { revision, body };
    let put = host.store.put_agent(tenant, document.clone(), entry);
    put.await?;
    host.reload_tenant(tenant).await?;
    let written = Document {
        revision: revision + 1,
        ..document
    };
    Ok(with_revision(written.revision, written.into()))
}

/// Whose conversations go where.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Leaving {
    /// Who takes over the conversations that they own.
    #[serde(default)]
    successor: Option<String>,
}

/// Removes one of them with all tokens. Whoever owns conversations needs a
/// successor, who has them before this is answered.
#[utoipa::path(delete, path = "/v1/people/{agent}", tag = "people",
    operation_id = "remove_person",
    params(("agent" = String, Path, description = "Their id."), Leaving,
        ("If-Match" = Option<String>, Header, description = "The revision read, such as `\"3\"`.")),
    security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::Stale, Code::InvalidValue,
        Code::SuccessorWanted, Code::AgentUnfit, Code::ChangedMeanwhile]))),
    responses((status = 204, description = "They are gone.")))]
pub async fn remove(
    State(host): State<Arc<Host>>,
    PeopleManager(scope): PeopleManager,
    Path(agent): Path<String>,
    Query(leaving): Query<Leaving>,
    headers: HeaderMap,
) -> Answer<StatusCode> {
    let revision = revision_read(&headers)?;
    let successor = leaving.successor.as_deref();
    let _changing = host.directory_changes.lock().await;
    let before = known(&host, &scope, &agent)?;
    holds_role_of(&host, &scope, &before.body)?;
    if before.revision != revision {
        return Err(baton_store::CommitError::Stale.into());
    }
    let agent = before.body.id;
    let successor = match successor {
        Some(id) => Some(able(&host, &scope, &agent, id)?),
        None => None,
    };
    hand_over(&host, &scope, &agent, successor.as_ref()).await?;
    let tenant = &scope.tenant.document.id;
    let entry = entry_about(&scope, &host, "remove-person", agent.as_str());
    let removed = host.store.remove_agent(tenant, &agent, revision, entry);
    removed.await?;
    host.reload_tenant(tenant).await?;
    // What they took in the meantime; from here on nothing of theirs opens.
    // Nobody can be asked for a successor any more: then it is the best one's.
    match &successor {
        Some(_) => hand_over(&host, &scope, &agent, successor.as_ref()).await?,
        None => {
            let theirs = Holder::Agent(&agent);
            pass_all_on(&host, &scope, theirs, "agent_removed").await?;
        }
    }
    Ok(StatusCode::NO_CONTENT)
}

/// The one of this id.
pub(super) fn known(host: &Host, scope: &Scope, agent: &str) -> Answer<Document<Agent>> {
    let id = AgentId::parse(agent).map_err(|_| ApiError::not_found())?;
    let roster = host.directory().roster(&scope.tenant.document.id);
    roster.agent(&id).cloned().ok_or_else(ApiError::not_found)
}

/// Lets go on who holds everything that this one's role does.
pub(super) fn holds_role_of(host: &Host, scope: &Scope, agent: &Agent) -> Answer<()> {
    let roster = host.directory().roster(&scope.tenant.document.id);
    roster
        .role(&agent.role)
        .map_or(Ok(()), |role| holds(scope, &role))
}

/// The role and the teams exist, and the role is theirs to give.
fn check_places(host: &Host, scope: &Scope, agent: &Agent) -> Answer<()> {
    let roster = host.directory().roster(&scope.tenant.document.id);
    let role = roster.role(&agent.role).ok_or_else(|| {
        ApiError::invalid(format!("there is no role {}", agent.role)).with("place", "role")
    })?;
    holds(scope, &role)?;
    for membership in &agent.teams {
        let team = scope.tenant.profile.team(membership.team.as_str());
        let has_tier = |tier| team.is_some_and(|team| team.tiers.contains(tier));
        if team.is_none() || !membership.tier.as_ref().is_none_or(has_tier) {
            let message = format!(
                "there is no team {} with such a tier: see the tenant's teams",
                membership.team
            );
            return Err(ApiError::invalid(message).with("place", "teams"));
        }
    }
    Ok(())
}

/// A successor: somebody else, who may take conversations as if they claimed
/// them.
fn able(host: &Host, scope: &Scope, leaving: &AgentId, id: &str) -> Answer<AgentId> {
    let at = |error: ApiError| error.with("place", "successor");
    let successor = known(host, scope, id).ok().map(|it| it.body.id);
    let successor = successor.filter(|it| it != leaving).ok_or_else(|| {
        at(ApiError::invalid(
            "the successor is somebody else of the tenant's people",
        ))
    })?;
    may_take(&scope.tenant, &successor, host.clock.now()).map_err(at)?;
    Ok(successor)
}
