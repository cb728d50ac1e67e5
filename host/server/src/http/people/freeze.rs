//! An account that somebody else may have got hold of: nothing of it opens any
//! more, what it owns passes to others, and what it read since is told, in one
//! call.

use std::sync::Arc;

use axum::extract::State;
use baton_domain::{ids::AgentId, people::Principal};
use baton_store::AuditQuery;
use jiff::Timestamp;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    agents::{holds_role_of, known},
    entry_about,
    hand_over::{Holder, pass_all_on},
};
use crate::{
    host::Host,
    http::{
        audit,
        auth::{PeopleManager, Scope},
        code::Code,
        error::Answer,
        extract::{Json, Path},
        view::FrozenView,
    },
};

/// What is feared.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Freeze {
    /// Since when somebody else may have had the account; what was read since
    /// is told. All that the audit has when absent.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<Timestamp>,
}

/// Freezes one of the tenant's people: their tokens are revoked, every
/// conversation that they own passes to whoever is best for it, or into the
/// queue of its team, and what they read is told. To ask again does what was
/// left. `PUT /v1/people/{agent}` thaws them; they need new tokens then.
#[utoipa::path(post, path = "/v1/people/{agent}/freeze", tag = "people",
    operation_id = "freeze_person",
    params(("agent" = String, Path, description = "Their id.")), request_body = Freeze,
    security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::Stale, Code::ChangedMeanwhile, Code::InvalidValue]))),
    responses((status = 200, description = "Nothing of theirs opens any more.", body = FrozenView)))]
pub async fn freeze(
    State(host): State<Arc<Host>>,
    PeopleManager(scope): PeopleManager,
    Path(agent): Path<String>,
    Json(Freeze { since }): Json<Freeze>,
) -> Answer<Json<FrozenView>> {
    let changing = host.directory_changes.lock().await;
    let before = known(&host, &scope, &agent)?;
    holds_role_of(&host, &scope, &before.body)?;
    let agent = before.body.id.clone();
    let tenant = &scope.tenant.document.id;
    if !before.body.is_frozen {
        let mut frozen = before;
        frozen.body.is_frozen = true;
        let entry = entry_about(&scope, &host, "freeze-person", agent.as_str());
        host.store.put_agent(tenant, frozen, entry).await?;
        // From here on none of their tokens opens, whatever comes after fails.
        host.reload_tenant(tenant).await?;
    }
    let tokens_revoked = revoke_all(&host, &scope, &agent).await?;
    // Nothing of theirs opens: others need not wait until all has passed on.
    drop(changing);
    let (conversations, conversations_left) =
        pass_all_on(&host, &scope, Holder::Agent(&agent), "agent_frozen").await?;
    let query = AuditQuery {
        who: Some(Principal::Person(agent.clone()).to_string().into()),
        from: since,
        ..AuditQuery::default()
    };
    let (read, read_next) = audit::told_since(&host, &scope, query).await?;
    Ok(Json(FrozenView {
        agent: known(&host, &scope, agent.as_str())?.into(),
        tokens_revoked,
        conversations,
        conversations_left,
        read,
        read_next,
    }))
}

/// Revokes what tokens there are; returns their names.
async fn revoke_all(host: &Host, scope: &Scope, agent: &AgentId) -> Answer<Vec<String>> {
    let tenant = &scope.tenant.document.id;
    let roster = host.directory().roster(tenant);
    let mut names = Vec::new();
    for token in roster.tokens_of(agent).filter(|it| !it.body.is_revoked) {
        let mut token = token.clone();
        token.body.is_revoked = true;
        names.push(token.body.name.clone());
        let entry = entry_about(scope, host, "revoke-token", agent.as_str());
        let put = host.store.put_personal_token(tenant, token, entry);
        put.await?;
    }
    if !names.is_empty() {
        host.reload_tenant(tenant).await?;
    }
    Ok(names)
}
