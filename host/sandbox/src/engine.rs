//! The WebAssembly engine: its features, its pool of instances, and the
//! clock that stops what runs too long.

use std::{
    fmt,
    sync::{Arc, Condvar, Mutex, PoisonError},
    thread::{self, JoinHandle},
    time::Duration,
};

use baton_domain::limits::{
    COMPONENT_CORE_INSTANCES_MAX, COMPONENT_MEMORIES_MAX, COMPONENT_TABLES_MAX,
    EVALUATION_EPOCH_MS, EVALUATION_MEMORY_BYTES_MAX, EVALUATION_STACK_BYTES_MAX,
    EVALUATION_TABLE_ELEMENTS_MAX, EVALUATION_THREADS_MAX, EVALUATION_WALL_MS_MAX,
};
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

use crate::admission::FEATURES;

/// Ticks of the epoch clock after which an evaluation is stopped. One more
/// than the quotient, since the first tick may come at once.
pub(crate) const EPOCH_TICKS_MAX: u64 = EVALUATION_WALL_MS_MAX / EVALUATION_EPOCH_MS + 1;

/// Bytes of each memory that are zeroed in place instead of given back.
const KEEP_RESIDENT_BYTES: usize = 128 * 1024;

/// Where modules are compiled and run. Cheap to clone; clones are the same
/// sandbox.
#[derive(Clone)]
pub struct Sandbox {
    engine: Engine,
    ticker: Option<Arc<Ticker>>,
}

/// The engine could not be made on this machine.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Wasmtime refused the configuration.
    #[error("cannot set up the WebAssembly engine")]
    Engine(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// No thread for the epoch clock.
    #[error("cannot start the epoch clock")]
    Clock(#[source] std::io::Error),
}

impl Sandbox {
    /// Sets up the engine and starts its clock. Reserves address space, no
    /// memory.
    ///
    /// # Errors
    /// [`EngineError`] when the machine has no room for the pool or a thread.
    pub fn new() -> Result<Self, EngineError> {
        let mut sandbox = Self::without_clock()?;
        let ticker = Ticker::start(sandbox.engine.clone()).map_err(EngineError::Clock)?;
        sandbox.ticker = Some(Arc::new(ticker));
        Ok(sandbox)
    }

    /// The same without its clock, so that only fuel stops a module: for
    /// simulations, in which a machine that is busy must not change what
    /// happens.
    ///
    /// # Errors
    /// As [`Sandbox::new`].
    pub fn without_clock() -> Result<Self, EngineError> {
        let engine =
            Engine::new(&configuration()).map_err(|error| EngineError::Engine(error.into()))?;
        Ok(Self {
            engine,
            ticker: None,
        })
    }

    pub(crate) fn engine(&self) -> &Engine {
        &self.engine
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("ticker", &self.ticker)
            .finish_non_exhaustive()
    }
}

fn configuration() -> Config {
    let mut config = compiling();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
    config
}

/// All that decides about machine code, so that what one process compiles fits
/// another's engine. Without the pool, which reserves more address space than a
/// confined process has.
pub(crate) fn compiling() -> Config {
    let mut config = Config::new();
    config
        // Fuel is deterministic and explains itself; epochs are the backstop
        // on the wall clock.
        .consume_fuel(true)
        .epoch_interruption(true)
        .max_wasm_stack(EVALUATION_STACK_BYTES_MAX)
        // The same module with the same reads gives the same answer.
        .cranelift_nan_canonicalization(true)
        // What is not permitted is not compiled in either, or off.
        .wasm_features(FEATURES.complement(), false)
        .wasm_features(FEATURES, true)
        // Inspection forbids several memories in a module; the engine must
        // have them, or adapters between memories panic the compiler.
        .wasm_multi_memory(true)
        .concurrency_support(false)
        .gc_support(false)
        .shared_memory(false)
        // Modules are not debugged in place.
        .generate_address_map(false);
    config
}

/// Sized for [`EVALUATION_THREADS_MAX`] evaluations at a time. Reservations
/// and guards keep their defaults: they elide bounds checks, and a leak of
/// 2026 lived in the others.
///
/// Measured with the stock rule `high-basket-value` (arena guest, 128 KiB of
/// memory), 2 vCPUs, p50 of a fresh evaluation: as configured 8.6 µs; nothing
/// kept of memories 17.7 µs, of tables 16.9 µs; keeping 1 MiB 8.8 µs; with
/// `pagemap_scan` 9.5 µs; tables filled eagerly 9.6 µs; without copy-on-write
/// images 8.8 µs; without epochs 8.5 µs; with inlining in the compiler 8.4 µs,
/// which does not pay for a younger part of it.
fn pool() -> PoolingAllocationConfig {
    let at_once = u32::try_from(EVALUATION_THREADS_MAX).unwrap_or(u32::MAX);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(at_once)
        .total_core_instances(at_once * COMPONENT_CORE_INSTANCES_MAX)
        .total_memories(at_once * COMPONENT_MEMORIES_MAX)
        .total_tables(at_once * COMPONENT_TABLES_MAX)
        .max_core_instances_per_component(COMPONENT_CORE_INSTANCES_MAX)
        .max_memories_per_component(COMPONENT_MEMORIES_MAX)
        .max_tables_per_component(COMPONENT_TABLES_MAX)
        .max_memories_per_module(1)
        .max_tables_per_module(COMPONENT_TABLES_MAX)
        .max_memory_size(EVALUATION_MEMORY_BYTES_MAX)
        .table_elements(EVALUATION_TABLE_ELEMENTS_MAX)
        .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
        .table_keep_resident(KEEP_RESIDENT_BYTES)
        .max_unused_warm_slots(at_once)
        .pagemap_scan(Enabled::No);
    pool
}

/// The epoch clock: a thread that counts while any sandbox, compiled or ready
/// module lives.
pub(crate) struct Ticker {
    stop: Arc<(Mutex<bool>, Condvar)>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    fn start(engine: Engine) -> std::io::Result<Self> {
        let stop = Arc::new((Mutex::new(false), Condvar::new()));
        let watched = Arc::clone(&stop);
        let tick = move || {
            let (stopped, wake) = &*watched;
            let mut guard = stopped.lock().unwrap_or_else(PoisonError::into_inner);
            while !*guard {
                let period = Duration::from_millis(EVALUATION_EPOCH_MS);
                let waited = wake.wait_timeout(guard, period);
                guard = waited.unwrap_or_else(PoisonError::into_inner).0;
                engine.increment_epoch();
            }
        };
        let thread = thread::Builder::new()
            .name("baton-epoch".to_owned())
            .spawn(tick)?;
        Ok(Self {
            stop,
            thread: Some(thread),
        })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        let (stopped, wake) = &*self.stop;
        *stopped.lock().unwrap_or_else(PoisonError::into_inner) = true;
        wake.notify_all();
        if let Some(thread) = self.thread.take() {
            // It has nothing to panic about, and nobody to tell if it did.
            let _ = thread.join();
        }
    }
}

impl fmt::Debug for Ticker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ticker").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{DefaultHasher, Hash, Hasher};

    use super::*;

    #[test]
    fn what_is_compiled_without_the_pool_fits_the_pool() {
        let hash = |config: &Config| {
            let engine = Engine::new(config).unwrap();
            let mut hasher = DefaultHasher::new();
            engine.precompile_compatibility_hash().hash(&mut hasher);
            hasher.finish()
        };
        assert_eq!(hash(&compiling()), hash(&configuration()));
        let mut other = compiling();
        other.consume_fuel(false);
        assert_ne!(hash(&other), hash(&configuration()));
    }
}
