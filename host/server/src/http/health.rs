//! Whether the host lives, and whether it can do its work.

use std::sync::Arc;

use axum::extract::State;
use baton_store::WorkKind;

use super::{code::Code, error::Answer};
use crate::host::Host;

/// Answers while the process lives.
#[utoipa::path(get, path = "/healthz", tag = "health", operation_id = "alive",
    responses((status = 200, description = "It lives.", body = String, content_type = "text/plain")))]
pub async fn alive() -> &'static str {
    "ok"
}

/// Answers while the store answers too.
#[utoipa::path(get, path = "/readyz", tag = "health", operation_id = "ready",
    extensions(("x-error-codes" = json!([Code::Unavailable]))),
    responses((status = 200, description = "It is ready.", body = String, content_type = "text/plain")))]
pub async fn ready(State(host): State<Arc<Host>>) -> Answer<&'static str> {
    host.store.next_due(WorkKind::Effect).await?;
    Ok("ready")
}
