//! What is refused before a handler sees it, in the same form as everything
//! else that is refused.

use std::sync::Arc;

use axum::{
    extract::{MatchedPath, Request, State},
    http::Method,
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::{error::ApiError, webhooks};
use crate::host::Host;

/// What a webhook is answered that comes while there is no room for any:
/// before its body is read, or a task is started for it.
pub(super) fn early(host: &Host, request: &Request) -> Option<Response> {
    let route = request.extensions().get::<MatchedPath>()?;
    if request.method() != Method::POST || route.as_str() != webhooks::PATH {
        return None;
    }
    let shed = host.door.before_webhook().err()?;
    host.metrics.webhooks.count("shed");
    Some(ApiError::from(shed).into_response())
}

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
