//! The export, as a stream.

use std::{io, sync::Arc, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use baton_domain::limits::EXPORT_STALL_SECONDS_MAX;
use baton_store::{Exported, StoreError};
use futures_util::stream;
use tokio::{
    sync::mpsc::{self, Receiver, Sender},
    task::JoinHandle,
    time::timeout,
};

use super::{entry_about, note};
use crate::{
    host::Host,
    http::{
        auth::Admin,
        code::Code,
        error::{Answer, ApiError},
    },
};

type Chunk = Result<Bytes, io::Error>;

/// Everything there is, as JSON lines, while the host goes on: each customer
/// whole and as of one moment. What is personal is sealed; the keys are not in
/// it, so keep copies of the files `keys` and `erasures` apart from it. An
/// export without its last line (`"is":"end"`) is cut short: take another one.
/// `baton import` reads it.
#[utoipa::path(get, path = "/admin/export", tag = "admin", operation_id = "export",
    security(("admin_key" = [])), extensions(("x-error-codes" = json!([Code::ExportRunning]))),
    responses((status = 200, description = "The export.", body = String,
        content_type = "application/x-ndjson")))]
pub async fn export(State(host): State<Arc<Host>>, _: Admin) -> Answer<Response> {
    let (to, mut lines) = mpsc::channel(1);
    let (store, at) = (host.store.clone(), host.clock.now());
    let running = tokio::spawn(async move { store.export(at, to).await });
    let Some(first) = lines.recv().await else {
        return Err(match running.await {
            Ok(Err(error)) => error.into(),
            _ => ApiError::internal(),
        });
    };
    // It runs, and nothing of it has left.
    let directory = host.directory();
    for tenant in directory.tenants() {
        let entry = entry_about(&host, "export-host", None);
        note(&host, &tenant.document.id, entry).await?;
    }
    let (out, body) = mpsc::channel(1);
    tokio::spawn(forward(first, lines, running, out));
    let body = stream::unfold(body, |mut body| async {
        body.recv().await.map(|chunk: Chunk| (chunk, body))
    });
    let name = at.strftime("attachment; filename=\"baton-%Y%m%dT%H%M%SZ.ndjson\"");
    let headers = [
        (CONTENT_TYPE, "application/x-ndjson".to_owned()),
        (CONTENT_DISPOSITION, name.to_string()),
    ];
    Ok((headers, Body::from_stream(body)).into_response())
}

/// Hands chunks on, as long as whoever reads them does. When the export fails
/// the connection breaks off, so that nobody takes it for whole.
async fn forward(
    first: Vec<u8>,
    mut lines: Receiver<Vec<u8>>,
    running: JoinHandle<Result<Exported, StoreError>>,
    out: Sender<Chunk>,
) {
    let stall = Duration::from_secs(EXPORT_STALL_SECONDS_MAX);
    let mut next = Some(first);
    while let Some(chunk) = next {
        let handed = timeout(stall, out.send(Ok(chunk.into()))).await;
        if !matches!(handed, Ok(Ok(()))) {
            let has_stalled = handed.is_err();
            tracing::warn!(has_stalled, "nobody reads the export any more: it ends");
            break;
        }
        next = lines.recv().await;
    }
    drop(lines);
    let why = match running.await {
        Ok(Ok(counts)) => return tracing::info!(?counts, "exported"),
        Ok(Err(error)) => error.to_string(),
        Err(error) => error.to_string(),
    };
    tracing::error!(%why, "the export is cut short");
    let _ = out.send(Err(io::Error::other(why))).await;
}
