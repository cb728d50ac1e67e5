//! Keys: one for each customer, two of the host, in a file of their own.
//!
//! The file is a row of slots of 64 bytes:
//! `kind (1 byte) | slot (8) | key (32) | zeros (19) | crc32 (4)`. Slot 0 holds
//! the host's index key, slot 1 its sealing key, and the others one customer's
//! key each. A customer's slot never changes, so its head can name it, and
//! grows with every new customer, so it also tells who is older.
//!
//! **Keys are durable before their first use because they are made ahead**:
//! [`KEYS_AHEAD`] random ones are appended and synced at once, and a new
//! customer takes the next. So a new customer costs no sync of its own.
//!
//! A key that was taken for a commit which then failed, or which a crash cut
//! off, goes to another customer. Nonces are random, so nothing repeats.

use std::{
    collections::VecDeque,
    io,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use baton_domain::limits::KEYS_AHEAD;

use super::{
    seal::{Cipher, Indexer},
    side_file::SideFile,
};
use crate::{entropy::Entropy, error::StoreError};

const SLOT_BYTES: usize = 64;
const KEY_AT: usize = 9;
const CHECKSUM_AT: usize = SLOT_BYTES - 4;
const INDEX_SLOT: u64 = 0;
const HOST_SLOT: u64 = 1;
/// The first that is a customer's.
pub(crate) const FIRST_SLOT: u64 = 2;

const KIND_KEY: u8 = b'k';
const KIND_ERASED: u8 = b'e';

type Key = [u8; 32];

/// A key that was taken and belongs to nobody yet.
#[derive(Clone)]
pub(crate) struct FreshKey {
    pub(crate) slot: u64,
    pub(crate) cipher: Cipher,
}

/// All keys.
pub(crate) struct Keyring {
    file: Mutex<Slots>,
    entropy: Arc<dyn Entropy>,
    /// Seals what belongs to no customer.
    pub(crate) host: Cipher,
    /// Hashes what must not be read in keys.
    pub(crate) indexer: Indexer,
}

/// What the slots are like.
#[derive(Debug, Default)]
pub(crate) struct Slotted {
    pub(crate) whole: u64,
    pub(crate) erased: u64,
    pub(crate) damaged: Vec<u64>,
}

struct Slots {
    file: Box<dyn SideFile>,
    count: u64,
    free: VecDeque<FreshKey>,
}

fn pack(kind: u8, slot: u64, key: &Key) -> [u8; SLOT_BYTES] {
    let mut bytes = [0; SLOT_BYTES];
    bytes[0] = kind;
    bytes[1..KEY_AT].copy_from_slice(&slot.to_be_bytes());
    bytes[KEY_AT..KEY_AT + 32].copy_from_slice(key);
    let checksum = crc32fast::hash(&bytes[..CHECKSUM_AT]);
    bytes[CHECKSUM_AT..].copy_from_slice(&checksum.to_le_bytes());
    bytes
}

/// The key in a slot; `Ok(None)` when it was erased.
fn unpack(slot: u64, bytes: &[u8; SLOT_BYTES]) -> Result<Option<Key>, StoreError> {
    let damaged = || StoreError::Damaged {
        what: format!("slot {slot} of the keys file"),
    };
    let checksum = crc32fast::hash(&bytes[..CHECKSUM_AT]).to_le_bytes();
    if bytes[CHECKSUM_AT..] != checksum || bytes[1..KEY_AT] != slot.to_be_bytes() {
        return Err(damaged());
    }
    match bytes[0] {
        KIND_KEY => Ok(Some(std::array::from_fn(|i| bytes[KEY_AT + i]))),
        KIND_ERASED => Ok(None),
        _ => Err(damaged()),
    }
}

fn backend(source: io::Error) -> StoreError {
    StoreError::Backend {
        doing: "using the keys file",
        source: source.into(),
    }
}

impl Slots {
    fn read(&self, slot: u64) -> Result<Option<Key>, StoreError> {
        if slot >= self.count {
            return Err(StoreError::Damaged {
                what: format!("the keys file lacks slot {slot}"),
            });
        }
        let mut bytes = [0; SLOT_BYTES];
        self.file
            .read_at(slot * SLOT_BYTES as u64, &mut bytes)
            .map_err(backend)?;
        unpack(slot, &bytes)
    }

    /// A crash while keys were appended leaves a torn tail, which nobody used
    /// yet; after a loss of power its end may be whole and its middle not. Cuts
    /// it off, but nothing before the slot `unused_from`.
    fn cut_torn_tail(&mut self, unused_from: u64) -> Result<(), StoreError> {
        if self.count < unused_from {
            let what = "the keys file is missing or older than the rows".to_owned();
            return Err(StoreError::Damaged { what });
        }
        for slot in unused_from..self.count {
            if matches!(self.read(slot), Err(StoreError::Damaged { .. })) {
                self.count = slot;
                break;
            }
        }
        let whole = self.count * SLOT_BYTES as u64;
        if self.file.length().map_err(backend)? != whole {
            self.file.truncate(whole).map_err(backend)?;
        }
        Ok(())
    }

    fn make_keys(&mut self, entropy: &dyn Entropy, count: usize) -> Result<(), StoreError> {
        let mut bytes = Vec::with_capacity(count * SLOT_BYTES);
        let mut made = Vec::with_capacity(count);
        for slot in (self.count..).take(count) {
            let mut key = [0; 32];
            entropy.fill(&mut key).map_err(backend)?;
            bytes.extend(pack(KIND_KEY, slot, &key));
            made.push(FreshKey {
                slot,
                cipher: Cipher::new(&key),
            });
        }
        // What a failure left torn must not stand before what comes now.
        let whole = self.count * SLOT_BYTES as u64;
        if self.file.length().map_err(backend)? != whole {
            self.file.truncate(whole).map_err(backend)?;
        }
        self.file.append(&bytes).map_err(backend)?;
        self.count += count as u64;
        self.free
            .extend(made.into_iter().filter(|key| key.slot >= FIRST_SLOT));
        Ok(())
    }
}

/// How much of the contents of a keys file a crash, or a copy that was made
/// while keys were appended, left whole.
pub(crate) fn whole_length(contents: &[u8]) -> usize {
    let (slots, _torn) = contents.as_chunks::<SLOT_BYTES>();
    let is_whole = |at: &usize| unpack(*at as u64, &slots[*at]).is_ok();
    let last = (0..slots.len()).rev().find(is_whole);
    last.map_or(0, |last| (last + 1) * SLOT_BYTES)
}

impl Keyring {
    /// Opens the keys. `unused_from` is the first slot that no customer has;
    /// `None` when the rows are new, too.
    pub(crate) fn open(
        file: Box<dyn SideFile>,
        entropy: Arc<dyn Entropy>,
        unused_from: Option<u64>,
    ) -> Result<Self, StoreError> {
        let count = file.length().map_err(backend)? / SLOT_BYTES as u64;
        let mut slots = Slots {
            file,
            count,
            free: VecDeque::new(),
        };
        slots.cut_torn_tail(unused_from.unwrap_or(0))?;
        for slot in unused_from.unwrap_or(FIRST_SLOT)..slots.count {
            if let Some(key) = slots.read(slot)? {
                slots.free.push_back(FreshKey {
                    slot,
                    cipher: Cipher::new(&key),
                });
            }
        }
        if slots.count < FIRST_SLOT {
            slots.count = 0;
            slots.file.truncate(0).map_err(backend)?;
            slots.make_keys(&*entropy, KEYS_AHEAD)?;
        }
        let of_host = |slot| slots.read(slot)?.ok_or(StoreError::Erased);
        let (host, index) = (of_host(HOST_SLOT)?, of_host(INDEX_SLOT)?);
        let (host, indexer) = (Cipher::new(&host), Indexer::new(&index));
        Ok(Self {
            file: Mutex::new(slots),
            entropy,
            host,
            indexer,
        })
    }

    /// Opens keys of which none is to be taken: each may be somebody's. It must
    /// have the host's own.
    pub(crate) fn open_used(
        file: Box<dyn SideFile>,
        entropy: Arc<dyn Entropy>,
    ) -> Result<Self, StoreError> {
        let count = file.length().map_err(backend)? / SLOT_BYTES as u64;
        if count < FIRST_SLOT {
            let what = "the keys file is empty".to_owned();
            return Err(StoreError::Damaged { what });
        }
        Self::open(file, entropy, Some(count))
    }

    fn slots(&self) -> MutexGuard<'_, Slots> {
        self.file.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A key for a new customer.
    pub(crate) fn take(&self) -> Result<FreshKey, StoreError> {
        let mut slots = self.slots();
        if slots.free.is_empty() {
            slots.make_keys(&*self.entropy, KEYS_AHEAD)?;
        }
        Ok(slots.free.pop_front().expect("keys were made"))
    }

    /// A key that was not used after all.
    pub(crate) fn give_back(&self, key: FreshKey) {
        self.slots().free.push_front(key);
    }

    /// Makes more keys when few are left, so that nobody waits for it.
    pub(crate) fn top_up(&self) -> Result<(), StoreError> {
        let mut slots = self.slots();
        if slots.free.len() < KEYS_AHEAD / 4 {
            slots.make_keys(&*self.entropy, KEYS_AHEAD)?;
        }
        Ok(())
    }

    /// The key in a slot.
    pub(crate) fn get(&self, slot: u64) -> Result<Cipher, StoreError> {
        let key = self.slots().read(slot)?.ok_or(StoreError::Erased)?;
        Ok(Cipher::new(&key))
    }

    /// How many slots there are.
    pub(crate) fn count(&self) -> u64 {
        self.slots().count
    }

    /// Looks at every slot.
    pub(crate) fn examine(&self) -> Slotted {
        let slots = self.slots();
        let mut found = Slotted::default();
        for slot in 0..slots.count {
            match slots.read(slot) {
                Ok(Some(_)) => found.whole += 1,
                Ok(None) => found.erased += 1,
                Err(_) => found.damaged.push(slot),
            }
        }
        found
    }

    /// Destroys keys: the file is written anew without them.
    pub(crate) fn destroy(&self, erased: &[u64]) -> Result<(), StoreError> {
        let mut slots = self.slots();
        let within = erased
            .iter()
            .filter(|slot| **slot >= FIRST_SLOT && **slot < slots.count);
        let patches: Vec<_> = within
            .map(|slot| {
                (
                    slot * SLOT_BYTES as u64,
                    pack(KIND_ERASED, *slot, &[0; 32]).to_vec(),
                )
            })
            .collect();
        slots.file.patch(&patches).map_err(backend)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{embedded::side_file::MemoryFile, entropy::SeededEntropy};

    fn open(file: &MemoryFile, unused_from: Option<u64>) -> Result<Keyring, StoreError> {
        Keyring::open(
            Box::new(file.clone()),
            Arc::new(SeededEntropy::new(1)),
            unused_from,
        )
    }

    fn seals_the_same(one: &Cipher, two: &Cipher) -> bool {
        let record = one
            .pack(&SeededEntropy::new(2), b"k", b"", &"text")
            .unwrap();
        two.unpack::<String>(b"k", &record).is_ok()
    }

    #[test]
    fn keys_survive_reopening_and_are_taken_once() {
        let file = MemoryFile::default();
        let ring = open(&file, None).unwrap();
        let (one, two) = (ring.take().unwrap(), ring.take().unwrap());
        assert_eq!((one.slot, two.slot), (FIRST_SLOT, FIRST_SLOT + 1));
        assert!(!seals_the_same(&one.cipher, &two.cipher));

        let again = open(&file, Some(two.slot + 1)).unwrap();
        assert!(seals_the_same(&one.cipher, &again.get(one.slot).unwrap()));
        assert_eq!(again.take().unwrap().slot, two.slot + 1);
    }

    #[test]
    fn a_torn_tail_is_cut_off_but_a_missing_file_is_noticed() {
        let mut file = MemoryFile::default();
        let used = open(&file, None).unwrap().take().unwrap();
        let length = file.length().unwrap();
        file.append(&[7; 100]).unwrap();
        let again = open(&file, Some(used.slot + 1)).unwrap();
        assert_eq!(file.length().unwrap(), length);
        assert!(seals_the_same(&used.cipher, &again.get(used.slot).unwrap()));

        file.truncate(64).unwrap();
        assert!(matches!(
            open(&file, Some(used.slot + 1)),
            Err(StoreError::Damaged { .. })
        ));
    }

    #[test]
    fn a_destroyed_key_is_gone_and_the_others_stay() {
        let file = MemoryFile::default();
        let ring = open(&file, None).unwrap();
        let (one, two) = (ring.take().unwrap(), ring.take().unwrap());
        ring.destroy(&[one.slot]).unwrap();
        assert!(matches!(ring.get(one.slot), Err(StoreError::Erased)));
        assert!(seals_the_same(&two.cipher, &ring.get(two.slot).unwrap()));
        let again = open(&file, Some(FIRST_SLOT)).unwrap();
        assert_eq!(
            again.take().unwrap().slot,
            two.slot,
            "an erased slot is never taken"
        );
    }

    #[test]
    fn more_keys_are_made_when_all_are_taken() {
        let file = MemoryFile::default();
        let ring = open(&file, None).unwrap();
        let taken = (0..2 * KEYS_AHEAD as u64).map(|_| ring.take().unwrap().slot);
        assert!(taken.eq(FIRST_SLOT..FIRST_SLOT + 2 * KEYS_AHEAD as u64));
    }
}
