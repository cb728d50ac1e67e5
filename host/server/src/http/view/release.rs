//! Releases and how they differ.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use baton_domain::{
    field::Field,
    ids::ModuleDigest,
    module::SettingValue,
    release::{Mode, OnFailure, Release, ReleasedModule},
    signal::Score,
};
use baton_store::StoredModule;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use super::module::world;

/// A release.
#[derive(Serialize, ToSchema)]
pub struct ReleaseView {
    /// Its number, from 1; 0 is the host's own pack.
    number: u32,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    made_at: Timestamp,
    /// The name of the key that made it.
    made_by: Arc<str>,
    /// What it is for.
    note: Arc<str>,
    /// Its modules; rules run in this order.
    modules: Vec<ReleasedModuleView>,
}

/// A module of a release.
#[derive(Clone, PartialEq, Serialize, ToSchema)]
pub struct ReleasedModuleView {
    /// What it calls itself.
    name: String,
    /// SHA-256 of its bytes.
    digest: String,
    /// `rule` or `policy`; absent when its bytes are gone.
    world: Option<&'static str>,
    /// Values of its settings that differ from its defaults.
    #[schema(value_type = BTreeMap<String, serde_json::Value>)]
    settings: BTreeMap<Arc<str>, SettingValue>,
    /// What its signals weigh.
    #[schema(value_type = f64)]
    weight: Score,
    /// `live` or `shadow`.
    #[schema(value_type = String)]
    mode: Mode,
    /// `open` or `default`.
    #[schema(value_type = String)]
    on_failure: OnFailure,
    /// Every field that it can ever read.
    #[schema(value_type = Vec<String>)]
    reads: BTreeSet<Field>,
}

impl ReleaseView {
    /// Of a release whose modules are known.
    pub fn of(release: Release, known: &BTreeMap<ModuleDigest, StoredModule>) -> Self {
        let module = |it: ReleasedModule| {
            let known = known.get(&it.digest);
            ReleasedModuleView {
                name: it.name.to_string(),
                digest: it.digest.to_string(),
                world: known.map(|it| world(it.declaration.world)),
                settings: it.settings,
                weight: it.weight,
                mode: it.mode,
                on_failure: it.on_failure,
                reads: known.map(|it| it.reads.clone()).unwrap_or_default(),
            }
        };
        Self {
            number: release.number.0,
            made_at: release.made_at,
            made_by: release.made_by,
            note: release.note,
            modules: release.modules.into_iter().map(module).collect(),
        }
    }
}

/// How two releases differ.
#[derive(Serialize, ToSchema)]
pub struct DifferenceView {
    /// Modules that only the second has.
    added: Vec<ReleasedModuleView>,
    /// Modules that only the first has.
    removed: Vec<ReleasedModuleView>,
    /// Modules that both have, and not alike.
    changed: Vec<ChangeView>,
    /// What a module can read that the one of its name could not before.
    reads_more: Vec<ReadsMoreView>,
}

/// A module before and after.
#[derive(Serialize, ToSchema)]
pub struct ChangeView {
    /// As it was.
    before: ReleasedModuleView,
    /// As it is.
    after: ReleasedModuleView,
}

/// What a module can read that it could not before.
#[derive(Serialize, ToSchema)]
pub struct ReadsMoreView {
    /// Which module.
    module: String,
    /// The field.
    field: &'static str,
    /// In plain words.
    label: &'static str,
}

impl DifferenceView {
    /// From one to the other.
    pub fn of(before: ReleaseView, after: ReleaseView) -> Self {
        let named = |release: ReleaseView| {
            let modules = release.modules.into_iter();
            modules
                .map(|it| (it.name.clone(), it))
                .collect::<BTreeMap<_, _>>()
        };
        let (mut before, after) = (named(before), named(after));
        let mut difference = Self {
            added: Vec::new(),
            removed: Vec::new(),
            changed: Vec::new(),
            reads_more: Vec::new(),
        };
        for (name, module) in after {
            let old = before.remove(&name);
            let old_reads = old.as_ref().map(|it| it.reads.clone()).unwrap_or_default();
            for field in module.reads.difference(&old_reads) {
                difference.reads_more.push(ReadsMoreView {
                    module: name.clone(),
                    field: field.name(),
                    label: field.label(),
                });
            }
            match old {
                None => difference.added.push(module),
                Some(old) if old != module => difference.changed.push(ChangeView {
                    before: old,
                    after: module,
                }),
                Some(_) => {}
            }
        }
        difference.removed = before.into_values().collect();
        difference
    }
}
