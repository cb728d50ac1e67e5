//! A pack of modules: the stock pack that the binary carries, or a folder of
//! components.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc, thread};

use baton_domain::{
    ids::{ModuleDigest, ModuleName, ReleaseNumber},
    module::{SettingValue, World},
    release::{Mode, OnFailure, Release, ReleasedModule},
    signal::Score,
};
use baton_sandbox::{
    ActivationError, Compiled, Inspected, Lineup, LineupError, Rejection, Sandbox,
};
use jiff::Timestamp;
use serde::Deserialize;

/// The components that this binary carries, by name.
const STOCK: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/stock_pack.rs"));

/// Why there is no line-up.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// The binary was built without guests.
    #[error("this build carries no stock pack: run `make guests`, then build again")]
    NoStockPack,
    /// The folder cannot be read.
    #[error("cannot read {path}")]
    Unreadable {
        /// Which file or folder.
        path: String,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// A module is refused.
    #[error("{name} is refused ({})", .source.code())]
    Refused {
        /// Which one.
        name: String,
        /// Why.
        #[source]
        source: Rejection,
    },
    /// A module cannot be activated.
    #[error("{name} cannot be activated ({})", .source.code())]
    NotActivated {
        /// Which one.
        name: String,
        /// Why.
        #[source]
        source: ActivationError,
    },
    /// There must be exactly one policy.
    #[error("a pack needs exactly one policy, this one has {found}: {names}")]
    Policies {
        /// How many.
        found: usize,
        /// Their names.
        names: String,
    },
    /// The modules do not go together.
    #[error(transparent)]
    Lineup(#[from] LineupError),
    /// A module is named that is not in the pack.
    #[error("{name} is not in the pack; it has: {known}")]
    UnknownModule {
        /// The name.
        name: ModuleName,
        /// The names there are.
        known: String,
    },
}

/// Which modules of a pack run, and how.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackChoice {
    /// Which rules; absent means all of them.
    #[serde(default)]
    pub rules: Option<Vec<ModuleName>>,
    /// Settings and weights that differ from the defaults.
    #[serde(default)]
    pub modules: BTreeMap<ModuleName, ModuleChoice>,
}

/// How a module runs.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModuleChoice {
    /// From 0 to 1; 1 by default.
    #[serde(default = "one")]
    pub weight: Score,
    /// Values of its settings.
    #[serde(default)]
    pub settings: BTreeMap<Arc<str>, SettingValue>,
}

fn one() -> Score {
    Score::ONE
}

impl Default for ModuleChoice {
    fn default() -> Self {
        let settings = BTreeMap::new();
        Self {
            weight: one(),
            settings,
        }
    }
}

impl ModuleChoice {
    fn of(&self, module: &Compiled) -> ReleasedModule {
        let inspected = module.inspected();
        ReleasedModule {
            name: inspected.declaration().name.clone(),
            digest: inspected.digest(),
            settings: self.settings.clone(),
            weight: self.weight,
            mode: Mode::Live,
            on_failure: OnFailure::Open,
        }
    }
}

/// Compiled modules, ready to be put into line-ups.
#[derive(Debug, Clone)]
pub struct RulePack {
    modules: Vec<Compiled>,
}

impl RulePack {
    /// The stock pack.
    ///
    /// # Errors
    /// [`PackError::NoStockPack`] in a build without guests, and whatever
    /// admission says of a module.
    pub fn stock(sandbox: &Sandbox) -> Result<Self, PackError> {
        if STOCK.is_empty() {
            return Err(PackError::NoStockPack);
        }
        let bytes = STOCK
            .iter()
            .map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec()));
        Self::compile(sandbox, bytes)
    }

    /// Every `.wasm` file of a folder.
    ///
    /// # Errors
    /// [`PackError::Unreadable`], and whatever admission says of a module.
    pub fn folder(sandbox: &Sandbox, folder: &Path) -> Result<Self, PackError> {
        let unreadable = |path: &Path| {
            let path = path.display().to_string();
            move |source| PackError::Unreadable { path, source }
        };
        let mut files = Vec::new();
        for entry in fs::read_dir(folder).map_err(unreadable(folder))? {
            let path = entry.map_err(unreadable(folder))?.path();
            if path
                .extension()
                .is_some_and(|extension| extension == "wasm")
            {
                let bytes = fs::read(&path).map_err(unreadable(&path))?;
                files.push((path.display().to_string(), bytes));
            }
        }
        files.sort();
        Self::compile(sandbox, files)
    }

    /// Compiles on as many threads as there are cores: it is most of what a
    /// start takes.
    fn compile(
        sandbox: &Sandbox,
        files: impl IntoIterator<Item = (String, Vec<u8>)>,
    ) -> Result<Self, PackError> {
        let admit = |(name, bytes): (String, Vec<u8>)| {
            let compiled = Inspected::inspect(bytes).and_then(|it| it.compile(sandbox));
            compiled.map_err(|source| PackError::Refused { name, source })
        };
        let files: Vec<_> = files.into_iter().collect();
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let shares = files.chunks(files.len().div_ceil(cores).max(1));
        let modules = thread::scope(|scope| {
            let compiling: Vec<_> = shares
                .map(|share| scope.spawn(|| share.iter().cloned().map(admit).collect()))
                .collect();
            let compiled = compiling.into_iter().map(|one| {
                one.join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            });
            compiled.collect::<Result<Vec<Vec<_>>, _>>()
        })?;
        Ok(Self {
            modules: modules.into_iter().flatten().collect(),
        })
    }

    /// Its modules.
    pub fn modules(&self) -> &[Compiled] {
        &self.modules
    }

    /// The module of these bytes.
    pub fn module(&self, digest: &ModuleDigest) -> Option<&Compiled> {
        let is_it = |it: &&Compiled| it.inspected().digest() == *digest;
        self.modules.iter().find(is_it)
    }

    /// The module of this name.
    pub fn named(&self, name: &ModuleName) -> Option<&Compiled> {
        let is_it = |it: &&Compiled| it.inspected().declaration().name == *name;
        self.modules.iter().find(is_it)
    }

    /// The release that decides until a tenant activates one of its own: every
    /// module with its defaults.
    pub fn release(&self) -> Release {
        let plain = ModuleChoice::default();
        Release {
            number: ReleaseNumber(0),
            made_at: Timestamp::UNIX_EPOCH,
            made_by: "host".into(),
            note: "the host's own modules".into(),
            key: None,
            modules: self.modules.iter().map(|it| plain.of(it)).collect(),
        }
    }

    /// The modules of a release: the policy, and the rules that `choice` names.
    ///
    /// # Errors
    /// [`PackError::UnknownModule`].
    pub fn chosen(&self, choice: &PackChoice) -> Result<Vec<ReleasedModule>, PackError> {
        let PackChoice { rules, modules } = choice;
        self.check_names(modules.keys().chain(rules.iter().flatten()))?;
        let is_wanted = |module: &&Compiled| {
            let inspected = module.inspected();
            let name = &inspected.declaration().name;
            let is_listed = rules.as_ref().is_none_or(|rules| rules.contains(name));
            inspected.world() == World::Policy || is_listed
        };
        let plain = ModuleChoice::default();
        let released = |module: &Compiled| {
            let name = &module.inspected().declaration().name;
            modules.get(name).unwrap_or(&plain).of(module)
        };
        Ok(self
            .modules
            .iter()
            .filter(is_wanted)
            .map(released)
            .collect())
    }

    /// A line-up of modules of the pack, each with what it imports granted.
    ///
    /// # Errors
    /// [`PackError`] when one is not in the pack, settings do not fit or there
    /// is not one policy.
    pub fn lineup(&self, released: &[ReleasedModule]) -> Result<Lineup, PackError> {
        self.check_names(released.iter().map(|it| &it.name))?;
        let (mut rules, mut policies) = (Vec::new(), Vec::new());
        for (chosen, module) in released
            .iter()
            .filter_map(|it| Some((it, self.named(&it.name)?)))
        {
            let inspected = module.inspected();
            let ready = module
                .activate(inspected.fields(), &chosen.settings)
                .map_err(|source| PackError::NotActivated {
                    name: chosen.name.to_string(),
                    source,
                })?;
            match inspected.world() {
                World::Rule => rules.push(Arc::new(ready)),
                World::Policy => policies.push(Arc::new(ready)),
            }
        }
        match <[_; 1]>::try_from(policies) {
            Ok([policy]) => Ok(Lineup::new(rules, policy)?),
            Err(policies) => {
                let names: Vec<&str> = policies
                    .iter()
                    .map(|it| it.declaration().name.as_str())
                    .collect();
                Err(PackError::Policies {
                    found: names.len(),
                    names: names.join(", "),
                })
            }
        }
    }

    fn check_names<'n>(
        &self,
        mut wanted: impl Iterator<Item = &'n ModuleName>,
    ) -> Result<(), PackError> {
        let names = || {
            self.modules
                .iter()
                .map(|it| &it.inspected().declaration().name)
        };
        match wanted.find(|name| !names().any(|known| known == *name)) {
            None => Ok(()),
            Some(name) => {
                let known: Vec<&str> = names().map(ModuleName::as_str).collect();
                Err(PackError::UnknownModule {
                    name: name.clone(),
                    known: known.join(", "),
                })
            }
        }
    }
}
