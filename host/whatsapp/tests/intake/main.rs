//! The intake, from signed bytes to updates.

mod bodies;
mod common;
mod fixtures;
mod mutations;
