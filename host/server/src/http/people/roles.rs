//! Roles: the stock ones, and those that the tenant defines.

use std::{collections::BTreeSet, sync::Arc};

use axum::{
    extract::State,
    http::{HeaderMap, StatusCode},
};
use baton_domain::{
    ids::RoleName,
    people::{Action, FieldSet, Role, stock_role},
};
use baton_store::{Document, Endpoint, Sees};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{entry_about, holds};
use crate::{
    host::Host,
    http::{
        admin::revision_read,
        auth::{PeopleManager, Scope},
        code::Code,
        error::{Answer, ApiError},
        extract::{Json, Path, WithRevision, with_revision},
        view::{List, RoleView},
    },
};

/// What somebody of this role may see and do.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRole {
    /// Names of fields, such as `customer.phone`.
    #[schema(value_type = Vec<String>)]
    fields: FieldSet,
    /// Names of actions, such as `claim`.
    #[schema(value_type = Vec<String>)]
    actions: BTreeSet<Action>,
}

/// Lists the roles: stock roles first.
#[utoipa::path(get, path = "/v1/roles", tag = "people", operation_id = "list_roles",
    security(("tenant_key" = [])),
    responses((status = 200, description = "All of them.", body = List<RoleView>)))]
pub async fn list(
    State(host): State<Arc<Host>>,
    PeopleManager(scope): PeopleManager,
) -> Answer<Json<List<RoleView>>> {
    let roster = host.directory().roster(&scope.tenant.document.id);
    let items = roster.roles().map(RoleView::from).collect();
    Ok(Json(List { items }))
}

/// Shows a role.
#[utoipa::path(get, path = "/v1/roles/{role}", tag = "people", operation_id = "show_role",
    params(("role" = String, Path, description = "Its name.")), security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound]))),
    responses((status = 200, description = "The role.", body = RoleView,
        headers(("ETag" = String, description = "The revision, for `If-Match`.")))))]
pub async fn show(
    State(host): State<Arc<Host>>,
    PeopleManager(scope): PeopleManager,
    Path(role): Path<String>,
) -> Answer<WithRevision<RoleView>> {
    let document = known(&host, &scope, &role)?;
    Ok(with_revision(document.revision, document.into()))
}

/// Defines or changes a role of the tenant's. Whoever has it sees and does the
/// other things from the next request on.
#[utoipa::path(put, path = "/v1/roles/{role}", tag = "people", operation_id = "put_role",
    params(("role" = String, Path, description = "Its name: 1 to 64 of a-z, 0-9 and -."),
        ("If-Match" = Option<String>, Header, description = "The revision read, such as `\"3\"`; absent for a new one.")),
    request_body = NewRole, security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::InvalidValue, Code::Stale]))),
    responses((status = 200, description = "It holds from now on.", body = RoleView,
        headers(("ETag" = String, description = "The revision, for `If-Match`.")))))]
pub async fn put(
    State(host): State<Arc<Host>>,
    PeopleManager(scope): PeopleManager,
    Path(role): Path<String>,
    headers: HeaderMap,
    Json(new): Json<NewRole>,
) -> Answer<WithRevision<RoleView>> {
    let name = RoleName::parse(&role).map_err(ApiError::invalid)?;
    not_stock(&name)?;
    let revision = revision_read(&headers)?;
    let _changing = host.directory_changes.lock().await;
    if let Ok(before) = known(&host, &scope, &role) {
        holds(&scope, &before.body)?;
    }
    let body = Role {
        name,
        fields: new.fields,
        actions: new.actions,
    };
    holds(&scope, &body)?;
    let tenant = &scope.tenant.document.id;
    let entry = entry_about(&scope, &host, "put-role", &role);
    let document = Document { revision, body };
    let put = host.store.put_role(tenant, document.clone(), entry);
    put.await?;
    host.reload_tenant(tenant).await?;
    let written = Document {
        revision: revision + 1,
        ..document
    };
    Ok(with_revision(written.revision, written.into()))
}

/// Removes a role that nobody has, and whose fields no endpoint sees.
#[utoipa::path(delete, path = "/v1/roles/{role}", tag = "people", operation_id = "remove_role",
    params(("role" = String, Path, description = "Its name."),
        ("If-Match" = Option<String>, Header, description = "The revision read, such as `\"3\"`.")),
    security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::InvalidValue, Code::Stale, Code::InUse]))),
    responses((status = 204, description = "It is gone.")))]
pub async fn remove(
    State(host): State<Arc<Host>>,
    PeopleManager(scope): PeopleManager,
    Path(role): Path<String>,
    headers: HeaderMap,
) -> Answer<StatusCode> {
    let revision = revision_read(&headers)?;
    let _changing = host.directory_changes.lock().await;
    let before = known(&host, &scope, &role)?;
    not_stock(&before.body.name)?;
    let (tenant, name) = (&scope.tenant.document.id, &before.body.name);
    let roster = host.directory().roster(tenant);
    if let Some(agent) = roster.agents().find(|it| it.body.role == *name) {
        let message = format!("{} has this role: give them another first", agent.body.id);
        return Err(ApiError::new(Code::InUse, message));
    }
    let endpoints = host.store.endpoints(tenant).await?;
    let has_it = |it: &&Document<Endpoint>| it.body.sees == Sees::Role(name.clone());
    if let Some(endpoint) = endpoints.iter().find(has_it) {
        let message = format!(
            "the endpoint {} sees what this role holds: give it another first",
            endpoint.body.id
        );
        return Err(ApiError::new(Code::InUse, message));
    }
    let entry = entry_about(&scope, &host, "remove-role", &role);
    let removed = host.store.remove_role(tenant, name, revision, entry);
    removed.await?;
    host.reload_tenant(tenant).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn known(host: &Host, scope: &Scope, role: &str) -> Answer<Document<Role>> {
    let roster = host.directory().roster(&scope.tenant.document.id);
    let mut roles = roster.roles();
    let found = roles.find(|it| it.body.name.as_str() == role);
    found.ok_or_else(ApiError::not_found)
}

fn not_stock(name: &RoleName) -> Answer<()> {
    if stock_role(name).is_some() {
        let message = format!("{name} is a stock role, which stays as it is: define another");
        return Err(ApiError::invalid(message));
    }
    Ok(())
}
