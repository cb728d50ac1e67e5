//! Modules that a tenant has: uploaded once, by their digest for ever.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use baton_domain::{ids::ModuleDigest, module::Declaration};
use baton_sandbox::{Inspected, Rejection};
use baton_store::{Origin, StoredModule};

use super::{
    auth::Operator,
    code::Code,
    error::{Answer, ApiError},
    extract::{Bytes, Json, Path},
    view::{List, ModuleView},
};
use crate::{
    host::Host,
    releases::{LoadError, Permissions},
};

/// Uploads a module: a component, as bytes. It is admitted and compiled before
/// it is kept, and reads nothing until its fields are granted. The same bytes
/// again change nothing and answer 200.
#[utoipa::path(post, path = "/v1/modules", tag = "modules", operation_id = "upload_module",
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The component."),
    security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::ModuleRefused, Code::InvalidValue]))),
    responses((status = 201, description = "It is kept.", body = ModuleView),
        (status = 200, description = "It was there.", body = ModuleView)))]
pub async fn upload(
    State(host): State<Arc<Host>>,
    Operator(scope): Operator,
    Bytes(bytes): Bytes,
) -> Answer<(StatusCode, Json<ModuleView>)> {
    let inspecting = tokio::task::spawn_blocking(move || Inspected::inspect(bytes.to_vec()));
    let inspected = inspecting.await.map_err(|_| ApiError::internal())?;
    let inspected = inspected.map_err(|rejection| refused(&rejection))?;
    let compiled = host.library.compile(inspected).await?;
    let inspected = compiled.inspected();
    let tenant = &scope.tenant.document;
    let module = StoredModule {
        digest: inspected.digest(),
        declaration: Declaration::clone(inspected.declaration()),
        reads: inspected.fields().clone(),
        bytes: inspected.bytes().len() as u64,
        added_at: host.clock.now(),
        added_by: scope.key.clone(),
        origin: Origin::Upload,
    };
    let bytes = inspected.bytes().clone();
    let is_new = host
        .store
        .add_module(&tenant.id, module.clone(), bytes)
        .await?;
    let kept = host.store.module(&tenant.id, &module.digest).await?;
    let permissions = permissions(&host, &scope.tenant.document).await?;
    let view = ModuleView::of(&kept.unwrap_or(module), &permissions, host.library.pack());
    let status = if is_new {
        StatusCode::CREATED
    } else {
        StatusCode::OK
    };
    Ok((status, Json(view)))
}

/// Lists the tenant's modules, and those of the host that it may use.
#[utoipa::path(get, path = "/v1/modules", tag = "modules", operation_id = "list_modules",
    security(("tenant_key" = [])),
    responses((status = 200, description = "All of them.", body = List<ModuleView>)))]
pub async fn list(
    State(host): State<Arc<Host>>,
    Operator(scope): Operator,
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
    Operator(scope): Operator,
    Path(digest): Path<String>,
) -> Answer<Json<ModuleView>> {
    let digest = ModuleDigest::try_from(digest).map_err(|_| ApiError::not_found())?;
    let tenant = &scope.tenant.document;
    let pack = host.library.pack();
    let kept = match host.store.module(&tenant.id, &digest).await? {
        Some(kept) => kept,
        None => {
            let module = pack.module(&digest).ok_or_else(ApiError::not_found)?;
            of_pack(module.inspected())
        }
    };
    let permissions = permissions(&host, tenant).await?;
    Ok(Json(ModuleView::of(&kept, &permissions, pack)))
}

/// What the tenant's modules may read.
pub(super) async fn permissions(host: &Host, tenant: &baton_store::Tenant) -> Answer<Permissions> {
    let denied = &host.config.evaluation.denied_fields;
    Ok(Permissions::of(&*host.store, tenant, denied).await?)
}

/// A module of the host's own pack, as if the tenant had it.
pub(super) fn of_pack(module: &Inspected) -> StoredModule {
    StoredModule {
        digest: module.digest(),
        declaration: Declaration::clone(module.declaration()),
        reads: module.fields().clone(),
        bytes: module.bytes().len() as u64,
        added_at: jiff::Timestamp::UNIX_EPOCH,
        added_by: "host".into(),
        origin: Origin::Pack,
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
