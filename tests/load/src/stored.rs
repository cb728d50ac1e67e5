//! Conversations that are there before anything is measured, written through
//! the store's own interface: over HTTP a million of them would take too long.

use std::sync::Arc;

use baton::{
    clock::{Clock, SystemClock},
    host::Host,
};
use baton_domain::{
    event::{Event, EventBody, InboundMessage},
    ids::{MessageId, NumberId, TenantId},
    state::CustomerState,
};
use baton_store::{Commit, Identity, Link, Store, Version};
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;

use crate::{host::tenant_name, requests::NUMBER};

/// Commits under way at once.
const AT_ONCE: usize = 512;

/// Stores `count` conversations of customers who never write again.
pub async fn fill(host: &Arc<Host>, count: u64) -> anyhow::Result<()> {
    let tenant = TenantId::parse(&tenant_name(0))?;
    stream::iter(0..count)
        .map(|customer| {
            let (host, tenant) = (host.clone(), tenant.clone());
            async move { tokio::spawn(store(host, tenant, customer)).await? }
        })
        .buffer_unordered(AT_ONCE)
        .try_for_each(|()| std::future::ready(Ok(())))
        .await
}

async fn store(host: Arc<Host>, tenant: TenantId, customer: u64) -> anyhow::Result<()> {
    commit(&*host.store, tenant, host.clock.now(), customer, 0).await
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
    let links = vec![Link::Phone(format!("62899{customer:08}").into())];
    let id = format!("wamid.HBgNNjI4OTk{customer:016X}{turn:016X}");
    let identity = Identity::forever(id.clone());
    let loaded = store
        .resolve(&tenant, &links, std::slice::from_ref(&identity))
        .await?;
    let event = Event {
        at,
        number: Some(NumberId::parse(NUMBER)?),
        body: EventBody::MessageReceived(InboundMessage {
            id: MessageId::parse(&id)?,
            kind: "text".into(),
            text: Some("What time do you open on Saturday?".into()),
            button_id: None,
            referral: None,
            replies_to: None,
            lines: Vec::new(),
            is_content: true,
        }),
    };
    let mut state = CustomerState::clone(&loaded.state);
    state.apply(&event);
    let is_new = loaded.version == Version(0);
    let commit = Commit {
        tenant,
        customer: loaded.customer,
        expected: loaded.version,
        events: vec![event],
        state: Arc::new(state),
        dedupe: vec![identity],
        links: if is_new { links } else { Vec::new() },
        absorb: None,
        work: Vec::new(),
        audit: Vec::new(),
    };
    store.commit(commit).await?;
    Ok(())
}
