//! A customer's rows: the head, the state and the log, and how they are
//! loaded.

use std::sync::Arc;

use baton_domain::{
    event::{Event, EventBody},
    ids::{AgentId, NumberId, TeamName},
    limits::{EVENTS_AT_ONCE_MAX, HOT_IDENTITIES_MAX},
    state::CustomerState,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Shared,
    hot::{HotState, Under},
    key::{Who, part},
    record::{damaged, encode, unpack_plain},
    rows::after_prefix,
    seal::{Cipher, IndexHash, split},
    told::Told,
};
use crate::{Listed, StoredEvent, commit::Version, error::StoreError};

/// Events of a log that are read at once when it is folded.
const FOLD_AT_ONCE: usize = 512;
/// A customer that changes under a load is loaded again; nothing changes this
/// often between two reads.
pub(crate) const LOADS_MAX: usize = 100;

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
    /// Counts the changes to what was told before, merges included.
    #[serde(default)]
    pub(crate) told: u64,
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
    /// Who has it, when it is one of the tenant's people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) agent: Option<AgentId>,
    /// Whose it is, when a team has or had it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) team: Option<TeamName>,
    pub(crate) touched_at: Timestamp,
    /// For those that people own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) urgent_at: Option<Timestamp>,
}

/// The plain part of a stored state.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StateAt {
    pub(crate) version: u64,
    pub(crate) fold: u32,
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
    pub(crate) who: Who,
    pub(crate) version: u64,
    pub(crate) state: Arc<CustomerState>,
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
    pub(crate) fn head(&self, who: &Who) -> Result<Option<Arc<Head>>, StoreError> {
        if self.erasures.contains(who) {
            return Err(StoreError::Erased);
        }
        let key = who.head();
        if let Some(head) = self.heads.head(&key) {
            return Ok(Some(head));
        }
        self.rows
            .get(&key)?
            .map(|record| unpack_plain(&key, &record).map(Arc::new))
            .transpose()
    }

    /// The customer who goes by this id now, after merges.
    pub(crate) fn find(&self, who: &Who) -> Result<Option<(Who, Arc<Head>)>, StoreError> {
        for _ in 0..LOADS_MAX {
            if let Some(head) = self.head(who)? {
                return Ok(Some((who.clone(), head)));
            }
            let key = who.alias();
            let Some(record) = self.rows.get(&key)? else {
                // Perhaps erased since the list of erasures was asked: an erasure
                // is on the list before the first row goes.
                return if self.erasures.contains(who) {
                    Err(StoreError::Erased)
                } else {
                    Ok(None)
                };
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
    /// [`Shared::find`] said just now. A state that is taken `to_change` is not
    /// shared, as far as it can be.
    pub(crate) fn standing(
        &self,
        mut found: Option<(Who, Arc<Head>)>,
        to_change: bool,
    ) -> Result<Option<Standing>, StoreError> {
        for _ in 0..LOADS_MAX {
            let Some((who, head)) = found else {
                return Ok(None);
            };
            let version = head.version;
            if let Some(state) = self.hot.state(&who, version, to_change) {
                return Ok(Some(Standing {
                    who,
                    version,
                    state,
                }));
            }
            let cipher = self.keyring.get(head.slot)?;
            match self.fold_to(&who, &head, &cipher) {
                Ok(Some((folded, bytes))) => {
                    let under = Under {
                        head,
                        cipher,
                        bytes,
                        told: self.told_before(&who, to_change)?,
                    };
                    let state = folded.clone();
                    self.hot.put(&who, HotState { state, under });
                    let state = self.hot.state(&who, version, to_change);
                    return Ok(Some(Standing {
                        state: state.unwrap_or(folded),
                        who,
                        version,
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

    /// What was told before, for whoever is about to be changed. Read after the
    /// head, so that nothing of its version is missing.
    fn told_before(&self, who: &Who, to_change: bool) -> Result<Option<Arc<Told>>, StoreError> {
        if !to_change {
            return Ok(None);
        }
        let identities = self.identities_of(who, HOT_IDENTITIES_MAX + 1)?;
        let told = Told::all(identities.into_iter().map(|(_, hash)| hash));
        Ok(told.map(Arc::new))
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
