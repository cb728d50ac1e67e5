//! Sorting a delivery: each update to the customer it is about, and what has
//! no place into the quarantine.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use baton_domain::{
    event::{Event, EventBody},
    ids::{NumberId, TenantId},
};
use baton_store::{Identity, Link, Quarantined, StoreError};
use baton_whatsapp::{
    address::CustomerAddress,
    events::{display_name, events},
    signature::VerifiedBody,
    webhook::{self, Content, Delivery, NotWebhook, Update, status::Status},
};
use jiff::Timestamp;

use super::{CustomerKey, Item, Parcel, Refused, history};
use crate::{
    coexist::{Synced, Syncs},
    directory::{ActiveApp, ActiveTenant, Directory},
    host::Host,
    notify::NOTICE_KEY,
    numbers::{Told, told_by_the_way, told_of_account},
};

/// Keeps a signed body that is no webhook. Answered with 200 all the same, or
/// WhatsApp would send it again for a week.
pub async fn quarantine_body(
    host: &Host,
    app: &ActiveApp,
    body: &VerifiedBody,
    not_webhook: &NotWebhook,
) -> Result<(), Refused> {
    keep(host, app, body.bytes().to_vec(), not_webhook.code(), None).await
}

/// One parcel a customer, in the order of the delivery, and what has no place:
/// it belongs to no known number, or cannot be read.
pub fn into_parcels(host: &Host, app: &ActiveApp, delivery: &Delivery) -> Sorted {
    let directory = host.directory();
    let now = host.clock.now();
    let mut sorting = Sorting::default();
    for (at, update) in delivery.updates.iter().enumerate() {
        host.metrics.items.count(kind(&update.content));
        if let Err(why) = sorting.take(app, &directory, update, now) {
            sorting.unplaced(update.number.as_ref(), at, why);
        }
    }
    sorting.sorted
}

/// Keeps what has no place, by its number, in a body that holds nothing else:
/// what other customers said is not kept a second time.
pub async fn quarantine_unplaced(
    host: &Host,
    app: &ActiveApp,
    delivery: &Delivery,
    unplaced: Unplaced,
) -> Result<(), Refused> {
    for (number, Places { why, items }) in unplaced {
        let body = delivery.body_of(|at| items.contains(&at));
        match keep(host, app, body, why, number).await {
            // News of a kind that this version does not know must not stop
            // the intake of everything else.
            Err(Refused::Store(StoreError::QuarantineFull)) if why == UNKNOWN_KIND => {
                tracing::error!(
                    why,
                    "the quarantine is full, an item of unknown kind is not kept"
                );
            }
            result => result?,
        }
    }
    Ok(())
}

async fn keep(
    host: &Host,
    app: &ActiveApp,
    body: Vec<u8>,
    why: &'static str,
    number: Option<String>,
) -> Result<(), Refused> {
    tracing::warn!(app = app.name, why, "signed input quarantined");
    host.metrics.quarantined.count(why);
    let item = Quarantined {
        at: host.clock.now(),
        app: app.name.clone(),
        why: why.to_owned(),
        number,
        body,
    };
    host.store.quarantine(item).await?;
    Ok(())
}

/// As the metrics write it.
fn kind(content: &Content) -> &'static str {
    match content {
        Content::Message(_) | Content::Standby(_) => "message",
        Content::Echo(_) => "echo",
        Content::Edit(_) => "edit",
        Content::Revoke(_) => "revoke",
        Content::Status(_) => "status",
        Content::Payment(_) => "payment",
        Content::History(_) | Content::HistoryProgress(_) | Content::HistoryDeclined(_) => {
            "history"
        }
        Content::AddressChanged(_) | Content::ContactSync(_) | Content::Preference(_) => "profile",
        Content::Call(_) => "call",
        Content::Notice(_) | Content::Problem(_) => "notice",
        Content::Unknown(_) => "unknown",
        Content::Unreadable(_) => "unreadable",
        Content::AutomaticEvent(_) | Content::Handover(_) => "other",
    }
}

/// What tells two customers of one tenant apart within a delivery.
type Place = (TenantId, Arc<str>);

/// Stable code of an item that this version does not know.
const UNKNOWN_KIND: &str = "unknown_kind";

/// What has no place, by its number.
type Unplaced = BTreeMap<Option<String>, Places>;

/// Items without a place.
pub struct Places {
    /// Why: of several reasons the one that must not be lost.
    why: &'static str,
    /// Where they stand in the delivery.
    items: BTreeSet<usize>,
}

/// A delivery, sorted.
#[derive(Default)]
pub struct Sorted {
    /// What belongs to customers.
    pub parcels: Vec<Parcel>,
    /// What has no place.
    pub unplaced: Unplaced,
    /// What is told of numbers.
    pub told: Vec<Told>,
    /// What is told of history and contacts that are synchronised.
    pub syncs: Syncs,
}

/// A delivery that is being sorted.
#[derive(Default)]
struct Sorting {
    sorted: Sorted,
    places: HashMap<Place, usize>,
}

impl Sorting {
    /// Puts an update to its customer; tells why it has no place.
    fn take(
        &mut self,
        app: &ActiveApp,
        directory: &Directory,
        update: &Update,
        now: Timestamp,
    ) -> Result<(), &'static str> {
        match &update.content {
            Content::Unknown(_) => return Err(UNKNOWN_KIND),
            Content::Unreadable(unreadable) => return Err(unreadable.fault.code()),
            // Of a notice to one of the people, who is no customer.
            Content::Status(status) if is_of_notice(status) => return Ok(()),
            _ => {}
        }
        let Some(number) = &update.number else {
            let told = told_of_account(app, directory, update, now);
            if told.is_empty() {
                tracing::info!("update about no number noted");
            }
            self.sorted.told.extend(told);
            return Ok(());
        };
        // The secret of one app must not speak for the numbers of another.
        let is_of_app = |tenant: &&Arc<ActiveTenant>| {
            let mut numbers = tenant.document.numbers.iter();
            numbers.any(|it| it.id == *number && it.app == app.name)
        };
        let Some(tenant) = directory.tenant_of(number).filter(is_of_app) else {
            return Err("unknown_number");
        };
        self.by_the_way(told_by_the_way(tenant, number, update));
        if let Some(sync) = Synced::of(update) {
            let about = (tenant.document.id.clone(), number.clone());
            self.sorted.syncs.entry(about).or_default().push(sync);
        }
        match &update.address {
            Some(address) => self.place(tenant, address, update, now),
            None => tracing::info!("update about no customer noted"),
        }
        Ok(())
    }

    /// Once of a number: each item of a delivery tells it.
    fn by_the_way(&mut self, told: Option<Told>) {
        let known = &mut self.sorted.told;
        let news = told.filter(|it| !known.iter().any(|other| other.is_same(it)));
        known.extend(news);
    }

    fn unplaced(&mut self, number: Option<&NumberId>, at: usize, why: &'static str) {
        let number = number.map(ToString::to_string);
        let items = BTreeSet::new();
        let places = self.sorted.unplaced.entry(number);
        let places = places.or_insert(Places { why, items });
        if places.why == UNKNOWN_KIND {
            places.why = why;
        }
        places.items.insert(at);
    }

    fn place(
        &mut self,
        tenant: &Arc<ActiveTenant>,
        address: &CustomerAddress,
        update: &Update,
        now: Timestamp,
    ) {
        let phone = address.phone().map(|it| Arc::from(it.as_str()));
        let user_id = address.user_id().map(|it| Arc::from(it.as_str()));
        let Some(name) = phone.or(user_id) else {
            return;
        };
        let place = (tenant.document.id.clone(), name);
        let at = *self.places.entry(place).or_insert_with(|| {
            self.sorted.parcels.push(Parcel {
                tenant: tenant.clone(),
                customer: CustomerKey::Links(Vec::new()),
                display_name: None,
                items: Vec::new(),
                by: None,
            });
            self.sorted.parcels.len() - 1
        });
        let parcel = &mut self.sorted.parcels[at];
        if let CustomerKey::Links(links) = &mut parcel.customer {
            add_links(links, address);
            if let Content::AddressChanged(change) = &update.content {
                add_links(links, &change.new);
            }
        }
        if let Some(name) = display_name(update) {
            parcel.display_name = Some(name.into());
        }
        let mut events = events(update, now);
        for event in &mut events {
            tell_doubtful(tenant, event);
        }
        match &update.content {
            Content::History(message) => {
                parcel.items.extend(history::items(update, message, events));
            }
            _ => parcel.items.push(Item {
                identity: Some(identity(update)),
                events,
                ..Item::default()
            }),
        }
    }
}

fn is_of_notice(status: &Status) -> bool {
    let key = status.callback_data.as_deref();
    key.is_some_and(|it| it.starts_with(NOTICE_KEY))
}

fn add_links(links: &mut Vec<Link>, address: &CustomerAddress) {
    let phone = address.phone().map(|it| Link::Phone(it.as_str().into()));
    let user_id = address.user_id().map(|it| Link::UserId(it.as_str().into()));
    for link in phone.into_iter().chain(user_id) {
        if !links.contains(&link) {
            links.push(link);
        }
    }
}

/// The App's own greeting is nobody's takeover, nor is what may be a thief's.
fn tell_doubtful(tenant: &ActiveTenant, event: &mut Event) {
    if let EventBody::EchoReceived(echo) = &mut event.body {
        echo.automatic |= tenant.profile.is_automatic_text(echo.text.as_deref());
        let numbers = tenant.numbers.load();
        let record = event.number.as_ref().and_then(|it| numbers.get(it));
        echo.while_frozen = record.is_some_and(|it| it.is_doubtful(event.at));
    }
}

/// Messages are remembered as long as the customer, everything else for a
/// month: WhatsApp redelivers for a week.
fn identity(update: &Update) -> Identity {
    let bytes = update.identity.canonical_bytes();
    match update.identity {
        webhook::Identity::Message { .. } => Identity::forever(bytes),
        _ => Identity::month(bytes),
    }
}
