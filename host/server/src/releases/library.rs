//! Modules as machine code, by digest: those of the pack, and those that
//! tenants use. The same bytes are compiled once, whoever has them.

use baton_domain::{
    ids::{ModuleDigest, TenantId},
    limits::COMPILED_MODULES_MAX,
};
use baton_sandbox::{Compiled, Inspected, Rejection, Sandbox};
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
}

impl ModuleLibrary {
    /// A library that has the pack and nothing else yet.
    pub fn new(sandbox: Sandbox, pack: RulePack) -> Self {
        Self {
            sandbox,
            pack,
            compiled: Cache::new(COMPILED_MODULES_MAX),
        }
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
        let sandbox = self.sandbox.clone();
        let compiling = tokio::task::spawn_blocking(move || inspected.compile(&sandbox));
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

    fn at_hand(&self, digest: &ModuleDigest) -> Option<Compiled> {
        let of_pack = self.pack.module(digest).cloned();
        of_pack.or_else(|| self.compiled.get(digest))
    }
}
