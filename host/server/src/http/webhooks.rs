//! Where Meta calls.

use std::{convert::Infallible, sync::Arc, time::Instant};

use axum::{
    extract::{FromRequestParts, RawQuery, State},
    http::{HeaderValue, StatusCode, request::Parts},
};
use baton_whatsapp::{handshake, signature::SIGNATURE_HEADER};

use super::{
    code::Code,
    error::{Answer, ApiError},
    extract::{Bytes, Path},
};
use crate::{host::Host, pipeline::take_webhook};

/// The route, as it is matched.
pub(super) const PATH: &str = "/webhooks/whatsapp/{app}";

/// Answers Meta's subscription handshake, which is not signed.
#[utoipa::path(get, path = "/webhooks/whatsapp/{app}", tag = "webhooks",
    operation_id = "webhook_handshake", params(("app" = String, Path, description = "Name of the Meta app."),
        ("hub.mode" = String, Query, description = "`subscribe`."),
        ("hub.challenge" = String, Query, description = "A plain word, which is answered."),
        ("hub.verify_token" = String, Query, description = "The app's verify token.")),
    extensions(("x-error-codes" = json!([Code::HandshakeRefused]))),
    responses((status = 200, description = "The challenge.", body = String, content_type = "text/plain")))]
pub async fn handshake(
    State(host): State<Arc<Host>>,
    Path(app): Path<String>,
    RawQuery(query): RawQuery,
) -> Answer<String> {
    let directory = host.directory();
    let refused = || ApiError::new(Code::HandshakeRefused, "the handshake is refused");
    let app = directory.app(&app).ok_or_else(refused)?;
    handshake::answer(query.as_deref().unwrap_or_default(), &app.verify_token)
        .map_err(|_| refused())
}

/// What Meta signed the body with. The other headers stay where they are: a copy
/// of all of them would be a part of every webhook's cost.
pub struct Signature(pub Option<HeaderValue>);

impl<S: Send + Sync> FromRequestParts<S> for Signature {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self(parts.headers.remove(SIGNATURE_HEADER)))
    }
}

/// Takes a webhook of Meta: 200 means that everything in it is durable. A
/// signed body that cannot be processed is kept in quarantine and acknowledged.
#[utoipa::path(post, path = "/webhooks/whatsapp/{app}", tag = "webhooks",
    operation_id = "take_webhook", params(("app" = String, Path, description = "Name of the Meta app.")),
    request_body(content = Object, content_type = "application/json",
        description = "As Meta documents it; verified over the raw bytes, at most 4 MiB."),
    security(("signature" = [])),
    extensions(("x-error-codes" = json!([Code::UnknownApp, Code::SignatureMissing,
        Code::SignatureScheme, Code::SignatureLength, Code::SignatureNotHex,
        Code::SignatureMismatch, Code::QuarantineFull]))),
    responses((status = 200, description = "Everything in it is durable.")))]
pub async fn receive(
    State(host): State<Arc<Host>>,
    Path(app): Path<String>,
    Signature(signature): Signature,
    Bytes(body): Bytes,
) -> Answer<StatusCode> {
    let Some(app) = host.directory().app(&app).cloned() else {
        host.metrics.webhooks.count("unknown_app");
        let message = "no app of this name signs here";
        return Err(ApiError::new(Code::UnknownApp, message));
    };
    let signature = signature.as_ref().map(HeaderValue::as_bytes);
    let (begun, bytes) = (Instant::now(), body.len());
    let taken = async {
        let _room = host.door.webhook(bytes)?;
        take_webhook(&host, &app, body, signature).await
    };
    let taken = taken.await;
    host.metrics.webhook(&taken, bytes, begun.elapsed());
    taken?;
    Ok(StatusCode::OK)
}
