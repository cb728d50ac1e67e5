//! Releases in force: from what the store keeps of them to what evaluates.
//!
//! ```text
//! Release (numbers, digests) ─ library ─▶ Compiled ─ permissions, settings ─▶ ActiveRelease
//! Rollout (pointers)  ─▶ ActiveRollout ─ when it is needed, within memory ─▶ ReadyRollout
//! ```
//!
//! **Invariant:** an [`ActiveRollout`] is swapped in whole, with its tenant, so
//! that an event sees one or the other and never a mixture. What is under way
//! holds on to the one that it began with.

mod compiles;
mod guard;
mod health;
mod install;
mod library;
mod permissions;
mod prepare;
mod residents;
mod rollout;
mod shadow;
mod use_of_grants;

pub use compiles::{Compiles, TooManyCompiles};
pub use guard::{Breakers, guarding};
pub use health::Health;
pub use install::{InstallError, install};
pub use library::{LoadError, ModuleLibrary};
pub use permissions::{Lacking, Module, Permissions};
pub use prepare::{Misfit, Prepared, Unfit, prepare};
pub use residents::{ResidentCounts, Residents};
pub use rollout::{ActiveRollout, ReadyRollout, Trip};
pub use shadow::{ShadowJob, Shadows, shadowing};
pub use use_of_grants::note_use;
