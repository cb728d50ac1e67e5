//! What a request is answered when it cannot be done: a stable code, what
//! happened, and what to do next. A 5xx says nothing of the inside.

use std::sync::Arc;

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use baton_domain::limits::{BODY_SECONDS_MAX, Limit, RETRY_AFTER_SECONDS};
use baton_store::{CommitError, StoreError};
use serde_json::{Map, Value, json};

use super::code::Code;
use crate::{accept::Shed, pipeline::Refused, wire::InvalidValue};

/// An answer that is not what was asked for.
#[derive(Debug, Clone)]
pub struct ApiError {
    code: Code,
    message: String,
    details: Map<String, Value>,
    /// Seconds, when it is worth coming again.
    retry_after: Option<u64>,
}

/// What a handler answers.
pub type Answer<T> = Result<T, ApiError>;

impl ApiError {
    /// An error of this code, whose table also tells the status.
    pub fn new(code: Code, message: impl ToString) -> Self {
        let is_soon = code.status() == StatusCode::SERVICE_UNAVAILABLE;
        Self {
            code,
            message: message.to_string(),
            details: Map::new(),
            retry_after: is_soon.then_some(RETRY_AFTER_SECONDS),
        }
    }

    /// The request says something that cannot be taken.
    pub fn invalid(message: impl ToString) -> Self {
        Self::new(Code::InvalidValue, message)
    }

    /// There is no such thing, or it is another tenant's: the same bytes.
    pub fn not_found() -> Self {
        Self::new(Code::NotFound, "there is no such thing here")
    }

    /// More than a limit allows; `what` says of what.
    pub fn over(what: &str, (limit, most): Limit) -> Self {
        Self::invalid(format!("{what}: at most {most}")).with("limit", limit)
    }

    /// Adds something that programs can read.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    /// The same, with the seconds after which to come again.
    #[must_use]
    pub fn after(self, seconds: u64) -> Self {
        let retry_after = Some(seconds);
        Self {
            retry_after,
            ..self
        }
    }

    /// There is too much to do: nothing of it was begun.
    pub fn shed() -> Self {
        let message = "too much is in work: come again later";
        Self::new(Code::Overloaded, message)
    }

    /// It takes too long to be waited for.
    pub fn timed_out() -> Self {
        let message = "it takes too long: it may still be done, so ask again";
        Self::new(Code::TimedOut, message)
    }

    /// The body did not come in time.
    pub fn body_timed_out() -> Self {
        let message = format!("the whole body is wanted within {BODY_SECONDS_MAX} seconds");
        Self::new(Code::BodyTimedOut, message)
    }

    /// Something is wrong with the host.
    pub fn internal() -> Self {
        let message = "something went wrong here: try again";
        Self::new(Code::Internal, message)
    }

    /// It cannot be done for now.
    pub fn unavailable() -> Self {
        Self::new(Code::Unavailable, "not done for now: try again")
    }
}

/// A text of 1 to `most` characters; `name` is what the request calls it.
///
/// # Errors
/// [`Code::InvalidValue`], with the name of the limit.
pub fn short(name: &str, text: &str, (limit, most): Limit) -> Answer<Arc<str>> {
    let length = text.chars().count();
    if (1..=most).contains(&length) {
        return Ok(text.into());
    }
    let message = format!("{name} must have 1 to {most} characters, has {length}");
    Err(ApiError::invalid(message).with("limit", limit))
}

/// The answer with the request's id in it, when it is an error.
pub fn identified(mut answer: Response, request_id: &str) -> Response {
    let error: Option<ApiError> = answer.extensions_mut().remove();
    let Some(error) = error else {
        return answer;
    };
    let body = error.body(Some(request_id)).into_response().into_body();
    let (mut parts, _) = answer.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, body)
}

impl ApiError {
    fn body(&self, request_id: Option<&str>) -> Json<Value> {
        let mut error = self.details.clone();
        error.insert("code".to_owned(), self.code.as_str().into());
        error.insert("message".to_owned(), self.message.as_str().into());
        if let Some(id) = request_id {
            error.insert("request_id".to_owned(), id.into());
        }
        Json(json!({ "error": error }))
    }
}

/// Complete but for the request's id, which `identified` adds.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = (self.code.status(), self.body(None)).into_response();
        if let Some(seconds) = self.retry_after {
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response.extensions_mut().insert(self);
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Erased => Self::new(Code::Erased, "the customer was erased on request"),
            StoreError::QuarantineFull => {
                tracing::error!("the quarantine is full");
                Self::new(Code::QuarantineFull, "try again later")
            }
            error @ StoreError::ExportRunning => Self::new(Code::ExportRunning, error),
            error @ StoreError::BadCursor => Self::invalid(error),
            StoreError::OverLimit { what, limit } => Self::over(what, limit),
            error => {
                tracing::error!(%error, source = ?std::error::Error::source(&error), "store");
                Self::unavailable()
            }
        }
    }
}

impl From<CommitError> for ApiError {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Store(error) => error.into(),
            CommitError::Stale => Self::new(
                Code::Stale,
                "it was changed since you read it, or If-Match is missing: read it again",
            ),
            _ => Self::new(
                Code::ChangedMeanwhile,
                "it was changed meanwhile: read it again",
            ),
        }
    }
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Signature(error) => Self::new(error.into(), error),
            Refused::Store(error) => error.into(),
            Refused::Contended => Self::unavailable(),
            Refused::Shed(shed) => shed.into(),
        }
    }
}

impl From<Shed> for ApiError {
    fn from(_: Shed) -> Self {
        Self::shed()
    }
}

impl From<InvalidValue> for ApiError {
    fn from(error: InvalidValue) -> Self {
        let (place, limit) = (error.place, error.limit);
        let error = Self::invalid(error).with("place", place);
        match limit {
            Some(limit) => error.with("limit", limit),
            None => error,
        }
    }
}

/// The answer for a path that nothing serves.
pub async fn no_such_route() -> ApiError {
    ApiError::new(Code::NoSuchRoute, "nothing is served here")
}

/// The answer for a method that the path does not serve.
pub async fn method_not_allowed() -> ApiError {
    ApiError::new(
        Code::MethodNotAllowed,
        "the path does not serve this method",
    )
}
