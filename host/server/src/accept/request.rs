//! One request: its body in time, and what becomes of the rest of it.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Router,
    body::Body,
    http::{HeaderValue, Request, Response, header},
};
use hyper::body::{Body as _, Incoming};
use tokio::time::Instant;
use tower_service::Service;

use super::{
    body::{BodyLimit, BoundedBody},
    door::Door,
};

/// Answers a request. Whoever reads its body learns when a limit cut it short;
/// the connection ends then, since the body does not.
pub(super) async fn answer(
    door: Arc<Door>,
    mut router: Router,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let body_by = Instant::now() + door.limits.body;
    let (mut parts, incoming) = request.into_parts();
    let awaits_continue = parts.headers.contains_key(header::EXPECT);
    if incoming.is_end_stream() {
        return router.call(Request::from_parts(parts, Body::empty())).await;
    }
    let bounded = BoundedBody::new(incoming, body_by, &door);
    let fate = bounded.fate();
    parts.extensions.insert(fate.clone());
    let request = Request::from_parts(parts, Body::new(bounded));
    let Ok(mut response) = router.call(request).await;
    let counts = &door.counts;
    match fate.cut() {
        Some(limit) => {
            match limit {
                BodyLimit::Time => counts.bodies_timed_out.add(),
                BodyLimit::Room => counts.bodies_shed.add(),
            }
            let close = HeaderValue::from_static("close");
            response.headers_mut().insert(header::CONNECTION, close);
        }
        None if fate.is_read() || !awaits_continue => fate.discard_rest(body_by).await,
        None => {}
    }
    Ok(response)
}
