//! Releases: which modules decide for a tenant, and how what is new takes the
//! place of what was.
//!
//! A release is an immutable, numbered set of modules with their settings and
//! weights. A [`Rollout`] points to releases, and only the pointers move:
//!
//! ```text
//! activate   every customer is decided on by it
//! canary     a share of the customers, always the same ones
//! shadow     it decides beside the active one, is recorded, and never acts
//! roll back  the move before is taken back
//! ```
//!
//! **Invariant:** nothing of a release ever changes, so its number in a
//! decision tells exactly what ran.

mod breaker;
mod guardrails;
mod rollout;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use breaker::Breaker;
pub use guardrails::{Guardrails, InvalidGuardrails, Tripped, Watch};
pub use rollout::{Asked, Canary, InvalidMove, Move, Moved, Rollout, Share};

use crate::{
    decide::Terms,
    ids::{ModuleDigest, ModuleName, ReleaseNumber},
    limits::{RELEASE_MODULES_MAX, RELEASE_NOTE_CHARS_MAX},
    module::SettingValue,
    signal::Score,
};

/// What a module of a release may do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// What it says counts.
    #[default]
    Live,
    /// It runs and is recorded, and what it says does not count. For rules
    /// alone: there is one policy.
    Shadow,
}

/// What a module's failure comes to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFailure {
    /// The decision is made from the rest.
    #[default]
    Open,
    /// The tenant's default applies: a person, unless it says otherwise.
    Default,
}

/// A module of a release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ReleasedModule {
    /// What it declares as its name.
    pub name: ModuleName,
    /// Which bytes.
    pub digest: ModuleDigest,
    /// Values of its settings that differ from its defaults.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<Arc<str>, SettingValue>,
    /// What its signals weigh.
    pub weight: Score,
    /// Whether what it says counts.
    #[serde(default)]
    pub mode: Mode,
    /// What its failure comes to.
    #[serde(default)]
    pub on_failure: OnFailure,
}

/// A release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Release {
    /// From 1; 0 is the pack of the host with its defaults.
    pub number: ReleaseNumber,
    /// When it was made.
    pub made_at: Timestamp,
    /// By whom: the name of a key.
    pub made_by: Arc<str>,
    /// What it is for.
    #[serde(default)]
    pub note: Arc<str>,
    /// The idempotency key that it was made under.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Arc<str>>,
    /// Its modules; rules run in this order, and one is the policy.
    pub modules: Vec<ReleasedModule>,
}

/// Why modules make no release.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidRelease {
    /// Too many.
    #[error("{0} modules; {RELEASE_MODULES_MAX} are allowed")]
    TooMany(usize),
    /// Two of one name.
    #[error("two modules are called {0}")]
    Twice(ModuleName),
    /// The note is too long.
    #[error("the note has {0} characters; {RELEASE_NOTE_CHARS_MAX} are allowed")]
    Note(usize),
}

impl Release {
    /// Checks what can be told without the modules themselves.
    ///
    /// # Errors
    /// [`InvalidRelease`].
    pub fn validate(&self) -> Result<(), InvalidRelease> {
        if self.modules.len() > RELEASE_MODULES_MAX {
            return Err(InvalidRelease::TooMany(self.modules.len()));
        }
        let note = self.note.chars().count();
        if note > RELEASE_NOTE_CHARS_MAX {
            return Err(InvalidRelease::Note(note));
        }
        let mut names = BTreeSet::new();
        match self.modules.iter().find(|it| !names.insert(&it.name)) {
            Some(twice) => Err(InvalidRelease::Twice(twice.name.clone())),
            None => Ok(()),
        }
    }
}

impl Terms {
    /// The terms of the modules of a release.
    pub fn of(modules: &[ReleasedModule]) -> Self {
        let mut terms = Self::default();
        for module in modules {
            let name = || module.name.clone();
            if module.weight != Score::ONE {
                terms.weights.insert(name(), module.weight);
            }
            if module.mode == Mode::Shadow {
                terms.shadow.insert(name());
            }
            if module.on_failure == OnFailure::Default {
                terms.essential.insert(name());
            }
        }
        terms
    }
}
