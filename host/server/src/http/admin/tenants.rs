//! Tenants and their numbers.

use std::sync::Arc;

use axum::{extract::State, http::HeaderMap};
use baton_domain::ids::TenantId;
use baton_store::{Document, Tenant};
use serde::Serialize;
use utoipa::ToSchema;

use super::revision_read;
use crate::{
    coexist,
    host::Host,
    http::{
        auth::Admin,
        code::Code,
        error::{Answer, ApiError},
        extract::{Json, Path, WithRevision, with_revision},
        view::List,
    },
    wire::TenantDocument,
};

/// A tenant of the list.
#[derive(Debug, Serialize, ToSchema)]
pub struct TenantRow {
    /// Its id.
    id: String,
    /// What people call it.
    name: String,
    /// Writes so far.
    revision: u64,
}

/// Lists tenants.
#[utoipa::path(get, path = "/admin/tenants", tag = "admin", operation_id = "list_tenants",
    security(("admin_key" = [])),
    responses((status = 200, description = "All of them.", body = List<TenantRow>)))]
pub async fn list(State(host): State<Arc<Host>>, _: Admin) -> Answer<Json<List<TenantRow>>> {
    let tenants = host.store.tenants().await?;
    let row = |it: Document<Tenant>| TenantRow {
        id: it.body.id.as_str().to_owned(),
        name: it.body.name.to_string(),
        revision: it.revision,
    };
    let items = tenants.into_iter().map(row).collect();
    Ok(Json(List { items }))
}

/// Shows a tenant, without tokens.
#[utoipa::path(get, path = "/admin/tenants/{tenant}", tag = "admin", operation_id = "show_tenant",
    params(("tenant" = String, Path, description = "Its id.")), security(("admin_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound]))),
    responses((status = 200, description = "The tenant.", body = TenantDocument,
        headers(("ETag" = String, description = "The revision, for `If-Match`.")))))]
pub async fn show(
    State(host): State<Arc<Host>>,
    _: Admin,
    Path(tenant): Path<String>,
) -> Answer<WithRevision<TenantDocument>> {
    let id = TenantId::parse(&tenant).map_err(|_| ApiError::not_found())?;
    let document = host
        .store
        .tenant(&id)
        .await?
        .ok_or_else(ApiError::not_found)?;
    Ok(shown(document))
}

/// Makes or replaces a tenant. A number without a token keeps the one it had.
/// Input in quarantine for its numbers is driven again.
#[utoipa::path(put, path = "/admin/tenants/{tenant}", tag = "admin", operation_id = "put_tenant",
    params(("tenant" = String, Path, description = "Its id, as in the body."),
        ("If-Match" = Option<String>, Header, description = "The revision read, such as `\"3\"`; absent for a new one.")),
    request_body = TenantDocument, security(("admin_key" = [])),
    extensions(("x-error-codes" = json!([Code::InvalidValue, Code::Stale]))),
    responses((status = 200, description = "It is in use.", body = TenantDocument,
        headers(("ETag" = String, description = "The revision, for `If-Match`.")))))]
pub async fn put(
    State(host): State<Arc<Host>>,
    _: Admin,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    Json(document): Json<TenantDocument>,
) -> Answer<WithRevision<TenantDocument>> {
    let mut body = Tenant::from(document);
    if body.id.as_str() != tenant {
        return Err(ApiError::invalid(
            "the id in the body is not the one in the path",
        ));
    }
    let _changing = host.directory_changes.lock().await;
    let revision = revision_read(&headers)?;
    if let Some(before) = host.store.tenant(&body.id).await? {
        keep_tokens(&mut body, &before.body);
    }
    host.directory().check(&body).map_err(ApiError::invalid)?;
    let written = Document {
        revision: revision + 1,
        body: body.clone(),
    };
    host.store.put_tenant(Document { revision, body }).await?;
    host.reload_tenant(&written.body.id).await?;
    coexist::begin(&host, &written.body).await?;
    for number in &written.body.numbers {
        super::quarantine::redrive_number(&host, number.id.as_str()).await?;
    }
    Ok(shown(written))
}

fn keep_tokens(new: &mut Tenant, old: &Tenant) {
    for number in &mut new.numbers {
        if number.token.is_none() {
            let before = old.numbers.iter().find(|it| it.id == number.id);
            number.token = before.and_then(|it| it.token.clone());
        }
    }
}

fn shown(document: Document<Tenant>) -> WithRevision<TenantDocument> {
    let Document { revision, body } = document;
    let shown = TenantDocument::from(body);
    with_revision(revision, shown)
}
