//! Modules as machine code, by digest: those of the pack, and those that
//! tenants use. The same bytes are compiled once, whoever has them.

use std::sync::Arc;

use baton_domain::{
    ids::{ModuleDigest, ReleaseNumber, TenantId},
    limits::COMPILED_MODULES_MAX,
    release::Release,
};
use baton_sandbox::{ArtefactCache, Compiled, Compiler, Inspected, Rejection, Sandbox, Way};
use baton_store::{Store, StoreError};
use quick_cache::sync::Cache;

use crate::rule_pack::RulePack;

/// Why there is no machine code of a module.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The tenant has no such module.
    #[error("there is no module {}: upload it first", .0.short())]
    NotThere(ModuleDigest),
    /// It was admitted once and is not any more.
    #[error("module {} is refused ({})", .digest.short(), .source.code())]
    Refused {
        /// Which one.
        digest: ModuleDigest,
        /// Why.
        #[source]
        source: Rejection,
    },
    /// The store's.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The compiler ended without an answer.
    #[error("module {} was lost while it was compiled", .0.short())]
    Lost(ModuleDigest),
}

/// All modules that are at hand.
pub struct ModuleLibrary {
    sandbox: Sandbox,
    pack: RulePack,
    compiled: Cache<ModuleDigest, Compiled>,
    compiler: Arc<Compiler>,
    /// Machine code that outlives the process.
    kept: Option<Arc<ArtefactCache>>,
}

impl ModuleLibrary {
    /// A library that has the pack and nothing else yet; it compiles in this
    /// process.
    pub fn new(sandbox: Sandbox, pack: RulePack) -> Self {
        Self {
            sandbox,
            pack,
            compiled: Cache::new(COMPILED_MODULES_MAX),
            compiler: Arc::new(Compiler::new(Way::InProcess)),
            kept: None,
        }
    }

    /// The same with a compiler of its own, and a place for what it makes.
    #[must_use]
    pub fn compiled_by(mut self, compiler: Compiler, kept: Option<ArtefactCache>) -> Self {
        self.compiler = Arc::new(compiler);
        self.kept = kept.map(Arc::new);
        self
    }

    /// The host's own modules.
    pub fn pack(&self) -> &RulePack {
        &self.pack
    }

    /// Compiles what was inspected, away from the threads that serve.
    ///
    /// # Errors
    /// [`LoadError::Refused`] and [`LoadError::Lost`].
    pub async fn compile(&self, inspected: Inspected) -> Result<Compiled, LoadError> {
        let digest = inspected.digest();
        if let Some(compiled) = self.at_hand(&digest) {
            return Ok(compiled);
        }
        let (sandbox, compiler) = (self.sandbox.clone(), self.compiler.clone());
        let kept = self.kept.clone();
        let compile = move || compiler.compile(inspected, &sandbox, kept.as_deref());
        let compiling = tokio::task::spawn_blocking(compile);
        let compiled = compiling.await.map_err(|_| LoadError::Lost(digest))?;
        let compiled = compiled.map_err(|source| LoadError::Refused { digest, source })?;
        self.compiled.insert(digest, compiled.clone());
        Ok(compiled)
    }

    /// A module of a tenant, or of the pack.
    ///
    /// # Errors
    /// [`LoadError`].
    pub async fn module(
        &self,
        store: &dyn Store,
        tenant: &TenantId,
        digest: ModuleDigest,
    ) -> Result<Compiled, LoadError> {
        if let Some(compiled) = self.at_hand(&digest) {
            return Ok(compiled);
        }
        let bytes = store.module_bytes(tenant, &digest).await?;
        let bytes = bytes.ok_or(LoadError::NotThere(digest))?;
        let inspected = Inspected::inspect(bytes);
        let inspected = inspected.map_err(|source| LoadError::Refused { digest, source })?;
        self.compile(inspected).await
    }

    /// The release of this number: 0 is the host's own pack; `None` when it is
    /// not kept any more, or never was.
    ///
    /// # Errors
    /// The store's.
    pub async fn release(
        &self,
        store: &dyn Store,
        tenant: &TenantId,
        number: ReleaseNumber,
    ) -> Result<Option<Release>, StoreError> {
        if number == ReleaseNumber(0) {
            return Ok(Some(self.pack.release()));
        }
        store.made_release(tenant, number).await
    }

    fn at_hand(&self, digest: &ModuleDigest) -> Option<Compiled> {
        let of_pack = self.pack.module(digest).cloned();
        of_pack.or_else(|| self.compiled.get(digest))
    }
}
