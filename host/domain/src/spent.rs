//! Spent signals: a signal whose reads have not changed since it contributed
//! to a handoff in this episode is shown, but not counted again, so that a
//! conversation that people gave back does not bounce (contract point 9).

use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

use serde::{Deserialize, Serialize};
use siphasher::sip128::{Hasher128, SipHasher13};

use crate::{
    ids::ModuleName,
    module::{ModuleRun, Read, SettingValue},
    signal::Signal,
};

/// A fingerprint of what a module read. Not a secret: it only has to differ
/// when the reads do.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ReadsFingerprint([u64; 2]);

impl fmt::Debug for ReadsFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}{:016x}", self.0[0], self.0[1])
    }
}

impl ReadsFingerprint {
    /// The fingerprint of `reads`, whatever their order: the same values read
    /// along another path are the same reads.
    pub fn of(reads: &[Read]) -> Self {
        let one = |read| {
            let mut hasher = SipHasher13::new();
            hash_read(read, &mut hasher);
            hasher.finish128().as_u128()
        };
        let all = reads.iter().map(one).fold(0u128, u128::wrapping_add);
        Self([(all >> 64) as u64, all as u64])
    }
}

fn hash_read(read: &Read, hasher: &mut SipHasher13) {
    match read {
        Read::Field(field, value) => (field.name(), value).hash(hasher),
        Read::Setting(name, value) => {
            name.hash(hasher);
            match value {
                None => {}
                Some(SettingValue::Boolean(value)) => value.hash(hasher),
                Some(SettingValue::Integer(value)) => value.hash(hasher),
                Some(SettingValue::Decimal(value)) => value.to_bits().hash(hasher),
                Some(SettingValue::Text(value)) => value.hash(hasher),
                Some(SettingValue::Texts(values)) => values.hash(hasher),
            }
        }
    }
    hasher.write_u8(0xff);
}

/// A signal that contributed to a handoff, and what its module had read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SpentSignal {
    /// The module.
    pub module: ModuleName,
    /// The signal.
    pub signal: Arc<str>,
    /// What the module had read.
    pub reads: ReadsFingerprint,
}

impl SpentSignal {
    /// The entry for `signal` of `run`.
    pub fn new(run: &ModuleRun<Vec<Signal>>, signal: &Signal) -> Self {
        Self {
            module: run.module.clone(),
            signal: signal.name.clone(),
            reads: ReadsFingerprint::of(&run.reads),
        }
    }

    /// Whether both are the same signal of the same module.
    pub fn is_of_same_source(&self, other: &Self) -> bool {
        self.module == other.module && self.signal == other.signal
    }
}
