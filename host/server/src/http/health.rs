//! Whether the host lives, and whether it can do its work.

use std::sync::Arc;

use axum::extract::State;
use baton_store::WorkKind;

use super::error::Answer;
use crate::host::Host;

/// `GET /healthz`: the process answers.
pub async fn alive() -> &'static str {
    "ok"
}

/// `GET /readyz`: the store answers too.
pub async fn ready(State(host): State<Arc<Host>>) -> Answer<&'static str> {
    host.store.next_due(WorkKind::Effect).await?;
    Ok("ready")
}
