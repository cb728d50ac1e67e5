//! Whether the host lives, and whether it can do its work.

use std::sync::Arc;

use axum::{extract::State, http::StatusCode};
use baton_store::WorkKind;
use futures_util::FutureExt;

use super::error::{Answer, ApiError};
use crate::host::Host;

/// `GET /healthz`: the process answers.
pub async fn alive() -> &'static str {
    "ok"
}

/// `GET /readyz`: the store answers too, and takes what is told.
pub async fn ready(State(host): State<Arc<Host>>) -> Answer<&'static str> {
    if host.store.failed().now_or_never().is_some() {
        let message = "a write to the store failed: the host is ending, start it again";
        let status = StatusCode::SERVICE_UNAVAILABLE;
        return Err(ApiError::new(status, "store_failed", message));
    }
    host.store.next_due(WorkKind::Effect).await?;
    Ok("ready")
}
