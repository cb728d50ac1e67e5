//! A comparison with messages that somebody sent, such as those of exported
//! chats: customer by customer, and what is missing taken over when that is
//! wanted.

use std::{collections::BTreeMap, fmt::Write, sync::Arc};

use baton_domain::{
    compare::{self, Cause, Difference, Message, Ours},
    event::{Author, Event, EventBody, PastMessage},
    ids::{ComparisonId, CustomerId, MessageId, NumberId},
    limits::COMPARISON_DRIFT_HOURS,
};
use baton_store::{AuditEntry, Comparison, ComparisonSource, Discrepancy, Document, Link};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::{
    kept::{self, change_comparison, fresh_id},
    logs::{self, IMPORTED},
    note::count,
};
use crate::{
    directory::ActiveTenant,
    host::Host,
    pipeline::{CustomerKey, Item, Parcel, Refused, evaluation_deadline, past_item, take_parcel},
};

const DRIFT: SignedDuration = SignedDuration::from_hours(COMPARISON_DRIFT_HOURS);

/// A message of the App's.
pub struct Given {
    /// By what its customer is found.
    pub links: Vec<Link>,
    /// The message.
    pub message: Message,
    /// Its place in what was sent, from 0.
    pub place: u64,
}

/// What is wanted.
pub struct Wanted {
    /// Of which number.
    pub number: NumberId,
    /// The App's messages.
    pub messages: Vec<Given>,
    /// Whether what is missing here is taken over.
    pub import: bool,
    /// Who asks.
    pub by: AuditEntry,
}

/// Compares, and keeps what was found.
///
/// # Errors
/// [`Refused`]; what was taken over by then stays, and is not taken over again.
pub async fn compare(
    host: &Host,
    tenant: &Arc<ActiveTenant>,
    wanted: Wanted,
) -> Result<Comparison, Refused> {
    let Wanted {
        number,
        messages,
        import,
        by,
    } = wanted;
    let now = host.clock.now();
    let mut sum = Sum {
        compared: messages.len() as u64,
        ..Sum::default()
    };
    let mut by_customer = BTreeMap::<Vec<Link>, Vec<Given>>::new();
    for given in messages {
        let messages = by_customer.entry(given.links.clone()).or_default();
        messages.push(given);
    }
    for (links, given) in by_customer {
        let one = OfCustomer {
            host,
            tenant,
            number: &number,
            links,
            given,
        };
        let missing = one.compare(&mut sum).await?;
        if import {
            sum.imported += one.import(&missing, &by).await?;
        }
    }
    sum.found.sort_by_key(|it| (it.place, it.at));
    let about = (&tenant.document.id, &number);
    let made = change_comparison(host, about, Some(by), |all| {
        Some(Document {
            revision: 0,
            body: sum.told(&number, fresh_id(all, now)?, now),
        })
    });
    let made = made.await?.ok_or(Refused::Contended)?;
    count(host, &made);
    Ok(made.after)
}

/// What was found so far.
#[derive(Default)]
struct Sum {
    compared: u64,
    matched: u64,
    sent_by_us: u64,
    imported: u64,
    found: Vec<Discrepancy>,
}

impl Sum {
    fn told(&self, number: &NumberId, id: ComparisonId, now: Timestamp) -> Comparison {
        let source = ComparisonSource::Messages;
        let mut told = Comparison::open(id, number.clone(), source, (now, now));
        told.compared = self.compared;
        told.matched = self.matched;
        told.sent_by_us = self.sent_by_us;
        told.imported = self.imported;
        for one in &self.found {
            told.add(one.clone());
        }
        kept::end(&mut told, None);
        told
    }
}

/// The App's messages with one customer.
struct OfCustomer<'c> {
    host: &'c Host,
    tenant: &'c Arc<ActiveTenant>,
    number: &'c NumberId,
    links: Vec<Link>,
    given: Vec<Given>,
}

impl OfCustomer<'_> {
    /// Adds what differs, and answers which messages are missing here.
    async fn compare(&self, sum: &mut Sum) -> Result<Vec<usize>, Refused> {
        let tenant = &self.tenant.document.id;
        let known = self.host.store.find(tenant, &self.links).await?;
        let Some(known) = known else {
            let unknown = self.given.iter().map(|it| Discrepancy {
                cause: Cause::UnknownCustomer,
                at: it.message.at,
                is_inbound: it.message.is_inbound,
                customer: None,
                version: None,
                place: Some(it.place),
            });
            sum.found.extend(unknown);
            return Ok((0..self.given.len()).collect());
        };
        let there: Vec<Message> = self.given.iter().map(|it| it.message.clone()).collect();
        let times = || there.iter().map(|it| it.at);
        let (Some(first), Some(last)) = (times().min(), times().max()) else {
            return Ok(Vec::new());
        };
        let span = (before(first), after(last));
        let about = (tenant, self.number);
        let here = logs::ours(self.host, about, &known.customer, span).await?;
        let compared = compare::compare(&there, &here);
        sum.matched += compared.matched;
        sum.sent_by_us += compared.sent_by_us;
        let mut missing = Vec::new();
        for difference in compared.differences {
            if let (Some(at), None) = (difference.there, difference.here) {
                missing.push(at);
            }
            sum.found
                .extend(self.told(difference, &here, &known.customer));
        }
        Ok(missing)
    }

    fn told(
        &self,
        difference: Difference,
        here: &[Ours],
        customer: &CustomerId,
    ) -> Option<Discrepancy> {
        let given = difference.there.and_then(|at| self.given.get(at));
        let ours = difference.here.and_then(|at| here.get(at));
        let message = given.map(|it| &it.message).or(ours.map(|it| &it.message))?;
        Some(Discrepancy {
            cause: difference.cause,
            at: message.at,
            is_inbound: message.is_inbound,
            customer: Some(customer.clone()),
            version: ours.map(|it| it.version),
            place: given.map(|it| it.place),
        })
    }

    /// Takes over those that are missing, as history would tell them, and
    /// answers how many. What was taken back is left where it is.
    async fn import(&self, missing: &[usize], by: &AuditEntry) -> Result<u64, Refused> {
        let missing = missing.iter().filter_map(|at| self.given.get(*at));
        let missing: Vec<&Given> = missing.filter(|it| !it.message.is_revoked).collect();
        let mut same = BTreeMap::new();
        let items: Vec<Item> = missing
            .iter()
            .filter_map(|given| {
                let count = same.entry(key_of(&given.message)).or_insert(0_u32);
                *count += 1;
                self.past(&given.message, *count)
            })
            .collect();
        if items.is_empty() {
            return Ok(0);
        }
        let imported = items.len() as u64;
        let parcel = Parcel {
            tenant: self.tenant.clone(),
            customer: CustomerKey::Links(self.links.clone()),
            display_name: None,
            items,
            by: Some(AuditEntry {
                what: "import-messages".into(),
                ..by.clone()
            }),
        };
        take_parcel(self.host, parcel, evaluation_deadline(self.host)).await?;
        Ok(imported)
    }

    /// The message as an event, the `nth` of those that read the same.
    fn past(&self, message: &Message, nth: u32) -> Option<Item> {
        let id = match &message.id {
            Some(id) => id.clone(),
            None => MessageId::parse(&self.made_id(message, nth)).ok()?,
        };
        let author = if message.is_inbound {
            Author::Customer
        } else {
            Author::App
        };
        let past = PastMessage {
            id: id.clone(),
            author,
            message_kind: message.kind.clone(),
            text: message.text.clone(),
        };
        let event = Event {
            at: message.at,
            number: Some(self.number.clone()),
            body: EventBody::PastMessage(past),
        };
        Some(past_item(self.number, &id, vec![event], false))
    }

    /// The same each time that the same chat is imported.
    fn made_id(&self, message: &Message, nth: u32) -> String {
        let told = (
            self.number.as_str(),
            format!("{:?}", self.links),
            key_of(message),
            nth,
        );
        let digest = Sha256::digest(format!("{told:?}"));
        let mut id = IMPORTED.to_owned();
        for byte in &digest[..16] {
            let _ = write!(id, "{byte:02x}");
        }
        id
    }
}

/// What two messages that cannot be told apart have in common.
fn key_of(message: &Message) -> (bool, i64, Option<Arc<str>>) {
    (
        message.is_inbound,
        message.at.as_second(),
        message.text.clone(),
    )
}

fn before(at: Timestamp) -> Timestamp {
    at.saturating_sub(DRIFT).unwrap_or(Timestamp::MIN)
}

fn after(at: Timestamp) -> Timestamp {
    at.saturating_add(DRIFT).unwrap_or(Timestamp::MAX)
}
