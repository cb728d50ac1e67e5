//! People at work: how much everybody has, and whether the bot is there.

mod bots;
mod loads;

pub use bots::Bots;
pub use loads::{HostLoads, Reservation};
