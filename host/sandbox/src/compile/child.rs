//! The host's part of compiling an upload: a child process that gets bytes,
//! gives machine code, and is killed when it takes too long.

use std::{
    ffi::OsString,
    io::{self, Read, Write},
    os::unix::process::ExitStatusExt,
    path::Path,
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    thread,
};

use baton_domain::limits::{ARTEFACT_BYTES_MAX, COMPILE_COMPLAINT_BYTES_MAX};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process, waitid};

use super::{CompileLimits, artefact::Artefact, refused};
use crate::admission::Rejection;

/// What the child exits with when the compiler does not take the component;
/// its standard error says why.
pub const COMPILE_REFUSED: u8 = 3;

/// The host's allocator takes address space in steps of 1 GiB, as much as the
/// child may have in all; in KiB, smaller ones.
const ALLOCATOR_STEP: (&str, &str) = ("MIMALLOC_ARENA_RESERVE", "16384");

/// What a child left behind.
struct Ended {
    status: ExitStatus,
    output: Vec<u8>,
    complaint: String,
    is_too_slow: bool,
}

/// Runs `command` on `component`.
///
/// # Errors
/// [`Rejection::CompileTooSlow`], [`Rejection::CompileTooLarge`],
/// [`Rejection::NotCompiled`], [`Rejection::TooDemanding`].
pub(super) fn compile(
    command: &Path,
    args: &[OsString],
    limits: &CompileLimits,
    component: &[u8],
) -> Result<Artefact, Rejection> {
    let ended = run(command, args, limits, component)
        .map_err(|error| Rejection::NotCompiled(format!("the compiler does not start: {error}")))?;
    judge(ended, limits)
}

fn run(
    command: &Path,
    args: &[OsString],
    limits: &CompileLimits,
    component: &[u8],
) -> io::Result<Ended> {
    let mut child = Command::new(command)
        .args(args)
        .args(limits.args())
        // Nothing of the host's, secrets least of all.
        .env_clear()
        .env(ALLOCATOR_STEP.0, ALLOCATOR_STEP.1)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let (Some(mut input), Some(output), Some(complaint)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(io::ErrorKind::BrokenPipe.into());
    };
    let pid = Pid::from_child(&child);
    let (over, is_over) = mpsc::channel::<()>();
    thread::scope(|scope| {
        // A child that died does not read on: its status says why.
        scope.spawn(move || input.write_all(component));
        let output = scope.spawn(|| read(output, ARTEFACT_BYTES_MAX + 1));
        let complaint = scope.spawn(|| read(complaint, COMPILE_COMPLAINT_BYTES_MAX));
        let watchdog = scope.spawn(move || kill_in_time(pid, limits, &is_over));
        // Not reaped before the watchdog is gone, so that the id it may kill
        // is never another process's.
        let waited = wait_unreaped(pid);
        drop(over);
        let is_too_slow = watchdog.join().unwrap_or_default();
        let status = reap(&mut child, waited)?;
        Ok(Ended {
            status,
            output: output.join().unwrap_or_default(),
            complaint: String::from_utf8_lossy(&complaint.join().unwrap_or_default()).into_owned(),
            is_too_slow,
        })
    })
}

fn wait_unreaped(pid: Pid) -> io::Result<()> {
    loop {
        match waitid(
            WaitId::Pid(pid),
            WaitIdOptions::EXITED | WaitIdOptions::NOWAIT,
        ) {
            Err(rustix::io::Errno::INTR) => {}
            other => return other.map(drop).map_err(io::Error::from),
        }
    }
}

/// A child that could not be waited for is not left running.
fn reap(child: &mut Child, waited: io::Result<()>) -> io::Result<ExitStatus> {
    if waited.is_err() {
        child.kill()?;
    }
    child.wait()
}

/// Whether the child had to be killed.
fn kill_in_time(pid: Pid, limits: &CompileLimits, is_over: &Receiver<()>) -> bool {
    let waited = is_over.recv_timeout(limits.wall);
    let is_late = waited == Err(RecvTimeoutError::Timeout);
    is_late && kill_process(pid, Signal::KILL).is_ok()
}

/// What there is to read, the rest thrown away: whoever writes it must not
/// wait for ever.
fn read(mut from: impl Read, bytes_max: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    let read = (&mut from).take(bytes_max).read_to_end(&mut bytes);
    if read.is_ok() {
        let _ = io::copy(&mut from, &mut io::sink());
    }
    bytes
}

fn judge(ended: Ended, limits: &CompileLimits) -> Result<Artefact, Rejection> {
    let Ended {
        status,
        output,
        complaint,
        is_too_slow,
    } = ended;
    let too_large = Err(Rejection::CompileTooLarge {
        bytes_max: limits.address_space_bytes,
    });
    let is_killed_by = |signal: Signal| status.signal() == Some(signal.as_raw());
    if is_too_slow || is_killed_by(Signal::XCPU) {
        return Err(Rejection::CompileTooSlow {
            seconds_max: limits.cpu_seconds,
        });
    }
    // What Rust says when an allocation fails, and then it aborts.
    if is_killed_by(Signal::ABORT) && complaint.contains("memory allocation of") {
        return too_large;
    }
    match status.code() {
        Some(0) if output.len() as u64 <= ARTEFACT_BYTES_MAX => Ok(Artefact::vouched(output)),
        Some(0) => too_large,
        Some(code) if code == i32::from(COMPILE_REFUSED) => {
            Err(refused(complaint.trim().to_owned()))
        }
        _ => Err(Rejection::NotCompiled(format!(
            "the compiler ended: {status}"
        ))),
    }
}
