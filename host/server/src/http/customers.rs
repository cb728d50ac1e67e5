//! Customers: who they are, and their whole log.

use std::{collections::BTreeMap, sync::Arc};

use axum::extract::State;
use baton_domain::{
    field::Field,
    ids::{CustomerId, NumberId},
    seen::Seen,
};
use baton_store::{AuditEntry, Loaded, StoredEvent, Version};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    audit::note,
    auth::{Finder, Reader, Scope},
    code::Code,
    error::{Answer, ApiError},
    extract::{Json, Path, Query},
    facts::customer_key,
    view::{CustomerView, EventView, ListedCustomer, PageQuery, PageView},
};
use crate::{host::Host, pipeline::CustomerKey, wire::CustomerRef};

/// Which customers are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Wanted {
    /// The one with this phone number.
    #[serde(default)]
    phone: Option<String>,
    /// The one with this id of yours.
    #[serde(default)]
    external_id: Option<String>,
    /// Where the last page ended, from its `next`.
    #[serde(default)]
    after: Option<String>,
    /// How many entries: 50 when absent, at most 200.
    #[serde(default)]
    #[param(minimum = 0)]
    limit: Option<usize>,
}

/// Lists customers: a page of ids, or the one customer, whole, that a phone
/// number or your own id names.
#[utoipa::path(get, path = "/v1/customers", tag = "customers", params(Wanted),
    operation_id = "list_customers", security(("tenant_key" = [])),
    extensions(("x-error-codes" = json!([Code::InvalidValue, Code::Erased]))),
    responses((status = 200, description = "A page.", body = PageView<ListedCustomer>)))]
pub async fn list(
    State(host): State<Arc<Host>>,
    Finder(scope): Finder,
    Query(wanted): Query<Wanted>,
) -> Answer<Json<PageView<ListedCustomer>>> {
    let tenant = &scope.tenant.document.id;
    if wanted.phone.is_none() && wanted.external_id.is_none() {
        let limit = PageQuery::limited(wanted.limit);
        let page = host
            .store
            .customers(tenant, wanted.after.as_deref(), limit)
            .await?;
        return Ok(Json(PageView::of(page, Into::into)));
    }
    if wanted.phone.is_some() && !scope.access.sees(Field::CustomerPhone) {
        let message = "your role does not see phone numbers, so it cannot look for one";
        return Err(ApiError::new(Code::Forbidden, message));
    }
    let named = CustomerRef {
        phone: wanted.phone,
        external_id: wanted.external_id,
        ..CustomerRef::default()
    };
    named.check()?;
    let CustomerKey::Links(links) = customer_key(&named)? else {
        return Err(ApiError::not_found());
    };
    let found = host.store.find(tenant, &links).await?;
    let mut items = Vec::new();
    if let Some(found) = found {
        let view = shown(&host, &scope, "find-customer", &found).await?;
        items.push(view.into());
    }
    Ok(Json(PageView::new(items, None)))
}

/// Shows a customer.
#[utoipa::path(get, path = "/v1/customers/{customer}", tag = "customers",
    operation_id = "show_customer", security(("tenant_key" = [])),
    params(("customer" = String, Path, description = "Baton's id.")),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::Erased]))),
    responses((status = 200, description = "The customer.", body = CustomerView)))]
pub async fn show(
    State(host): State<Arc<Host>>,
    Finder(scope): Finder,
    Path(customer): Path<String>,
) -> Answer<Json<CustomerView>> {
    let loaded = load(&host, &scope, &customer).await?;
    Ok(Json(shown(&host, &scope, "read-customer", &loaded).await?))
}

/// What may be seen of a customer; told to the audit before it is answered.
pub(super) async fn shown(
    host: &Host,
    scope: &Scope,
    what: &str,
    loaded: &Loaded,
) -> Answer<CustomerView> {
    let now = host.clock.now();
    let (view, read) = {
        let seen = Seen::of_customer(&scope.access, &loaded.state, now);
        let view = CustomerView::of(&seen, &loaded.customer, &loaded.state, now);
        (
            view,
            scope.read(host, what, (&loaded.customer, None), &seen),
        )
    };
    note(host, scope, read).await?;
    Ok(view)
}

/// Which events are wanted.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EventsQuery {
    /// The first version wanted: 1 when absent, or the last page's `next`.
    #[serde(default)]
    from: Option<u64>,
    /// How many entries: 50 when absent, at most 200.
    #[serde(default)]
    #[param(minimum = 0)]
    limit: Option<usize>,
}

/// Shows a customer's log, the oldest first.
#[utoipa::path(get, path = "/v1/customers/{customer}/events", tag = "customers",
    operation_id = "list_events", security(("tenant_key" = [])),
    params(("customer" = String, Path, description = "Baton's id."), EventsQuery),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::Erased]))),
    responses((status = 200, description = "A page.", body = PageView<EventView>)))]
pub async fn events(
    State(host): State<Arc<Host>>,
    Reader(scope): Reader,
    Path(customer): Path<String>,
    Query(query): Query<EventsQuery>,
) -> Answer<Json<PageView<EventView>>> {
    let loaded = load(&host, &scope, &customer).await?;
    let tenant = &scope.tenant.document.id;
    let limit = PageQuery::limited(query.limit);
    let from = Version(query.from.unwrap_or(1).max(1));
    let events = host
        .store
        .events(tenant, &loaded.customer, from, limit)
        .await?;
    let last = events.last().map(|it| it.version.0);
    let next = last
        .filter(|last| *last < loaded.version.0)
        .map(|last| (last + 1).to_string());
    let (items, read) = seen_events(&host, &scope, "read-events", &loaded, &events);
    note(&host, &scope, read).await?;
    Ok(Json(PageView::new(items, next)))
}

/// Events as they may be seen, each under what holds in its conversation, and
/// what was read of them.
pub(super) fn seen_events(
    host: &Host,
    scope: &Scope,
    what: &str,
    loaded: &Loaded,
    events: &[StoredEvent],
) -> (Vec<EventView>, Vec<AuditEntry>) {
    let (access, state, now) = (&scope.access, &loaded.state, host.clock.now());
    let mut lenses: BTreeMap<Option<&NumberId>, Seen<'_>> = BTreeMap::new();
    let mut items = Vec::with_capacity(events.len());
    for stored in events {
        let number = stored.event.number.as_ref();
        let seen = lenses.entry(number).or_insert_with(|| match number {
            Some(number) => Seen::of_conversation(access, state, number, now),
            None => Seen::of_customer(access, state, now),
        });
        items.push(EventView::of(seen, stored));
    }
    let read = lenses
        .iter()
        .flat_map(|(number, seen)| scope.read(host, what, (&loaded.customer, *number), seen));
    (items, read.collect())
}

/// The customer of this id, when it is the scope's.
pub(super) async fn load(host: &Host, scope: &Scope, customer: &str) -> Answer<Loaded> {
    let id = CustomerId::parse(customer).map_err(|_| ApiError::not_found())?;
    let loaded = host.store.load(&scope.tenant.document.id, &id, &[]).await?;
    loaded.ok_or_else(ApiError::not_found)
}
