//! The floors: what any host must do for a webhook, and nothing of Baton's
//! logic. The route, the extractors and the server are the host's own.

use std::{path::Path, sync::Arc};

use axum::{
    Router,
    extract::{DefaultBodyLimit, State},
    http::{HeaderValue, StatusCode},
    routing::post,
};
use baton::{
    accept::{self, Door, Limits},
    http::Signature,
};
use baton_domain::limits::{CONNECTIONS_MAX, WEBHOOK_BODY_BYTES_MAX};
use baton_whatsapp::{
    signature::{AppSecret, AppSecrets, verify},
    webhook::parse,
};
use bytes::Bytes;
use tokio::{net::TcpListener, sync::watch};

use crate::{
    group_commit::Writer,
    recording,
    requests::SECRET,
    subject::{Said, wait_for},
};

struct Floor {
    secrets: AppSecrets,
    writer: Option<Writer>,
}

/// The writer of the rows that were recorded in `rows`, into a fresh store.
pub fn writer(data: &Path, rows: &Path) -> anyhow::Result<Writer> {
    Writer::open(data, recording::read(rows)?)
}

/// Serves until the parent wants an end: through the host's own front door, or
/// with axum's server, which has no limits.
pub async fn serve(
    listener: TcpListener,
    writer: Option<Writer>,
    front: Front,
    mut control: watch::Receiver<Said>,
) -> anyhow::Result<()> {
    let secrets = AppSecrets::new(AppSecret::new(SECRET)?, None);
    let router = Router::new()
        .route("/webhooks/whatsapp/{app}", post(receive))
        .layer(DefaultBodyLimit::max(WEBHOOK_BODY_BYTES_MAX))
        .with_state(Arc::new(Floor { secrets, writer }));
    let end = async move { wait_for(&mut control, Said::End).await };
    match front {
        Front::Axum => {
            axum::serve(listener, router)
                .with_graceful_shutdown(end)
                .await?;
        }
        Front::Baton => {
            let door = Arc::new(Door::new(Limits::default()));
            let router = accept::in_time(router, &door);
            accept::serve(listener, CONNECTIONS_MAX, router, &door, None, end).await;
        }
    }
    Ok(())
}

/// Who accepts.
#[derive(Debug, Clone, Copy)]
pub enum Front {
    /// axum's own server.
    Axum,
    /// Baton's front door.
    Baton,
}

async fn receive(
    State(floor): State<Arc<Floor>>,
    Signature(signature): Signature,
    body: Bytes,
) -> StatusCode {
    let signature = signature.as_ref().map(HeaderValue::as_bytes);
    let Ok(body) = verify(body, signature, &floor.secrets) else {
        return StatusCode::UNAUTHORIZED;
    };
    let Ok(delivery) = parse(&body) else {
        return StatusCode::BAD_REQUEST;
    };
    if let Some(writer) = &floor.writer {
        for _ in 0..delivery.updates.len() {
            if writer.write_one_event().await.is_err() {
                return StatusCode::INTERNAL_SERVER_ERROR;
            }
        }
    }
    StatusCode::OK
}
