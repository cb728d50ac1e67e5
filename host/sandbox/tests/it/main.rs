//! What the sandbox promises, tried on real components: permissions,
//! isolation, limits, determinism.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests, too")]

mod admission;
mod cache;
mod contract;
mod determinism;
mod guest;
mod hostile;
mod javascript;
mod limits;
mod memo;
mod permissions;
mod pool;
mod stock;
mod tier;
mod week;
