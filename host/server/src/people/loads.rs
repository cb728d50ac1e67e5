//! Who has how much, in memory: rebuilt from the inbox at start, kept up with
//! each commit. Whoever is chosen for a handoff counts from then on, so that
//! two handoffs at once do not both go to the last free place; when the commit
//! fails it is given back.
//!
//! Hosts that share a store know of each other's conversations only what they
//! load themselves.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use baton_domain::{
    assign::{Assignment, Loads, Roster, Wanted, assign},
    ids::{AgentId, CustomerId, NumberId, TeamName, TenantId},
    limits::{LOADS_RECENT_MAX, PAGE_ITEMS_MAX},
    owner::Owner,
    state::CustomerState,
};
use baton_store::{Inbox, Store, StoreError, Version};
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
    recent: Recent,
}

/// How far the log of the latest customers was counted: two who commit one
/// after the other may count the other way round.
#[derive(Default)]
struct Recent {
    versions: HashMap<CustomerId, Version>,
    order: VecDeque<CustomerId>,
}

impl Recent {
    /// Whether nothing later was counted of the customer.
    fn is_news(&mut self, customer: &CustomerId, version: Version) -> bool {
        if let Some(known) = self.versions.get_mut(customer) {
            let is_news = *known <= version;
            *known = version.max(*known);
            return is_news;
        }
        if self.order.len() == LOADS_RECENT_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.versions.remove(&oldest);
        }
        self.order.push_back(customer.clone());
        self.versions.insert(customer.clone(), version);
        true
    }
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

/// Each tenant's by itself: one with many people does not hold up others.
type Tenants = Mutex<HashMap<TenantId, Arc<Mutex<OfTenant>>>>;

/// Everybody's.
#[derive(Default, Clone)]
pub struct HostLoads(Arc<Tenants>);

fn locked(of_tenant: &Mutex<OfTenant>) -> MutexGuard<'_, OfTenant> {
    of_tenant.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A place that somebody was chosen for; given back when dropped, unless the
/// commit counted it by then.
pub struct Reservation {
    loads: HostLoads,
    tenant: TenantId,
    agent: AgentId,
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let of_tenant = self.loads.of(&self.tenant);
        locked(&of_tenant).loads.taken(&self.agent);
    }
}

impl HostLoads {
    fn of(&self, tenant: &TenantId) -> Arc<Mutex<OfTenant>> {
        let mut tenants = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tenants.entry(tenant.clone()).or_default().clone()
    }

    /// Finds somebody, and keeps the place for them.
    pub fn assign(
        &self,
        tenant: &TenantId,
        wanted: &Wanted<'_>,
        roster: &Roster,
        now: (Timestamp, &TimeZone),
    ) -> (Assignment, Option<Reservation>) {
        let of_tenant = self.of(tenant);
        let mut of_tenant = locked(&of_tenant);
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
        (customer, version, state): (&CustomerId, Version, &CustomerState),
        absorbed: Option<&CustomerId>,
        at: Timestamp,
    ) {
        let of_tenant = self.of(tenant);
        let mut of_tenant = locked(&of_tenant);
        if let Some(absorbed) = absorbed {
            let held = of_tenant.held.remove(absorbed).unwrap_or_default();
            held.values().for_each(|holder| of_tenant.take(holder));
        }
        if of_tenant.recent.is_news(customer, version) {
            of_tenant.settle(customer, state, at);
        }
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
                        let stands = (&loaded.customer, loaded.version, &*loaded.state);
                        self.committed(tenant, stands, None, at);
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
        locked(&self.of(tenant)).loads.open_of(agent)
    }
}

#[cfg(test)]
mod tests {
    use baton_domain::{
        assign::Member,
        event::{Event, EventBody, HandedOff, Returned},
        ids::{OwnerEpoch, RoleName},
        people::{Agent, TrainingPolicy, stock_role},
        state::Rung,
        tenant::Team,
    };

    use super::*;

    fn team() -> Team {
        Team {
            name: TeamName::parse("sales").unwrap(),
            tiers: Vec::new(),
        }
    }

    fn tenant() -> TenantId {
        TenantId::parse("shop").unwrap()
    }

    fn customer(name: &str) -> CustomerId {
        CustomerId::parse(&name.repeat(24)).unwrap()
    }

    /// Ana alone, who can have two.
    fn roster() -> Roster {
        let written = serde_json::json!({
            "id": "ana", "name": "Ana", "role": "senior-agent", "capacity": 2,
            "teams": [{ "team": "sales" }],
        });
        let agent: Agent = serde_json::from_value(written).unwrap();
        let role = stock_role(&RoleName::parse("senior-agent").unwrap()).unwrap();
        Roster::new(vec![Member::new(agent, &role)], TrainingPolicy::default())
    }

    fn ask(loads: &HostLoads) -> (Option<AgentId>, Option<Reservation>) {
        let (team, rung) = (team(), Rung::default());
        let wanted = Wanted {
            team: &team,
            rung: &rung,
            tags: &[],
            language: None,
            previous: None,
            not: None,
        };
        let now = (Timestamp::UNIX_EPOCH, &TimeZone::UTC);
        let (assignment, reservation) = loads.assign(&tenant(), &wanted, &roster(), now);
        (assignment.parts().0, reservation)
    }

    fn with_ana(state: &mut CustomerState) {
        let handoff = HandedOff {
            agent: AgentId::parse("ana").ok(),
            ..HandedOff::to_team(OwnerEpoch(0), team().name)
        };
        tell(state, EventBody::HandedOff(handoff));
    }

    fn tell(state: &mut CustomerState, body: EventBody) {
        state.apply(&Event {
            at: Timestamp::UNIX_EPOCH,
            number: NumberId::parse("1").ok(),
            body,
        });
    }

    #[test]
    fn a_place_is_kept_until_the_commit_and_given_back_when_it_fails() {
        let (loads, ana) = (HostLoads::default(), AgentId::parse("ana").unwrap());
        let (first, one) = ask(&loads);
        let (second, two) = ask(&loads);
        assert_eq!((first, second), (Some(ana.clone()), Some(ana.clone())));
        assert_eq!(ask(&loads).0, None, "both places are kept");
        drop(two);
        assert_eq!(loads.open_of(&tenant(), &ana), 1, "a commit failed");
        // The other became durable.
        let mut state = CustomerState::default();
        with_ana(&mut state);
        let settle = |version, state: &CustomerState| {
            let at = Timestamp::UNIX_EPOCH;
            let stands = (&customer("a"), Version(version), state);
            loads.committed(&tenant(), stands, None, at);
        };
        settle(1, &state);
        drop(one);
        settle(1, &state);
        assert_eq!(
            loads.open_of(&tenant(), &ana),
            1,
            "told twice it counts once"
        );
        let returned = Returned {
            epoch: OwnerEpoch(1),
            by: None,
            note: None,
            by_policy: false,
        };
        let before = state.clone();
        tell(&mut state, EventBody::Returned(returned));
        settle(2, &state);
        settle(1, &before);
        assert_eq!(loads.open_of(&tenant(), &ana), 0, "the later one counts");
    }

    #[test]
    fn what_a_merged_customer_had_is_not_counted_twice() {
        let (loads, ana) = (HostLoads::default(), AgentId::parse("ana").unwrap());
        let mut state = CustomerState::default();
        with_ana(&mut state);
        let at = Timestamp::UNIX_EPOCH;
        let (older, younger) = (customer("a"), customer("b"));
        loads.committed(&tenant(), (&younger, Version(1), &state), None, at);
        let stands = (&older, Version(2), &state);
        loads.committed(&tenant(), stands, Some(&younger), at);
        assert_eq!(loads.open_of(&tenant(), &ana), 1);
    }
}
