//! Admission, compilation and evaluation of modules: tenant-authored
//! WebAssembly components that score the moment (rules) or decide on the
//! scores (policies).
//!
//! A module passes through stages, each a type, so that none can be skipped:
//!
//! ```text
//! bytes ─ inspect ─▶ Inspected ─ compile ─▶ Compiled ─ activate ─▶ Ready ─▶ Lineup
//!         what it can   sandbox              grants,
//!         ever read                          settings
//! ```
//!
//! What others upload goes through [`Compiler`]: a child process compiles it,
//! and what comes out is kept in an [`ArtefactCache`].
//!
//! **Invariants:**
//! - The import list is the permission list: `link` defines, function by
//!   function, the fields that a component imports *and* was granted, and
//!   nothing else. It is the only place that links anything.
//! - Every evaluation gets a fresh instance; nothing of one reaches the next.
//! - One place loads machine code, and only such as this host made or
//!   authenticated.
//! - Whatever a module does, the caller gets a [`ModuleRun`] with a typed
//!   failure inside; nothing panics, waits or grows without a limit.
//!
//! [`ModuleRun`]: baton_domain::module::ModuleRun

mod admission;

mod compile;
mod engine;
mod link;
mod lower;
mod session;

mod answer;
mod evaluate;
mod lineup;
mod memo;
mod replay;

mod pool;

pub use admission::{AdmissionReport, Inspected, Measured, ReadableField, Rejection, Tier};
pub use compile::{
    ActivationError, ArtefactCache, COMPILE_REFUSED, CacheCounts, CacheUnusable, CompileLimits,
    Compiled, Compiler, Ready, Way, WorkerError, compile_confined,
};
pub use engine::{EngineError, Sandbox};
pub use evaluate::{Timed, run_one_rule, run_policy, run_rules};
pub use lineup::{Lineup, LineupError};
pub use memo::{Memo, MemoCounts};
pub use pool::{EvaluationLost, EvaluatorPool, Job, Pending, QueueFull, Urgency};
pub use replay::RecordedReads;
