//! Where modules are compiled: in this process, or each in a child that a bomb
//! cannot leave.

use std::{
    ffi::OsString,
    num::NonZero,
    path::PathBuf,
    sync::{Condvar, Mutex, PoisonError},
    thread,
    time::Duration,
};

use super::{Compiled, artefact::Artefact, cache::ArtefactCache, child, refused};
use crate::{
    admission::{Inspected, Rejection},
    engine::Sandbox,
};
use baton_domain::limits::{
    COMPILE_ADDRESS_SPACE_BYTES_MAX, COMPILE_CPU_SECONDS_MAX, COMPILE_WAIT_SECONDS_MAX,
    COMPILE_WALL_SECONDS_MAX,
};

/// Where a module is compiled.
#[derive(Debug, Clone)]
pub enum Way {
    /// In this process: for the stock pack, tests and commands that run once.
    InProcess,
    /// In a child process each, for what others upload.
    Child {
        /// The program, which is this one: another build's machine code may
        /// not fit. On Linux `/proc/self/exe` stays this one while its file is
        /// replaced.
        command: PathBuf,
        /// Arguments that make it call
        /// [`compile_confined`](super::compile_confined); the limits follow as
        /// [`CompileLimits::args`] has them.
        args: Vec<OsString>,
    },
}

/// What a child may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompileLimits {
    /// Address space.
    pub address_space_bytes: u64,
    /// Computing time.
    pub cpu_seconds: u64,
    /// Time, whatever it does.
    pub wall: Duration,
}

impl Default for CompileLimits {
    fn default() -> Self {
        Self {
            address_space_bytes: COMPILE_ADDRESS_SPACE_BYTES_MAX,
            cpu_seconds: COMPILE_CPU_SECONDS_MAX,
            wall: Duration::from_secs(COMPILE_WALL_SECONDS_MAX),
        }
    }
}

impl CompileLimits {
    /// The limits that a child puts on itself, as arguments:
    /// `--address-space-bytes N --cpu-seconds N`.
    pub fn args(&self) -> [String; 4] {
        [
            "--address-space-bytes".to_owned(),
            self.address_space_bytes.to_string(),
            "--cpu-seconds".to_owned(),
            self.cpu_seconds.to_string(),
        ]
    }
}

/// Compiles modules; as many at a time as there are cores but one.
#[derive(Debug)]
pub struct Compiler {
    way: Way,
    limits: CompileLimits,
    turns: Turns,
}

impl Compiler {
    /// A compiler with the usual limits.
    pub fn new(way: Way) -> Self {
        Self::with_limits(way, CompileLimits::default())
    }

    /// A compiler whose children have these limits.
    pub fn with_limits(way: Way, limits: CompileLimits) -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        Self {
            way,
            limits,
            turns: Turns::of((cores - 1).max(1)),
        }
    }

    /// How many modules it compiles at a time.
    pub fn at_once(&self) -> usize {
        self.turns.at_once
    }

    /// The module from `cache`, without compiling it: what was inspected comes
    /// back when it is not there.
    ///
    /// # Errors
    /// As [`Inspected::compile`].
    pub fn kept(
        &self,
        inspected: Inspected,
        sandbox: &Sandbox,
        cache: Option<&ArtefactCache>,
    ) -> Result<Result<Compiled, Inspected>, Rejection> {
        let digest = inspected.digest();
        match cache.and_then(|cache| cache.load(digest, sandbox)) {
            Some(component) => Compiled::of(inspected, component, sandbox).map(Ok),
            None => Ok(Err(inspected)),
        }
    }

    /// Compiles the module and keeps it in `cache`, unless it is there. This
    /// blocks for as long as [`COMPILE_WAIT_SECONDS_MAX`] and
    /// [`CompileLimits::wall`] together.
    ///
    /// # Errors
    /// [`Rejection::CompileTooSlow`] and [`Rejection::CompileTooLarge`] of a
    /// child, [`Rejection::CompilerBusy`] when its turn did not come;
    /// otherwise as [`Inspected::compile`].
    pub fn compile(
        &self,
        inspected: Inspected,
        sandbox: &Sandbox,
        cache: Option<&ArtefactCache>,
    ) -> Result<Compiled, Rejection> {
        let inspected = match self.kept(inspected, sandbox, cache)? {
            Ok(compiled) => return Ok(compiled),
            Err(inspected) => inspected,
        };
        self.compile_anew(inspected, sandbox, cache)
    }

    /// The same, when it is known not to be there.
    ///
    /// # Errors
    /// As [`Compiler::compile`].
    pub fn compile_anew(
        &self,
        inspected: Inspected,
        sandbox: &Sandbox,
        cache: Option<&ArtefactCache>,
    ) -> Result<Compiled, Rejection> {
        let digest = inspected.digest();
        let (compiled, artefact) = self.make(inspected, sandbox)?;
        if let (Some(cache), Some(artefact)) = (cache, artefact) {
            cache.keep(digest, sandbox, &artefact);
        }
        Ok(compiled)
    }

    fn make(
        &self,
        inspected: Inspected,
        sandbox: &Sandbox,
    ) -> Result<(Compiled, Option<Artefact>), Rejection> {
        let _turn = self.turns.take().ok_or(Rejection::CompilerBusy)?;
        match &self.way {
            Way::InProcess => {
                let compiled = inspected.compile(sandbox)?;
                let artefact = compiled.component.serialize().ok();
                Ok((compiled, artefact.map(Artefact::vouched)))
            }
            Way::Child { command, args } => {
                let artefact = child::compile(command, args, &self.limits, inspected.bytes())?;
                let component = artefact
                    .load(sandbox)
                    .map_err(|error| refused(error.root_cause().to_string()))?;
                Ok((Compiled::of(inspected, component, sandbox)?, Some(artefact)))
            }
        }
    }
}

/// So many at a time; the others wait.
#[derive(Debug)]
struct Turns {
    at_once: usize,
    free: Mutex<usize>,
    freed: Condvar,
}

/// The right to compile, given back when it is dropped.
struct Turn<'a>(&'a Turns);

impl Turns {
    fn of(at_once: usize) -> Self {
        Self {
            at_once,
            free: Mutex::new(at_once),
            freed: Condvar::new(),
        }
    }

    fn take(&self) -> Option<Turn<'_>> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let longest = Duration::from_secs(COMPILE_WAIT_SECONDS_MAX);
        let (mut free, waited) = self
            .freed
            .wait_timeout_while(free, longest, |free| *free == 0)
            .unwrap_or_else(PoisonError::into_inner);
        if waited.timed_out() {
            return None;
        }
        *free -= 1;
        Some(Turn(self))
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let turns = self.0;
        *turns.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        turns.freed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn whoever_finds_no_turn_waits_until_one_is_given_back() {
        let turns = Turns::of(1);
        let (tell, told) = mpsc::channel();
        thread::scope(|scope| {
            let first = turns.take().unwrap();
            let second = tell.clone();
            scope.spawn(|| {
                let tell = second;
                let _turn = turns.take().unwrap();
                tell.send("second").unwrap();
            });
            // Were there two turns, nothing would order these.
            for _ in 0..1_000 {
                thread::yield_now();
            }
            tell.send("first").unwrap();
            drop(first);
        });
        assert_eq!(told.try_iter().collect::<Vec<_>>(), ["first", "second"]);
        assert_eq!(*turns.free.lock().unwrap(), 1);
    }
}
