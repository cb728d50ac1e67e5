//! Runs recorded decisions again, on what their modules read. The same module
//! on the same reads must say the same, bit for bit (contract point 3), so
//! whatever differs is a fault of the engine, the host or the record.

use std::sync::Arc;

use baton_domain::{
    decide::{DecisionRecord, Terms},
    ids::{ModuleDigest, ModuleName, TenantId},
    module::{FieldSource, ModuleFailure, ModuleRun},
};
use baton_sandbox::{Compiled, Lineup, Ready, RecordedReads, run_one_rule, run_policy};
use baton_store::{Store, StoreError};

use crate::releases::{LoadError, ModuleLibrary};

/// What became of one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replayed {
    /// It was made again, and is the same.
    Same,
    /// It was made again, and this differs: `reads`, `answer` or `fuel`.
    Differs(&'static str),
    /// It depends on more than what was read: the clock stopped it, or it was
    /// not made in the first place.
    NotRepeatable(&'static str),
    /// The module, or the release that was in force, cannot be had any more.
    Gone(String),
}

/// One run of a decision, made again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayedRun {
    /// Which module.
    pub module: ModuleName,
    /// Which bytes.
    pub digest: ModuleDigest,
    /// What became of it.
    pub replayed: Replayed,
}

impl ReplayedRun {
    /// Whether it shows that something is wrong.
    pub fn is_wrong(&self) -> bool {
        matches!(self.replayed, Replayed::Differs(_))
    }
}

/// Makes every run of a decision again.
///
/// # Errors
/// The store's.
pub async fn replay(
    library: &ModuleLibrary,
    store: &dyn Store,
    tenant: &TenantId,
    record: &DecisionRecord,
) -> Result<Vec<ReplayedRun>, StoreError> {
    let mut replayed = Vec::new();
    for run in record.rules.iter().chain(&record.shadow) {
        let outcome = of_run(library, store, tenant, run, |ready, source| {
            run_one_rule(&ready, &source).run
        });
        replayed.push(told(run, outcome.await?));
    }
    let outcome = of_policy(library, store, tenant, record).await?;
    replayed.push(told(&record.policy, outcome));
    Ok(replayed)
}

/// The policy heard the signals on the terms of the release.
async fn of_policy(
    library: &ModuleLibrary,
    store: &dyn Store,
    tenant: &TenantId,
    record: &DecisionRecord,
) -> Result<Replayed, StoreError> {
    let number = record.release;
    let Some(release) = library.release(store, tenant, number).await? else {
        return Ok(Replayed::Gone(format!("release {} is gone", number.0)));
    };
    let signals = record.counted(&Terms::of(&release.modules));
    let make = move |ready, source| {
        let lineup = Lineup::of_policy(ready);
        run_policy(&lineup, &source, &signals).run
    };
    of_run(library, store, tenant, &record.policy, make).await
}

fn told<A>(run: &ModuleRun<A>, replayed: Replayed) -> ReplayedRun {
    ReplayedRun {
        module: run.module.clone(),
        digest: run.digest,
        replayed,
    }
}

/// One run, made again by `make` away from the threads that serve.
async fn of_run<A: PartialEq + Clone + Send + 'static>(
    library: &ModuleLibrary,
    store: &dyn Store,
    tenant: &TenantId,
    run: &ModuleRun<A>,
    make: impl FnOnce(Arc<Ready>, Arc<dyn FieldSource>) -> ModuleRun<A> + Send + 'static,
) -> Result<Replayed, StoreError> {
    if let Err(failure) = &run.answer
        && !is_repeatable(failure)
    {
        return Ok(Replayed::NotRepeatable(failure.code()));
    }
    let compiled = match library.module(store, tenant, run.digest).await {
        Ok(compiled) => compiled,
        Err(LoadError::Store(error)) => return Err(error),
        Err(error) => return Ok(Replayed::Gone(error.to_string())),
    };
    let recorded = RecordedReads::new(&run.reads);
    let ready = match ready(&compiled, &recorded) {
        Ok(ready) => Arc::new(ready),
        Err(error) => return Ok(Replayed::Gone(error)),
    };
    let source: Arc<dyn FieldSource> = Arc::new(recorded);
    let making = tokio::task::spawn_blocking(move || make(ready, source));
    Ok(match making.await {
        Ok(again) => compared(run, &again),
        Err(_) => Replayed::Gone("the evaluation was lost".to_owned()),
    })
}

/// The module with the settings that it read, and all fields: it gets no values
/// but the recorded ones.
fn ready(compiled: &Compiled, recorded: &RecordedReads) -> Result<Ready, String> {
    let fields = compiled.inspected().fields();
    let activated = compiled.activate(fields, recorded.settings());
    activated.map_err(|error| error.to_string())
}

/// Whether the same comes about again.
fn is_repeatable(failure: &ModuleFailure) -> bool {
    match failure {
        ModuleFailure::Trapped(_)
        | ModuleFailure::OutOfFuel
        | ModuleFailure::OutOfMemory
        | ModuleFailure::TooManyReads
        | ModuleFailure::OutputTooLarge(_)
        | ModuleFailure::OutputInvalid(_) => true,
        ModuleFailure::Overran
        | ModuleFailure::Quarantined
        | ModuleFailure::Suspended
        | ModuleFailure::NotGranted(_)
        | ModuleFailure::NotStarted(_) => false,
    }
}

fn compared<A: PartialEq>(before: &ModuleRun<A>, again: &ModuleRun<A>) -> Replayed {
    if before.reads != again.reads {
        Replayed::Differs("reads")
    } else if before.answer != again.answer {
        Replayed::Differs("answer")
    } else if before.fuel != again.fuel {
        Replayed::Differs("fuel")
    } else {
        Replayed::Same
    }
}
