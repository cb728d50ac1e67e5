//! A pack of modules: the stock pack that the binary carries, or a folder of
//! components.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc, thread};

use baton_domain::{
    ids::ModuleName,
    module::{SettingValue, Settings, World},
};
use baton_sandbox::{
    ActivationError, Compiled, Inspected, Lineup, LineupError, Rejection, Sandbox,
};

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

    /// A line-up of the policy and the rules that `wanted` names (absent: all
    /// of them), each with what it imports granted and the settings that
    /// `chosen` names for it.
    ///
    /// # Errors
    /// [`PackError`] when a name is not in the pack, settings do not fit or
    /// there is not one policy.
    pub fn lineup(
        &self,
        wanted: Option<&[ModuleName]>,
        chosen: &BTreeMap<ModuleName, BTreeMap<Arc<str>, SettingValue>>,
    ) -> Result<Lineup, PackError> {
        self.check_names(chosen.keys().chain(wanted.unwrap_or_default()))?;
        let is_wanted = |name| wanted.is_none_or(|wanted| wanted.contains(name));
        let (mut rules, mut policies) = (Vec::new(), Vec::new());
        let none = Settings::new();
        for module in &self.modules {
            let inspected = module.inspected();
            let name = &inspected.declaration().name;
            if inspected.world() == World::Rule && !is_wanted(name) {
                continue;
            }
            let settings = chosen.get(name).unwrap_or(&none);
            let ready = module
                .activate(inspected.fields(), settings)
                .map_err(|source| PackError::NotActivated {
                    name: name.to_string(),
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
