//! Modules as machine code, by digest: those of the pack, and those that
//! tenants use. The same bytes are compiled once, whoever has them.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, Weak},
};

use baton_domain::{
    ids::{ModuleDigest, ReleaseNumber, TenantId},
    limits::{COMPILED_BYTES_MAX, COMPILED_MODULES_MAX},
    release::Release,
};
use baton_sandbox::{
    ArtefactCache, CacheCounts, Compiled, Compiler, Inspected, Rejection, Sandbox, Way,
};
use baton_store::{Store, StoreError};
use quick_cache::{Weighter, sync::Cache};
use tokio::sync::{Mutex, OwnedMutexGuard, Semaphore};

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
    pack: RulePack,
    compiled: Arc<Cache<ModuleDigest, Compiled, ByMemory>>,
    tools: Arc<Tools>,
    /// As many as may be compiled at a time.
    turns: Arc<Semaphore>,
    /// What is made now, so that nothing is twice.
    under_way: std::sync::Mutex<HashMap<ModuleDigest, Weak<Mutex<()>>>>,
}

/// What makes machine code.
struct Tools {
    sandbox: Sandbox,
    compiler: Compiler,
    /// Machine code that outlives the process.
    kept: Option<ArtefactCache>,
}

impl Tools {
    fn kept(&self, inspected: Inspected) -> Result<Result<Compiled, Inspected>, Rejection> {
        let kept = self.kept.as_ref();
        self.compiler.kept(inspected, &self.sandbox, kept)
    }

    fn compiled(&self, inspected: Inspected) -> Result<Compiled, Rejection> {
        let kept = self.kept.as_ref();
        self.compiler.compile_anew(inspected, &self.sandbox, kept)
    }
}

/// Compiled modules are kept by the memory that they take.
#[derive(Clone)]
struct ByMemory;

impl Weighter<ModuleDigest, Compiled> for ByMemory {
    fn weight(&self, _: &ModuleDigest, module: &Compiled) -> u64 {
        module.memory_bytes()
    }
}

impl ModuleLibrary {
    /// A library that has the pack and nothing else yet; it compiles in this
    /// process.
    pub fn new(sandbox: Sandbox, pack: RulePack) -> Self {
        Self::compiled_by(sandbox, pack, Compiler::new(Way::InProcess), None)
    }

    /// The same with a compiler of its own, and a place for what it makes.
    pub fn compiled_by(
        sandbox: Sandbox,
        pack: RulePack,
        compiler: Compiler,
        kept: Option<ArtefactCache>,
    ) -> Self {
        let (count, bytes) = (COMPILED_MODULES_MAX, COMPILED_BYTES_MAX);
        Self {
            pack,
            compiled: Arc::new(Cache::with_weighter(count, bytes, ByMemory)),
            turns: Arc::new(Semaphore::new(compiler.at_once())),
            tools: Arc::new(Tools {
                sandbox,
                compiler,
                kept,
            }),
            under_way: std::sync::Mutex::default(),
        }
    }

    /// The host's own modules.
    pub fn pack(&self) -> &RulePack {
        &self.pack
    }

    /// What the place for machine code did; `None` without one.
    pub fn kept_counts(&self) -> Option<CacheCounts> {
        self.tools.kept.as_ref().map(ArtefactCache::counts)
    }

    /// Compiles what was inspected, away from the threads that serve. Whoever
    /// gives up waiting loses nothing: the work goes on, and who asks next has
    /// what came of it.
    ///
    /// # Errors
    /// [`LoadError::Refused`] and [`LoadError::Lost`].
    pub async fn compile(&self, inspected: Inspected) -> Result<Compiled, LoadError> {
        let digest = inspected.digest();
        self.made(digest, || Ok(inspected)).await
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
        self.made(digest, || Inspected::inspect(bytes)).await
    }

    /// Makes a module once, however many ask for it meanwhile.
    async fn made(
        &self,
        digest: ModuleDigest,
        inspect: impl FnOnce() -> Result<Inspected, Rejection> + Send + 'static,
    ) -> Result<Compiled, LoadError> {
        if let Some(compiled) = self.at_hand(&digest) {
            return Ok(compiled);
        }
        let alone = self.alone_with(digest).await;
        if let Some(compiled) = self.at_hand(&digest) {
            return Ok(compiled);
        }
        let tools = self.tools.clone();
        let looking = tokio::task::spawn_blocking(move || tools.kept(inspect()?));
        let looked = looking.await.map_err(|_| LoadError::Lost(digest))?;
        let refused = |source| LoadError::Refused { digest, source };
        let inspected = match looked.map_err(refused)? {
            Ok(compiled) => {
                self.compiled.insert(digest, compiled.clone());
                return Ok(compiled);
            }
            Err(inspected) => inspected,
        };
        // Whoever waits here holds no thread.
        let turn = self.turns.clone().acquire_owned().await;
        let (tools, at_hand) = (self.tools.clone(), self.compiled.clone());
        let making = tokio::task::spawn_blocking(move || {
            // Held here, so that they end with the work and not with whoever
            // waits for it.
            let _held = (alone, turn);
            let made = tools.compiled(inspected)?;
            at_hand.insert(digest, made.clone());
            Ok(made)
        });
        let made = making.await.map_err(|_| LoadError::Lost(digest))?;
        if let Some(complaint) = self
            .tools
            .kept
            .as_ref()
            .and_then(ArtefactCache::take_complaint)
        {
            tracing::warn!(error = %complaint, source = ?std::error::Error::source(&complaint), "compiled modules are not kept: each start compiles them again");
        }
        made.map_err(refused)
    }

    /// Waits until nobody else makes this module.
    async fn alone_with(&self, digest: ModuleDigest) -> OwnedMutexGuard<()> {
        let turn = {
            let mut under_way = self
                .under_way
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            under_way.retain(|_, it| it.strong_count() > 0);
            let before = under_way.get(&digest).and_then(Weak::upgrade);
            before.unwrap_or_else(|| {
                let turn = Arc::new(Mutex::new(()));
                under_way.insert(digest, Arc::downgrade(&turn));
                turn
            })
        };
        turn.lock_owned().await
    }

    /// Whether the module needs no compiling.
    pub fn has(&self, digest: &ModuleDigest) -> bool {
        self.at_hand(digest).is_some()
    }

    /// Whether the module is being compiled.
    pub fn is_under_way(&self, digest: &ModuleDigest) -> bool {
        let under_way = self.under_way.lock();
        let under_way = under_way.unwrap_or_else(PoisonError::into_inner);
        under_way
            .get(digest)
            .is_some_and(|it| it.strong_count() > 0)
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
