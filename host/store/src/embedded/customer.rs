//! A customer's rows: the head, the state and the log, and how they are
//! loaded.

use std::sync::Arc;

use baton_domain::{
    event::{Event, EventBody},
    ids::{CustomerId, NumberId, TenantId},
    limits::EVENTS_AT_ONCE_MAX,
    state::CustomerState,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Shared,
    hot::HotState,
    identities::Generation,
    key::{Who, part},
    record::{damaged, encode, unpack_plain},
    rows::after_prefix,
    seal::{Cipher, IndexHash, split},
};
use crate::{
    Listed, StoredEvent,
    commit::{Identity, Keep, Link, Loaded, Version},
    error::StoreError,
};

/// Events of a log that are read at once when it is folded.
const FOLD_AT_ONCE: usize = 512;
/// A customer that changes under a load is loaded again; nothing changes this
/// often between two reads.
const LOADS_MAX: usize = 100;

/// What the committer must know of a customer; nothing personal.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Head {
    /// Events in the log.
    pub(crate) version: u64,
    /// Slot of the key; larger for those who came later.
    pub(crate) slot: u64,
    /// The version at which the stored state stands.
    pub(crate) state_at: u64,
    /// The fold that made it.
    pub(crate) fold: u32,
    /// By what the customer is found.
    pub(crate) links: Vec<IndexHash>,
    /// Where the customer's conversations stand in the inbox.
    pub(crate) conversations: Vec<ConversationHead>,
}

/// Where a conversation stands in the inbox.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct ConversationHead {
    pub(crate) number: NumberId,
    pub(crate) owner: String,
    pub(crate) touched_at: Timestamp,
    /// For those that people own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) urgent_at: Option<Timestamp>,
}

/// The plain part of a stored state.
#[derive(Debug, Serialize, Deserialize)]
struct StateAt {
    version: u64,
    fold: u32,
}

/// The plain part of a stored event: in which list it stands, so that it can
/// be taken off without its key. Empty for most.
#[derive(Debug, Serialize, Deserialize)]
struct EventMark {
    decision: bool,
    at: Timestamp,
}

/// A customer as it stands in the rows.
pub(crate) struct Standing {
    who: Who,
    version: u64,
    state: Arc<CustomerState>,
}

/// The list an event stands in.
pub(crate) fn listed(event: &Event) -> Option<Listed> {
    match event.body {
        EventBody::Decided(_) => Some(Listed::Decisions),
        EventBody::HandedOff(_) => Some(Listed::Handoffs),
        _ => None,
    }
}

impl Shared {
    /// The record of an event.
    pub(crate) fn seal_event(
        &self,
        cipher: &Cipher,
        key: &[u8],
        event: &Event,
    ) -> Result<Vec<u8>, StoreError> {
        let mark = listed(event).map(|list| EventMark {
            decision: list == Listed::Decisions,
            at: event.at,
        });
        let plain = mark.map_or(Ok(Vec::new()), |mark| encode(&mark))?;
        cipher.pack(&*self.options.entropy, key, &plain, event)
    }

    /// The record of a state.
    pub(crate) fn seal_state(
        &self,
        cipher: &Cipher,
        key: &[u8],
        version: u64,
        state: &CustomerState,
    ) -> Result<Vec<u8>, StoreError> {
        let plain = encode(&StateAt {
            version,
            fold: self.options.fold_version,
        })?;
        cipher.pack(&*self.options.entropy, key, &plain, state)
    }

    /// The head of a customer; `None` when there is no such customer.
    ///
    /// # Errors
    /// [`StoreError::Erased`].
    pub(crate) fn head(&self, who: &Who) -> Result<Option<Head>, StoreError> {
        if self.erasures.contains(who) {
            return Err(StoreError::Erased);
        }
        let key = who.head();
        self.rows
            .get(&key)?
            .map(|record| unpack_plain(&key, &record))
            .transpose()
    }

    /// The customer who goes by this id now, after merges.
    pub(crate) fn find(&self, who: &Who) -> Result<Option<(Who, Head)>, StoreError> {
        for _ in 0..LOADS_MAX {
            if let Some(head) = self.head(who)? {
                return Ok(Some((who.clone(), head)));
            }
            let key = who.alias();
            let Some(record) = self.rows.get(&key)? else {
                return Ok(None);
            };
            let older = who.other(&unpack_plain(&key, &record)?);
            // Otherwise it was merged again between the two reads.
            if let Some(head) = self.head(&older)? {
                return Ok(Some((older, head)));
            }
        }
        Err(damaged(&who.alias(), "names a customer who is not there"))
    }

    /// A customer with the state, from memory or from the rows. `found` is what
    /// [`Shared::find`] said just now.
    pub(crate) fn standing(
        &self,
        mut found: Option<(Who, Head)>,
    ) -> Result<Option<Standing>, StoreError> {
        for _ in 0..LOADS_MAX {
            let Some((who, head)) = found else {
                return Ok(None);
            };
            if let Some(hot) = self.hot.get(&who, head.version) {
                return Ok(Some(Standing {
                    who,
                    version: head.version,
                    state: hot.state,
                }));
            }
            let cipher = self.keyring.get(head.slot)?;
            match self.fold_to(&who, &head, &cipher) {
                Ok(Some((state, bytes))) => {
                    let version = head.version;
                    let head = Arc::new(head);
                    self.hot.put(
                        &who,
                        HotState {
                            head,
                            state: state.clone(),
                            cipher,
                            bytes,
                        },
                    );
                    return Ok(Some(Standing {
                        who,
                        version,
                        state,
                    }));
                }
                // Someone committed in between, or the rows are damaged.
                Ok(None) | Err(_) if self.has_moved(&who, &head)? => found = self.find(&who)?,
                Ok(None) => return Err(damaged(&who.head(), "has not the log it tells of")),
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Damaged {
            what: "a customer never stands still".into(),
        })
    }

    fn has_moved(&self, who: &Who, head: &Head) -> Result<bool, StoreError> {
        Ok(self
            .head(who)?
            .is_none_or(|now| now.version != head.version || now.state_at != head.state_at))
    }

    /// The state at the head's version and its stored size: the stored one and
    /// the fold of what came after, or the fold of the whole log when another
    /// fold made the stored one. `None` when the rows do not reach that far.
    fn fold_to(
        &self,
        who: &Who,
        head: &Head,
        cipher: &Cipher,
    ) -> Result<Option<(Arc<CustomerState>, usize)>, StoreError> {
        let (mut state, mut at, bytes) = (CustomerState::default(), 0, head.version as usize);
        let mut bytes = bytes.min(FOLD_AT_ONCE) * 64;
        let key = who.state();
        if let Some(record) = self.rows.get(&key)? {
            let (plain, sealed) = split(&key, &record)?;
            let stored: StateAt = super::record::decode(&key, plain)?;
            if stored.version > head.version {
                return Ok(None);
            }
            if stored.fold == self.options.fold_version {
                state = cipher.open(&key, (plain, sealed))?;
                (at, bytes) = (stored.version, record.len());
            }
        }
        while at < head.version {
            let limit = FOLD_AT_ONCE.min((head.version - at) as usize);
            let events = self.read_events(who, cipher, Version(at + 1), limit)?;
            let Some(last) = events.last() else {
                return Ok(None);
            };
            let is_whole = last.version.0 - at == events.len() as u64;
            at = last.version.0;
            if !is_whole {
                return Ok(None);
            }
            events.iter().for_each(|stored| state.apply(&stored.event));
        }
        Ok(Some((Arc::new(state), bytes)))
    }

    /// Events of a log, from `from` on.
    pub(crate) fn read_events(
        &self,
        who: &Who,
        cipher: &Cipher,
        from: Version,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let end = after_prefix(&who.part(part::EVENT).done());
        let rows = self.rows.scan(&who.event(from), &end, limit)?;
        let mut events = Vec::with_capacity(rows.len());
        for (key, record) in rows {
            let version = Version(version_of(&key)?);
            events.push(StoredEvent {
                version,
                event: cipher.unpack(&key, &record)?,
            });
        }
        Ok(events)
    }

    /// What [`crate::Store::events`] answers.
    pub(crate) fn events(
        &self,
        who: &Who,
        from: Version,
        limit: usize,
    ) -> Result<Vec<StoredEvent>, StoreError> {
        let Some((who, head)) = self.find(who)? else {
            return Ok(Vec::new());
        };
        let cipher = self.cipher_of(&who, &head)?;
        self.read_events(&who, &cipher, from, limit.min(EVENTS_AT_ONCE_MAX))
    }

    /// The hash of a link.
    pub(crate) fn link_hash(&self, tenant: &TenantId, link: &Link) -> IndexHash {
        let (kind, text) = match link {
            Link::Phone(text) => ("phone", text),
            Link::UserId(text) => ("user-id", text),
            Link::External(text) => ("external", text),
        };
        self.keyring
            .indexer
            .hash(&[kind.as_bytes(), tenant.as_str().as_bytes(), text.as_bytes()])
    }

    /// The hash of an identity.
    pub(crate) fn identity_hash(&self, tenant: &TenantId, identity: &Identity) -> IndexHash {
        self.keyring
            .indexer
            .hash(&[b"identity", tenant.as_str().as_bytes(), &identity.bytes])
    }

    /// Which of the identities were committed before.
    pub(crate) fn known(
        &self,
        who: &Who,
        identities: &[Identity],
    ) -> Result<Vec<bool>, StoreError> {
        // Nearly all live as long as the customer and need no generation.
        let has_passing = identities
            .iter()
            .any(|identity| identity.keep == Keep::Month);
        let generation = if has_passing {
            self.generation()?
        } else {
            Generation::default()
        };
        let is_known = |identity: &Identity| {
            let hash = self.identity_hash(&who.tenant, identity);
            for key in super::identities::keys(who, identity.keep, hash, generation) {
                if self.rows.get(&key)?.is_some() {
                    return Ok(true);
                }
            }
            Ok(false)
        };
        identities.iter().map(is_known).collect()
    }

    /// What [`crate::Store::load`] answers.
    pub(crate) async fn load(
        &self,
        who: &Who,
        identities: &[Identity],
    ) -> Result<Option<Loaded>, StoreError> {
        let found = self.find(who)?;
        self.load_found(found, identities).await
    }

    async fn load_found(
        &self,
        found: Option<(Who, Head)>,
        identities: &[Identity],
    ) -> Result<Option<Loaded>, StoreError> {
        let Some(Standing {
            who,
            version,
            state,
        }) = self.standing(found)?
        else {
            return Ok(None);
        };
        let known = self.known(&who, identities)?;
        self.in_flight.settled(&who).await?;
        let (customer, version) = (who.customer, Version(version));
        Ok(Some(Loaded {
            customer,
            version,
            state,
            known,
            absorbs: None,
        }))
    }

    /// What [`crate::Store::resolve`] answers.
    pub(crate) async fn resolve(
        &self,
        tenant: &TenantId,
        links: &[Link],
        identities: &[Identity],
    ) -> Result<Loaded, StoreError> {
        for _ in 0..LOADS_MAX {
            let mut named = self.named_by(tenant, links)?;
            if named.is_empty() {
                return self.stranger(identities.len());
            }
            let oldest = named.remove(0);
            match self.load_found(Some(oldest), identities).await {
                Ok(Some(mut loaded)) => {
                    let mut others = named.into_iter().map(|(who, _)| who.customer);
                    loaded.absorbs = others.find(|customer| *customer != loaded.customer);
                    return Ok(loaded);
                }
                // Erased or merged in between: the links name others by now.
                Ok(None) | Err(StoreError::Erased) => {}
                Err(error) => return Err(error),
            }
        }
        Err(StoreError::Damaged {
            what: "a link names a customer who is not there".into(),
        })
    }

    /// The customers whom the links name, the oldest first.
    fn named_by(&self, tenant: &TenantId, links: &[Link]) -> Result<Vec<(Who, Head)>, StoreError> {
        let mut named: Vec<(Who, Head)> = Vec::new();
        for link in links {
            let key = super::key::link_of(tenant, self.link_hash(tenant, link));
            let Some(record) = self.rows.get(&key)? else {
                continue;
            };
            let who = Who::new(tenant, &unpack_plain::<CustomerId>(&key, &record)?);
            if named.iter().any(|(known, _)| *known == who) {
                continue;
            }
            match self.head(&who) {
                Ok(Some(head)) => named.push((who, head)),
                // On its way out; whoever removes the head removes the link.
                Ok(None) | Err(StoreError::Erased) => {}
                Err(error) => return Err(error),
            }
        }
        named.sort_by_key(|(_, head)| head.slot);
        Ok(named)
    }

    /// A customer whom nobody knows yet.
    fn stranger(&self, identities: usize) -> Result<Loaded, StoreError> {
        Ok(Loaded {
            customer: self.random_id()?,
            version: Version(0),
            state: Arc::default(),
            known: vec![false; identities],
            absorbs: None,
        })
    }

    /// 120 random bits as lower-case letters and digits.
    fn random_id(&self) -> Result<CustomerId, StoreError> {
        const DIGITS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
        let mut bytes = [0; 24];
        let doing = "making an id";
        let filled = self.options.entropy.fill(&mut bytes);
        filled.map_err(|source| StoreError::Backend {
            doing,
            source: source.into(),
        })?;
        let text: String = bytes
            .iter()
            .map(|byte| char::from(DIGITS[usize::from(byte % 32)]))
            .collect();
        CustomerId::parse(&text).map_err(|source| StoreError::Backend {
            doing,
            source: source.into(),
        })
    }
}

/// The version in the key of an event.
pub(crate) fn version_of(key: &[u8]) -> Result<u64, StoreError> {
    let tail = key
        .last_chunk::<8>()
        .ok_or_else(|| damaged(key, "has a key that is too short"))?;
    Ok(u64::from_be_bytes(*tail))
}

/// The list and the time of the event whose record this is, when it stands in
/// a list.
pub(crate) fn mark_of(
    key: &[u8],
    record: &[u8],
) -> Result<Option<(Listed, Timestamp)>, StoreError> {
    let (plain, _) = split(key, record)?;
    if plain.is_empty() {
        return Ok(None);
    }
    let mark: EventMark = super::record::decode(key, plain)?;
    let list = if mark.decision {
        Listed::Decisions
    } else {
        Listed::Handoffs
    };
    Ok(Some((list, mark.at)))
}
