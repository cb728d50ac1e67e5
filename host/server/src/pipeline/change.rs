//! One change to one customer, as it grows: events are folded in, occasions
//! decided, work noted; at the end it is one commit.

mod deciding;
mod merge;

use std::sync::Arc;

use baton_domain::{
    event::{Event, EventBody, NameSource, ProfileChanged},
    ids::CustomerId,
    state::CustomerState,
};
use baton_store::{
    Appended, AuditEntry, Commit, CommitError, Identity, Link, Loaded, StoreError, Version,
    WorkChange,
};

use super::{CustomerKey, care};
use crate::{
    directory::ActiveTenant, host::Host, metrics::DecisionCount, notify, people::Reservation,
    releases::ShadowJob,
};

/// A change to one customer that is not durable yet.
pub struct Change {
    tenant: Arc<ActiveTenant>,
    customer: CustomerId,
    loaded_at: Version,
    state: Arc<CustomerState>,
    events: Vec<Event>,
    identities: Vec<Identity>,
    links: Vec<Link>,
    absorb: Option<(CustomerId, Version)>,
    work: Vec<WorkChange>,
    /// Who does it, when it is a person or a key, and who is told of it.
    audit: Vec<AuditEntry>,
    /// What to count once it is durable.
    decided: Vec<DecisionCount>,
    alerts: Vec<&'static str>,
    /// What the shadow looks at once it is durable.
    shadows: Vec<ShadowJob>,
    /// The deadlines that held before.
    timers: care::Timers,
    /// Places kept for whoever gets something by it, until it is durable.
    reserved: Vec<Reservation>,
}

impl Change {
    /// A change to the customer that was loaded. When the links named a
    /// younger one too, that one's log is told again here.
    ///
    /// # Errors
    /// The store's.
    pub async fn onto(
        host: &Host,
        tenant: Arc<ActiveTenant>,
        loaded: Loaded,
    ) -> Result<Self, StoreError> {
        let mut change = Self {
            tenant,
            customer: loaded.customer,
            loaded_at: loaded.version,
            state: loaded.state,
            events: Vec::new(),
            identities: Vec::new(),
            links: Vec::new(),
            absorb: None,
            work: Vec::new(),
            audit: Vec::new(),
            decided: Vec::new(),
            alerts: Vec::new(),
            shadows: Vec::new(),
            timers: care::Timers::new(),
            reserved: Vec::new(),
        };
        change.timers = care::timers(&change);
        if let Some(younger) = loaded.absorbs {
            change.absorb(host, younger).await?;
        }
        Ok(change)
    }

    /// The customer.
    pub fn customer(&self) -> &CustomerId {
        &self.customer
    }

    /// The tenant.
    pub fn tenant(&self) -> &Arc<ActiveTenant> {
        &self.tenant
    }

    /// The state after all events so far.
    pub fn state(&self) -> &Arc<CustomerState> {
        &self.state
    }

    /// The place in the log of what was appended last.
    pub fn place(&self) -> u64 {
        self.loaded_at.0 + self.events.len() as u64
    }

    /// Keeps a place for somebody until the change is durable, or given up.
    pub fn reserve(&mut self, place: Option<Reservation>) {
        self.reserved.extend(place);
    }

    /// Whether there is nothing to commit.
    pub fn is_empty(&self) -> bool {
        self.events.is_empty() && self.work.is_empty() && self.absorb.is_none()
    }

    /// Makes sure that the customer is found by what named it. The name that a
    /// customer chose on WhatsApp serves until the merchant tells one.
    pub fn introduce(&mut self, host: &Host, key: &CustomerKey, display_name: Option<&Arc<str>>) {
        if let CustomerKey::Links(links) = key {
            self.links.extend(links.iter().cloned());
        }
        if let Some(name) = display_name
            && self.state.profile.name.is_none()
        {
            self.append_oldest(
                host,
                ProfileChanged {
                    name: Some(name.clone()),
                    name_from: NameSource::Customer,
                    ..ProfileChanged::default()
                },
            );
        }
    }

    /// Whom only the past tells of is reached where it says. Whatever is told by
    /// what happens counts more.
    pub fn reached_by_past(&mut self, host: &Host, key: &CustomerKey) {
        let profile = &self.state.profile;
        let CustomerKey::Links(links) = key else {
            return;
        };
        if !profile.phone.is_none() || !profile.user_id.is_none() {
            return;
        }
        let mut told = ProfileChanged::default();
        for link in links {
            match link {
                Link::Phone(phone) => told.phone = Some(phone.clone()),
                Link::UserId(user_id) => told.user_id = Some(user_id.clone()),
                Link::External(_) => {}
            }
        }
        self.append_oldest(host, told);
    }

    /// As old as can be, so that whatever is told of it later is newer.
    fn append_oldest(&mut self, host: &Host, told: ProfileChanged) {
        let at = self.state.first_seen_at.unwrap_or_else(|| host.clock.now());
        self.append(Event {
            at,
            number: None,
            body: EventBody::ProfileChanged(told),
        });
    }

    /// Remembers what tells a redelivery from news.
    pub fn remember(&mut self, identity: Option<&Identity>) {
        self.identities.extend(identity.cloned());
    }

    /// Notes work.
    pub fn add_work(&mut self, change: WorkChange) {
        self.work.push(change);
    }

    /// Counts what the tenant's people should look at, once it is durable: a
    /// change that is done again counts once.
    pub fn alert(&mut self, what: &'static str) {
        self.alerts.push(what);
    }

    /// Folds an event and appends it, with a notice to whoever should know.
    pub fn append(&mut self, event: Event) {
        let before = notify::before(self, &event);
        Arc::make_mut(&mut self.state).apply(&event);
        if let Some(before) = before {
            notify::emit(self, &event, &before);
        }
        self.events.push(event);
    }

    /// Appends an event that was told before, of a customer who is merged into
    /// this one: nobody hears of it again.
    fn append_known(&mut self, event: Event) {
        Arc::make_mut(&mut self.state).apply(&event);
        self.events.push(event);
    }

    /// Tells the audit who does it; durable with the rest.
    pub fn by(&mut self, entry: AuditEntry) {
        self.audit.push(entry);
    }

    /// Makes the change durable.
    ///
    /// # Errors
    /// [`CommitError`]; then nothing of it is.
    pub async fn commit(mut self, host: &Host) -> Result<Appended, CommitError> {
        // After what settles rows: a deadline that fires is done, not cancelled.
        let timers = care::timers(&self);
        self.work.extend(care::changes(&self.timers, &timers));
        let adds_work = !self.work.is_empty();
        let customer = self.customer.clone();
        let absorbed = self.absorb.as_ref().map(|(younger, _)| younger.clone());
        let counted = (!self.tenant.roster.is_empty()).then(|| self.state.clone());
        let now = host.clock.now();
        let of_customer = |entry: AuditEntry| AuditEntry {
            at: now,
            customer: Some(customer.clone()),
            ..entry
        };
        let audit = self.audit.into_iter().map(of_customer).collect();
        let committed = host
            .store
            .commit(Commit {
                tenant: self.tenant.document.id.clone(),
                customer: self.customer,
                at: now,
                expected: self.loaded_at,
                events: self.events,
                state: self.state,
                dedupe: self.identities,
                links: self.links,
                absorb: self.absorb,
                work: self.work,
                audit,
            })
            .await;
        host.metrics.committed(&committed, &self.decided);
        if let Ok(appended) = &committed {
            for what in self.alerts {
                host.metrics.alerts.count(what);
            }
            if let Some(state) = counted {
                let tenant = &self.tenant.document.id;
                let stands = (&customer, appended.version, &*state);
                host.loads.committed(tenant, stands, absorbed.as_ref(), now);
            }
            for job in self.shadows {
                if !host.shadows.push(job) {
                    host.metrics.shadows.count("shed");
                }
            }
            tracing::debug!(tenant = %self.tenant.document.id, %customer, version = appended.version.0, "durable");
        }
        // Also when the store failed: the work may be there all the same.
        if adds_work && !matches!(committed, Err(CommitError::Conflict { .. })) {
            host.work_added.notify_waiters();
        }
        committed
    }
}
