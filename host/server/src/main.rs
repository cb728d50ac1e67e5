//! The binary: see the library.

use std::process::ExitCode;

/// Commits allocate much and briefly, on several threads: the system's
/// allocator takes a fifth of the time of the webhook path.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    baton::cli::run()
}
