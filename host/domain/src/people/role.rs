//! Roles: sets of fields and actions.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Action, FieldSet};
pub use crate::ids::RoleName;

/// What somebody may see and do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Role {
    /// Its name, which is no stock role's when a tenant defines it.
    pub name: RoleName,
    /// What is seen; any other field is absent from all that is answered.
    #[serde(default)]
    pub fields: FieldSet,
    /// What may be done.
    #[serde(default)]
    pub actions: BTreeSet<Action>,
}
