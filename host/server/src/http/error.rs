//! What a request is answered when it cannot be done: a stable code, what
//! happened, and what to do next. A 5xx says nothing of the inside.

use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use baton_domain::limits::{BODY_SECONDS_MAX, RETRY_AFTER_SECONDS};
use baton_store::{CommitError, StoreError};
use serde_json::{Map, Value, json};

use crate::{accept::Shed, pipeline::Refused, wire::InvalidValue};

/// An answer that is not what was asked for.
#[derive(Debug)]
pub struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    details: Map<String, Value>,
}

/// What a handler answers.
pub type Answer<T> = Result<T, ApiError>;

impl ApiError {
    /// An error of this status and stable code.
    pub fn new(status: StatusCode, code: &'static str, message: impl ToString) -> Self {
        Self {
            status,
            code,
            message: message.to_string(),
            details: Map::new(),
        }
    }

    /// The request says something that cannot be taken.
    pub fn invalid(message: impl ToString) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_value", message)
    }

    /// There is no such thing, or it is another tenant's: the same bytes.
    pub fn not_found() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not_found",
            "there is no such thing here",
        )
    }

    /// Adds something that programs can read.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    /// There is too much to do: nothing of it was begun.
    pub fn shed() -> Self {
        let message = "too much is in work: come again later";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "overloaded", message)
    }

    /// It takes too long to be waited for.
    pub fn timed_out() -> Self {
        let message = "it takes too long: it may still be done, so ask again";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "timed_out", message)
    }

    /// The body did not come in time.
    pub fn body_timed_out() -> Self {
        let message = format!("the whole body is wanted within {BODY_SECONDS_MAX} seconds");
        Self::new(StatusCode::REQUEST_TIMEOUT, "body_timed_out", message)
    }

    /// Something is wrong with the host.
    pub fn internal() -> Self {
        let message = "something went wrong here: try again";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    }

    /// It cannot be done for now.
    pub fn unavailable() -> Self {
        let message = "not done for now: try again";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", message)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut error = self.details;
        error.insert("code".to_owned(), self.code.into());
        error.insert("message".to_owned(), self.message.into());
        let mut response = (self.status, Json(json!({ "error": error }))).into_response();
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, RETRY_AFTER_SECONDS.into());
        }
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Erased => Self::new(
                StatusCode::GONE,
                "erased",
                "the customer was erased on request",
            ),
            StoreError::QuarantineFull => {
                tracing::error!("the quarantine is full");
                Self::new(
                    StatusCode::SERVICE_UNAVAILABLE,
                    "quarantine_full",
                    "try again later",
                )
            }
            error @ StoreError::BadCursor => Self::invalid(error),
            StoreError::OverLimit { what, max } => {
                Self::invalid(format!("too much: {what}, at most {max}")).with("limit", what)
            }
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
                StatusCode::PRECONDITION_FAILED,
                "stale",
                "it was changed since you read it: read it again",
            ),
            _ => Self::new(
                StatusCode::CONFLICT,
                "changed_meanwhile",
                "it was changed meanwhile: read it again",
            ),
        }
    }
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Signature(error) => Self::new(StatusCode::UNAUTHORIZED, error.code(), error),
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
        let place = error.place;
        Self::invalid(error).with("place", place)
    }
}

/// The answer for a path that nothing serves.
pub async fn no_such_route() -> ApiError {
    ApiError::new(
        StatusCode::NOT_FOUND,
        "no_such_route",
        "nothing is served here",
    )
}
