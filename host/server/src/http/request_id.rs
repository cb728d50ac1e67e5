//! The id of a request: taken from `X-Request-Id` or made, named in the
//! answer's header, in an error's body and in everything that is logged about
//! the request.

use std::{
    hash::Hasher,
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use axum::{
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderValue},
    middleware::Next,
    response::Response,
};
use baton_domain::limits::{REQUEST_ID_CHARS_MAX, REQUEST_ID_CHARS_MIN};
use baton_store::Entropy;
use siphasher::sip128::{Hasher128, SipHasher13};
use tracing::Instrument;

use super::{error, refusals};
use crate::{accept::run_in_time, host::Host};

/// The header in which callers may name a request, and find its id.
pub const HEADER: &str = "x-request-id";

/// Makes ids: keyed hashes of a count, so that one costs little and tells
/// nobody how many others there were.
pub struct RequestIds {
    key: [u8; 16],
    made: AtomicU64,
}

impl RequestIds {
    /// Ids under a random key.
    ///
    /// # Errors
    /// The source's.
    pub fn new(entropy: &dyn Entropy) -> io::Result<Self> {
        let mut key = [0; 16];
        entropy.fill(&mut key)?;
        Ok(Self {
            key,
            made: AtomicU64::new(0),
        })
    }

    fn fresh(&self) -> String {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let mut hasher = SipHasher13::new_with_key(&self.key);
        hasher.write_u64(number);
        format!("{:032x}", hasher.finish128().as_u128())
    }
}

/// The id that the caller chose, when it may stand in a log: long enough to be
/// no phone number, and of letters, digits, `-` and `_` alone.
fn chosen(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(HEADER)?.to_str().ok()?;
    let fits = (REQUEST_ID_CHARS_MIN..=REQUEST_ID_CHARS_MAX).contains(&id.len());
    let is_word = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    (fits && id.bytes().all(is_word)).then(|| id.to_owned())
}

/// Gives each request its id and its span, counts it and times it.
pub async fn identify(State(host): State<Arc<Host>>, request: Request, next: Next) -> Response {
    let run = async move |request| next.run(request).await;
    answer(&host, request, run).await
}

/// The same, and has each request done to its end and answered in its time.
pub async fn identify_in_time(
    State(host): State<Arc<Host>>,
    request: Request,
    next: Next,
) -> Response {
    let host = &*host;
    let run = async move |request| match refusals::early(host, &request) {
        Some(refusal) => refusal,
        None => run_in_time(&host.door, request, next).await,
    };
    answer(host, request, run).await
}

async fn answer(
    host: &Host,
    request: Request,
    run: impl AsyncFnOnce(Request) -> Response,
) -> Response {
    let begun = Instant::now();
    let id = chosen(request.headers()).unwrap_or_else(|| host.request_ids.fresh());
    let route = request.extensions().get::<MatchedPath>();
    // The path itself may hold anything, its pattern does not.
    let route = route.map_or("", MatchedPath::as_str);
    let span = tracing::info_span!(
        "request",
        request.id = %id,
        http.method = %request.method(),
        http.route = route
    );
    let answer = run(request).instrument(span.clone()).await;
    let mut answer = error::identified(answer, &id);
    if let Ok(value) = HeaderValue::from_str(&id) {
        answer.headers_mut().insert(HEADER, value);
    }
    let status = answer.status();
    let took = begun.elapsed();
    host.metrics.http.count(class(status.as_u16()));
    host.metrics.http_seconds.record(took.as_secs_f64());
    let took_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    tracing::debug!(parent: &span, http.status = status.as_u16(), took_us, "answered");
    answer
}

fn class(status: u16) -> &'static str {
    match status / 100 {
        1 => "1xx",
        2 => "2xx",
        3 => "3xx",
        4 => "4xx",
        _ => "5xx",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(id: &str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(HEADER, HeaderValue::from_str(id).unwrap());
        chosen(&headers)
    }

    #[test]
    fn a_phone_number_or_free_text_is_no_request_id() {
        let uuid = "9f1c1a2e-7a55-4a8e-9c1d-0a4f0f1f2b3c";
        assert_eq!(of(uuid).as_deref(), Some(uuid));
        for bad in [
            "",
            "6281290001234",
            "+62812900012341234",
            "a b c d e f g h i j",
            "Sari",
        ] {
            assert_eq!(of(bad), None, "{bad}");
        }
        assert_eq!(of(&"a".repeat(REQUEST_ID_CHARS_MAX + 1)), None);
    }

    #[test]
    fn no_two_requests_share_an_id() {
        let ids = RequestIds::new(&baton_store::SeededEntropy::new(7)).unwrap();
        assert_ne!(ids.fresh(), ids.fresh());
    }
}
