//! What happens is decided on when it is an occasion, within the time that there
//! is; else it commits with an evaluation that is due now.

use std::sync::Arc;

use baton_domain::{
    decide::DecisionRecord,
    event::{Event, EventBody},
    facts::Facts,
    ids::NumberId,
    occasion::Occasion,
    state::{Conversation, Known},
};
use baton_store::{NewWork, WorkChange, WorkKey, WorkKind};
use jiff::Timestamp;
use tokio::time::Instant;

use super::Change;
use crate::{
    evaluation::{Ask, Cause, Evaluated, When},
    host::Host,
    metrics::DecisionCount,
    pipeline::{care, deferred::Deferred, follow_ups},
    releases::ShadowJob,
};

impl Change {
    /// Something happened: fold it, start what follows from it, and decide
    /// when it is an occasion.
    pub async fn happen(&mut self, host: &Host, mut event: Event, deadline: Instant) {
        let now = host.clock.now();
        // A clock that runs ahead must not outrank what happens later.
        event.at = event.at.min(now);
        if self.is_ours_already(&event) || self.teaches_nothing(&event) {
            return;
        }
        let basket_at = self.state.basket.as_ref().map(|it| it.changed_at);
        self.append(event.clone());
        follow_ups::start(self, &event, basket_at);
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

    /// WhatsApp names the address with every message: only news is kept.
    fn teaches_nothing(&self, event: &Event) -> bool {
        let EventBody::ProfileChanged(told) = &event.body else {
            return false;
        };
        let profile = &self.state.profile;
        let is_known = |told: &Option<Arc<str>>, known: &Known<Arc<str>>| {
            told.is_none() || told.as_ref() == known.get()
        };
        profile.knows_name(told)
            && is_known(&told.phone, &profile.phone)
            && is_known(&told.user_id, &profile.user_id)
            && is_known(&told.email, &profile.email)
            && is_known(&told.country, &profile.country)
            && is_known(&told.language, &profile.language)
            && (told.tags.is_none() || told.tags.as_ref() == profile.tags.get())
            // Who said it last counts, so every word on consent is kept.
            && told.marketing_consent.is_none()
    }

    /// WhatsApp should not echo what Baton sent, and tells it in the history.
    /// Both are matched by the id, never by the text, and are no message of the
    /// App's.
    fn is_ours_already(&self, event: &Event) -> bool {
        let id = match &event.body {
            EventBody::EchoReceived(echo) => &echo.id,
            EventBody::PastMessage(past) => &past.id,
            _ => return false,
        };
        let conversation = self.conversation_of(event);
        conversation.is_some_and(|it| it.thread.is_own_send(id))
    }

    /// Whether a hint tells no more than is known.
    pub fn knows(&self, hint: &Event) -> bool {
        let EventBody::Receipt(receipt) = &hint.body else {
            return false;
        };
        let thread = self.conversation_of(hint).map(|it| &it.thread);
        thread.is_none_or(|it| it.knows_receipt(&receipt.message, receipt.status))
    }

    fn conversation_of(&self, event: &Event) -> Option<&Conversation> {
        self.state.conversation(event.number.as_ref()?)
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
}
