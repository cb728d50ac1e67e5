//! The way out: what is sent, what answers mean, what is refused beforehand.

#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests stand outside of test functions"
)]

mod bodies;
mod limits;
mod outcomes;
mod server;
