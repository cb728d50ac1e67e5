//! `baton compile-module`: what the host runs to compile one upload, in a
//! process that a compiler's bomb cannot leave. Not for people.

use std::{io, process::ExitCode, time::Duration};

use baton_sandbox::{COMPILE_REFUSED, CompileLimits, WorkerError, compile_confined};
use clap::Args;

/// Arguments of `baton compile-module`; a component on standard input, machine
/// code on standard output.
#[derive(Debug, Args)]
pub struct CompileModule {
    /// Address space that the process may have.
    #[arg(long, value_name = "BYTES")]
    address_space_bytes: u64,
    /// Computing time that the process may use.
    #[arg(long, value_name = "SECONDS")]
    cpu_seconds: u64,
}

impl CompileModule {
    /// Runs the command.
    ///
    /// # Errors
    /// When the process cannot be confined, or its input or output fails.
    #[expect(clippy::print_stderr, reason = "the host reads why")]
    pub fn run(&self) -> anyhow::Result<ExitCode> {
        let limits = CompileLimits {
            address_space_bytes: self.address_space_bytes,
            cpu_seconds: self.cpu_seconds,
            // The host looks at the clock.
            wall: Duration::MAX,
        };
        match compile_confined(&limits, io::stdin(), io::stdout().lock()) {
            Ok(()) => Ok(ExitCode::SUCCESS),
            Err(WorkerError::Refused(why)) => {
                eprintln!("{why}");
                Ok(ExitCode::from(COMPILE_REFUSED))
            }
            Err(error) => Err(error.into()),
        }
    }
}
