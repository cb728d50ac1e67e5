//! A request's work to its end, its answer in time.

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse, Response},
};
use tokio::time::timeout;
use tracing::{Instrument, Span};

use super::{body::Fate, door::Door};
use crate::http::ApiError;

/// Has each request of `router` done to its end and answered within its time.
///
/// The work runs in a task of its own: a sender that hangs up, or an answer
/// that comes too late, never stops a handler between two steps. So a webhook
/// that was not acknowledged in time is still taken whole, and its redelivery
/// changes nothing more.
pub fn in_time<S: Clone + Send + Sync + 'static>(router: Router<S>, door: &Arc<Door>) -> Router<S> {
    router.layer(from_fn_with_state(door.clone(), answer))
}

async fn answer(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    run_in_time(&door, request, next).await
}

/// What [`in_time`] has done, for whoever is a layer already: one layer less is
/// a few percent of a webhook.
pub(crate) async fn run_in_time(door: &Arc<Door>, request: Request, next: Next) -> Response {
    // Its room is given back when the work no longer needs the bytes.
    let held = request.extensions().get::<Arc<Fate>>().cloned();
    let work = async move {
        let answer = next.run(request).await;
        drop(held);
        answer
    };
    let work = door.requests.spawn(work.instrument(Span::current()));
    match timeout(door.limits.request, work).await {
        Ok(Ok(response)) => response,
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
    }
}
