//! A release of the host's own modules, put in force without HTTP: for tools
//! and tests that write a store themselves.

use std::sync::Arc;

use baton_domain::{
    ids::TenantId,
    release::{Asked, Release},
};
use baton_store::{CommitError, Document, Store};
use jiff::Timestamp;

use crate::rule_pack::{PackChoice, PackError, RulePack};

/// Why a choice could not be put in force.
#[derive(Debug, thiserror::Error)]
pub enum InstallError {
    /// It names what is not there.
    #[error(transparent)]
    Pack(#[from] PackError),
    /// The store's.
    #[error(transparent)]
    Commit(#[from] CommitError),
}

/// Makes a release of `choice` and activates it. A host reads it when it
/// starts, or when the tenant is written.
///
/// # Errors
/// [`InstallError`].
pub async fn install(
    store: &dyn Store,
    pack: &RulePack,
    tenant: &TenantId,
    choice: &PackChoice,
    at: Timestamp,
) -> Result<(), InstallError> {
    let modules = pack.chosen(choice)?;
    let rollout = store.rollout(tenant).await.map_err(CommitError::from)?;
    let Document { revision, mut body } = rollout;
    let (number, by): (_, Arc<str>) = (body.next_number(), "host".into());
    let asked = Asked {
        at,
        by: by.clone(),
        why: None,
    };
    // What was made just now is known and not active.
    let _ = body.activate(number, asked);
    let release = Release {
        number,
        made_at: at,
        made_by: by,
        note: "".into(),
        key: None,
        modules,
    };
    let rollout = Document { revision, body };
    Ok(store.put_rollout(tenant, rollout, Some(release)).await?)
}
