//! The intake, from signed bytes to updates.

#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests stand outside of test functions"
)]

mod bodies;
mod chats;
mod common;
mod fixtures;
mod mutations;
mod prune;
