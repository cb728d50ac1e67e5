//! A younger customer who turns out to be the same person is told again in the
//! older one's log.

use std::sync::Arc;

use baton_domain::{
    event::{Event, EventBody, HandedOff, NextStepSet, Promised},
    ids::{CustomerId, NumberId},
    owner::Owner,
    people::FieldSet,
    state::CustomerState,
};
use baton_store::{StoreError, Version};
use jiff::Timestamp;

use super::Change;
use crate::host::Host;

impl Change {
    pub(super) async fn absorb(
        &mut self,
        host: &Host,
        younger: CustomerId,
    ) -> Result<(), StoreError> {
        const PAGE: usize = 256;
        let tenant = self.tenant.document.id.clone();
        let mut told = Version(0);
        let mut owners = CustomerState::default();
        // What stood at 1 in that log stands behind this one's end.
        let moved_by = self.place();
        loop {
            let from = Version(told.0 + 1);
            let page = host.store.events(&tenant, &younger, from, PAGE).await?;
            let Some(last) = page.last() else { break };
            told = last.version;
            for stored in page {
                let mut event = stored.event;
                match &mut event.body {
                    EventBody::HandedOff(handoff) => {
                        handoff.decided_at = handoff.decided_at.map(|place| place + moved_by);
                    }
                    EventBody::HandoffFlagged(flagged) => flagged.decision += moved_by,
                    _ => {}
                }
                owners.apply(&event);
                self.append_known(event);
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
            let is_declared = before.care.is_step_declared();
            let busy_with = before.care.handoff();
            let and = |known: Option<&Vec<Arc<str>>>, also: &str| {
                let known = known.into_iter().flatten().cloned();
                known.chain([also.into()]).collect()
            };
            let handoff = HandedOff {
                tier,
                agent,
                tags: and(busy_with.map(|it| &it.tags), "two contacts of one customer"),
                reasons: and(
                    busy_with.map(|it| &it.reasons),
                    "People owned the conversation of the contact that was merged.",
                ),
                priority: busy_with.map_or(0, |it| it.priority),
                decided_at: busy_with.and_then(|it| it.decided_at),
                queue: busy_with
                    .and_then(|it| it.queue.clone())
                    .filter(|_| owner.agent().is_none()),
                next_step: step
                    .and_then(|step| step.what.clone())
                    .filter(|_| is_declared),
                due: step.and_then(|step| step.due),
                promised: Promised {
                    first_reply: before.care.first_reply().map(|it| it.due),
                    next_step: step.and_then(|step| step.promise).map(|it| it.due),
                },
                read: busy_with.map_or(Some(FieldSet::NONE), |it| it.read),
                ..HandedOff::to_team(
                    ownership.epoch,
                    owner.team().unwrap_or(default_team).clone(),
                )
            };
            self.append_about(now, number, EventBody::HandedOff(handoff));
            // What somebody typed is no declared word of the handoff.
            let typed = step.filter(|_| !is_declared);
            let joined = self.state.conversation(number);
            let stands = joined.map(|it| (it.ownership.epoch, it.care.promises()));
            if let (Some(step), Some((epoch, promise))) = (typed, stands) {
                let set = NextStepSet {
                    epoch,
                    promise,
                    closed: false,
                    what: step.what.clone(),
                    due: step.promise.map(|it| it.due),
                    by: step.by.clone(),
                };
                self.append_about(now, number, EventBody::NextStepSet(set));
            }
        }
    }
    fn append_about(&mut self, at: Timestamp, number: &NumberId, body: EventBody) {
        let number = Some(number.clone());
        self.append(Event { at, number, body });
    }
}
