//! The store over ordered rows: everything that the embedded siblings share.
//!
//! # The rows
//! One ordered space. A key starts with a letter; texts stand behind their
//! length, numbers and times are big-endian, so that a list is a range.
//! `hash` is 16 bytes of HMAC-SHA256 under the host's index key ([`seal`]);
//! *latest* means that later times come first.
//!
//! | key | value | serves |
//! |---|---|---|
//! | `c` tenant customer `d` hash | | identities kept as long as the customer |
//! | `c` tenant customer `e` version | event, sealed; plain: its list and time | the log |
//! | `c` tenant customer `h` | head: version, key, links, conversations | every commit's check |
//! | `c` tenant customer `s` | state, sealed; plain: version, fold | load, with the events after it |
//! | `c` tenant customer `w` hash | work; sealed: its key and payload | the outbox, timers, evaluations |
//! | `a` tenant younger | older | ids of merged customers |
//! | `b` tenant older younger | the younger's key | erasure of merged customers |
//! | `k` tenant hash | customer | links: phone, user id, external id |
//! | `i` generation tenant customer hash | | identities kept for a month |
//! | `q` kind tenant time customer hash | | due work, and when leases end |
//! | `x` tenant latest customer hash | | dead letters |
//! | `v` tenant latest customer number | where the conversation stands | inbox, all |
//! | `p` tenant time customer number | where the conversation stands | inbox, people's |
//! | `t` tenant `d` latest customer version | | decisions |
//! | `t` tenant `h` latest customer version | | handoffs |
//! | `T` tenant, `A` app, `K` hash | document, sealed; plain: revision | directory |
//! | `L` tenant name | document, sealed: a role | what people see and do |
//! | `E` tenant hash | document, sealed: one of the tenant's people | assignment, rights |
//! | `P` tenant hash hash | document, sealed: a token of one of them | signing in |
//! | `u` tenant place | entry, sealed; plain: the hash of the one before | audit |
//! | `U` tenant | how many, and the hash of the last, sealed | the chain's end |
//! | `y` tenant customer latest place | | audit of a customer |
//! | `M` tenant digest | module, sealed, without its bytes | upload |
//! | `B` digest | bytes of a module, sealed | compilation |
//! | `G` tenant name | document, sealed: what modules of a name may read | grants |
//! | `R` tenant latest | release, sealed | releases |
//! | `O` tenant | document, sealed: which release decides on whom | rollout |
//! | `H` tenant id | document, sealed: where another system is told | webhooks out |
//! | `N` tenant | document, sealed: how people are told | notifications |
//! | `W` tenant number | document, sealed: what WhatsApp told of it, whether it is frozen | sending |
//! | `S` tenant number | document, sealed: what was told of its past | coexistence |
//! | `C` tenant number id | document, sealed: a comparison with the Business App | coexistence |
//! | `F` tenant week release name digest | document, sealed: handoffs and flags | the report of flags |
//! | `Q` id | item, sealed | quarantine |
//! | `m` `generation` | number and start of the present one | identities kept for a month |
//! | `m` `quarantine` | how full it is | its bounds |
//! | `m` `unused-slot` | first slot of the keys that nobody has | new customers |
//! | `m` `keys` | a constant, sealed | notices foreign keys |
//!
//! Values are records ([`record`]). Beside the rows lie the keys ([`keyring`])
//! and the list of erasures ([`erasures`]), outside of every export.
//!
//! # Invariants
//! - Only [`committer`] writes, so a check and the write it allows cannot be
//!   parted.
//! - What is answered as known is durable ([`in_flight`]).
//! - A state is used only at the version that its head tells ([`hot`]); heads
//!   in memory are those that were applied last ([`heads`]).

mod committer;
mod draft;
mod faults;
mod in_flight;
mod options;

mod record;
pub(crate) mod rows;
pub(crate) mod seal;
pub(crate) mod side_file;

pub(crate) mod erasures;
mod key;
pub(crate) mod keyring;

mod absorb;
mod append;
mod audit;
mod coexist;
mod customer;
mod directory;
mod doctor;
mod due;
mod erase;
mod export;
mod flags;
mod heads;
mod hot;
mod identities;
mod import;
mod inbox;
mod lists;
mod notify;
mod numbers;
mod people;
mod people_impl;
mod quarantine;
mod releases;
mod resolve;
mod set_back;
mod told;
mod trait_impl;
mod work_change;
mod work_row;

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use baton_domain::ids::TenantId;

pub(crate) use doctor::examine;
pub use faults::{Extent, Faults};
pub(crate) use import::{Target, import};
pub use options::{Observer, Options, Synced};

use self::{
    committer::{Committer, Parts},
    customer::Head,
    erasures::Erasures,
    export::merges::Merges,
    heads::Heads,
    hot::Hot,
    in_flight::InFlight,
    key::Who,
    keyring::Keyring,
    rows::Rows,
    seal::Cipher,
    side_file::SideFile,
};
use crate::{error::StoreError, work::WorkKind};

/// A store over the rows of one of the siblings; `B` is what the sibling holds
/// on to while the store is open.
pub struct Embedded<B> {
    pub(crate) shared: Arc<Shared>,
    pub(crate) backend: B,
}

/// All that the parts of a store share.
pub(crate) struct Shared {
    rows: Arc<dyn Rows>,
    options: Options,
    keyring: Arc<Keyring>,
    erasures: Erasures,
    hot: Hot,
    heads: Arc<Heads>,
    in_flight: Arc<InFlight>,
    committer: Committer,
    turns: Turns,
    merges: Merges,
}

/// What a sibling brings.
pub(crate) struct Backend {
    pub(crate) rows: Arc<dyn Rows>,
    pub(crate) keys: Box<dyn SideFile>,
    pub(crate) erasures: Box<dyn SideFile>,
    /// Whether a thread of its own commits.
    pub(crate) has_committer_thread: bool,
}

impl Shared {
    /// Opens a store: reads the keys and the erasures and finishes what a
    /// crash interrupted.
    pub(crate) fn open(backend: Backend, options: Options) -> Result<Arc<Self>, StoreError> {
        let Backend {
            rows,
            keys,
            erasures,
            has_committer_thread,
        } = match &options.faults {
            None => backend,
            Some(faults) => faults::wrap(backend, faults),
        };
        let unused = append::unused_slot_key();
        let unused_from = rows.get(&unused)?;
        let unused_from = unused_from
            .map(|it| record::unpack_plain(&unused, &it))
            .transpose()?;
        let keyring = Arc::new(Keyring::open(keys, options.entropy.clone(), unused_from)?);
        let in_flight = Arc::new(InFlight::new());
        let heads = Arc::new(Heads::new());
        let parts = Parts {
            rows: rows.clone(),
            heads: heads.clone(),
            in_flight: in_flight.clone(),
            observer: options.observer.clone(),
        };
        let committer = if has_committer_thread {
            let keyring = keyring.clone();
            // A failure shows when a new customer needs a key.
            Committer::thread(parts, move || {
                let _ = keyring.top_up();
            })?
        } else {
            Committer::inline(parts)
        };
        let (erasures, hot) = (Erasures::open(erasures)?, Hot::new());
        let turns = Turns::default();
        let shared = Self {
            rows,
            options,
            keyring,
            erasures,
            hot,
            heads,
            in_flight,
            committer,
            turns,
            merges: Merges::default(),
        };
        shared.check_keys()?;
        shared.finish_erasures()?;
        Ok(Arc::new(shared))
    }

    /// The key of a customer; `None` when there is no such customer.
    fn cipher(&self, who: &Who) -> Result<Option<Cipher>, StoreError> {
        let head = self.head(who)?;
        head.map(|head| self.cipher_of(who, &head)).transpose()
    }

    fn cipher_of(&self, who: &Who, head: &Head) -> Result<Cipher, StoreError> {
        match self.hot.under(who, head.version) {
            Some(known) => Ok(known.cipher),
            None => self.keyring.get(head.slot),
        }
    }
}

/// Which tenant was served last, so that the next one is served first.
#[derive(Default)]
struct Turns(Mutex<HashMap<WorkKind, TenantId>>);

impl Turns {
    fn of(&self, kind: WorkKind) -> Option<TenantId> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&kind)
            .cloned()
    }

    fn served(&self, kind: WorkKind, tenant: &TenantId) {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(kind, tenant.clone());
    }
}
