//! What the host administrator does: makes tenants, apps and keys, looks into
//! the quarantine, and takes exports.

pub mod apps;
pub mod export;
pub mod keys;
pub mod quarantine;
pub mod tenants;

use axum::http::HeaderMap;

use super::error::{Answer, ApiError};

/// The revision that the writer has read: `If-Match: "3"`; without the header,
/// a new document is meant.
pub(super) fn revision_read(headers: &HeaderMap) -> Answer<u64> {
    let Some(header) = headers.get("if-match") else {
        return Ok(0);
    };
    let text = header.to_str().unwrap_or_default().trim().trim_matches('"');
    text.parse()
        .map_err(|_| ApiError::invalid("If-Match holds a revision, such as \"3\""))
}
