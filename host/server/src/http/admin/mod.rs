//! What the host administrator does: makes tenants, apps and keys, looks into
//! the quarantine, and takes exports.

pub mod apps;
pub mod export;
pub mod keys;
pub mod quarantine;
pub mod tenants;

use axum::http::HeaderMap;
use baton_domain::{ids::TenantId, people::Principal};
use baton_store::AuditEntry;

use super::error::{Answer, ApiError};
use crate::host::Host;

/// Something that the host administrator does to a tenant, for its audit: who
/// runs Baton is told of there like anybody else.
pub(super) fn entry_about(host: &Host, what: &str, about: Option<&str>) -> AuditEntry {
    AuditEntry {
        about: about.map(Into::into),
        ..AuditEntry::of(Principal::Host, host.clock.now(), what)
    }
}

/// Writes it where it is not part of what is done.
///
/// # Errors
/// The store's: then nothing must be done or answered.
pub(super) async fn note(host: &Host, tenant: &TenantId, entry: AuditEntry) -> Answer<()> {
    Ok(host.store.audit(tenant, vec![entry]).await?)
}

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
