//! The modules of one release, ready to run.

use std::{collections::BTreeSet, sync::Arc};

use baton_domain::{ids::ModuleName, limits::RELEASE_MODULES_MAX, module::World};

use crate::compile::Ready;

/// The rules and the policy of one release. Immutable: a new release is a new
/// line-up, swapped in whole.
#[derive(Debug, Clone)]
pub struct Lineup {
    rules: Vec<Arc<Ready>>,
    policy: Arc<Ready>,
}

/// Modules that make no line-up.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineupError {
    /// A module stands where one of the other world belongs.
    #[error("{module} is of the world {found:?}; here belongs a {expected:?}")]
    World {
        /// The module.
        module: ModuleName,
        /// Its world.
        found: World,
        /// The world of its place.
        expected: World,
    },
    /// Two modules have one name.
    #[error("two modules are called {0}")]
    Twice(ModuleName),
    /// Too many modules.
    #[error("{0} modules; {RELEASE_MODULES_MAX} are allowed")]
    TooMany(usize),
}

impl Lineup {
    /// Puts modules together. Rules run in the given order.
    ///
    /// # Errors
    /// [`LineupError`] for a module in the wrong place, a name that occurs
    /// twice, or too many modules.
    pub fn new(rules: Vec<Arc<Ready>>, policy: Arc<Ready>) -> Result<Self, LineupError> {
        let count = rules.len() + 1;
        if count > RELEASE_MODULES_MAX {
            return Err(LineupError::TooMany(count));
        }
        let mut names = BTreeSet::new();
        let places = rules.iter().map(|rule| (rule, World::Rule));
        for (module, expected) in places.chain([(&policy, World::Policy)]) {
            let declaration = module.declaration();
            if declaration.world != expected {
                let module = declaration.name.clone();
                return Err(LineupError::World {
                    module,
                    found: declaration.world,
                    expected,
                });
            }
            if !names.insert(&declaration.name) {
                return Err(LineupError::Twice(declaration.name.clone()));
            }
        }
        Ok(Self { rules, policy })
    }

    /// A line-up without rules.
    pub fn of_policy(policy: Arc<Ready>) -> Self {
        let rules = Vec::new();
        Self { rules, policy }
    }

    /// The rules, in the order in which they run.
    pub fn rules(&self) -> &[Arc<Ready>] {
        &self.rules
    }

    /// The policy.
    pub fn policy(&self) -> &Arc<Ready> {
        &self.policy
    }
}
