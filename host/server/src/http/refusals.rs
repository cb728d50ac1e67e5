//! What is refused before a handler sees it, in the same form as everything
//! else that is refused.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::error::ApiError;
use crate::host::Host;

/// Lets a request of the API in if there is room for it.
pub(super) async fn shed_over_limit(
    State(host): State<Arc<Host>>,
    request: Request,
    next: Next,
) -> Response {
    match host.door.api_request() {
        Ok(_room) => next.run(request).await,
        Err(shed) => ApiError::from(shed).into_response(),
    }
}
