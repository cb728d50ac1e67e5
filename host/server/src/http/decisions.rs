//! Decisions with their full explanation, and handoffs.

use std::sync::Arc;

use axum::extract::State;
use baton_domain::{event::EventBody, field::Field, seen::Seen};
use baton_store::{EventRow, Listed, StoreError, StoredEvent, Version};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    audit::note,
    auth::{Reader, Scope},
    code::Code,
    customers::load,
    error::{Answer, ApiError},
    extract::{Json, Path, Query},
    view::{DecisionRow, DecisionView, HandoffRow, PageQuery, PageView, PlaceView},
};
use crate::host::Host;

/// Lists decisions, the latest first; each with its explanation is at
/// `/v1/decisions/{customer}/{version}`.
#[utoipa::path(get, path = "/v1/decisions", tag = "decisions", params(PageQuery),
    operation_id = "list_decisions", security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::InvalidValue]))),
    responses((status = 200, description = "A page.", body = PageView<DecisionRow>)))]
pub async fn list_decisions(
    State(host): State<Arc<Host>>,
    Reader(scope): Reader,
    Query(page): Query<PageQuery>,
) -> Answer<Json<PageView<DecisionRow>>> {
    list(&host, &scope, Listed::Decisions, &page, decision).await
}

/// Lists handoffs, the latest first, each with reason and next step.
#[utoipa::path(get, path = "/v1/handoffs", tag = "decisions", params(PageQuery),
    operation_id = "list_handoffs", security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::InvalidValue]))),
    responses((status = 200, description = "A page.", body = PageView<HandoffRow>)))]
pub async fn list_handoffs(
    State(host): State<Arc<Host>>,
    Reader(scope): Reader,
    Query(page): Query<PageQuery>,
) -> Answer<Json<PageView<HandoffRow>>> {
    list(&host, &scope, Listed::Handoffs, &page, handoff).await
}

/// `show` makes an entry of a place and its event; of `None` when the customer
/// was erased on request, and that it was is all that is left.
async fn list<T>(
    host: &Host,
    scope: &Scope,
    listed: Listed,
    query: &PageQuery,
    show: impl Fn(&Seen<'_>, PlaceView, Option<EventBody>) -> T,
) -> Answer<Json<PageView<T>>> {
    let tenant = &scope.tenant.document.id;
    let page = host
        .store
        .listed(tenant, listed, query.after.as_deref(), query.limit())
        .await?;
    let mut items = Vec::with_capacity(page.items.len());
    let mut read = Vec::new();
    for row in &page.items {
        let place = PlaceView::new(row.customer.clone(), row.version, row.at);
        let event = event_at(host, scope, row).await;
        // A list spans conversations: what was granted for one counts there.
        let seen = Seen::by_role(&scope.access);
        match event {
            Ok(Some(StoredEvent { event, .. })) => {
                items.push(show(&seen, place.on(event.number), Some(event.body)));
                read.extend(scope.read(host, listed_as(listed), (&row.customer, None), &seen));
            }
            Ok(None) => {}
            Err(StoreError::Erased) => items.push(show(&seen, place.erased(), None)),
            Err(error) => return Err(error.into()),
        }
    }
    note(host, scope, read).await?;
    Ok(Json(PageView::new(items, page.next)))
}

fn listed_as(listed: Listed) -> &'static str {
    match listed {
        Listed::Decisions => "list-decisions",
        Listed::Handoffs => "list-handoffs",
    }
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

fn decision(seen: &Seen<'_>, place: PlaceView, body: Option<EventBody>) -> DecisionRow {
    let record = match body {
        Some(EventBody::Decided(record)) => Some(record),
        _ => None,
    };
    let occasion = record.as_ref().map(|it| it.occasion.as_str());
    DecisionRow {
        place,
        occasion: occasion.filter(|_| seen.holds(Field::OccasionKind)),
        release: record.as_ref().map(|it| it.release.0),
        decision: record.map(|it| seen.decision(&it)),
    }
}

fn handoff(seen: &Seen<'_>, place: PlaceView, body: Option<EventBody>) -> HandoffRow {
    let handoff = match body {
        Some(EventBody::HandedOff(handoff)) => Some(seen.handoff(&handoff)),
        _ => None,
    };
    HandoffRow { place, handoff }
}

/// Which decision.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct DecisionPath {
    /// Baton's id of the customer.
    pub customer: String,
    /// Its place in the customer's log.
    pub version: u64,
}

/// Shows a decision: what each module read, said and cost, and what was
/// decided.
#[utoipa::path(get, path = "/v1/decisions/{customer}/{version}", tag = "decisions",
    operation_id = "show_decision", params(DecisionPath), security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::Erased]))),
    responses((status = 200, description = "The decision.", body = DecisionView)))]
pub async fn show_decision(
    State(host): State<Arc<Host>>,
    Reader(scope): Reader,
    Path(DecisionPath { customer, version }): Path<DecisionPath>,
) -> Answer<Json<DecisionView>> {
    let loaded = load(&host, &scope, &customer).await?;
    let tenant = &scope.tenant.document.id;
    let version = Version(version);
    let events = host
        .store
        .events(tenant, &loaded.customer, version, 1)
        .await?;
    let stored = events.into_iter().find(|it| it.version == version);
    let event = stored.ok_or_else(ApiError::not_found)?.event;
    let EventBody::Decided(record) = event.body else {
        return Err(ApiError::not_found());
    };
    let (record, read) = {
        let (access, state, now) = (&scope.access, &loaded.state, host.clock.now());
        let number = event.number.as_ref();
        let seen = match number {
            Some(number) => Seen::of_conversation(access, state, number, now),
            None => Seen::by_role(access),
        };
        let record = seen.record(&record);
        let read = scope.read(&host, "read-decision", (&loaded.customer, number), &seen);
        (record, read)
    };
    note(&host, &scope, read).await?;
    let place = PlaceView::new(loaded.customer, version, event.at).on(event.number);
    Ok(Json(DecisionView { place, record }))
}
