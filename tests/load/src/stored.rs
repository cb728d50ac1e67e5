//! Conversations that are there before anything is measured, written through
//! the store's own interface: over HTTP a million of them would take too long.

use std::sync::Arc;

use baton::{
    clock::{Clock, SystemClock},
    host::Host,
};
use baton_domain::{
    event::{BotAnswered, Event, EventBody, HandedOff, InboundMessage, OrderChanged, OrderStatus},
    ids::{MessageId, NumberId, OrderId, OwnerEpoch, TeamName, TenantId},
    money::{Currency, Money},
    state::CustomerState,
};
use baton_store::{Commit, Identity, Link, Store, Version};
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;

use crate::{host::tenant_name, requests::NUMBER};

/// Commits under way at once.
const AT_ONCE: usize = 512;

/// Stores `count` conversations of customers who never write again, each of as
/// many messages: of one alone, or, when there are more, of an order, messages
/// in both directions and a handoff.
pub async fn fill(host: &Arc<Host>, count: u64, messages: u64) -> anyhow::Result<()> {
    let tenant = TenantId::parse(&tenant_name(0))?;
    stream::iter(0..count)
        .map(|customer| {
            let (host, tenant) = (host.clone(), tenant.clone());
            async move { tokio::spawn(store(host, tenant, customer, messages)).await? }
        })
        .buffer_unordered(AT_ONCE)
        .try_for_each(|()| std::future::ready(Ok(())))
        .await
}

async fn store(
    host: Arc<Host>,
    tenant: TenantId,
    customer: u64,
    messages: u64,
) -> anyhow::Result<()> {
    let (store, now) = (&*host.store, host.clock.now());
    if messages <= 1 {
        return commit(store, tenant, now, customer, 0).await;
    }
    let events = conversation(now, customer, messages)?;
    append(store, tenant, phone_of(customer), events, Vec::new()).await
}

/// The phone number of a stored customer.
pub fn phone_of(customer: u64) -> String {
    format!("62899{customer:08}")
}

/// An order, messages in both directions, and a handoff at the end.
fn conversation(at: Timestamp, customer: u64, messages: u64) -> anyhow::Result<Vec<Event>> {
    let number = NumberId::parse(NUMBER)?;
    let order = EventBody::OrderChanged(OrderChanged {
        id: OrderId::parse(&format!("order-{customer}"))?,
        status: OrderStatus::Paid,
        placed_at: None,
        total: Some(Money::new(129_000_000, Currency::parse("IDR")?)),
        refunded: None,
        lines: Vec::new(),
        basket: None,
        imported: true,
        tracking: None,
    });
    let said = (0..messages).map(|turn| {
        let id = message_id(customer, turn as usize);
        anyhow::Ok(match turn % 2 {
            0 => inbound(&id)?,
            _ => EventBody::BotAnswered(BotAnswered {
                id: Some(MessageId::parse(&id)?),
                text: Some("We open at nine, and at ten on Saturdays.".into()),
                intent: None,
            }),
        })
    });
    let handoff = HandedOff {
        tags: vec!["delivery promise".into()],
        reasons: vec!["The customer needs it by Friday.".into()],
        next_step: Some("Confirm or re-promise the delivery date".into()),
        ..HandedOff::to_team(OwnerEpoch::default(), TeamName::parse("sales")?)
    };
    let last = anyhow::Ok(EventBody::HandedOff(handoff));
    let bodies = [anyhow::Ok(order)].into_iter().chain(said).chain([last]);
    let event = |body| Event {
        at,
        number: Some(number.clone()),
        body,
    };
    bodies.map(|body| body.map(event)).collect()
}

/// Commits the `turn`th message of a customer, as the pipeline does without
/// rules.
pub async fn commit_one(store: &dyn Store, customer: usize, turn: usize) -> anyhow::Result<()> {
    let tenant = TenantId::parse(&tenant_name(0))?;
    commit(store, tenant, SystemClock.now(), customer as u64, turn).await
}

async fn commit(
    store: &dyn Store,
    tenant: TenantId,
    at: Timestamp,
    customer: u64,
    turn: usize,
) -> anyhow::Result<()> {
    let id = message_id(customer, turn);
    let identity = Identity::forever(id.clone());
    let event = Event {
        at,
        number: Some(NumberId::parse(NUMBER)?),
        body: inbound(&id)?,
    };
    append(
        store,
        tenant,
        phone_of(customer),
        vec![event],
        vec![identity],
    )
    .await
}

fn message_id(customer: u64, turn: usize) -> String {
    format!("wamid.HBgNNjI4OTk{customer:016X}{turn:016X}")
}

fn inbound(id: &str) -> anyhow::Result<EventBody> {
    let text = "What time do you open on Saturday?".into();
    let message = InboundMessage::text(MessageId::parse(id)?, text);
    Ok(EventBody::MessageReceived(message))
}

/// Commits what happened to the customer of this phone number.
async fn append(
    store: &dyn Store,
    tenant: TenantId,
    phone: String,
    events: Vec<Event>,
    dedupe: Vec<Identity>,
) -> anyhow::Result<()> {
    let links = vec![Link::Phone(phone.into())];
    let loaded = store.resolve(&tenant, &links, &dedupe).await?;
    let mut state = CustomerState::clone(&loaded.state);
    events.iter().for_each(|event| state.apply(event));
    let is_new = loaded.version == Version(0);
    let commit = Commit {
        tenant,
        customer: loaded.customer,
        at: events.last().map(|event| event.at).unwrap_or_default(),
        expected: loaded.version,
        events,
        state: Arc::new(state),
        dedupe,
        links: if is_new { links } else { Vec::new() },
        absorb: None,
        work: Vec::new(),
        audit: Vec::new(),
    };
    store.commit(commit).await?;
    Ok(())
}
