//! From inspected bytes to a module that can run: machine code, then grants
//! and settings.

mod artefact;
mod cache;
mod child;
mod compiler;
mod worker;

pub use cache::{ArtefactCache, CacheCounts, CacheUnusable};
pub use child::COMPILE_REFUSED;
pub use compiler::{CompileLimits, Compiler, Way};
pub use worker::{WorkerError, compile_confined};

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    sync::Arc,
};

use baton_domain::{
    field::Field,
    ids::ModuleDigest,
    module::{Declaration, InvalidDeclaration, ModuleFailure, ModuleRun, SettingValue, Settings},
};
use sha2::{Digest, Sha256};
use wasmtime::component::{Component, ComponentExportIndex, InstancePre};

use crate::{
    admission::{
        Inspected, Rejection, Tier,
        measure::{Measure, within},
        wit_type,
    },
    engine::Sandbox,
    link::link,
    session::Session,
};

/// A module as machine code. What it reads has not been granted yet.
#[derive(Clone)]
pub struct Compiled {
    inspected: Inspected,
    component: Component,
    sandbox: Sandbox,
}

/// A module in its place of a release: granted, set and linked, or barred.
/// Cheap to share; swapping one `Arc<Ready>` for another is the unit of hot
/// swap.
pub struct Ready {
    digest: ModuleDigest,
    declaration: Arc<Declaration>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) tier: Tier,
    /// SHA-256 over digest and settings.
    pub(crate) fingerprint: [u8; 32],
    /// What runs, or why nothing does.
    pub(crate) linked: Result<Linked, ModuleFailure>,
}

/// A module with all that it may call.
pub(crate) struct Linked {
    pub(crate) instance: InstancePre<Session>,
    pub(crate) entry: ComponentExportIndex,
    /// Keeps the epoch clock going for as long as the module can run.
    _sandbox: Sandbox,
}

/// Why a compiled module cannot be made ready.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ActivationError {
    /// It reads fields that it was not granted.
    #[error("it reads fields that were not granted: {}", names(.0))]
    Ungranted(BTreeSet<Field>),
    /// The settings do not fit its declaration.
    #[error("the settings do not fit: {0}")]
    Settings(InvalidDeclaration),
    /// The engine refuses to link it. Inspection should have found out.
    #[error("cannot be linked")]
    NotLinked(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl ActivationError {
    /// A stable code for logs, metrics and APIs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Ungranted(_) => "ungranted_fields",
            Self::Settings(_) => "invalid_settings",
            Self::NotLinked(_) => "not_linked",
        }
    }
}

fn names(fields: &BTreeSet<Field>) -> String {
    fields
        .iter()
        .map(|field| field.name())
        .collect::<Vec<_>>()
        .join(", ")
}

impl Inspected {
    /// Compiles the module in this process.
    ///
    /// # Errors
    /// [`Rejection::NotCompiled`], and [`Rejection::OverLimit`] or
    /// [`Rejection::TooDemanding`] for what only the compiled component tells:
    /// memories, tables and core instances of all that it instantiates.
    pub fn compile(self, sandbox: &Sandbox) -> Result<Compiled, Rejection> {
        let component = Component::from_binary(sandbox.engine(), self.bytes())
            .map_err(|error| refused(error.root_cause().to_string()))?;
        Compiled::of(self, component, sandbox)
    }
}

/// Wasmtime has no types for these; a hostile case holds the text.
fn refused(text: String) -> Rejection {
    if text.contains("exceeds the configured maximum") {
        Rejection::TooDemanding(text)
    } else {
        Rejection::NotCompiled(text)
    }
}

impl Compiled {
    /// A component of these bytes, however it came to be, if its instances fit
    /// into the pool.
    fn of(
        inspected: Inspected,
        component: Component,
        sandbox: &Sandbox,
    ) -> Result<Self, Rejection> {
        let needs = component
            .resources_required()
            .ok_or_else(|| Rejection::ForbiddenImport {
                import: "a core module".to_owned(),
            })?;
        let tier = inspected.tier();
        within(Measure::Memories, needs.num_memories.into(), tier)?;
        within(Measure::Tables, needs.num_tables.into(), tier)?;
        Ok(Self {
            inspected,
            component,
            sandbox: sandbox.clone(),
        })
    }

    /// What inspection found.
    pub fn inspected(&self) -> &Inspected {
        &self.inspected
    }

    /// Memory that it takes: its machine code, and the bytes that it was made
    /// of.
    pub fn memory_bytes(&self) -> u64 {
        let code = self.component.image_range();
        let code = code.end.addr().saturating_sub(code.start.addr());
        (code + self.inspected.bytes().len()) as u64
    }

    /// Makes the module ready to run with the fields of `grants` and the
    /// settings that the merchant chose over its defaults.
    ///
    /// # Errors
    /// [`ActivationError::Ungranted`] with every field that it imports and
    /// `grants` lacks; [`ActivationError::Settings`].
    pub fn activate(
        &self,
        grants: &BTreeSet<Field>,
        chosen: &BTreeMap<Arc<str>, SettingValue>,
    ) -> Result<Ready, ActivationError> {
        let inspected = &self.inspected;
        let ungranted: BTreeSet<Field> = inspected.fields().difference(grants).copied().collect();
        if !ungranted.is_empty() {
            return Err(ActivationError::Ungranted(ungranted));
        }
        let declaration = inspected.declaration();
        let settings = declaration
            .settings_with(chosen)
            .map_err(ActivationError::Settings)?;
        let (instance, entry) = self
            .link(grants)
            .map_err(|error| ActivationError::NotLinked(error.into()))?;
        Ok(Ready {
            digest: inspected.digest(),
            declaration: Arc::clone(declaration),
            fingerprint: fingerprint(inspected.digest(), &settings),
            settings: Arc::new(settings),
            tier: inspected.tier(),
            linked: Ok(Linked {
                instance,
                entry,
                _sandbox: self.sandbox.clone(),
            }),
        })
    }

    /// Links what is both imported and granted. That a denied field is absent
    /// here is what holds; the check above only words it.
    fn link(
        &self,
        grants: &BTreeSet<Field>,
    ) -> wasmtime::Result<(InstancePre<Session>, ComponentExportIndex)> {
        let fields = self
            .inspected
            .fields()
            .intersection(grants)
            .copied()
            .collect();
        let linker = link(self.sandbox.engine(), &fields, self.inspected.settings())?;
        let instance = linker.instantiate_pre(&self.component)?;
        // Now, and not in the first evaluation.
        self.component.initialize_copy_on_write_image()?;
        let (export, _) = wit_type::of_world(self.inspected.world());
        let entry = self
            .component
            .get_export_index(None, export)
            .ok_or_else(|| wasmtime::Error::msg("the export of the world is missing"))?;
        Ok((instance, entry))
    }
}

/// What tells a module with its settings from others.
fn fingerprint(digest: ModuleDigest, settings: &Settings) -> [u8; 32] {
    let mut hash = Sha256::new_with_prefix(digest.as_bytes());
    // Texts, numbers and lists of them: this cannot fail.
    hash.update(serde_json::to_vec(settings).unwrap_or_default());
    hash.finalize().into()
}

impl Ready {
    /// A module that keeps its place and does not run: each of its runs is this
    /// failure.
    pub fn barred(
        digest: ModuleDigest,
        declaration: Arc<Declaration>,
        failure: ModuleFailure,
    ) -> Self {
        let settings = Settings::new();
        Self {
            digest,
            declaration,
            fingerprint: fingerprint(digest, &settings),
            settings: Arc::new(settings),
            tier: Tier::Native,
            linked: Err(failure),
        }
    }

    /// A run that was not made, for this reason.
    pub fn not_run<A>(&self, failure: ModuleFailure) -> ModuleRun<A> {
        ModuleRun {
            module: self.declaration.name.clone(),
            digest: self.digest,
            reads: Vec::new(),
            answer: Err(failure),
            fuel: 0,
        }
    }

    /// SHA-256 of the module's bytes.
    pub fn digest(&self) -> ModuleDigest {
        self.digest
    }

    /// What the module declares.
    pub fn declaration(&self) -> &Declaration {
        &self.declaration
    }

    /// The tier that it runs in.
    pub fn tier(&self) -> Tier {
        self.tier
    }

    /// The settings it runs with.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }
}

impl fmt::Debug for Compiled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Compiled")
            .field(&self.inspected.digest())
            .finish()
    }
}

impl fmt::Debug for Ready {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            digest,
            declaration,
            ..
        } = self;
        f.debug_tuple("Ready")
            .field(&declaration.name)
            .field(digest)
            .finish()
    }
}
