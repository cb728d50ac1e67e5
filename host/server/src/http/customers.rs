//! Customers: who they are, and their whole log.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State},
};
use baton_domain::ids::CustomerId;
use baton_store::{Loaded, Version};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    auth::{Operator, Reader, Scope},
    error::{Answer, ApiError},
    facts::customer_key,
    page::{PageQuery, PageView},
    view,
};
use crate::{host::Host, pipeline::CustomerKey, wire::CustomerRef};

/// Which customers are wanted.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    /// The one with this phone number.
    #[serde(default)]
    phone: Option<String>,
    /// The one with this id of yours.
    #[serde(default)]
    external_id: Option<String>,
    #[serde(default)]
    after: Option<String>,
    #[serde(default)]
    limit: Option<usize>,
}

/// `GET /v1/customers`: a page of ids, or the one customer that a phone number
/// or your own id names.
pub async fn list(
    State(host): State<Arc<Host>>,
    Reader(scope): Reader,
    Query(wanted): Query<Wanted>,
) -> Answer<Json<Value>> {
    let tenant = &scope.tenant.document.id;
    if wanted.phone.is_none() && wanted.external_id.is_none() {
        let limit = PageQuery::limited(wanted.limit);
        let page = host
            .store
            .customers(tenant, wanted.after.as_deref(), limit)
            .await?;
        let page = PageView::of(page, |id| json!({ "id": id }));
        return Ok(Json(json!(page)));
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
    let loaded = host.store.resolve(tenant, &links, &[]).await?;
    // A customer nobody knows comes back empty: it exists once committed.
    let is_known = loaded.version > Version(0);
    let now = host.clock.now();
    let found = is_known.then(|| view::customer(&loaded.customer, &loaded.state, now));
    Ok(Json(
        json!({ "items": found.into_iter().collect::<Vec<_>>() }),
    ))
}

/// `GET /v1/customers/{customer}`.
pub async fn show(
    State(host): State<Arc<Host>>,
    Reader(scope): Reader,
    Path(customer): Path<String>,
) -> Answer<Json<Value>> {
    let loaded = load(&host, &scope, &customer).await?;
    Ok(Json(view::customer(
        &loaded.customer,
        &loaded.state,
        host.clock.now(),
    )))
}

/// Which events are wanted.
#[derive(Debug, Deserialize)]
pub struct EventsQuery {
    /// The first version wanted.
    #[serde(default)]
    from: Option<u64>,
    #[serde(default)]
    limit: Option<usize>,
}

/// `GET /v1/customers/{customer}/events`: the log, oldest first.
pub async fn events(
    State(host): State<Arc<Host>>,
    Operator(scope): Operator,
    Path(customer): Path<String>,
    Query(query): Query<EventsQuery>,
) -> Answer<Json<PageView<Value>>> {
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
        events.iter().map(view::event).collect(),
        next,
    )))
}

/// The customer of this id, when it is the scope's.
pub(super) async fn load(host: &Host, scope: &Scope, customer: &str) -> Answer<Loaded> {
    let id = CustomerId::parse(customer).map_err(|_| ApiError::not_found())?;
    let loaded = host.store.load(&scope.tenant.document.id, &id, &[]).await?;
    loaded.ok_or_else(ApiError::not_found)
}
