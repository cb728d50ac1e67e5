//! What the sandbox promises, tried on real components: permissions,
//! isolation, limits, determinism.

mod determinism;
mod guest;
mod hostile;
mod outputs;
mod permissions;
mod pool;
