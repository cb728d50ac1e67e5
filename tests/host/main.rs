//! The host through its public surface: real HTTP, a real store on disk, real
//! modules, a WhatsApp simulator, a clock that stands until it is set.

mod access;
mod care;
mod coexist;
mod conformance;
mod document;
mod drain;
mod errors;
mod fixture;
mod follow_ups;
mod front_door;
#[path = "../../host/sandbox/tests/it/guest.rs"]
#[allow(
    dead_code,
    clippy::unwrap_used,
    reason = "the tests of the sandbox use the rest; helpers of tests are tests"
)]
mod guest;
mod intake;
mod journey;
mod killed;
mod knocking;
mod metrics;
mod notify;
mod numbers;
mod online;
mod ownership;
mod people;
mod privacy;
mod process;
mod raw;
mod releases;
mod replay;
mod schema;
mod sending;
mod shedding;
mod signals;
mod slow_disk;
mod tls;
mod upkeep;
