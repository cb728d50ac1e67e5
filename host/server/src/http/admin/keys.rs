//! API keys: shown once, kept as a hash.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::StatusCode,
};
use baton_domain::ids::TenantId;
use baton_store::{ApiKey, Document, KeyHash, Role};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    host::Host,
    http::{
        auth::Admin,
        error::{Answer, ApiError},
    },
    secret::random_secret,
};

/// A key that is wanted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewKey {
    /// What people call it.
    name: String,
    /// What it may do.
    role: Role,
    /// When it stops to hold; never when absent.
    #[serde(default)]
    expires_at: Option<Timestamp>,
}

/// `POST /admin/tenants/{tenant}/keys`: the answer is the only time the key is
/// shown.
pub async fn make(
    State(host): State<Arc<Host>>,
    _: Admin,
    Path(tenant): Path<String>,
    Json(new): Json<NewKey>,
) -> Answer<(StatusCode, Json<Value>)> {
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
    host.store
        .put_api_key(Document { revision: 0, body })
        .await?;
    host.reload_directory().await?;
    Ok((
        StatusCode::CREATED,
        Json(json!({ "name": new.name, "key": key })),
    ))
}

/// `GET /admin/tenants/{tenant}/keys`.
pub async fn list(
    State(host): State<Arc<Host>>,
    _: Admin,
    Path(tenant): Path<String>,
) -> Answer<Json<Value>> {
    let tenant = known_tenant(&host, &tenant)?;
    let keys = host.store.api_keys().await?;
    let of_tenant = keys.iter().filter(|key| key.body.tenant == tenant);
    let shown = of_tenant.map(|key| {
        json!({
            "name": key.body.name,
            "role": key.body.role,
            "expires_at": key.body.expires_at,
            "revoked": key.body.is_revoked,
        })
    });
    Ok(Json(json!({ "items": shown.collect::<Vec<_>>() })))
}

/// `DELETE /admin/tenants/{tenant}/keys/{name}`: revokes every key of the name.
pub async fn revoke(
    State(host): State<Arc<Host>>,
    _: Admin,
    Path((tenant, name)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let tenant = known_tenant(&host, &tenant)?;
    let _changing = host.directory_changes.lock().await;
    let mut is_found = false;
    for mut key in host.store.api_keys().await? {
        if key.body.tenant == tenant && key.body.name == name && !key.body.is_revoked {
            key.body.is_revoked = true;
            host.store.put_api_key(key).await?;
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
