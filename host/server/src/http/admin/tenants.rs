//! Tenants and their numbers.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
    http::{HeaderMap, HeaderName, header},
};
use baton_domain::ids::TenantId;
use baton_store::{Document, Tenant};
use serde_json::{Value, json};

use super::revision_read;
use crate::{
    host::Host,
    http::{
        auth::Admin,
        error::{Answer, ApiError},
    },
};

type WithRevision = ([(HeaderName, String); 1], Json<Value>);

/// `GET /admin/tenants`.
pub async fn list(State(host): State<Arc<Host>>, _: Admin) -> Answer<Json<Value>> {
    let tenants = host.store.tenants().await?;
    let head = |it: &Document<Tenant>| json!({ "id": it.body.id, "name": it.body.name, "revision": it.revision });
    Ok(Json(
        json!({ "items": tenants.iter().map(head).collect::<Vec<_>>() }),
    ))
}

/// `GET /admin/tenants/{tenant}`: without tokens; the revision is the ETag.
pub async fn show(
    State(host): State<Arc<Host>>,
    _: Admin,
    Path(tenant): Path<String>,
) -> Answer<WithRevision> {
    let id = TenantId::parse(&tenant).map_err(|_| ApiError::not_found())?;
    let document = host
        .store
        .tenant(&id)
        .await?
        .ok_or_else(ApiError::not_found)?;
    Ok(shown(document))
}

/// `PUT /admin/tenants/{tenant}`: makes or replaces it. A number without a
/// token keeps the one it had. Bodies in quarantine for its numbers are driven
/// again.
pub async fn put(
    State(host): State<Arc<Host>>,
    _: Admin,
    Path(tenant): Path<String>,
    headers: HeaderMap,
    Json(mut body): Json<Tenant>,
) -> Answer<WithRevision> {
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
    let document = Document { revision, body };
    // The revision that it will have names its release.
    let written = Document {
        revision: revision + 1,
        body: document.body.clone(),
    };
    host.directory()
        .check(&written, &host.pack)
        .map_err(ApiError::invalid)?;
    host.store.put_tenant(document).await?;
    host.reload_directory().await?;
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

fn shown(document: Document<Tenant>) -> WithRevision {
    let Document { revision, body } = document;
    let mut shown = json!(body);
    if let Some(numbers) = shown["numbers"].as_array_mut() {
        for number in numbers {
            // That there is a token may be known; what it is never leaves.
            let has_token = !number["token"].is_null();
            number["token"] = Value::Null;
            number["has_token"] = has_token.into();
        }
    }
    ([(header::ETAG, format!("\"{revision}\""))], Json(shown))
}
