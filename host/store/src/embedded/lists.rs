//! Lists, page by page. A page says where the next one starts by the last row
//! it read, so rows that come or go in between shift nothing.

use baton_domain::{
    ids::{CustomerId, NumberId, TenantId},
    limits::{LIST_ITEMS_MAX, LIST_LOOKS_MAX},
};

use super::{
    Shared,
    customer::ConversationHead,
    inbox::list_letter,
    key::{Key, Parts, Who, area, list_of},
    record::{damaged, unpack, unpack_plain},
    rows::{Row, after_prefix},
};
use crate::{
    ConversationRow, EventRow, Held, Inbox, Listed, Page, commit::Version, error::StoreError,
    work::Work,
};

/// Where a page ended, as text: the rest of the row's key in hexadecimal. It
/// holds ids and hashes of this tenant alone, and means nothing elsewhere.
fn cursor(key: &[u8], prefix: usize) -> String {
    hex::encode(&key[prefix..])
}

/// The key right after the row where the last page ended.
fn start(mut prefix: Vec<u8>, after: Option<&str>) -> Result<Vec<u8>, StoreError> {
    if let Some(after) = after {
        prefix.extend(hex::decode(after).map_err(|_| StoreError::BadCursor)?);
        prefix.push(0);
    }
    Ok(prefix)
}

fn is_theirs(held: &Held, head: &ConversationHead) -> bool {
    held.owner.as_ref().is_none_or(|it| *it == head.owner)
        && (held.agent.is_none() || held.agent == head.agent)
        && (held.team.is_none() || held.team == head.team)
}

impl Shared {
    /// A page of the rows that start with `prefix`. Rows of which `read` makes
    /// nothing are left out; when it leaves out many, a page is short and says
    /// where to go on.
    fn page<T>(
        &self,
        prefix: Key,
        after: Option<&str>,
        limit: usize,
        read: impl Fn(&Row) -> Result<Option<T>, StoreError>,
    ) -> Result<Page<T>, StoreError> {
        let (prefix, limit) = (prefix.done(), limit.clamp(1, LIST_ITEMS_MAX));
        let end = after_prefix(&prefix);
        let mut from = start(prefix.clone(), after)?;
        let (mut items, mut looked) = (Vec::new(), 0);
        loop {
            let mut rows = self.rows.scan(&from, &end, limit - items.len() + 1)?;
            let has_more = rows.len() > limit - items.len();
            rows.truncate(limit - items.len());
            for row in &rows {
                items.extend(read(row)?);
            }
            looked += rows.len();
            let last = rows.pop().map(|(key, _)| key).filter(|_| has_more);
            match last {
                None => return Ok(Page { items, next: None }),
                Some(key) if items.len() == limit || looked >= LIST_LOOKS_MAX => {
                    return Ok(Page {
                        items,
                        next: Some(cursor(&key, prefix.len())),
                    });
                }
                Some(mut key) => {
                    key.push(0);
                    from = key;
                }
            }
        }
    }

    /// What [`crate::Store::conversations`] answers.
    pub(crate) fn conversations(
        &self,
        tenant: &TenantId,
        inbox: Inbox<'_>,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<ConversationRow>, StoreError> {
        let area = match inbox {
            Inbox::All => area::TOUCHED,
            Inbox::People | Inbox::PeopleOf(_) => area::PEOPLE,
        };
        self.page(list_of(area, tenant), after, limit, |(key, record)| {
            let head: ConversationHead = unpack_plain(key, record)?;
            if let Inbox::PeopleOf(held) = inbox
                && !is_theirs(held, &head)
            {
                return Ok(None);
            }
            let mut parts = Parts::of(key);
            let (_tenant, _place) = (parts.text()?, parts.number()?);
            let (customer, number) = (parts.customer()?, parts.text()?);
            let number = NumberId::parse(number).map_err(|_| damaged(key, "names no number"))?;
            Ok(Some(ConversationRow {
                customer,
                number,
                owner: head.owner,
                agent: head.agent,
                team: head.team,
                touched_at: head.touched_at,
            }))
        })
    }

    /// What [`crate::Store::listed`] answers.
    pub(crate) fn listed(
        &self,
        tenant: &TenantId,
        listed: Listed,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<EventRow>, StoreError> {
        let prefix = list_of(area::LISTED, tenant).byte(list_letter(listed));
        self.page(prefix, after, limit, |(key, record)| {
            unpack(key, record)?;
            let mut parts = Parts::of(key);
            let (_tenant, _list) = (parts.text()?, parts.byte()?);
            let (at, customer) = (parts.latest()?, parts.customer()?);
            Ok(Some(EventRow {
                customer,
                version: Version(parts.number()?),
                at,
            }))
        })
    }

    /// What [`crate::Store::dead_letters`] answers.
    pub(crate) fn dead_letters(
        &self,
        tenant: &TenantId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<Work>, StoreError> {
        self.page(
            list_of(area::DEAD, tenant),
            after,
            limit,
            |(key, record)| {
                unpack(key, record)?;
                let mut parts = Parts::of(key);
                let (tenant, _at) = (parts.tenant()?, parts.latest()?);
                let who = Who {
                    tenant,
                    customer: parts.customer()?,
                };
                match self.work_at(&who, parts.hash()?) {
                    Err(StoreError::Erased) => Ok(None),
                    other => other,
                }
            },
        )
    }

    /// What [`crate::Store::customers`] answers.
    pub(crate) fn customers(
        &self,
        tenant: &TenantId,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Page<CustomerId>, StoreError> {
        let all = list_of(area::CUSTOMER, tenant).done();
        let (end, limit) = (after_prefix(&all), limit.clamp(1, LIST_ITEMS_MAX));
        let after_customer =
            |customer: &CustomerId| after_prefix(&Who::new(tenant, customer).rows().done());
        let mut from = match after {
            None => all,
            Some(text) => {
                after_customer(&CustomerId::parse(text).map_err(|_| StoreError::BadCursor)?)
            }
        };
        let mut items = Vec::new();
        // One seek for each customer, however long the logs are.
        while let Some((key, _)) = self.rows.scan(&from, &end, 1)?.pop() {
            let mut parts = Parts::of(&key);
            parts.text()?;
            let customer = parts.customer()?;
            if items.len() == limit {
                let next = items.last().map(ToString::to_string);
                return Ok(Page { items, next });
            }
            from = after_customer(&customer);
            match self.head(&Who::new(tenant, &customer)) {
                Ok(Some(_)) => items.push(customer),
                Ok(None) | Err(StoreError::Erased) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(Page { items, next: None })
    }
}
