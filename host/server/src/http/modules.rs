//! Modules that a tenant has: uploaded once, by their digest for ever.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use baton_domain::{ids::ModuleDigest, module::Declaration};
use baton_sandbox::{Compiled, Inspected, Rejection};
use baton_store::{Origin, StoredModule, Tenant};
use jiff::Timestamp;

use super::{
    audit::did,
    auth::{RuleManager, Scope},
    code::Code,
    error::{Answer, ApiError},
    extract::{Bytes, Json, Path},
    view::{List, ModuleView},
};
use crate::{
    host::Host,
    releases::{LoadError, Permissions, TooManyCompiles},
};

/// Uploads a module: a component, as bytes. It is admitted and compiled before
/// it is kept, and reads nothing until its fields are granted. The same bytes
/// again change nothing and answer 200. When compiling takes longer than a
/// request may, it is answered `timed_out` and goes on: send the same request
/// again, and it is answered as soon as the module is there. It is compiled
/// once, however often it is asked for. So many modules may be compiled for you
/// at once, and one more each few seconds; more are answered
/// `too_many_compiles`.
#[utoipa::path(post, path = "/v1/modules", tag = "modules", operation_id = "upload_module",
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The component."),
    security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::ModuleRefused, Code::TooManyCompiles,
        Code::InvalidValue]))),
    responses((status = 201, description = "It is kept.", body = ModuleView),
        (status = 200, description = "It was there.", body = ModuleView)))]
pub async fn upload(
    State(host): State<Arc<Host>>,
    RuleManager(scope): RuleManager,
    Bytes(bytes): Bytes,
) -> Answer<(StatusCode, Json<ModuleView>)> {
    let inspecting = tokio::task::spawn_blocking(move || Inspected::inspect(bytes.to_vec()));
    let inspected = inspecting.await.map_err(|_| ApiError::internal())?;
    let inspected = inspected.map_err(|rejection| refused(&rejection))?;
    let compiled = compiled(&host, &scope.tenant.document, inspected).await?;
    let (is_new, kept) = keep(&host, &scope, compiled.inspected(), Origin::Upload).await?;
    let permissions = permissions(&host, &scope.tenant.document).await?;
    let view = ModuleView::of(&kept, &permissions, host.library.pack());
    Ok((made(is_new), Json(view)))
}

/// Compiles a module for a tenant, unless it had too many compiled lately. What
/// it has already, and what somebody has compiled, counts for nothing.
pub(super) async fn compiled(
    host: &Arc<Host>,
    tenant: &Tenant,
    inspected: Inspected,
) -> Answer<Compiled> {
    let digest = inspected.digest();
    let is_there = host.library.has(&digest) || host.library.is_under_way(&digest);
    if !is_there && host.store.module(&tenant.id, &digest).await?.is_none() {
        host.compiles.take(&tenant.id, host.clock.now())?;
    }
    // Goes on when the request is given up, also while it waits for its turn.
    let host = host.clone();
    let compiling = tokio::spawn(async move { host.library.compile(inspected).await });
    let compiled = compiling.await.map_err(|_| ApiError::internal())?;
    Ok(compiled?)
}

impl From<TooManyCompiles> for ApiError {
    fn from(error: TooManyCompiles) -> Self {
        Self::new(Code::TooManyCompiles, error).after(error.retry_after)
    }
}

/// Keeps a module as the tenant's own; whether it is new, and what is kept: of
/// bytes that were there before, what was said of them then.
pub(super) async fn keep(
    host: &Host,
    scope: &Scope,
    module: &Inspected,
    origin: Origin,
) -> Answer<(bool, StoredModule)> {
    let tenant = &scope.tenant.document.id;
    let stored = stored(module, host.clock.now(), scope.name(), origin);
    let bytes = module.bytes().clone();
    let is_new = host.store.add_module(tenant, stored.clone(), bytes).await?;
    if is_new {
        did(host, scope, "keep-module", stored.declaration.name.as_str()).await?;
    }
    let kept = host.store.module(tenant, &stored.digest).await?;
    Ok((is_new, kept.unwrap_or(stored)))
}

/// 201 for what is new, 200 for what was there.
pub(super) fn made(is_new: bool) -> StatusCode {
    if is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    }
}

/// Lists the tenant's modules, and those of the host that it may use.
#[utoipa::path(get, path = "/v1/modules", tag = "modules", operation_id = "list_modules",
    security(("tenant_key" = [])),
    responses((status = 200, description = "All of them.", body = List<ModuleView>)))]
pub async fn list(
    State(host): State<Arc<Host>>,
    RuleManager(scope): RuleManager,
) -> Answer<Json<List<ModuleView>>> {
    let tenant = &scope.tenant.document;
    let permissions = permissions(&host, tenant).await?;
    let pack = host.library.pack();
    let uploaded = host.store.modules(&tenant.id).await?;
    // Those that a release took are the tenant's own already.
    let is_taken = |module: &StoredModule| uploaded.iter().any(|it| it.digest == module.digest);
    let of_pack = pack.modules().iter().map(|it| of_pack(it.inspected()));
    let of_pack: Vec<_> = of_pack.filter(|it| !is_taken(it)).collect();
    let all = uploaded.into_iter().chain(of_pack);
    let items = all
        .map(|it| ModuleView::of(&it, &permissions, pack))
        .collect();
    Ok(Json(List { items }))
}

/// Shows a module: what it declares, what it can ever read in plain words, and
/// what of it is granted.
#[utoipa::path(get, path = "/v1/modules/{digest}", tag = "modules", operation_id = "show_module",
    params(("digest" = String, Path, description = "SHA-256 of its bytes, in hexadecimal.")),
    security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound]))),
    responses((status = 200, description = "The module.", body = ModuleView)))]
pub async fn show(
    State(host): State<Arc<Host>>,
    RuleManager(scope): RuleManager,
    Path(digest): Path<String>,
) -> Answer<Json<ModuleView>> {
    let digest = ModuleDigest::try_from(digest).map_err(|_| ApiError::not_found())?;
    let tenant = &scope.tenant.document;
    let found = find(&host, tenant, &digest).await?;
    let found = found.ok_or_else(ApiError::not_found)?;
    let permissions = permissions(&host, tenant).await?;
    let view = ModuleView::of(&found, &permissions, host.library.pack());
    Ok(Json(view))
}

/// The module of these bytes, the tenant's or the host's.
pub(super) async fn find(
    host: &Host,
    tenant: &Tenant,
    digest: &ModuleDigest,
) -> Answer<Option<StoredModule>> {
    let kept = host.store.module(&tenant.id, digest).await?;
    Ok(kept.or_else(|| Some(of_pack(host.library.pack().module(digest)?.inspected()))))
}

/// What the tenant's modules may read.
pub(super) async fn permissions(host: &Host, tenant: &Tenant) -> Answer<Permissions> {
    let denied = &host.config.evaluation.denied_fields;
    Ok(Permissions::of(&*host.store, tenant, denied).await?)
}

/// A module of the host's own pack, as if the tenant had it.
fn of_pack(module: &Inspected) -> StoredModule {
    stored(module, Timestamp::UNIX_EPOCH, "host".into(), Origin::Pack)
}

fn stored(
    module: &Inspected,
    added_at: Timestamp,
    added_by: Arc<str>,
    origin: Origin,
) -> StoredModule {
    StoredModule {
        digest: module.digest(),
        declaration: Declaration::clone(module.declaration()),
        reads: module.fields().clone(),
        bytes: module.bytes().len() as u64,
        added_at,
        added_by,
        origin,
    }
}

fn refused(rejection: &Rejection) -> ApiError {
    ApiError::new(Code::ModuleRefused, rejection).with("reason", rejection.code())
}

impl From<LoadError> for ApiError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Refused { source, .. } => refused(&source),
            LoadError::Store(error) => error.into(),
            error @ LoadError::NotThere(_) => Self::invalid(error),
            error @ LoadError::Lost(_) => {
                tracing::error!(%error, "a module");
                Self::unavailable()
            }
        }
    }
}
