//! What is refused before a handler sees it, in the same form as everything
//! else that is refused.

use std::sync::Arc;

use axum::{
    body::to_bytes,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::error::ApiError;
use crate::host::Host;

/// What axum itself says of a request is short; more of it is not told.
const REASON_BYTES_MAX: usize = 4 * 1024;

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

/// Gives axum's own refusals, which are plain text, the stable form.
pub(super) async fn in_stable_form(response: Response) -> Response {
    let status = response.status();
    let is_refusal = status.is_client_error() || status.is_server_error();
    if !is_refusal || is_json(response.headers()) {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let reason = to_bytes(body, REASON_BYTES_MAX).await.unwrap_or_default();
    let reason = String::from_utf8_lossy(&reason);
    let (code, message) = match status {
        StatusCode::METHOD_NOT_ALLOWED => ("method_not_allowed", "not with this method"),
        StatusCode::PAYLOAD_TOO_LARGE => ("body_too_large", "the body is too large"),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ("unsupported_media_type", &*reason),
        StatusCode::UNPROCESSABLE_ENTITY => ("invalid_value", &*reason),
        _ if status.is_server_error() => return ApiError::internal().into_response(),
        _ => ("bad_request", &*reason),
    };
    let mut refused = ApiError::new(status, code, message).into_response();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.remove(header::CONTENT_TYPE);
    refused.headers_mut().extend(parts.headers);
    refused
}

fn is_json(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE) == Some(&HeaderValue::from_static("application/json"))
}
