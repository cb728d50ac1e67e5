//! A commit: prepared by whoever makes it (encoded, sealed and hashed, many at
//! once), then checked and written by the committer.

use std::{collections::BTreeSet, sync::Arc};

use baton_domain::{
    ids::CustomerId,
    limit,
    limits::{
        COMMIT_BYTES_MAX, COMMIT_EVENTS_MAX, COMMIT_ROWS_MAX, CUSTOMER_LINKS_MAX, Limit,
        STATE_EVENTS_MAX,
    },
};

use super::{
    Shared,
    absorb::{self, Absorbed},
    customer::{ConversationHead, Head, listed},
    draft::Draft,
    flags::{self, Raises},
    hot::{HotState, Under},
    identities::{self, Generation},
    inbox,
    key::{Key, Who, area},
    rows::Row,
    seal::{Cipher, IndexHash},
    told::Told,
    work_change::PreparedChange,
};
use crate::{
    Keep,
    audit::AuditEntry,
    commit::{Appended, Commit, Version},
    error::{CommitError, StoreError},
};

/// A commit that is sealed: what the committer needs and nothing else.
struct Prepared {
    shared: Arc<Shared>,
    who: Who,
    expected: Version,
    /// Of a new customer.
    slot: Option<u64>,
    /// Events, the state and the rows that list them: key and record.
    rows: Vec<Row>,
    has_state: bool,
    version: Version,
    /// Where the conversations stand after it.
    conversations: Vec<ConversationHead>,
    identities: BTreeSet<(Keep, IndexHash)>,
    /// What was told before, when the head counted so many changes to it.
    told: Option<Arc<Told>>,
    told_at: u64,
    links: Vec<IndexHash>,
    work: Vec<PreparedChange>,
    absorbs: Option<Absorbed>,
    /// What is counted of handoffs and flags.
    raises: Raises,
    audit: Vec<AuditEntry>,
}

/// The first slot that no customer has.
pub(crate) fn unused_slot_key() -> Vec<u8> {
    Key::new(area::META).text("unused-slot").done()
}

fn check_limits(commit: &Commit) -> Result<(), StoreError> {
    let within = |what, count: usize, limit: Limit| {
        if count > limit.1 {
            Err(StoreError::OverLimit { what, limit })
        } else {
            Ok(())
        }
    };
    within(
        "events of a commit",
        commit.events.len(),
        limit!(COMMIT_EVENTS_MAX),
    )?;
    within(
        "identities of a commit",
        commit.dedupe.len(),
        limit!(COMMIT_ROWS_MAX),
    )?;
    within(
        "changes of work of a commit",
        commit.work.len(),
        limit!(COMMIT_ROWS_MAX),
    )?;
    within(
        "links of a customer",
        commit.links.len(),
        limit!(CUSTOMER_LINKS_MAX),
    )
}

impl Shared {
    /// What [`crate::Store::commit`] does.
    pub(crate) async fn commit(self: &Arc<Self>, commit: Commit) -> Result<Appended, CommitError> {
        check_limits(&commit)?;
        let who = Who::new(&commit.tenant, &commit.customer);
        let known = self.hot.under(&who, commit.expected.0);
        let head = match &known {
            Some(known) => Some(known.head.clone()),
            None => self.head(&who)?,
        };
        let found = Version(head.as_ref().map_or(0, |head| head.version));
        if found != commit.expected {
            let customer = self
                .find(&who)?
                .map_or(who.customer, |(who, _)| who.customer);
            return Err(CommitError::Conflict { customer, found });
        }
        let fresh = match &head {
            None => Some(self.keyring.take()?),
            Some(_) => None,
        };
        let head = head.unwrap_or_default();
        let under = match (&fresh, known) {
            (None, Some(known)) => known,
            (fresh, _) => Under {
                cipher: match fresh {
                    Some(fresh) => fresh.cipher.clone(),
                    None => self.keyring.get(head.slot)?,
                },
                head,
                bytes: 0,
                // Nothing was told of whoever is new.
                told: fresh.is_some().then(Told::none).map(Arc::new),
            },
        };
        let slot = fresh.as_ref().map(|fresh| fresh.slot);
        let result = self.commit_under(&who, slot, under, commit).await;
        if let (Some(fresh), Err(error)) = (fresh, &result) {
            // After a failed write nobody knows whether it was used.
            if !matches!(error, CommitError::Store(StoreError::Backend { .. })) {
                self.keyring.give_back(fresh);
            }
        }
        result
    }

    async fn commit_under(
        self: &Arc<Self>,
        who: &Who,
        slot: Option<u64>,
        Under {
            head: before,
            cipher,
            bytes,
            told,
        }: Under,
        commit: Commit,
    ) -> Result<Appended, CommitError> {
        let mut prepared = self.prepare(who, &before, slot, &cipher, &commit)?;
        prepared.told.clone_from(&told);
        let bytes = prepared
            .state_bytes()
            .unwrap_or(bytes.max(prepared.bytes()));
        let mut of = vec![who.clone()];
        of.extend(
            prepared
                .absorbs
                .as_ref()
                .map(|absorbed| absorbed.who.clone()),
        );
        let head = self
            .committer
            .run(of, move |draft| prepared.write(draft))
            .await?;
        let version = Version(head.version);
        let under = Under {
            head,
            cipher,
            bytes,
            // What a merge brings is not in it.
            told: told.filter(|_| commit.absorb.is_none()),
        };
        let state = commit.state;
        self.hot.put(who, HotState { state, under });
        Ok(Appended { version })
    }

    fn prepare(
        self: &Arc<Self>,
        who: &Who,
        before: &Head,
        slot: Option<u64>,
        cipher: &Cipher,
        commit: &Commit,
    ) -> Result<Prepared, CommitError> {
        let version = Version(commit.expected.0 + commit.events.len() as u64);
        let has_state = slot.is_some()
            || commit.absorb.is_some()
            || before.fold != self.options.fold_version
            || version.0 - before.state_at >= STATE_EVENTS_MAX;
        let mut rows = self.event_rows(who, cipher, commit)?;
        if has_state {
            let key = who.state();
            let record = self.seal_state(cipher, &key, version.0, &commit.state)?;
            rows.push((key, record));
        }
        let identity = |it| (it, self.identity_hash(&who.tenant, it));
        let identities = commit.dedupe.iter().map(identity);
        let links = commit
            .links
            .iter()
            .map(|link| self.link_hash(&who.tenant, link));
        let work = commit
            .work
            .iter()
            .map(|change| self.prepare_work(who, cipher, commit.at, change));
        let absorbs = commit.absorb.as_ref();
        let prepared = Prepared {
            shared: self.clone(),
            who: who.clone(),
            expected: commit.expected,
            slot,
            rows,
            has_state,
            version,
            conversations: inbox::conversations(
                &before.conversations,
                &commit.events,
                &commit.state,
            ),
            identities: identities.map(|(it, hash)| (it.keep, hash)).collect(),
            told: None,
            told_at: before.told,
            links: links.collect(),
            work: work.collect::<Result<_, _>>()?,
            absorbs: absorbs
                .map(|(younger, at)| self.prepare_absorb(who, younger, *at, cipher))
                .transpose()?,
            raises: flags::raises(commit),
            audit: commit.audit.clone(),
        };
        if prepared.bytes() > COMMIT_BYTES_MAX {
            let (what, limit) = ("bytes of a commit", limit!(COMMIT_BYTES_MAX));
            return Err(StoreError::OverLimit { what, limit }.into());
        }
        Ok(prepared)
    }

    fn event_rows(
        &self,
        who: &Who,
        cipher: &Cipher,
        commit: &Commit,
    ) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::with_capacity(commit.events.len() + 2);
        for (version, event) in (commit.expected.0 + 1..).map(Version).zip(&commit.events) {
            let key = who.event(version);
            let record = self.seal_event(cipher, &key, event)?;
            rows.push((key, record));
            if let Some(list) = listed(event) {
                let key = inbox::listed_key(who, list, event.at, version);
                let record = super::record::pack(&key, &[]);
                rows.push((key, record));
            }
        }
        Ok(rows)
    }
}

impl Prepared {
    fn bytes(&self) -> usize {
        self.rows
            .iter()
            .map(|(key, record)| key.len() + record.len())
            .sum()
    }

    /// The size of the state, when it is stored.
    fn state_bytes(&self) -> Option<usize> {
        self.rows
            .last()
            .filter(|_| self.has_state)
            .map(|(_, record)| record.len())
    }

    /// The committer's part: checks everything, then writes.
    fn write(self, draft: &mut Draft<'_>) -> Result<Arc<Head>, CommitError> {
        let absorbed = self
            .absorbs
            .as_ref()
            .map(|it| absorb::read_all(draft, it))
            .transpose()?;
        let shared = self.shared.clone();
        let counted = shared.raised(draft, &self.who.tenant, &self.raises)?;
        let generation = self.generation(draft)?;
        let mut head = self.check(draft, generation)?;
        head.version = self.version.0;
        if self.has_state {
            head.state_at = self.version.0;
            head.fold = self.shared.options.fold_version;
        }
        inbox::put_on(draft, &self.who, &head.conversations, &self.conversations)?;
        head.conversations = self.conversations;
        let rows = self.rows.into_iter().chain(counted);
        rows.for_each(|(key, record)| draft.set(key, record));
        head.told += self.identities.len() as u64 + u64::from(absorbed.is_some());
        for (keep, hash) in self.identities {
            let mut keys = identities::keys(&self.who, keep, hash, generation).into_iter();
            keys.next().into_iter().for_each(|key| draft.mark(key));
            self.told.iter().for_each(|told| told.add(hash));
        }
        let mut links = self.links;
        if let Some(absorbed) = absorbed {
            links.extend(absorbed.links());
            absorbed.write(draft, &self.who)?;
        }
        for link in links {
            if !head.links.contains(&link) {
                head.links.push(link);
                draft.set_link(&self.who, link)?;
            }
        }
        if head.links.len() > CUSTOMER_LINKS_MAX {
            let (what, limit) = ("links of a customer", limit!(CUSTOMER_LINKS_MAX));
            return Err(StoreError::OverLimit { what, limit }.into());
        }
        for change in self.work {
            change.make(draft, &self.who)?;
        }
        self.shared.chain(draft, &self.who.tenant, &self.audit)?;
        let head = Arc::new(head);
        draft.set_head(&self.who, head.clone())?;
        Ok(head)
    }

    /// The generation of identities, when it matters.
    fn generation(&self, draft: &Draft<'_>) -> Result<Generation, StoreError> {
        let has_passing = self.identities.iter().any(|(keep, _)| *keep == Keep::Month);
        if has_passing {
            identities::generation(draft)
        } else {
            Ok(Generation::default())
        }
    }

    /// The head, when nothing stands against the commit.
    fn check(&self, draft: &mut Draft<'_>, generation: Generation) -> Result<Head, CommitError> {
        if self.shared.erasures.contains(&self.who) {
            return Err(StoreError::Erased.into());
        }
        let head = draft.head(&self.who)?;
        let found = Version(head.as_ref().map_or(0, |head| head.version));
        let conflict = |customer: CustomerId, found| CommitError::Conflict { customer, found };
        if head.is_none()
            && let Some(older) = draft.get_plain::<CustomerId>(&self.who.alias())?
        {
            return Err(conflict(older, found));
        }
        if found != self.expected || head.is_some() != self.slot.is_none() {
            return Err(conflict(self.who.customer.clone(), found));
        }
        // Otherwise something was told since it was read.
        let is_whole = head.as_ref().map_or(0, |head| head.told) == self.told_at;
        let told = self.told.as_ref().filter(|_| is_whole);
        let is_new = |hash| told.is_some_and(|told| told.is_new(hash));
        for (keep, hash) in &self.identities {
            if is_new(*hash) {
                continue;
            }
            for key in identities::keys(&self.who, *keep, *hash, generation) {
                if draft.has(&key)? {
                    return Err(CommitError::Duplicate);
                }
            }
        }
        // A link in the head names this customer.
        let is_new = |link: &&IndexHash| head.as_ref().is_none_or(|it| !it.links.contains(link));
        for link in self.links.iter().filter(is_new) {
            let named: Option<CustomerId> = draft.get_plain(&self.who.link(*link))?;
            let is_ours = |named: &CustomerId| {
                *named == self.who.customer
                    || self
                        .absorbs
                        .as_ref()
                        .is_some_and(|it| it.who.customer == *named)
            };
            if let Some(other) = named.filter(|named| !is_ours(named)) {
                let head = draft.head(&self.who.other(&other))?;
                return Err(conflict(
                    other,
                    Version(head.map_or(0, |head| head.version)),
                ));
            }
        }
        Ok(match (head, self.slot) {
            (Some(head), _) => Head::clone(&head),
            (None, slot) => self.new_head(draft, slot.unwrap_or_default())?,
        })
    }

    /// The head of a new customer, whose slot counts as used from now on.
    fn new_head(&self, draft: &mut Draft<'_>, slot: u64) -> Result<Head, StoreError> {
        let unused: u64 = draft.get_plain(&unused_slot_key())?.unwrap_or_default();
        draft.set_plain(unused_slot_key(), &unused.max(slot + 1))?;
        Ok(Head {
            slot,
            ..Head::default()
        })
    }
}
