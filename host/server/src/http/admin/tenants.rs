//! Tenants and their numbers.

use std::sync::Arc;

use axum::{extract::State, http::HeaderMap};
use baton_domain::ids::TenantId;
use baton_store::{Document, Tenant};
use serde::Serialize;
use utoipa::ToSchema;

use super::{entry_about, revision_read};
use crate::{
    coexist,
    directory::Unusable,
    host::Host,
    http::{
        auth::Admin,
        code::Code,
        error::{Answer, ApiError},
        extract::{Json, Path, WithRevision, with_revision},
        view::List,
    },
    pipeline::start_deadlines,
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
    let before = host.store.tenant(&body.id).await?;
    if let Some(before) = &before {
        keep_tokens(&mut body, &before.body);
    }
    host.directory().check(&body).map_err(unusable)?;
    let written = Document {
        revision: revision + 1,
        body: body.clone(),
    };
    let entry = entry_about(&host, "put-tenant", None);
    let document = Document { revision, body };
    host.store.put_tenant(document, Some(entry)).await?;
    host.reload_tenant(&written.body.id).await?;
    coexist::begin(&host, &written.body).await?;
    let waited = before.and_then(|it| it.body.care.auto_return_minutes);
    if written.body.care.auto_return_minutes != waited {
        // There may be many; each is a change of its own.
        tokio::spawn(begin_deadlines(host.clone(), written.body.id.clone()));
    }
    for number in &written.body.numbers {
        super::quarantine::redrive_number(&host, number.id.as_str()).await?;
    }
    Ok(shown(written))
}

fn unusable(error: Unusable) -> ApiError {
    let limit = error.limit();
    let error = ApiError::invalid(error);
    match limit {
        Some(limit) => error.with("limit", limit),
        None => error,
    }
}

/// What waits already waits as the document wants it from now on.
async fn begin_deadlines(host: Arc<Host>, tenant: TenantId) {
    let active = host.directory().tenant(&tenant).cloned();
    let Some(active) = active else {
        return;
    };
    match start_deadlines(&host, &active).await {
        Ok(customers) => tracing::info!(%tenant, customers, "deadlines run as the document wants"),
        Err(error) => tracing::error!(%tenant, %error, "deadlines begin with the next message"),
    }
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
