//! What the store promises: the same suite over both siblings, then what only
//! the durable one can show.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests are tests, too"
)]

mod support;

mod commits;
mod directory;
mod erasure;
mod export;
mod inbox;
mod merge;
mod people;
mod quarantine;
mod races;
mod refold;
mod releases;
mod tenants;
mod work;

mod doctor;
mod faults;
mod files;
mod kill;
mod sealed;
mod syncs;
