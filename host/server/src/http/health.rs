//! Whether the host lives, and whether it can do its work.

use std::sync::Arc;

use axum::extract::State;
use baton_store::WorkKind;
use futures_util::FutureExt;

use super::{
    code::Code,
    error::{Answer, ApiError},
};
use crate::host::Host;

/// Answers while the process lives.
#[utoipa::path(get, path = "/healthz", tag = "health", operation_id = "alive",
    responses((status = 200, description = "It lives.", body = String, content_type = "text/plain")))]
pub async fn alive() -> &'static str {
    "ok"
}

/// Answers while the store answers too, and takes what is told.
#[utoipa::path(get, path = "/readyz", tag = "health", operation_id = "ready",
    extensions(("x-error-codes" = json!([Code::StoreFailed, Code::Unavailable]))),
    responses((status = 200, description = "It is ready.", body = String, content_type = "text/plain")))]
pub async fn ready(State(host): State<Arc<Host>>) -> Answer<&'static str> {
    if host.store.failed().now_or_never().is_some() {
        let message = "a write to the store failed: the host is ending, start it again";
        return Err(ApiError::new(Code::StoreFailed, message));
    }
    host.store.next_due(WorkKind::Effect).await?;
    Ok("ready")
}
