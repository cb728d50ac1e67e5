//! What is compared.

use peers_rule::{Moment, Signal};

/// An engine with the rule loaded.
pub trait Engine {
    /// What it is called, and in which state.
    fn name(&self) -> &'static str;

    /// Runs the rule: from typed facts to a typed signal.
    ///
    /// # Errors
    /// Whatever the engine says.
    fn run(&mut self, moment: &Moment) -> anyhow::Result<Option<Signal>>;
}
