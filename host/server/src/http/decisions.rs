//! Decisions with their full explanation, and handoffs.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State},
};
use baton_domain::event::EventBody;
use baton_store::{EventRow, Listed, StoreError, StoredEvent, Version};
use serde_json::{Value, json};

use super::{
    auth::{Operator, Scope},
    customers::load,
    error::{Answer, ApiError},
    page::{PageQuery, PageView},
};
use crate::host::Host;

/// `GET /v1/decisions`: the latest first, what was decided; the explanation is
/// at `/v1/decisions/{customer}/{version}`.
pub async fn list_decisions(
    State(host): State<Arc<Host>>,
    Operator(scope): Operator,
    Query(page): Query<PageQuery>,
) -> Answer<Json<PageView<Value>>> {
    list(&host, &scope, Listed::Decisions, &page).await
}

/// `GET /v1/handoffs`: the latest first, each with reason and next step.
pub async fn list_handoffs(
    State(host): State<Arc<Host>>,
    Operator(scope): Operator,
    Query(page): Query<PageQuery>,
) -> Answer<Json<PageView<Value>>> {
    list(&host, &scope, Listed::Handoffs, &page).await
}

async fn list(
    host: &Host,
    scope: &Scope,
    listed: Listed,
    query: &PageQuery,
) -> Answer<Json<PageView<Value>>> {
    let tenant = &scope.tenant.document.id;
    let page = host
        .store
        .listed(tenant, listed, query.after.as_deref(), query.limit())
        .await?;
    let mut items = Vec::with_capacity(page.items.len());
    for row in &page.items {
        let place = json!({ "customer": row.customer, "version": row.version.0, "at": row.at });
        match event_at(host, scope, row).await {
            Ok(Some(stored)) => items.push(shown(place, &stored)),
            Ok(None) => {}
            // Erased on request: that it was is all that is left.
            Err(StoreError::Erased) => items.push(merged(place, json!({ "erased": true }))),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(Json(PageView::new(items, page.next)))
}

async fn event_at(
    host: &Host,
    scope: &Scope,
    row: &EventRow,
) -> Result<Option<StoredEvent>, StoreError> {
    let tenant = &scope.tenant.document.id;
    Ok(host
        .store
        .events(tenant, &row.customer, row.version, 1)
        .await?
        .pop())
}

fn shown(place: Value, stored: &StoredEvent) -> Value {
    match &stored.event.body {
        EventBody::Decided(record) => merged(
            place,
            json!({
                "number": stored.event.number,
                "occasion": record.occasion.as_str(),
                "release": record.release,
                "decision": record.decision,
            }),
        ),
        EventBody::HandedOff(handoff) => merged(
            place,
            json!({ "number": stored.event.number, "handoff": handoff }),
        ),
        _ => place,
    }
}

fn merged(mut place: Value, more: Value) -> Value {
    if let (Some(place), Value::Object(more)) = (place.as_object_mut(), more) {
        place.extend(more);
    }
    place
}

/// `GET /v1/decisions/{customer}/{version}`: what each module read, said and
/// cost, and what was decided.
pub async fn show_decision(
    State(host): State<Arc<Host>>,
    Operator(scope): Operator,
    Path((customer, version)): Path<(String, u64)>,
) -> Answer<Json<Value>> {
    let loaded = load(&host, &scope, &customer).await?;
    let tenant = &scope.tenant.document.id;
    let events = host
        .store
        .events(tenant, &loaded.customer, Version(version), 1)
        .await?;
    let stored = events.into_iter().find(|it| it.version == Version(version));
    match stored.map(|it| it.event) {
        Some(event) => match event.body {
            EventBody::Decided(record) => Ok(Json(json!({
                "customer": loaded.customer,
                "version": version,
                "at": event.at,
                "number": event.number,
                "record": record,
            }))),
            _ => Err(ApiError::not_found()),
        },
        None => Err(ApiError::not_found()),
    }
}
