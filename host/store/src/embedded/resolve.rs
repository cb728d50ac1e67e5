//! Who is meant: from links to a customer, with what was committed before.

use std::sync::Arc;

use baton_domain::ids::{CustomerId, TenantId};

use super::{
    Shared,
    customer::{Head, LOADS_MAX, Standing},
    identities::{self, Generation},
    key::{Who, link_of},
    record::unpack_plain,
    seal::IndexHash,
};
use crate::{
    commit::{Identity, Keep, Link, Loaded, Version},
    error::StoreError,
};

impl Shared {
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
            for key in identities::keys(who, identity.keep, hash, generation) {
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
        self.load_found(found, identities, false).await
    }

    async fn load_found(
        &self,
        found: Option<(Who, Arc<Head>)>,
        identities: &[Identity],
        to_change: bool,
    ) -> Result<Option<Loaded>, StoreError> {
        let Some(Standing {
            who,
            version,
            state,
        }) = self.standing(found, to_change)?
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
        let found = self.load_named(tenant, links, identities, true).await?;
        found.map_or_else(|| self.stranger(identities.len()), Ok)
    }

    /// What [`crate::Store::find`] answers.
    pub(crate) async fn find_named(
        &self,
        tenant: &TenantId,
        links: &[Link],
    ) -> Result<Option<Loaded>, StoreError> {
        self.load_named(tenant, links, &[], false).await
    }

    async fn load_named(
        &self,
        tenant: &TenantId,
        links: &[Link],
        identities: &[Identity],
        to_change: bool,
    ) -> Result<Option<Loaded>, StoreError> {
        for _ in 0..LOADS_MAX {
            let mut named = self.named_by(tenant, links)?;
            if named.is_empty() {
                self.in_flight.is_whole()?;
                return Ok(None);
            }
            let oldest = named.remove(0);
            match self.load_found(Some(oldest), identities, to_change).await {
                Ok(Some(mut loaded)) => {
                    let mut others = named.into_iter().map(|(who, _)| who.customer);
                    loaded.absorbs = others.find(|customer| *customer != loaded.customer);
                    return Ok(Some(loaded));
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

    /// Whom the link in the row of this key names.
    fn named_in(&self, key: &[u8]) -> Result<Option<CustomerId>, StoreError> {
        if let Some(customer) = self.heads.link(key) {
            return Ok(Some(customer));
        }
        let record = self.rows.get(key)?;
        record.map(|it| unpack_plain(key, &it)).transpose()
    }

    /// The customers whom the links name, the oldest first.
    fn named_by(
        &self,
        tenant: &TenantId,
        links: &[Link],
    ) -> Result<Vec<(Who, Arc<Head>)>, StoreError> {
        let mut named: Vec<(Who, Arc<Head>)> = Vec::new();
        for link in links {
            let key = link_of(tenant, self.link_hash(tenant, link));
            let Some(customer) = self.named_in(&key)? else {
                continue;
            };
            let who = Who::new(tenant, &customer);
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
