//! From a release as it is kept to modules that are ready to run.

use std::sync::Arc;

use baton_domain::{
    decide::Terms,
    ids::{ModuleDigest, ModuleName, TenantId},
    limits::READY_MODULE_BYTES,
    module::{Declaration, InvalidDeclaration, ModuleFailure, World},
    release::{Mode, Release, ReleasedModule},
};
use baton_sandbox::{ActivationError, Compiled, Lineup, LineupError, Ready};
use baton_store::{Store, StoreError};

use super::{Lacking, LoadError, Module, ModuleLibrary, Permissions};
use crate::evaluation::ActiveRelease;

/// Something of a release that cannot run.
#[derive(Debug, thiserror::Error)]
#[error("module {module}: {misfit}")]
pub struct Unfit {
    /// Which module.
    pub module: ModuleName,
    /// What is wrong.
    pub misfit: Misfit,
}

/// Why a module of a release cannot run.
#[derive(Debug, thiserror::Error)]
pub enum Misfit {
    /// It is not there or not admitted.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// It declares another name than the release says.
    #[error("its bytes declare the name {0}")]
    Name(ModuleName),
    /// It reads what it may not.
    #[error("it reads fields that are not granted to it: {}", .0.names())]
    Permission(Lacking),
    /// Its settings do not fit.
    #[error("its settings do not fit: {0}")]
    Settings(InvalidDeclaration),
    /// The engine refuses it.
    #[error("it cannot be linked")]
    NotLinked(#[source] ActivationError),
    /// It has no place in a release beside the others.
    #[error(transparent)]
    Lineup(#[from] LineupError),
    /// A policy cannot be a shadow.
    #[error("a policy cannot be a shadow: make the whole release one")]
    ShadowPolicy,
    /// There is no policy.
    #[error("a release needs exactly one policy, this one has {0}")]
    Policies(usize),
}

impl Misfit {
    /// A stable code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Load(LoadError::NotThere(_)) => "module_missing",
            Self::Load(LoadError::Refused { source, .. }) => source.code(),
            Self::Load(_) => "module_not_loaded",
            Self::Name(_) => "module_renamed",
            Self::Permission(_) => "ungranted_fields",
            Self::Settings(_) => "invalid_settings",
            Self::NotLinked(_) => "not_linked",
            Self::Lineup(_) | Self::ShadowPolicy => "no_lineup",
            Self::Policies(_) => "policies",
        }
    }

    /// What a run of the module comes to in its place.
    fn failure(&self) -> ModuleFailure {
        match self {
            Self::Permission(lacking) => ModuleFailure::NotGranted(lacking.names()),
            other => ModuleFailure::NotStarted(other.to_string()),
        }
    }
}

/// A release that can run, and what of it cannot.
pub struct Prepared {
    /// The release. What cannot run is barred in its place: the decision is
    /// made from the rest, and recorded as degraded.
    pub release: ActiveRelease,
    /// What cannot run.
    pub unfit: Vec<Unfit>,
    /// Memory that it takes, about: not that of the host's own modules, which
    /// are there in any case.
    pub bytes: u64,
}

/// Makes `release` of `tenant` ready to run.
///
/// # Errors
/// Only the store's.
pub async fn prepare(
    library: &ModuleLibrary,
    store: &dyn Store,
    tenant: &TenantId,
    permissions: &Permissions,
    release: &Release,
) -> Result<Prepared, StoreError> {
    let mut unfit = Vec::new();
    let (mut rules, mut policies) = (Vec::new(), Vec::new());
    let mut bytes = 0;
    for module in &release.modules {
        let compiled = match library.module(store, tenant, module.digest).await {
            Err(LoadError::Store(error)) => return Err(error),
            loaded => loaded,
        };
        bytes += compiled.as_ref().map_or(0, |it| bytes_of(it, library));
        let ready = match fitted(library, permissions, module, compiled) {
            Ok(ready) => ready,
            Err((misfit, declaration)) => {
                let ready = Ready::barred(module.digest, declaration, misfit.failure());
                let module = module.name.clone();
                unfit.push(Unfit { module, misfit });
                ready
            }
        };
        match ready.declaration().world {
            World::Rule => rules.push(Arc::new(ready)),
            World::Policy => policies.push(Arc::new(ready)),
        }
    }
    let lineup = lined_up(rules, policies, &mut unfit);
    let release = ActiveRelease::new(release.number, lineup, Terms::of(&release.modules));
    Ok(Prepared {
        release,
        unfit,
        bytes,
    })
}

/// Memory of a module that is ready.
fn bytes_of(module: &Compiled, library: &ModuleLibrary) -> u64 {
    let is_of_pack = library.pack().module(&module.inspected().digest());
    let own = if is_of_pack.is_some() {
        0
    } else {
        module.memory_bytes()
    };
    READY_MODULE_BYTES + own
}

/// `release` with none of its modules able to run, and no word on what they
/// declare.
pub(super) fn barred(release: &Release) -> ActiveRelease {
    let failure = ModuleFailure::NotStarted("it could not be made ready in time".into());
    let bar = |module: &ReleasedModule| {
        let declaration = unknown(&module.name, World::Rule);
        Arc::new(Ready::barred(module.digest, declaration, failure.clone()))
    };
    let rules = release.modules.iter().map(bar).collect();
    let policy = missing_policy(failure.clone());
    let lineup = Lineup::new(rules, policy.clone()).unwrap_or_else(|_| Lineup::of_policy(policy));
    ActiveRelease::new(release.number, lineup, Terms::of(&release.modules))
}

/// The module in its place, or why not and what it declares.
fn fitted(
    library: &ModuleLibrary,
    permissions: &Permissions,
    module: &ReleasedModule,
    compiled: Result<Compiled, LoadError>,
) -> Result<Ready, (Misfit, Arc<Declaration>)> {
    let compiled = compiled.map_err(|error| (error.into(), unknown(&module.name, World::Rule)))?;
    let inspected = compiled.inspected();
    let declaration = || inspected.declaration().clone();
    let misfit = if declaration().name != module.name {
        Some(Misfit::Name(declaration().name.clone()))
    } else if inspected.world() == World::Policy && module.mode == Mode::Shadow {
        Some(Misfit::ShadowPolicy)
    } else {
        let lacking = permissions.lacking(&Module::inspected(inspected, library.pack()));
        (!lacking.is_empty()).then_some(Misfit::Permission(lacking))
    };
    if let Some(misfit) = misfit {
        return Err((misfit, declaration()));
    }
    let granted = permissions.of_module(&Module::inspected(inspected, library.pack()));
    let activated = compiled.activate(&granted, &module.settings);
    activated.map_err(|error| {
        let misfit = match error {
            ActivationError::Settings(error) => Misfit::Settings(error),
            other => Misfit::NotLinked(other),
        };
        (misfit, declaration())
    })
}

/// The line-up, with as much barred as it takes to have one.
fn lined_up(
    rules: Vec<Arc<Ready>>,
    mut policies: Vec<Arc<Ready>>,
    unfit: &mut Vec<Unfit>,
) -> Lineup {
    let count = policies.len();
    let policy = policies.pop().filter(|_| count == 1);
    let policy = policy.unwrap_or_else(|| {
        let misfit = Misfit::Policies(count);
        let policy = missing_policy(misfit.failure());
        let module = policy.declaration().name.clone();
        unfit.push(Unfit { module, misfit });
        policy
    });
    match Lineup::new(rules, policy) {
        Ok(lineup) => lineup,
        Err(error) => {
            let misfit = Misfit::Lineup(error);
            let policy = missing_policy(misfit.failure());
            let module = policy.declaration().name.clone();
            unfit.push(Unfit { module, misfit });
            Lineup::of_policy(policy)
        }
    }
}

fn missing_policy(failure: ModuleFailure) -> Arc<Ready> {
    let name = ModuleName::parse("policy").unwrap_or_else(|_| unreachable!("it is a name"));
    let declaration = unknown(&name, World::Policy);
    let digest = ModuleDigest::new([0; 32]);
    Arc::new(Ready::barred(digest, declaration, failure))
}

/// What is known of a module whose bytes are not.
fn unknown(name: &ModuleName, world: World) -> Arc<Declaration> {
    Arc::new(Declaration {
        name: name.clone(),
        world,
        summary: "".into(),
        signals: Vec::new(),
        tags: Vec::new(),
        next_steps: Vec::new(),
        settings: Vec::new(),
    })
}
