//! Signed input that could not be processed.

use std::{collections::BTreeSet, sync::Arc};

use axum::{extract::State, http::StatusCode};
use baton_domain::{
    field::Field,
    ids::{NumberId, TenantId},
    limits::PAGE_ITEMS_MAX,
    people::FieldSet,
};
use baton_store::{AuditEntry, QuarantineId, Quarantined};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{entry_about, note};
use crate::{
    host::Host,
    http::{
        auth::Admin,
        code::Code,
        error::{Answer, ApiError},
        extract::{Json, Path, Query},
        view::List,
    },
    pipeline::redrive as drive,
};

/// Which part is wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// The id that the last page ended with.
    #[serde(default)]
    after: Option<u64>,
}

/// Signed input that could not be processed.
#[derive(Serialize, ToSchema)]
pub struct QuarantinedView {
    /// Its place; rises with time.
    id: u64,
    /// When it came.
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
    /// To which app it was posted.
    app: String,
    /// Stable code: `not_webhook_shape`, `unknown_number`, `unknown_kind`, ...
    why: String,
    /// The `phone_number_id`, when it is known.
    number: Option<String>,
    /// The body, as text.
    body: String,
}

/// What driving an item again came to.
#[derive(Debug, Serialize, ToSchema)]
pub struct Redriven {
    /// Whether all of it found its place; if not, it stays.
    processed: bool,
}

/// Lists signed input that could not be processed, the oldest first; at most
/// 200 at once.
#[utoipa::path(get, path = "/admin/quarantine", tag = "admin", operation_id = "list_quarantine",
    params(Wanted), security(("admin_key" = [])),
    responses((status = 200, description = "A page.", body = List<QuarantinedView>)))]
pub async fn list(
    State(host): State<Arc<Host>>,
    _: Admin,
    Query(wanted): Query<Wanted>,
) -> Answer<Json<List<QuarantinedView>>> {
    let after = wanted.after.map(QuarantineId);
    let items = host.store.quarantined(after, PAGE_ITEMS_MAX).await?;
    tell_read(&host, &items).await?;
    let shown = items.into_iter().map(|(id, item)| QuarantinedView {
        id: id.0,
        at: item.at,
        app: item.app,
        why: item.why,
        number: item.number,
        body: String::from_utf8_lossy(&item.body).into_owned(),
    });
    let items = shown.collect();
    Ok(Json(List { items }))
}

/// Drives an item through the pipeline once more. What was known stays as it
/// was; what still has no place stays in quarantine.
#[utoipa::path(post, path = "/admin/quarantine/{id}/redrive", tag = "admin",
    operation_id = "redrive", params(("id" = u64, Path, description = "Its place.")),
    security(("admin_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound]))),
    responses((status = 200, description = "It was driven.", body = Redriven)))]
pub async fn redrive(
    State(host): State<Arc<Host>>,
    _: Admin,
    Path(id): Path<u64>,
) -> Answer<Json<Redriven>> {
    let (id, item) = find(&host, QuarantineId(id)).await?;
    tell_done(&host, "redrive", &item).await?;
    let is_done = drive(&host, &item).await?;
    if is_done {
        host.store.release(id).await?;
    }
    Ok(Json(Redriven { processed: is_done }))
}

/// Drops an item that nobody needs.
#[utoipa::path(delete, path = "/admin/quarantine/{id}", tag = "admin", operation_id = "dismiss",
    params(("id" = u64, Path, description = "Its place.")), security(("admin_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound]))),
    responses((status = 204, description = "It is gone.")))]
pub async fn dismiss(
    State(host): State<Arc<Host>>,
    _: Admin,
    Path(id): Path<u64>,
) -> Answer<StatusCode> {
    let (id, item) = find(&host, QuarantineId(id)).await?;
    tell_done(&host, "dismiss-quarantined", &item).await?;
    host.store.release(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Whose number an item names, when that is anybody's.
fn of_whom(host: &Host, item: &Quarantined) -> Option<(TenantId, NumberId)> {
    let number = NumberId::parse(item.number.as_deref()?).ok()?;
    let directory = host.directory();
    let tenant = directory.tenant_of(&number)?;
    Some((tenant.document.id.clone(), number))
}

/// A body is shown as it came: each tenant whose customers wrote is told.
async fn tell_read(host: &Host, items: &[(QuarantineId, Quarantined)]) -> Answer<()> {
    let whose = items.iter().filter_map(|(_, item)| of_whom(host, item));
    for (tenant, number) in whose.collect::<BTreeSet<_>>() {
        let entry = AuditEntry {
            number: Some(number),
            fields: FieldSet::from_iter([Field::CustomerPhone, Field::MessageTextRaw]),
            ..entry_about(host, "read-quarantine", None)
        };
        note(host, &tenant, entry).await?;
    }
    Ok(())
}

async fn tell_done(host: &Host, what: &str, item: &Quarantined) -> Answer<()> {
    let Some((tenant, number)) = of_whom(host, item) else {
        return Ok(());
    };
    let entry = AuditEntry {
        number: Some(number),
        ..entry_about(host, what, None)
    };
    note(host, &tenant, entry).await
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
