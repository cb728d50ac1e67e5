//! What modules may read: what the tenant granted, less what is denied to
//! everybody.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::{field::Field, ids::ModuleName};
use baton_sandbox::Inspected;
use baton_store::{Store, StoreError, StoredModule, Tenant};

use crate::rule_pack::RulePack;

/// The permissions of one tenant's modules.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Permissions {
    granted: BTreeMap<ModuleName, BTreeSet<Field>>,
    denied: BTreeSet<Field>,
}

/// What permissions depend on.
pub struct Module<'m> {
    /// What it calls itself.
    pub name: &'m ModuleName,
    /// What it reads.
    pub reads: &'m BTreeSet<Field>,
    /// Whether the host's own pack has it.
    pub is_of_pack: bool,
}

impl<'m> Module<'m> {
    /// Of what was inspected.
    pub fn inspected(module: &'m Inspected, pack: &RulePack) -> Self {
        Self {
            name: &module.declaration().name,
            reads: module.fields(),
            is_of_pack: pack.module(&module.digest()).is_some(),
        }
    }

    /// Of what is kept.
    pub fn stored(module: &'m StoredModule, pack: &RulePack) -> Self {
        Self {
            name: &module.declaration.name,
            reads: &module.reads,
            is_of_pack: pack.module(&module.digest).is_some(),
        }
    }
}

/// What a module reads and may not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lacking {
    /// Fields that can be granted and are not.
    pub ungranted: BTreeSet<Field>,
    /// Fields that nobody may read.
    pub denied: BTreeSet<Field>,
}

impl Lacking {
    /// Whether nothing is lacking.
    pub fn is_empty(&self) -> bool {
        self.ungranted.is_empty() && self.denied.is_empty()
    }

    /// The fields, for people.
    pub fn names(&self) -> String {
        let all = self.ungranted.iter().chain(&self.denied);
        all.map(|it| it.name()).collect::<Vec<_>>().join(", ")
    }
}

impl Permissions {
    /// What `tenant` granted, less what it denies and what the host denies to
    /// everybody.
    ///
    /// # Errors
    /// The store's.
    pub async fn of(
        store: &dyn Store,
        tenant: &Tenant,
        denied: &BTreeSet<Field>,
    ) -> Result<Self, StoreError> {
        let grants = store.grants(&tenant.id).await?.into_iter();
        let granted = grants.map(|it| {
            let fields = it.body.fields.into_keys().collect();
            (it.body.module, fields)
        });
        Ok(Self {
            granted: granted.collect(),
            denied: denied.union(&tenant.denied_fields).copied().collect(),
        })
    }

    /// The fields that a module may read. Modules of the host's own pack have
    /// what they read until the tenant says what they have.
    pub fn of_module(&self, module: &Module<'_>) -> BTreeSet<Field> {
        let granted = match self.granted.get(module.name) {
            Some(granted) => granted,
            None if module.is_of_pack => module.reads,
            None => return BTreeSet::new(),
        };
        granted.difference(&self.denied).copied().collect()
    }

    /// What a module reads and may not.
    pub fn lacking(&self, module: &Module<'_>) -> Lacking {
        let may = self.of_module(module);
        let lacks = module.reads.difference(&may).copied();
        let (denied, ungranted) = lacks.partition(|it| self.denied.contains(it));
        Lacking { ungranted, denied }
    }
}
