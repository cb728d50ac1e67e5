//! One change to one customer, as it grows: events are folded in, occasions
//! decided, work noted; at the end it is one commit.

use std::sync::Arc;

use baton_domain::{
    decide::DecisionRecord,
    event::{Event, EventBody, HandedOff, ProfileChanged, Promised},
    facts::Facts,
    ids::{CustomerId, NumberId},
    occasion::Occasion,
    owner::{Owner, Ownership},
    people::FieldSet,
    state::{CustomerState, Known},
};
use baton_store::{
    Appended, AuditEntry, Commit, CommitError, Identity, Link, Loaded, NewWork, StoreError,
    Version, WorkChange, WorkKey, WorkKind,
};
use jiff::Timestamp;
use tokio::time::Instant;

use super::{CustomerKey, care, deferred::Deferred, follow_ups};
use crate::{
    directory::ActiveTenant,
    evaluation::{Ask, Cause, Evaluated, When},
    host::Host,
    metrics::DecisionCount,
    notify,
    people::Reservation,
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
    /// Who does it, when it is a person or a key.
    audit: Vec<AuditEntry>,
    /// What to count once it is durable.
    decided: Vec<DecisionCount>,
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

    async fn absorb(&mut self, host: &Host, younger: CustomerId) -> Result<(), StoreError> {
        const PAGE: usize = 256;
        let tenant = self.tenant.document.id.clone();
        let mut told = Version(0);
        let mut owners = CustomerState::default();
        loop {
            let from = Version(told.0 + 1);
            let page = host.store.events(&tenant, &younger, from, PAGE).await?;
            let Some(last) = page.last() else { break };
            told = last.version;
            for stored in page {
                owners.apply(&stored.event);
                self.append_known(stored.event);
            }
        }
        self.keep_with_people(host.clock.now(), &owners);
        self.absorb = Some((younger, told));
        Ok(())
    }

    /// A conversation that people of the younger customer own stays with
    /// people: its changes of owner were told under epochs of its own.
    fn keep_with_people(&mut self, now: Timestamp, younger: &CustomerState) {
        for (number, before) in younger.conversations() {
            let owner = &before.ownership.owner;
            let joined = self.state.conversation(number);
            let ownership = joined.map(|it| it.ownership.clone()).unwrap_or_default();
            if !owner.is_people() || ownership.owner.is_people() {
                continue;
            }
            let (agent, tier) = match owner {
                Owner::Agent { agent, .. } => (Some(agent.clone()), None),
                Owner::Team { tier, .. } => (None, tier.clone()),
                Owner::Bot | Owner::App { .. } => (None, None),
            };
            let default_team = self.tenant.profile.default_team();
            let step = before.care.step().filter(|step| step.is_open());
            let handoff = HandedOff {
                tier,
                agent,
                tags: vec!["two contacts of one customer".into()],
                reasons: vec![
                    "People owned the conversation of the contact that was merged.".into(),
                ],
                next_step: step.and_then(|step| step.what.clone()),
                due: step.and_then(|step| step.due),
                promised: Promised {
                    first_reply: before.care.first_reply().map(|it| it.due),
                    next_step: step.and_then(|step| step.promise).map(|it| it.due),
                },
                read: Some(FieldSet::NONE),
                ..HandedOff::to_team(
                    ownership.epoch,
                    owner.team().unwrap_or(default_team).clone(),
                )
            };
            let (number, body) = (Some(number.clone()), EventBody::HandedOff(handoff));
            self.append(Event {
                at: now,
                number,
                body,
            });
        }
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
            let told = ProfileChanged {
                name: Some(name.clone()),
                ..ProfileChanged::default()
            };
            // As old as can be, so that what the merchant tells is newer.
            let at = self.state.first_seen_at.unwrap_or_else(|| host.clock.now());
            let body = EventBody::ProfileChanged(told);
            self.append(Event {
                at,
                number: None,
                body,
            });
        }
    }

    /// Remembers what tells a redelivery from news.
    pub fn remember(&mut self, identity: Option<&Identity>) {
        self.identities.extend(identity.cloned());
    }

    /// Notes work.
    pub fn add_work(&mut self, change: WorkChange) {
        self.work.push(change);
    }

    /// Something happened: fold it, start what follows from it, and decide
    /// when it is an occasion.
    pub async fn happen(&mut self, host: &Host, mut event: Event, deadline: Instant) {
        let now = host.clock.now();
        // A clock that runs ahead must not outrank what happens later.
        event.at = event.at.min(now);
        if self.is_echo_of_ours(&event) || self.teaches_nothing(&event) {
            return;
        }
        self.append(event.clone());
        follow_ups::start(self, &event);
        let Some(occasion) = Occasion::of(&event, &self.state) else {
            return;
        };
        let number = occasion.number.clone();
        let facts = Facts::new(self.state.clone(), occasion, self.tenant.profile.clone());
        let (tenant, cause) = (self.tenant.clone(), self.cause(host, &event));
        let Some(releases) = host.releases_by(&tenant, deadline).await else {
            return self.put_off(host, event, cause);
        };
        let release = releases.release_of(&tenant.rollout, &self.customer);
        if !release.can_judge(&facts) {
            return;
        }
        let for_shadow = releases.shadow().map(|_| facts.clone());
        let ask = Ask {
            tenant: &tenant,
            customer: &self.customer,
            release,
            facts,
            cause,
            when: When::BeforeAnswer,
            deadline,
            now,
        };
        match host.evaluators.evaluate(ask).await {
            Some(evaluated) => {
                host.metrics.evaluated("inline", &evaluated);
                self.decided_on(host, (for_shadow, cause), number, evaluated);
            }
            None => self.put_off(host, event, cause),
        }
    }

    /// Counts what [`Change::defer`] defers.
    fn put_off(&mut self, host: &Host, event: Event, cause: Cause) {
        host.metrics.evaluations.count("deferred");
        let tenant = self.tenant.document.id.as_str();
        host.metrics.deferrals.count(tenant);
        self.defer(host.clock.now(), event, cause);
    }

    /// What tells the evaluation of `event` from others, also when the event is
    /// delivered again.
    fn cause(&self, host: &Host, event: &Event) -> Cause {
        let tenant = &self.tenant.document.id;
        match self.identities.last() {
            Some(identity) => host.evaluators.cause(tenant, &identity.bytes),
            None => {
                let event = serde_json::to_vec(event).unwrap_or_default();
                host.evaluators.cause(tenant, &event)
            }
        }
    }

    /// Folds an event and appends it, with a notice to whoever should know.
    pub fn append(&mut self, event: Event) {
        let before = self.ownership_of(&event).cloned();
        Arc::make_mut(&mut self.state).apply(&event);
        notify::emit(self, &event, before.as_ref());
        self.events.push(event);
    }

    /// Appends an event that was told before, of a customer who is merged into
    /// this one: nobody hears of it again.
    fn append_known(&mut self, event: Event) {
        Arc::make_mut(&mut self.state).apply(&event);
        self.events.push(event);
    }

    /// Who has the next step of the conversation that `event` belongs to.
    fn ownership_of(&self, event: &Event) -> Option<&Ownership> {
        let number = event.number.as_ref();
        let number = number.or_else(|| self.state.latest_number())?;
        Some(&self.state.conversation(number)?.ownership)
    }

    /// WhatsApp names the address with every message: only news is kept.
    fn teaches_nothing(&self, event: &Event) -> bool {
        let EventBody::ProfileChanged(told) = &event.body else {
            return false;
        };
        let profile = &self.state.profile;
        let is_known = |told: &Option<Arc<str>>, known: &Known<Arc<str>>| {
            told.is_none() || told.as_ref() == known.get()
        };
        is_known(&told.name, &profile.name)
            && is_known(&told.phone, &profile.phone)
            && is_known(&told.user_id, &profile.user_id)
            && is_known(&told.email, &profile.email)
            && is_known(&told.country, &profile.country)
            && is_known(&told.language, &profile.language)
            && (told.tags.is_none() || told.tags.as_ref() == profile.tags.get())
            // Who said it last counts, so every word on consent is kept.
            && told.marketing_consent.is_none()
    }

    /// WhatsApp should not echo what Baton sent. When it does, it is matched by
    /// its id, never by its text, and is nobody's takeover.
    fn is_echo_of_ours(&self, event: &Event) -> bool {
        let EventBody::EchoReceived(echo) = &event.body else {
            return false;
        };
        let conversation = event
            .number
            .as_ref()
            .and_then(|it| self.state.conversation(it));
        conversation.is_some_and(|it| it.thread.is_own_send(&echo.id))
    }

    /// Takes in a decision on `facts`, which the shadow looks at, too, once it
    /// is durable; without them it does not.
    pub fn decided_on(
        &mut self,
        host: &Host,
        (facts, cause): (Option<Facts>, Cause),
        number: NumberId,
        evaluated: Evaluated,
    ) {
        let tenant = &self.tenant;
        if let Some(trip) = evaluated.trip(&tenant.document.id) {
            host.trip(trip);
        }
        let shadow = tenant.rollout.document.body.shadow();
        if let (Some(facts), Some(_)) = (facts, shadow) {
            self.shadows.push(ShadowJob {
                tenant: tenant.clone(),
                customer: self.customer.clone(),
                number: number.clone(),
                facts,
                cause,
                decision: evaluated.record.decision.clone(),
            });
        }
        self.decide(host, number, evaluated.record);
    }

    /// Records the decision and what follows from it.
    fn decide(&mut self, host: &Host, number: NumberId, record: DecisionRecord) {
        let (now, handoff) = (host.clock.now(), record.handoff());
        self.decided.push(DecisionCount::of(&record));
        let decided = EventBody::Decided(Box::new(record));
        self.append(Event {
            at: now,
            number: Some(number.clone()),
            body: decided,
        });
        if let Some(handoff) = handoff {
            let handoff = care::handed_over(self, host, (now, &number), handoff);
            self.append(Event {
                at: now,
                number: Some(number),
                body: EventBody::HandedOff(handoff),
            });
        }
    }

    /// The event commits with an evaluation that is due now.
    fn defer(&mut self, now: Timestamp, event: Event, cause: Cause) {
        let place = self.place();
        self.work.push(WorkChange::Add(NewWork {
            key: WorkKey(format!("evaluate/{}/{place}", self.customer).into()),
            kind: WorkKind::Evaluate,
            due_at: now,
            payload: Deferred {
                event,
                cause,
                waits: 0,
            }
            .payload(),
        }));
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
        let of_customer = |mut entry: AuditEntry| {
            entry.customer = Some(customer.clone());
            entry
        };
        let audit = self.audit.into_iter().map(of_customer).collect();
        let committed = host
            .store
            .commit(Commit {
                tenant: self.tenant.document.id.clone(),
                customer: self.customer,
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
            if let Some(state) = counted {
                let (tenant, now) = (&self.tenant.document.id, host.clock.now());
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
