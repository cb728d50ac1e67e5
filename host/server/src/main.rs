//! The binary: see the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    baton::cli::run()
}
