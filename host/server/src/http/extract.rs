//! Axum's extractors, answering in the stable error form what they refuse.

use std::error::Error;

use axum::{
    extract::{
        FromRequest, FromRequestParts, Request,
        rejection::{BytesRejection, JsonRejection},
    },
    http::{HeaderName, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use serde::{Serialize, de::DeserializeOwned};

use super::{
    code::Code,
    error::{Answer, ApiError},
};
use crate::accept::{BodyLimit, Cut};

/// A JSON body, read or answered.
pub struct Json<T>(pub T);

/// A document, with its revision as the `ETag`.
pub type WithRevision<T> = ([(HeaderName, String); 1], Json<T>);

/// A document that was written `revision` times.
pub fn with_revision<T>(revision: u64, view: T) -> WithRevision<T> {
    ([(header::ETAG, format!("\"{revision}\""))], Json(view))
}

/// The parts of the path.
pub struct Path<T>(pub T);

/// The query.
pub struct Query<T>(pub T);

/// The body as it came.
pub struct Bytes(pub bytes::Bytes);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Answer<Self> {
        match axum::Json::from_request(request, state).await {
            Ok(axum::Json(body)) => Ok(Self(body)),
            Err(rejection) => Err(of_json(rejection)),
        }
    }
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Answer<Self> {
        let path = axum::extract::Path::from_request_parts(parts, state).await;
        // What cannot be an id names nothing.
        path.map(|it| Self(it.0)).map_err(|_| ApiError::not_found())
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Answer<Self> {
        let query = axum::extract::Query::from_request_parts(parts, state).await;
        query
            .map(|it| Self(it.0))
            .map_err(|rejection| ApiError::new(Code::QueryInvalid, rejection.body_text()))
    }
}

impl<S: Send + Sync> FromRequest<S> for Bytes {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Answer<Self> {
        let bytes = bytes::Bytes::from_request(request, state).await;
        bytes.map(Self).map_err(|rejection| of_bytes(&rejection))
    }
}

fn of_json(rejection: JsonRejection) -> ApiError {
    let code = match &rejection {
        JsonRejection::JsonDataError(_) => Code::BodyInvalid,
        JsonRejection::MissingJsonContentType(_) => Code::MediaTypeUnsupported,
        JsonRejection::BytesRejection(rejection) => return of_bytes(rejection),
        _ => Code::BodyUnreadable,
    };
    ApiError::new(code, rejection.body_text())
}

fn of_bytes(rejection: &BytesRejection) -> ApiError {
    match limit_behind(rejection) {
        Some(BodyLimit::Time) => ApiError::body_timed_out(),
        Some(BodyLimit::Room) => ApiError::shed(),
        None if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            ApiError::new(Code::BodyTooLarge, "the body is too large")
        }
        None => ApiError::new(Code::BodyUnreadable, "the body could not be read"),
    }
}

/// The front door's limit that cut the body short, if one did.
fn limit_behind(rejection: &BytesRejection) -> Option<BodyLimit> {
    let mut cause: Option<&(dyn Error + 'static)> = Some(rejection);
    while let Some(error) = cause {
        if let Some(Cut::Over(limit)) = error.downcast_ref() {
            return Some(*limit);
        }
        cause = error.source();
    }
    None
}
