//! The host through its public surface: real HTTP, a real store on disk, real
//! modules, a WhatsApp simulator, a clock that stands until it is set.

mod access;
mod fixture;
mod follow_ups;
mod intake;
mod ownership;
mod process;
mod sending;
mod upkeep;
