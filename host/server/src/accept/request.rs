//! One request: its body in time, its work to the end, its answer in time.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Router,
    body::Body,
    http::{HeaderValue, Request, Response, header},
    response::IntoResponse,
};
use hyper::body::{Body as _, Incoming};
use tokio::time::{Instant, timeout_at};
use tower_service::Service;

use super::{
    body::{BoundedBody, Cut},
    door::Door,
};
use crate::http::ApiError;

/// Answers a request.
///
/// The work runs in a task of its own: a sender that hangs up, or an answer
/// that comes too late, never stops a handler between two steps. So a webhook
/// that was not acknowledged in time is still taken whole, and its redelivery
/// changes nothing more.
pub(super) async fn answer(
    door: Arc<Door>,
    mut router: Router,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let began = Instant::now();
    let (answer_by, body_by) = (began + door.limits.request, began + door.limits.body);
    let (parts, incoming) = request.into_parts();
    let awaits_continue = parts.headers.contains_key(header::EXPECT);
    let (body, fate) = if incoming.is_end_stream() {
        (Body::empty(), None)
    } else {
        let bounded = BoundedBody::new(incoming, body_by, &door);
        let fate = bounded.fate();
        (Body::new(bounded), Some(fate))
    };
    let held = fate.clone();
    let work = door.requests.spawn(async move {
        let answered = router.call(Request::from_parts(parts, body)).await;
        // Its room is given back when the work no longer needs the bytes.
        drop(held);
        answered
    });
    let mut response = match timeout_at(answer_by, work).await {
        Ok(Ok(Ok(response))) => response,
        Ok(Err(error)) => {
            door.counts.requests_panicked.add();
            tracing::error!(%error, "a handler panicked");
            ApiError::internal().into_response()
        }
        Err(_) => {
            door.counts.requests_timed_out.add();
            tracing::warn!("a request was not answered in time; its work goes on");
            ApiError::timed_out().into_response()
        }
    };
    let Some(fate) = fate else {
        return Ok(response);
    };
    match fate.cut() {
        Some(Cut::TimedOut) => {
            door.counts.bodies_timed_out.add();
            response = closing(ApiError::body_timed_out());
        }
        Some(_) => {
            door.counts.bodies_shed.add();
            response = closing(ApiError::shed());
        }
        None if fate.is_read() || !awaits_continue => fate.discard_rest(body_by).await,
        None => {}
    }
    Ok(response)
}

/// An answer after which the connection ends, since the body does not.
fn closing(error: ApiError) -> Response<Body> {
    let mut response = error.into_response();
    response
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}
