//! `GET /metrics`, in Prometheus' text form.

use std::sync::Arc;

use axum::{extract::State, http::header::CONTENT_TYPE, response::IntoResponse};

use super::{auth::Monitor, error::Answer};
use crate::host::Host;

/// Shows metrics to whoever has the key of `metrics_key_sha256`, or the
/// administrator's.
#[utoipa::path(get, path = "/metrics", tag = "health", operation_id = "metrics",
    security(("metrics_key" = []), ("admin_key" = [])),
    responses((status = 200, description = "All metrics.", body = String, content_type = "text/plain")))]
pub async fn show(State(host): State<Arc<Host>>, _: Monitor) -> Answer<impl IntoResponse> {
    let text = host.metrics.rendered(&host).await?;
    Ok((
        [(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")],
        text,
    ))
}
