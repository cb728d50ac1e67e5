//! All that is kept of one customer, as whoever exports it may see it.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::header::CONTENT_TYPE,
    response::IntoResponse,
};
use baton_domain::limits::CUSTOMER_EXPORT_EVENTS_AT_ONCE;
use baton_store::{Loaded, Version};
use futures_util::stream;
use serde::Serialize;
use serde_json::json;

use super::{
    audit::note,
    auth::{Exporter, Scope},
    code::Code,
    customers::{load, seen_events, shown},
    error::{Answer, ApiError},
    extract::Path,
};
use crate::host::Host;

/// Exports a customer as JSON lines: the customer, each event of the log, and a
/// last line that counts them. Without the last line it is cut short.
#[utoipa::path(get, path = "/v1/customers/{customer}/export", tag = "customers",
    operation_id = "export_customer", security(("tenant_key" = [])),
    params(("customer" = String, Path, description = "Baton's id.")),
    extensions(("x-error-codes" = json!([Code::NotFound, Code::Erased]))),
    responses((status = 200, description = "A line each.", body = String,
        content_type = "application/x-ndjson")))]
pub async fn export(
    State(host): State<Arc<Host>>,
    Exporter(scope): Exporter,
    Path(customer): Path<String>,
) -> Answer<impl IntoResponse> {
    let loaded = load(&host, &scope, &customer).await?;
    let view = shown(&host, &scope, "export-customer", &loaded).await?;
    let going = Going {
        host,
        scope,
        loaded,
        next: Some(Version(1)),
        first: line(&json!({ "is": "customer", "customer": view })),
        count: 0,
    };
    let lines = stream::try_unfold(going, |going| async move {
        // Whoever reads it notices that the last line is missing.
        let page = going.page().await;
        page.map_err(|_| std::io::Error::other("cut short"))
    });
    let media = [(CONTENT_TYPE, "application/x-ndjson")];
    Ok((media, Body::from_stream(lines)))
}

/// An export that is under way.
struct Going {
    host: Arc<Host>,
    scope: Scope,
    loaded: Loaded,
    /// Where to go on; `None` when all was told.
    next: Option<Version>,
    /// What comes before the next events.
    first: Vec<u8>,
    count: u64,
}

impl Going {
    /// The next lines, which the audit tells of before they leave.
    async fn page(mut self) -> Result<Option<(Bytes, Self)>, ApiError> {
        let Some(from) = self.next else {
            return Ok(None);
        };
        let (host, tenant) = (&self.host, &self.scope.tenant.document.id);
        let customer = &self.loaded.customer;
        let most = CUSTOMER_EXPORT_EVENTS_AT_ONCE;
        let events = host.store.events(tenant, customer, from, most).await?;
        let mut bytes = std::mem::take(&mut self.first);
        let last = events.last().map(|it| it.version);
        self.count += events.len() as u64;
        let what = "export-customer";
        let (views, read) = seen_events(host, &self.scope, what, &self.loaded, &events);
        note(host, &self.scope, read).await?;
        for view in &views {
            bytes.extend(line(&json!({ "is": "event", "event": view })));
        }
        // Events that came meanwhile are another export's.
        let last = last.filter(|last| *last < self.loaded.version);
        self.next = last.map(|last| Version(last.0 + 1));
        if self.next.is_none() {
            bytes.extend(line(&json!({ "is": "end", "events": self.count })));
        }
        Ok(Some((bytes.into(), self)))
    }
}

fn line(value: &impl Serialize) -> Vec<u8> {
    // Views of ours: this cannot fail.
    let mut line = serde_json::to_vec(value).unwrap_or_default();
    line.push(b'\n');
    line
}
