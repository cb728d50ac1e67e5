//! Releases in force: from what the store keeps of them to what evaluates.
//!
//! ```text
//! Release (numbers, digests) ─ library ─▶ Compiled ─ permissions, settings ─▶ ActiveRelease
//! Rollout (pointers)         ─────────────────────────────────────────────▶ ActiveRollout
//! ```
//!
//! **Invariant:** an [`ActiveRollout`] is swapped in whole, with its tenant, so
//! that an event sees one or the other and never a mixture. What is under way
//! holds on to the one that it began with.

mod guard;
mod install;
mod library;
mod permissions;
mod prepare;
mod rollout;
mod shadow;
mod use_of_grants;

pub use guard::{Breakers, guarding};
pub use install::{InstallError, install};
pub use library::{LoadError, ModuleLibrary};
pub use permissions::{Lacking, Module, Permissions};
pub use prepare::{Misfit, Prepared, Unfit, prepare};
pub use rollout::{ActiveRollout, Trip};
pub use shadow::{ShadowJob, Shadows, shadowing};
pub use use_of_grants::note_use;
