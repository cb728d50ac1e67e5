//! Signed input that could not be processed.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State},
    http::StatusCode,
};
use baton_domain::limits::PAGE_ITEMS_MAX;
use baton_store::{QuarantineId, Quarantined};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    host::Host,
    http::{
        auth::Admin,
        error::{Answer, ApiError},
    },
    pipeline::redrive as drive,
};

/// Which part is wanted.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    /// The id that the last page ended with.
    #[serde(default)]
    after: Option<u64>,
}

/// `GET /admin/quarantine`: the oldest first, with the bodies.
pub async fn list(
    State(host): State<Arc<Host>>,
    _: Admin,
    Query(wanted): Query<Wanted>,
) -> Answer<Json<Value>> {
    let after = wanted.after.map(QuarantineId);
    let items = host.store.quarantined(after, PAGE_ITEMS_MAX).await?;
    let shown = items.iter().map(|(id, item)| {
        json!({
            "id": id.0,
            "at": item.at,
            "app": item.app,
            "why": item.why,
            "number": item.number,
            "body": String::from_utf8_lossy(&item.body),
        })
    });
    Ok(Json(json!({ "items": shown.collect::<Vec<_>>() })))
}

/// `POST /admin/quarantine/{id}/redrive`: through the pipeline once more. What
/// was known stays as it was; what still has no place stays here.
pub async fn redrive(
    State(host): State<Arc<Host>>,
    _: Admin,
    Path(id): Path<u64>,
) -> Answer<Json<Value>> {
    let (id, item) = find(&host, QuarantineId(id)).await?;
    let is_done = drive(&host, &item).await?;
    if is_done {
        host.store.release(id).await?;
    }
    Ok(Json(json!({ "processed": is_done })))
}

/// `DELETE /admin/quarantine/{id}`: nobody needs it.
pub async fn dismiss(
    State(host): State<Arc<Host>>,
    _: Admin,
    Path(id): Path<u64>,
) -> Answer<StatusCode> {
    let (id, _) = find(&host, QuarantineId(id)).await?;
    host.store.release(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn find(host: &Host, id: QuarantineId) -> Answer<(QuarantineId, Quarantined)> {
    let before = id.0.checked_sub(1).map(QuarantineId);
    let found = host.store.quarantined(before, 1).await?.pop();
    found
        .filter(|(it, _)| *it == id)
        .ok_or_else(ApiError::not_found)
}

/// Drives everything that waits for `number` again, once it is registered.
pub(super) async fn redrive_number(host: &Host, number: &str) -> Answer<()> {
    let mut after = None;
    loop {
        let page = host.store.quarantined(after, PAGE_ITEMS_MAX).await?;
        let Some((last, _)) = page.last() else {
            return Ok(());
        };
        after = Some(*last);
        for (id, item) in &page {
            if item.number.as_deref() == Some(number) && drive(host, item).await? {
                host.store.release(*id).await?;
            }
        }
    }
}
