//! What the sandbox promises, tried on real components: permissions,
//! isolation, limits, determinism.

mod determinism;
mod guest;
mod hostile;
mod limits;
mod permissions;
mod pool;
