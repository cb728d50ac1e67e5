//! Customers: who they are, and their whole log.

use std::sync::Arc;

use axum::extract::State;
use baton_domain::ids::CustomerId;
use baton_store::{Loaded, Version};
use serde::Deserialize;
use utoipa::IntoParams;

use super::{
    auth::{Operator, Reader, Scope},
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
    Reader(scope): Reader,
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
    let now = host.clock.now();
    let found = found.map(|it| CustomerView::of(&it.customer, &it.state, now));
    let found = found.into_iter().map(Into::into).collect();
    Ok(Json(PageView::new(found, None)))
}

/// Shows a customer.
#[utoipa::path(get, path = "/v1/customers/{customer}", tag = "customers",
    operation_id = "show_customer", security(("tenant_key" = [])),
    params(("customer" = String, Path, description = "Baton's id.")),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::Erased]))),
    responses((status = 200, description = "The customer.", body = CustomerView)))]
pub async fn show(
    State(host): State<Arc<Host>>,
    Reader(scope): Reader,
    Path(customer): Path<String>,
) -> Answer<Json<CustomerView>> {
    let loaded = load(&host, &scope, &customer).await?;
    let now = host.clock.now();
    Ok(Json(CustomerView::of(&loaded.customer, &loaded.state, now)))
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
    Operator(scope): Operator,
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
    Ok(Json(PageView::new(
        events.into_iter().map(Into::into).collect(),
        next,
    )))
}

/// The customer of this id, when it is the scope's.
pub(super) async fn load(host: &Host, scope: &Scope, customer: &str) -> Answer<Loaded> {
    let id = CustomerId::parse(customer).map_err(|_| ApiError::not_found())?;
    let loaded = host.store.load(&scope.tenant.document.id, &id, &[]).await?;
    loaded.ok_or_else(ApiError::not_found)
}
