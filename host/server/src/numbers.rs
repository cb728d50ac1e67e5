//! What WhatsApp tells of business numbers, on its way into their records. It
//! is about an account, so it goes to the numbers of that account that the app
//! serves which signed it: the secret of one app speaks for its own alone.

use std::{collections::HashMap, sync::Arc};

use baton_domain::{
    ids::{NumberId, TenantId},
    limits::{COMMIT_TRIES_MAX, TENANT_NUMBERS_MAX},
    number::{News, NumberRecord},
};
use baton_store::{AuditEntry, CommitError, Document, Store, StoreError, Tenant};
use baton_whatsapp::{
    news::{is_same_number, news, number_of},
    webhook::{Content, Update, notice::Notice},
};
use jiff::Timestamp;

use crate::{
    directory::{ActiveApp, ActiveTenant, Directory},
    host::Host,
    pipeline::Refused,
};

/// The records of a tenant's numbers. Beside the rest of a tenant in memory, so
/// that news of a number leaves the rest alone.
#[derive(Debug, Default)]
pub struct Numbers(HashMap<NumberId, Document<NumberRecord>>);

impl Numbers {
    /// Reads them from the store.
    ///
    /// # Errors
    /// The store's.
    pub async fn load(store: &dyn Store, tenant: &TenantId) -> Result<Self, StoreError> {
        let records = store.numbers(tenant).await?.into_iter();
        Ok(Self(records.map(|it| (it.body.id.clone(), it)).collect()))
    }

    /// What is known of a number.
    pub fn get(&self, number: &NumberId) -> Option<&NumberRecord> {
        self.0.get(number).map(|it| &it.body)
    }

    /// Its document; one that is yet to be written when nothing is known.
    pub fn document(&self, number: &NumberId) -> Document<NumberRecord> {
        self.0.get(number).cloned().unwrap_or_else(|| Document {
            revision: 0,
            body: NumberRecord::new(number.clone()),
        })
    }

    /// The record that makes room for one of `number`, when as many are kept as
    /// may be: of a number that the tenant has no more, a frozen one last.
    fn room_for(&self, number: &NumberId, tenant: &Tenant) -> Option<NumberId> {
        if self.0.len() < TENANT_NUMBERS_MAX || self.0.contains_key(number) {
            return None;
        }
        let is_gone = |it: &&NumberRecord| tenant.numbers.iter().all(|own| own.id != it.id);
        let gone = self.0.values().map(|it| &it.body).filter(is_gone);
        let least = gone.min_by_key(|it| (it.frozen.is_some(), &it.id));
        least.map(|it| it.id.clone())
    }
}

/// Writes what is known of a number, and reads it anew. Hold
/// [`Host::number_changes`] meanwhile.
///
/// # Errors
/// As [`baton_store::NumberStore::put_number`].
pub async fn write(
    host: &Host,
    tenant: &ActiveTenant,
    document: Document<NumberRecord>,
    entry: Option<AuditEntry>,
) -> Result<(), CommitError> {
    let id = &tenant.document.id;
    let known = tenant.numbers.load();
    let instead = known.room_for(&document.body.id, &tenant.document);
    let put = host.store.put_number(id, document, instead.as_ref(), entry);
    put.await?;
    Ok(host.reload_numbers(id).await?)
}

/// Something that WhatsApp told about one number.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    tenant: TenantId,
    number: NumberId,
    at: Timestamp,
    news: News,
}

impl Told {
    /// Whether the other tells the same of the same number.
    pub fn is_same(&self, other: &Self) -> bool {
        self.number == other.number && self.news == other.news
    }
}

/// What an update that names its number tells of that: to which account it
/// belongs, and that it is there. `None` when that is known.
pub fn told_by_the_way(tenant: &ActiveTenant, number: &NumberId, update: &Update) -> Option<Told> {
    let records = tenant.numbers.load();
    let record = records.get(number);
    let account = update.account.as_ref();
    let is_new = |it: &&Arc<str>| record.and_then(|it| it.account.as_ref()) != Some(*it);
    let told = |at, news| Told {
        tenant: tenant.document.id.clone(),
        number: number.clone(),
        at,
        news,
    };
    if let Some(account) = account.filter(is_new) {
        return Some(told(Timestamp::MIN, News::Account(account.clone())));
    }
    let disconnected = record.and_then(|it| it.disconnected.as_ref())?;
    let at = update.occurred_at.filter(|at| *at > disconnected.at)?;
    Some(told(at, News::Heard))
}

/// What an update that names no number tells of those of its account.
pub fn told_of_account(
    app: &ActiveApp,
    directory: &Directory,
    update: &Update,
    now: Timestamp,
) -> Vec<Told> {
    let Content::Notice(notice) = &update.content else {
        return Vec::new();
    };
    let (Some(account), Some(news)) = (&update.account, news(notice)) else {
        return Vec::new();
    };
    let at = update.occurred_at.map_or(now, |at| at.min(now));
    let told = numbers_of(app, directory, account, notice);
    told.into_iter()
        .map(|(tenant, number)| {
            let news = news.clone();
            Told {
                tenant,
                number,
                at,
                news,
            }
        })
        .collect()
}

/// The numbers that a notice is about. Which of several is told by the way that
/// people write it, if the tenant said that.
fn numbers_of(
    app: &ActiveApp,
    directory: &Directory,
    account: &Arc<str>,
    notice: &Notice,
) -> Vec<(TenantId, NumberId)> {
    let mut found = Vec::new();
    for tenant in directory.tenants() {
        let records = tenant.numbers.load();
        let numbers = tenant.document.numbers.iter();
        for number in numbers.filter(|it| it.app == app.name) {
            let learnt = records.get(&number.id).and_then(|it| it.account.as_deref());
            if number.account.as_deref().or(learnt) == Some(&**account) {
                found.push((tenant.document.id.clone(), number));
            }
        }
    }
    if let Some(named) = number_of(notice) {
        let is_it = |display: &Option<String>| {
            let display = display.as_deref();
            display.is_some_and(|display| is_same_number(display, named))
        };
        // One alone needs no name.
        if found.len() > 1 || found.iter().any(|(_, it)| it.display.is_some()) {
            found.retain(|(_, it)| is_it(&it.display));
        }
    }
    let id = |(tenant, number): (TenantId, &baton_store::Number)| (tenant, number.id.clone());
    found.into_iter().map(id).collect()
}

/// Makes what was told durable; returns when it is. What was known writes
/// nothing.
///
/// # Errors
/// [`Refused`]: then it should be told again.
pub async fn learn(host: &Host, told: Vec<Told>) -> Result<(), Refused> {
    if told.is_empty() {
        return Ok(());
    }
    let _changing = host.number_changes.lock().await;
    for told in told {
        learn_one(host, &told).await?;
    }
    Ok(())
}

async fn learn_one(host: &Host, told: &Told) -> Result<(), Refused> {
    for _ in 0..COMMIT_TRIES_MAX {
        let directory = host.directory();
        let Some(tenant) = directory.tenant(&told.tenant) else {
            return Ok(());
        };
        let mut document = tenant.numbers.load().document(&told.number);
        if !document.body.learn(told.at, &told.news) {
            return Ok(());
        }
        match write(host, tenant, document, None).await {
            Ok(()) => return Ok(()),
            Err(CommitError::Store(error)) => return Err(error.into()),
            // Another host wrote it meanwhile.
            Err(_stale) => host.reload_numbers(&told.tenant).await?,
        }
    }
    Err(Refused::Contended)
}

#[cfg(test)]
mod tests {
    use baton_domain::{number::Frozen, people::Principal};
    use serde_json::json;

    use super::*;

    fn id(place: usize) -> NumberId {
        NumberId::parse(&place.to_string()).unwrap()
    }

    #[test]
    fn a_number_that_is_gone_makes_room_a_frozen_one_last() {
        let own = json!([{ "id": id(0), "app": "main" }, { "id": "new", "app": "main" }]);
        let tenant = json!({ "id": "shop", "name": "Kopi Senja", "timezone": "Asia/Jakarta",
            "language": "en", "teams": [{ "name": "sales" }], "numbers": own });
        let tenant: Tenant = serde_json::from_value(tenant).unwrap();
        let record = |place| {
            let mut body = NumberRecord::new(id(place));
            body.frozen = (place < 3).then_some(Frozen {
                at: Timestamp::MIN,
                since: None,
                by: Principal::Host,
            });
            (id(place), Document { revision: 1, body })
        };
        let new = NumberId::parse("new").unwrap();
        let few = Numbers((0..4).map(record).collect());
        assert_eq!(few.room_for(&new, &tenant), None);
        let full = Numbers((0..TENANT_NUMBERS_MAX).map(record).collect());
        assert_eq!(full.room_for(&id(0), &tenant), None, "it is there");
        let room = full.room_for(&new, &tenant).unwrap();
        assert!(room != id(0) && full.get(&room).unwrap().frozen.is_none());
    }
}
