//! Whether the store holds what was promised: everything acknowledged exactly
//! once, nothing that was never told, every state the fold of its log, and at
//! the end every message to a customer sent at most once and lost never.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::{
    event::{Event, EventBody, OrderStatus, SendOutcome},
    ids::{CustomerId, TenantId},
    state::CustomerState,
};
use baton_simulator::SentMessage;
use baton_store::{Link, Store, Version, WorkKey};

use crate::{
    ledger::{Account, Who},
    load::Load,
};

/// A customer as the store has it.
struct Found {
    who: Who,
    tenant: TenantId,
    customer: CustomerId,
    events: Vec<Event>,
}

/// What a log says of one send.
#[derive(Default)]
struct Send {
    is_queued: bool,
    /// Accepted, crossed, or told by a status.
    is_sent: bool,
    /// Given up or suppressed, for a recorded reason.
    is_refused: bool,
}

/// Checks every customer. Call it while no host runs: what was acknowledged
/// before the call must be there.
pub async fn check(store: &dyn Store, load: &Load, when: &str) {
    let accounts = load.ledger.accounts();
    for shop in &load.shops {
        let tenant = TenantId::parse(shop.id).expect("a tenant");
        let customers = store.customers(&tenant, None, 1_000).await;
        let customers = customers.expect("a list").items.len();
        let known = accounts.keys().filter(|who| who.tenant == shop.id).count();
        assert!(
            customers <= known,
            "{when}: {} has a customer too many",
            shop.id
        );
    }
    for (who, account) in &accounts {
        match find(store, who).await {
            Some(found) => check_log(&found, account, when),
            None => assert!(account.acknowledged.is_empty(), "{when}: {who:?} is lost"),
        }
    }
}

/// Checks what became of every send and every timer, once all work is done.
pub async fn check_effects(store: &dyn Store, load: &Load) {
    let mut taken: BTreeMap<String, usize> = BTreeMap::new();
    for sent in load.simulator.sent() {
        *taken.entry(key_of(&sent)).or_default() += 1;
    }
    let twice: Vec<_> = taken.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "sent more than once: {twice:?}");
    let mut queued = BTreeSet::new();
    for who in load.ledger.accounts().keys() {
        let Some(found) = find(store, who).await else {
            continue;
        };
        check_timers(&found);
        for (key, send) in sends(&found.events) {
            let is_taken = taken.contains_key(&key);
            assert!(send.is_queued, "{key} is resolved and was never queued");
            assert!(send.is_sent || send.is_refused, "{key} is lost");
            assert!(is_taken || !send.is_sent, "{key} counts as sent and is not");
            let work = WorkKey(format!("send/{key}").into());
            let row = store.work(&found.tenant, &found.customer, &work).await;
            let row = row.expect("a row can be read");
            let is_open =
                row.is_some_and(|it| !matches!(it.stage, baton_store::Stage::Dead { .. }));
            assert!(!is_open, "{key} is still to be done");
            queued.insert(key);
        }
    }
    let unknown: Vec<_> = taken.keys().filter(|key| !queued.contains(*key)).collect();
    assert!(unknown.is_empty(), "sent and in no log: {unknown:?}");
    assert!(!queued.is_empty(), "nothing was sent at all");
}

fn key_of(sent: &SentMessage) -> String {
    let key = sent.request["biz_opaque_callback_data"].as_str();
    key.expect("a key").to_owned()
}

async fn find(store: &dyn Store, who: &Who) -> Option<Found> {
    let tenant = TenantId::parse(who.tenant).expect("a tenant");
    let links = [Link::Phone(who.phone.as_str().into())];
    let loaded = store.resolve(&tenant, &links, &[]).await;
    let loaded = loaded.expect("the customer can be loaded");
    if loaded.version == Version(0) {
        return None;
    }
    let mut events = Vec::new();
    loop {
        let from = Version(events.len() as u64 + 1);
        let page = store.events(&tenant, &loaded.customer, from, 1_000).await;
        let page = page.expect("the log can be read");
        if page.is_empty() {
            break;
        }
        events.extend(page.into_iter().map(|stored| stored.event));
    }
    assert_eq!(
        events.len() as u64,
        loaded.version.0,
        "{who:?}: the log ends early"
    );
    let mut folded = CustomerState::default();
    events.iter().for_each(|event| folded.apply(event));
    let plain = |state: &CustomerState| serde_json::to_value(state).expect("a plain form");
    assert_eq!(
        plain(&folded),
        plain(&loaded.state),
        "{who:?}: the state is no fold"
    );
    Some(Found {
        who: who.clone(),
        tenant,
        customer: loaded.customer,
        events,
    })
}

fn check_log(found: &Found, account: &Account, when: &str) {
    let who = &found.who;
    let mut facts = BTreeSet::new();
    for fact in found.events.iter().filter_map(fact) {
        assert!(
            account.told.contains(&fact),
            "{when}: {who:?} never told {fact}"
        );
        assert!(
            facts.insert(fact.clone()),
            "{when}: {who:?} has {fact} twice"
        );
    }
    let lost: Vec<_> = account.acknowledged.difference(&facts).collect();
    assert!(
        lost.is_empty(),
        "{when}: {who:?} lost what was acknowledged: {lost:?}"
    );
}

/// The name that the ledger gives to an event that was told.
fn fact(event: &Event) -> Option<String> {
    Some(match &event.body {
        EventBody::MessageReceived(it) => format!("message {}", it.id),
        EventBody::EchoReceived(it) => format!("echo {}", it.id),
        EventBody::Receipt(it) => {
            format!(
                "receipt {} {}",
                it.message,
                format!("{:?}", it.status).to_lowercase()
            )
        }
        EventBody::OrderChanged(it) => format!("order {} {}", it.id, it.status.as_str()),
        EventBody::SendQueued(it) if it.purpose.is_none() => format!("send {}", it.send.0),
        _ => return None,
    })
}

/// Each paid order has started one timer, which fired once.
fn check_timers(found: &Found) {
    let count = |is: fn(&EventBody) -> bool| found.events.iter().filter(|it| is(&it.body)).count();
    let paid =
        count(|it| matches!(it, EventBody::OrderChanged(it) if it.status == OrderStatus::Paid));
    let fired = count(|it| matches!(it, EventBody::TimerFired(_)));
    assert_eq!(
        paid, fired,
        "{:?}: paid orders and timers that fired",
        found.who
    );
}

fn sends(events: &[Event]) -> BTreeMap<String, Send> {
    let mut sends: BTreeMap<String, Send> = BTreeMap::new();
    for event in events {
        match &event.body {
            EventBody::SendQueued(it) => {
                sends.entry(it.send.0.to_string()).or_default().is_queued = true;
            }
            EventBody::Receipt(it) => {
                if let Some(key) = &it.send {
                    sends.entry(key.0.to_string()).or_default().is_sent = true;
                }
            }
            EventBody::SendResolved(it) => {
                let send = sends.entry(it.send.0.to_string()).or_default();
                match it.outcome {
                    SendOutcome::Begun => {}
                    SendOutcome::Accepted { .. } | SendOutcome::Crossed => send.is_sent = true,
                    SendOutcome::Dead { .. } | SendOutcome::Suppressed { .. } => {
                        send.is_refused = true;
                    }
                }
            }
            _ => {}
        }
    }
    sends
}
