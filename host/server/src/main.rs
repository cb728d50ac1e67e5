//! The host: it knows all rooms and holds no business rule.

mod cli;
mod evaluate;
mod explain;
mod rule_pack;
mod tenant;
mod wire;

use std::process::ExitCode;

fn main() -> ExitCode {
    cli::run()
}
