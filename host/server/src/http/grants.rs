//! Grants: what modules of a name may read. They outlive a version, so that a
//! new one which reads no more needs nothing, and one which reads more cannot
//! be released until the difference is granted.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use axum::{extract::State, http::HeaderMap};
use baton_domain::{field::Field, ids::ModuleName};
use baton_store::{Document, Granted, Grants, Tenant};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    admin::revision_read,
    audit::did,
    auth::RuleManager,
    code::Code,
    error::{Answer, ApiError},
    extract::{Json, Path, WithRevision, with_revision},
    view::{GrantsView, List},
};
use crate::host::Host;

/// What modules of a name may read from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WantedGrants {
    /// All fields; whatever is not among them is revoked.
    #[schema(value_type = Vec<String>)]
    fields: BTreeSet<Field>,
}

/// Lists what was granted to modules, by name. Modules of the host's own pack
/// that are not among them have what they read.
#[utoipa::path(get, path = "/v1/grants", tag = "modules", operation_id = "list_grants",
    security(("tenant_key" = [])),
    responses((status = 200, description = "All of them.", body = List<GrantsView>)))]
pub async fn list(
    State(host): State<Arc<Host>>,
    RuleManager(scope): RuleManager,
) -> Answer<Json<List<GrantsView>>> {
    let grants = host.store.grants(&scope.tenant.document.id).await?;
    let now = host.clock.now();
    let view = |it: Document<Grants>| GrantsView::of(it.body, it.revision, now);
    let items = grants.into_iter().map(view).collect();
    Ok(Json(List { items }))
}

/// Grants fields to modules of a name, and revokes all others. It holds from
/// the next event on: a module that reads what was revoked does not run.
#[utoipa::path(put, path = "/v1/grants/{module}", tag = "modules", operation_id = "put_grants",
    params(("module" = String, Path, description = "What the modules call themselves."),
        ("If-Match" = Option<String>, Header, description = "The revision read, such as `\"3\"`; absent for the first.")),
    request_body = WantedGrants, security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::Stale, Code::InvalidValue]))),
    responses((status = 200, description = "It holds.", body = GrantsView,
        headers(("ETag" = String, description = "The revision, for `If-Match`.")))))]
pub async fn put(
    State(host): State<Arc<Host>>,
    RuleManager(scope): RuleManager,
    Path(module): Path<String>,
    headers: HeaderMap,
    Json(wanted): Json<WantedGrants>,
) -> Answer<WithRevision<GrantsView>> {
    let module = ModuleName::parse(&module).map_err(|_| ApiError::not_found())?;
    let revision = revision_read(&headers)?;
    let tenant = &scope.tenant.document;
    let _changing = host.directory_changes.lock().await;
    if !is_known(&host, tenant, &module).await? {
        return Err(ApiError::not_found());
    }
    let before = host.store.grants(&tenant.id).await?;
    let before = before.into_iter().find(|it| it.body.module == module);
    let before = before.map(|it| it.body.fields).unwrap_or_default();
    let granted = |field: Field| {
        let fresh = || Granted {
            at: host.clock.now(),
            by: scope.name(),
            last_read: None,
        };
        (field, before.get(&field).cloned().unwrap_or_else(fresh))
    };
    let fields: BTreeMap<_, _> = wanted.fields.into_iter().map(granted).collect();
    let body = Grants { module, fields };
    let document = Document {
        revision,
        body: body.clone(),
    };
    host.store.put_grants(&tenant.id, document).await?;
    host.reload_tenant(&tenant.id).await?;
    did(&host, &scope, "grant-to-module", body.module.as_str()).await?;
    let written = revision + 1;
    let view = GrantsView::of(body, written, host.clock.now());
    Ok(with_revision(written, view))
}

/// Revokes every grant that nothing has used for a month; answers what modules
/// may read that had such ones.
#[utoipa::path(post, path = "/v1/grants/revoke-unused", tag = "modules",
    operation_id = "revoke_unused_grants", security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::Stale, Code::ChangedMeanwhile]))),
    responses((status = 200, description = "They are revoked.", body = List<GrantsView>)))]
pub async fn revoke_unused(
    State(host): State<Arc<Host>>,
    RuleManager(scope): RuleManager,
) -> Answer<Json<List<GrantsView>>> {
    let tenant = &scope.tenant.document.id;
    let now = host.clock.now();
    let _changing = host.directory_changes.lock().await;
    let mut items = Vec::new();
    for document in host.store.grants(tenant).await? {
        let Document { revision, mut body } = document;
        let before = body.fields.len();
        body.fields.retain(|_, granted| !granted.is_unused(now));
        if body.fields.len() == before {
            continue;
        }
        let document = Document {
            revision,
            body: body.clone(),
        };
        host.store.put_grants(tenant, document).await?;
        did(&host, &scope, "revoke-from-module", body.module.as_str()).await?;
        items.push(GrantsView::of(body, revision + 1, now));
    }
    if !items.is_empty() {
        host.reload_tenant(tenant).await?;
    }
    Ok(Json(List { items }))
}

/// Whether the tenant or the host has a module of this name.
async fn is_known(host: &Host, tenant: &Tenant, name: &ModuleName) -> Answer<bool> {
    if host.library.pack().named(name).is_some() {
        return Ok(true);
    }
    let modules = host.store.modules(&tenant.id).await?;
    Ok(modules.iter().any(|it| it.declaration.name == *name))
}
