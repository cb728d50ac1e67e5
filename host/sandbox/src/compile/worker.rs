//! The child's part of compiling an upload: it confines itself, reads a
//! component, writes machine code, and knows nothing else.

use std::{
    io::{self, Read, Write},
    panic, thread,
};

use baton_domain::limits::{COMPILE_STACK_BYTES, SCRIPT_COMPONENT_BYTES_MAX};
use rustix::process::{Resource, Rlimit, nice, setrlimit};
use wasmtime::Engine;

use super::CompileLimits;
use crate::engine::compiling;

/// Added to the child's priority: last in every queue.
const NICE: i32 = 19;

/// Why the child has nothing to give.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// It could not confine itself, so it did not begin.
    #[error("cannot confine the compiler")]
    Confine(#[source] io::Error),
    /// The engine cannot be made on this machine.
    #[error("cannot set up the compiler")]
    Engine(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The component cannot be read.
    #[error("cannot read the component")]
    Read(#[source] io::Error),
    /// The compiler does not take the component.
    #[error("{0}")]
    Refused(String),
    /// The machine code cannot be handed over.
    #[error("cannot hand over the machine code")]
    Write(#[source] io::Error),
}

/// Compiles the component that `input` holds into the machine code that
/// [`Compiler`](super::Compiler) expects of its child, under `limits` that hold
/// for the whole process from now on. For a process of its own.
///
/// # Errors
/// [`WorkerError`].
pub fn compile_confined(
    limits: &CompileLimits,
    input: impl Read + Send,
    mut output: impl Write,
) -> Result<(), WorkerError> {
    confine(limits).map_err(WorkerError::Confine)?;
    let artefact = thread::scope(|scope| {
        // A stack that is there from the start: one that must grow when there
        // is no address space left ends in a signal that tells nothing.
        let compiling = thread::Builder::new()
            .stack_size(COMPILE_STACK_BYTES)
            .spawn_scoped(scope, || compile(input))
            .map_err(WorkerError::Confine)?;
        compiling
            .join()
            .unwrap_or_else(|panic| panic::resume_unwind(panic))
    })?;
    output
        .write_all(&artefact)
        .and_then(|()| output.flush())
        .map_err(WorkerError::Write)
}

fn compile(input: impl Read) -> Result<Vec<u8>, WorkerError> {
    let mut component = Vec::new();
    let longest = SCRIPT_COMPONENT_BYTES_MAX as u64;
    input
        .take(longest)
        .read_to_end(&mut component)
        .map_err(WorkerError::Read)?;
    let engine = Engine::new(&compiling()).map_err(|error| WorkerError::Engine(error.into()))?;
    engine
        .precompile_component(&component)
        .map_err(|error| WorkerError::Refused(error.root_cause().to_string()))
}

fn confine(limits: &CompileLimits) -> io::Result<()> {
    let set = |resource, current, maximum| {
        let limit = Rlimit {
            current: Some(current),
            maximum: Some(maximum),
        };
        setrlimit(resource, limit).map_err(io::Error::from)
    };
    // Writing to a pipe is no file; nor is there anything to keep of a crash.
    set(Resource::Fsize, 0, 0)?;
    set(Resource::Core, 0, 0)?;
    // A signal at the first, death at the second.
    set(Resource::Cpu, limits.cpu_seconds, limits.cpu_seconds + 1)?;
    let space = limits.address_space_bytes;
    set(Resource::As, space, space)?;
    // Nobody waits for what outlives the host.
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    nice(NICE)?;
    Ok(())
}
