//! One evaluation: a fresh instance, one call, a record of what it read,
//! answered and cost.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use baton_domain::{
    decision::Verdict,
    limits::EVALUATION_HOSTCALL_BYTES_MAX,
    module::{FieldSource, ModuleFailure, ModuleRun},
    signal::{ScoredSignal, Signal},
};
use wasmtime::{
    Store, Trap,
    component::{ComponentNamedList, Lift, Lower},
};

use crate::{
    answer::{self, WitDecision, WitScoredSignal, WitSignal},
    compile::{Linked, Ready},
    engine::EPOCH_TICKS_MAX,
    lineup::Lineup,
    session::{Session, Stop},
};

/// A result and how long it took. The time stands beside the run, since it is
/// no part of what a replay must reproduce.
#[derive(Debug, Clone, PartialEq)]
pub struct Timed<T> {
    /// The result.
    pub run: T,
    /// Wall-clock time; zero when it was skipped.
    pub elapsed: Duration,
    /// Whether a run with the same reads was remembered instead.
    pub is_skipped: bool,
}

/// Runs every rule of the release on one moment, in order. A failure costs
/// that rule's signals and nothing else.
pub fn run_rules(
    lineup: &Lineup,
    source: &Arc<dyn FieldSource>,
) -> Vec<Timed<ModuleRun<Vec<Signal>>>> {
    lineup
        .rules()
        .iter()
        .map(|rule| run_one_rule(rule, source))
        .collect()
}

/// Runs one rule, which must be of the world `rule`; a [`Lineup`] holds no
/// others in its list.
pub fn run_one_rule(rule: &Ready, source: &Arc<dyn FieldSource>) -> Timed<ModuleRun<Vec<Signal>>> {
    evaluate(rule, source, (), |(signals,): (Vec<WitSignal>,)| {
        answer::check_signals(signals, rule.declaration())
    })
}

/// Runs the policy of the release on the signals that count.
pub fn run_policy(
    lineup: &Lineup,
    source: &Arc<dyn FieldSource>,
    signals: &[ScoredSignal],
) -> Timed<ModuleRun<Verdict>> {
    run_one_policy(lineup.policy(), source, signals)
}

pub(crate) fn run_one_policy(
    policy: &Ready,
    source: &Arc<dyn FieldSource>,
    signals: &[ScoredSignal],
) -> Timed<ModuleRun<Verdict>> {
    let lowered: Vec<WitScoredSignal> = signals.iter().map(WitScoredSignal::from).collect();
    evaluate(policy, source, (lowered,), |(decision,): (WitDecision,)| {
        answer::check_verdict(decision, policy.declaration(), signals)
    })
}

fn evaluate<P, R, A>(
    module: &Ready,
    source: &Arc<dyn FieldSource>,
    parameters: P,
    check: impl FnOnce(R) -> Result<A, ModuleFailure>,
) -> Timed<ModuleRun<A>>
where
    P: ComponentNamedList + Lower,
    R: ComponentNamedList + Lift,
{
    let started = Instant::now();
    let linked = match &module.linked {
        Ok(linked) => linked,
        Err(barred) => {
            return Timed {
                run: module.not_run(barred.clone()),
                elapsed: Duration::ZERO,
                is_skipped: false,
            };
        }
    };
    let session = Session::new(Arc::clone(source), Arc::clone(&module.settings));
    let mut store = Store::new(linked.instance.engine(), session);
    let fuel_max = module.tier.fuel_max();
    let answer = call(&mut store, linked, fuel_max, parameters).and_then(check);
    // Only an engine without fuel refuses to tell.
    let fuel = fuel_max.saturating_sub(store.get_fuel().unwrap_or(0));
    let run = ModuleRun {
        module: module.declaration().name.clone(),
        digest: module.digest(),
        reads: store.data_mut().take_reads(),
        answer,
        fuel,
    };
    // The instance is dropped inside the time: giving it back is part of the
    // cost.
    drop(store);
    Timed {
        run,
        elapsed: started.elapsed(),
        is_skipped: false,
    }
}

fn call<P, R>(
    store: &mut Store<Session>,
    module: &Linked,
    fuel_max: u64,
    parameters: P,
) -> Result<R, ModuleFailure>
where
    P: ComponentNamedList + Lower,
    R: ComponentNamedList + Lift,
{
    let not_started = |error: wasmtime::Error| {
        stopped(&error).unwrap_or_else(|| ModuleFailure::NotStarted(error.root_cause().to_string()))
    };
    store.set_fuel(fuel_max).map_err(not_started)?;
    store.set_hostcall_fuel(EVALUATION_HOSTCALL_BYTES_MAX);
    store.set_epoch_deadline(EPOCH_TICKS_MAX);
    store.limiter(|session| session);
    let instance = module
        .instance
        .instantiate(&mut *store)
        .map_err(not_started)?;
    let entry = instance
        .get_typed_func::<P, R>(&mut *store, module.entry)
        .map_err(not_started)?;
    entry.call(store, parameters).map_err(|error| {
        stopped(&error).unwrap_or_else(|| malformed(error.root_cause().to_string()))
    })
}

/// The failure behind `error` if the module was stopped or trapped.
fn stopped(error: &wasmtime::Error) -> Option<ModuleFailure> {
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return Some(match stop {
            Stop::Reads => ModuleFailure::TooManyReads,
            Stop::Memory => ModuleFailure::OutOfMemory,
            Stop::Value(_) => ModuleFailure::Trapped(stop.to_string()),
        });
    }
    error.downcast_ref::<Trap>().map(|trap| match trap {
        Trap::OutOfFuel => ModuleFailure::OutOfFuel,
        Trap::Interrupt => ModuleFailure::Overran,
        other => ModuleFailure::Trapped(other.to_string()),
    })
}

/// What is left is a breach of the canonical ABI: bad pointers, bad text.
/// Wasmtime has no types for these; a test holds the texts that matter.
fn malformed(detail: String) -> ModuleFailure {
    if detail.contains("fuel allocated for hostcalls") {
        ModuleFailure::OutputTooLarge("more bytes than may cross to the host".to_owned())
    } else if detail.contains("realloc") {
        ModuleFailure::Trapped(detail)
    } else {
        ModuleFailure::OutputInvalid(detail)
    }
}
