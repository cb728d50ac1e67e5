//! What WhatsApp tells of business numbers, on its way into their records. It
//! is about an account, so it goes to the numbers of that account that the app
//! serves which signed it: the secret of one app speaks for its own alone.

use std::{collections::HashMap, sync::Arc};

use baton_domain::{
    ids::{NumberId, TenantId},
    limits::COMMIT_TRIES_MAX,
    number::{News, NumberRecord},
};
use baton_store::{CommitError, Document, Store, StoreError};
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
        match host.store.put_number(&told.tenant, document, None).await {
            Ok(()) => return Ok(host.reload_numbers(&told.tenant).await?),
            Err(CommitError::Store(error)) => return Err(error.into()),
            // Another host wrote it meanwhile.
            Err(_stale) => host.reload_numbers(&told.tenant).await?,
        }
    }
    Err(Refused::Contended)
}
