//! The tenant's people, their roles and tokens, and what they may see for a
//! while.
//!
//! Nobody gives what they do not hold: who makes a role, gives one to somebody
//! or makes a token for somebody holds all of it.

pub mod agents;
pub mod field_grants;
pub mod freeze;
pub mod hand_over;
pub mod roles;
pub mod tokens;

use std::sync::Arc;

use baton_domain::people::Role;
use baton_store::AuditEntry;

use super::{
    auth::Scope,
    code::Code,
    error::{Answer, ApiError},
};
use crate::host::Host;

/// Lets go on who holds everything that `role` does.
fn holds(scope: &Scope, role: &Role) -> Answer<()> {
    let lacking = role.fields.without(scope.access.fields());
    let lacks_action = role.actions.iter().find(|it| !scope.access.may(**it));
    if lacking.is_empty() && lacks_action.is_none() {
        return Ok(());
    }
    let message = format!(
        "nobody gives what they do not hold: your role has not all that {} has",
        role.name
    );
    Err(ApiError::new(Code::Forbidden, message))
}

/// Something that they do to `about`.
pub(super) fn entry_about(scope: &Scope, host: &Host, what: &str, about: &str) -> AuditEntry {
    AuditEntry {
        about: Some(Arc::from(about)),
        ..scope.entry(host, what)
    }
}
