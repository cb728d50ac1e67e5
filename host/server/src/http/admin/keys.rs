//! API keys: shown once, kept as a hash.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use baton_domain::ids::TenantId;
use baton_store::{ApiKey, Document, KeyHash, Role};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use utoipa::{IntoParams, ToSchema};

use super::entry_about;
use crate::{
    host::Host,
    http::{
        auth::Admin,
        code::Code,
        error::{Answer, ApiError},
        extract::{Json, Path},
        view::List,
    },
    secret::random_secret,
};

/// A key that is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// What people call it.
    #[schema(min_length = 1, max_length = 64)]
    name: String,
    /// What it may do: `operator`, `bot` or `integration`.
    #[schema(value_type = RoleName)]
    role: Role,
    /// When it stops to hold; never when absent.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

/// What a key may do.
#[derive(ToSchema)]
#[schema(rename_all = "snake_case")]
#[allow(dead_code, reason = "describes what `Role` reads and writes")]
pub enum RoleName {
    /// Reads and writes all of its tenant.
    Operator,
    /// Tells what the bot did and sends through Baton.
    Bot,
    /// Tells facts of commerce.
    Integration,
}

/// A key that was made.
#[derive(Serialize, ToSchema)]
pub struct MadeKey {
    /// What people call it.
    name: String,
    /// The key, shown this once.
    key: String,
}

/// A key, as it is listed.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeyView {
    /// What people call it.
    name: String,
    /// What it may do.
    #[schema(value_type = RoleName)]
    role: Role,
    /// When it stops to hold.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
    /// Whether it was revoked.
    revoked: bool,
}

/// Which keys.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct KeyPath {
    /// Id of the tenant.
    tenant: String,
    /// Name of the keys.
    name: String,
}

/// Makes an API key; the answer is the only time it is shown.
#[utoipa::path(post, path = "/admin/tenants/{tenant}/keys", tag = "admin", operation_id = "make_key",
    params(("tenant" = String, Path, description = "Id of the tenant.")),
    request_body = NewKey, security(("admin_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::InvalidValue]))),
    responses((status = 201, description = "It holds from now on.", body = MadeKey)))]
pub async fn make(
    State(host): State<Arc<Host>>,
    _: Admin,
    Path(tenant): Path<String>,
    Json(new): Json<NewKey>,
) -> Answer<(StatusCode, Json<MadeKey>)> {
    let tenant = known_tenant(&host, &tenant)?;
    if new.name.is_empty() || new.name.len() > 64 {
        return Err(ApiError::invalid("a key's name has 1 to 64 characters"));
    }
    let _changing = host.directory_changes.lock().await;
    let key = random_secret("baton").map_err(|error| {
        tracing::error!(%error, "no randomness");
        ApiError::unavailable()
    })?;
    let body = ApiKey {
        name: new.name.clone(),
        hash: KeyHash(Sha256::digest(key.as_bytes()).into()),
        tenant,
        role: new.role,
        expires_at: new.expires_at,
        is_revoked: false,
    };
    let entry = entry_about(&host, "make-key", Some(&new.name));
    let document = Document { revision: 0, body };
    host.store.put_api_key(document, Some(entry)).await?;
    host.reload_directory().await?;
    let name = new.name;
    Ok((StatusCode::CREATED, Json(MadeKey { name, key })))
}

/// Lists a tenant's API keys, without the keys themselves.
#[utoipa::path(get, path = "/admin/tenants/{tenant}/keys", tag = "admin", operation_id = "list_keys",
    params(("tenant" = String, Path, description = "Id of the tenant.")),
    security(("admin_key" = [])), extensions(("x-error-codes" = json!([Code::NotFound]))),
    responses((status = 200, description = "All of them.", body = List<KeyView>)))]
pub async fn list(
    State(host): State<Arc<Host>>,
    _: Admin,
    Path(tenant): Path<String>,
) -> Answer<Json<List<KeyView>>> {
    let tenant = known_tenant(&host, &tenant)?;
    let keys = host.store.api_keys().await?;
    let of_tenant = keys.iter().filter(|key| key.body.tenant == tenant);
    let shown = of_tenant.map(|key| KeyView {
        name: key.body.name.clone(),
        role: key.body.role,
        expires_at: key.body.expires_at,
        revoked: key.body.is_revoked,
    });
    let items = shown.collect();
    Ok(Json(List { items }))
}

/// Revokes every key of a name.
#[utoipa::path(delete, path = "/admin/tenants/{tenant}/keys/{name}", tag = "admin",
    operation_id = "revoke_keys", params(KeyPath), security(("admin_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound]))),
    responses((status = 204, description = "None of them holds any more.")))]
pub async fn revoke(
    State(host): State<Arc<Host>>,
    _: Admin,
    Path(KeyPath { tenant, name }): Path<KeyPath>,
) -> Answer<StatusCode> {
    let tenant = known_tenant(&host, &tenant)?;
    let _changing = host.directory_changes.lock().await;
    let mut is_found = false;
    for mut key in host.store.api_keys().await? {
        if key.body.tenant == tenant && key.body.name == name && !key.body.is_revoked {
            key.body.is_revoked = true;
            let entry = entry_about(&host, "revoke-key", Some(&name));
            host.store.put_api_key(key, Some(entry)).await?;
            is_found = true;
        }
    }
    host.reload_directory().await?;
    if is_found {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ApiError::not_found())
    }
}

fn known_tenant(host: &Host, tenant: &str) -> Answer<TenantId> {
    let id = TenantId::parse(tenant).map_err(|_| ApiError::not_found())?;
    host.directory()
        .tenant(&id)
        .map(|_| id)
        .ok_or_else(ApiError::not_found)
}
