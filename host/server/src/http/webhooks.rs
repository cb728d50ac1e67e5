//! Where Meta calls.

use std::sync::Arc;

use axum::{
    extract::{Path, RawQuery, State},
    http::{HeaderMap, StatusCode},
};
use baton_whatsapp::{handshake, signature::SIGNATURE_HEADER};
use bytes::Bytes;

use super::error::{Answer, ApiError};
use crate::{host::Host, pipeline::take_webhook};

/// `GET /webhooks/whatsapp/{app}`: the subscription handshake, which Meta does
/// not sign.
pub async fn handshake(
    State(host): State<Arc<Host>>,
    Path(app): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer<String> {
    let directory = host.directory();
    let refused = |code| ApiError::new(StatusCode::FORBIDDEN, code, "the handshake is refused");
    let app = directory
        .app(&app)
        .ok_or_else(|| refused("handshake_refused"))?;
    handshake::answer(query.as_deref().unwrap_or_default(), &app.verify_token)
        .map_err(|_| refused("handshake_refused"))
}

/// `POST /webhooks/whatsapp/{app}`: 200 means that everything in it is durable.
pub async fn receive(
    State(host): State<Arc<Host>>,
    Path(app): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer<StatusCode> {
    let directory = host.directory();
    let unknown = || {
        let message = "no app of this name signs here";
        ApiError::new(StatusCode::UNAUTHORIZED, "unknown_app", message)
    };
    let app = directory.app(&app).ok_or_else(unknown)?.clone();
    let signature = headers
        .get(SIGNATURE_HEADER)
        .map(axum::http::HeaderValue::as_bytes);
    let _room = host.door.webhook(body.len())?;
    take_webhook(&host, &app, body, signature).await?;
    Ok(StatusCode::OK)
}
