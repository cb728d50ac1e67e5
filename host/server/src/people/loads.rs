//! Who has how much, in memory: rebuilt from the inbox at start, kept up with
//! each commit. Whoever is chosen for a handoff counts from then on, so that
//! two handoffs at once do not both go to the last free place; when the commit
//! fails it is given back.
//!
//! Hosts that share a store know of each other's conversations only what they
//! load themselves.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use baton_domain::{
    assign::{Assignment, Loads, Roster, Wanted, assign},
    ids::{AgentId, CustomerId, NumberId, TeamName, TenantId},
    limits::PAGE_ITEMS_MAX,
    owner::Owner,
    state::CustomerState,
};
use baton_store::{Inbox, Store, StoreError};
use jiff::{Timestamp, tz::TimeZone};

/// Who has a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Holder {
    Agent(AgentId),
    Team(TeamName),
}

impl Holder {
    fn of(owner: &Owner) -> Option<Self> {
        match owner {
            Owner::Agent { agent, .. } => Some(Self::Agent(agent.clone())),
            Owner::Team { team, .. } => Some(Self::Team(team.clone())),
            Owner::Bot | Owner::App { .. } => None,
        }
    }
}

/// One tenant's.
#[derive(Default)]
struct OfTenant {
    loads: Loads,
    held: HashMap<CustomerId, HashMap<NumberId, Holder>>,
}

impl OfTenant {
    fn put(&mut self, holder: &Holder) {
        match holder {
            Holder::Agent(agent) => self.loads.given(agent),
            Holder::Team(team) => self.loads.queued(team),
        }
    }

    fn take(&mut self, holder: &Holder) {
        match holder {
            Holder::Agent(agent) => self.loads.taken(agent),
            Holder::Team(team) => self.loads.unqueued(team),
        }
    }

    /// Who has the customer's conversations by now.
    fn settle(&mut self, customer: &CustomerId, state: &CustomerState, at: Timestamp) {
        let before = self.held.remove(customer).unwrap_or_default();
        let held: HashMap<_, _> = state
            .conversations()
            .filter_map(|(number, it)| Some((number.clone(), Holder::of(&it.ownership.owner)?)))
            .collect();
        for (number, holder) in &before {
            self.take(holder);
            let now = state.conversation(number).map(|it| &it.ownership.owner);
            if now.is_none_or(|owner| *owner == Owner::Bot) {
                self.loads.ended(at);
            }
        }
        held.values().for_each(|holder| self.put(holder));
        if !held.is_empty() {
            self.held.insert(customer.clone(), held);
        }
    }
}

type Tenants = Mutex<HashMap<TenantId, OfTenant>>;

/// Everybody's.
#[derive(Default, Clone)]
pub struct HostLoads(Arc<Tenants>);

/// A place that somebody was chosen for; given back when dropped, unless the
/// commit counted it by then.
pub struct Reservation {
    loads: HostLoads,
    tenant: TenantId,
    agent: AgentId,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut tenants = self.loads.tenants();
        if let Some(of_tenant) = tenants.get_mut(&self.tenant) {
            of_tenant.loads.taken(&self.agent);
        }
    }
}

impl HostLoads {
    fn tenants(&self) -> MutexGuard<'_, HashMap<TenantId, OfTenant>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Finds somebody, and keeps the place for them.
    pub fn assign(
        &self,
        tenant: &TenantId,
        wanted: &Wanted<'_>,
        roster: &Roster,
        now: (Timestamp, &TimeZone),
    ) -> (Assignment, Option<Reservation>) {
        let mut tenants = self.tenants();
        let of_tenant = tenants.entry(tenant.clone()).or_default();
        let assignment = assign(wanted, roster, &of_tenant.loads, now);
        let reservation = match &assignment {
            Assignment::Queued(_) => None,
            Assignment::Agent(agent) => {
                of_tenant.loads.given(agent);
                let (tenant, agent) = (tenant.clone(), agent.clone());
                let loads = self.clone();
                Some(Reservation {
                    loads,
                    tenant,
                    agent,
                })
            }
        };
        (assignment, reservation)
    }

    /// The customer stands like this, durably; whoever `absorbed` was is part
    /// of the customer now.
    pub fn committed(
        &self,
        tenant: &TenantId,
        (customer, state): (&CustomerId, &CustomerState),
        absorbed: Option<&CustomerId>,
        at: Timestamp,
    ) {
        let mut tenants = self.tenants();
        let of_tenant = tenants.entry(tenant.clone()).or_default();
        if let Some(absorbed) = absorbed {
            let held = of_tenant.held.remove(absorbed).unwrap_or_default();
            held.values().for_each(|holder| of_tenant.take(holder));
        }
        of_tenant.settle(customer, state, at);
    }

    /// Counts anew what people of the tenant own, from the inbox.
    ///
    /// # Errors
    /// The store's; then the counts are as they were.
    pub async fn rebuild(
        &self,
        store: &dyn Store,
        tenant: &TenantId,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let mut after: Option<String> = None;
        loop {
            let page = store
                .conversations(tenant, Inbox::People, after.as_deref(), PAGE_ITEMS_MAX)
                .await?;
            for row in &page.items {
                match store.load(tenant, &row.customer, &[]).await {
                    Ok(Some(loaded)) => {
                        self.committed(tenant, (&loaded.customer, &loaded.state), None, at);
                    }
                    Ok(None) | Err(StoreError::Erased) => {}
                    Err(error) => return Err(error),
                }
            }
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(()),
            }
        }
    }

    /// How many conversations the agent owns.
    pub fn open_of(&self, tenant: &TenantId, agent: &AgentId) -> u32 {
        let tenants = self.tenants();
        tenants.get(tenant).map_or(0, |it| it.loads.open_of(agent))
    }

    /// Conversations that the agent owns.
    pub fn held_by(&self, tenant: &TenantId, agent: &AgentId) -> Vec<(CustomerId, NumberId)> {
        let tenants = self.tenants();
        let held = tenants.get(tenant).map(|it| &it.held);
        let mut places: Vec<_> = held
            .into_iter()
            .flatten()
            .flat_map(|(customer, places)| places.iter().map(move |it| (customer, it)))
            .filter(|(_, (_, holder))| **holder == Holder::Agent(agent.clone()))
            .map(|(customer, (number, _))| (customer.clone(), number.clone()))
            .collect();
        places.sort();
        places
    }
}
