//! Signed bodies that make no sense, or other sense than they had: each is
//! taken whole, or what of it has no place is kept, and a redelivery changes
//! nothing more.

use std::collections::{BTreeMap, BTreeSet};

use baton::pipeline::past_item;
use baton_domain::{
    event::EventBody,
    ids::{CustomerId, TenantId},
};
use baton_store::{Identity, Link, Version};
use baton_whatsapp::{
    address::CustomerAddress,
    events::events,
    signature::{AppSecret, AppSecrets, verify},
    webhook::{Content, Delivery, Update, parse},
};
use bytes::Bytes;
use fastrand::Rng;
use serde_json::Value;

use crate::{
    cases::cases,
    corpus,
    host::{NUMBER, Running, SECRET, signature},
    mutate,
};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_body_is_wholly_taken_or_kept() {
    let host = Running::start().await;
    let bodies = corpus::bodies();
    for case in cases(150) {
        let mut random = case.random();
        let body = mutated(&mut random, &bodies, case.seed());
        let shown = String::from_utf8_lossy(&body);
        assert_eq!(host.signed(&body).await, 200, "{shown}");
        let taken = check_taken(&host, &body).await;
        assert_eq!(host.signed(&body).await, 200, "{shown}");
        let again = check_taken(&host, &body).await;
        assert_eq!(taken, again, "a redelivery changed more: {shown}");
    }
    host.ends_well().await;
}

/// A body that nobody sent before. Now and then two are in one.
fn mutated(random: &mut Rng, bodies: &[String], seed: u64) -> Vec<u8> {
    let fresh = |body: &str| body.replace("wamid.", &format!("wamid.{seed}"));
    let [body, donor] = [0; 2].map(|_| fresh(corpus::pick::<String>(random, bodies)));
    let mut bytes = body.clone().into_bytes();
    if let (Ok(mut value), Ok(mut donor)) = (
        serde_json::from_str::<Value>(&body),
        serde_json::from_str::<Value>(&donor),
    ) {
        if random.bool()
            && let Some(more) = donor["entry"].as_array_mut()
            && let Some(entries) = value["entry"].as_array_mut()
        {
            entries.append(more);
        }
        if random.u8(..10) > 0 {
            mutate::json(random, &mut value, &donor);
        }
        bytes = value.to_string().into_bytes();
    }
    if random.u8(..4) == 0 {
        mutate::bytes(random, &mut bytes);
    }
    bytes
}

/// The items of a body, as they were sent.
fn raw_items(body: &[u8]) -> BTreeSet<String> {
    let items = delivery(body).map(|it| it.updates).unwrap_or_default();
    items.iter().map(|it| it.raw.as_str().to_owned()).collect()
}

/// What became of the customers of a body.
type Taken = BTreeMap<CustomerId, Version>;

/// Everything of it is known to the store, or it is in quarantine; empties the
/// quarantine.
async fn check_taken(host: &Running, body: &[u8]) -> Taken {
    let store = &host.host.store;
    let kept = store.quarantined(None, 1_000).await.expect("a list");
    let sent = raw_items(body);
    for (id, item) in &kept {
        let is_all = item.body == body;
        let part = raw_items(&item.body);
        let is_part = !part.is_empty() && part.is_subset(&sent);
        assert!(is_all || is_part, "something else is kept: {item:?}");
        store.release(*id).await.expect("it is released");
    }
    let Some(delivery) = delivery(body) else {
        assert!(!kept.is_empty(), "no webhook, and not kept");
        return Taken::new();
    };
    let mut taken = Taken::new();
    let mut has_unplaced = false;
    for update in &delivery.updates {
        match place(update) {
            Place::Nobodys => {}
            Place::Nowhere => has_unplaced = true,
            Place::Customer(address) => {
                let links = links(address);
                let shop = TenantId::parse("shop").expect("a name");
                let loaded = store.resolve(&shop, &links, &identities(update)).await;
                let loaded = loaded.expect("the store answers");
                if is_lasting(host, update) {
                    assert!(loaded.known.contains(&true), "not taken: {update:?}");
                }
                taken.insert(loaded.customer, loaded.version);
            }
        }
    }
    assert_eq!(has_unplaced, !kept.is_empty(), "{:?}", delivery.updates);
    taken
}

fn delivery(body: &[u8]) -> Option<Delivery> {
    let secrets = AppSecrets::new(AppSecret::new(SECRET).expect("a secret"), None);
    let header = signature(body);
    let body = Bytes::copy_from_slice(body);
    parse(&verify(body, Some(header.as_bytes()), &secrets).expect("it is signed")).ok()
}

/// By any of these it is known: what history tells is known by what it tells it
/// with, or by the message itself when that came.
fn identities(update: &Update) -> Vec<Identity> {
    let past = match (&update.content, &update.number) {
        (Content::History(message), Some(number)) => {
            let of = |is_place| past_item(number, &message.id, Vec::new(), is_place);
            [of(false), of(true)].map(|it| it.identity).to_vec()
        }
        _ => Vec::new(),
    };
    let past = past.into_iter().flatten();
    past.chain([identity(update)]).collect()
}

/// Whether it leaves an event whatever was there before: what tells a profile
/// is kept when it is news alone.
fn is_lasting(host: &Running, update: &Update) -> bool {
    let mut events = events(update, host.host.clock.now()).into_iter();
    events.any(|it| !matches!(it.body, EventBody::ProfileChanged(_)))
}

enum Place<'u> {
    Customer(&'u CustomerAddress),
    /// It is about no number or no customer, which is worth a note in the log.
    Nobodys,
    /// It should be somebody's.
    Nowhere,
}

fn place(update: &Update) -> Place<'_> {
    match (&update.content, &update.number, &update.address) {
        (Content::Unknown(_) | Content::Unreadable(_), _, _) => Place::Nowhere,
        (_, None, _) => Place::Nobodys,
        (_, Some(number), _) if number.as_str() != NUMBER => Place::Nowhere,
        (_, _, None) => Place::Nobodys,
        (_, _, Some(address)) => Place::Customer(address),
    }
}

fn links(address: &CustomerAddress) -> Vec<Link> {
    let phone = address.phone().map(|it| Link::Phone(it.as_str().into()));
    let user_id = address.user_id().map(|it| Link::UserId(it.as_str().into()));
    phone.into_iter().chain(user_id).collect()
}

fn identity(update: &Update) -> Identity {
    let bytes = update.identity.canonical_bytes();
    match update.identity {
        baton_whatsapp::webhook::Identity::Message { .. } => Identity::forever(bytes),
        _ => Identity::month(bytes),
    }
}
