//! A younger customer who turns out to be the same person is told again in the
//! older one's log.

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
            let is_declared = before.care.is_step_declared();
            let handoff = HandedOff {
                tier,
                agent,
                tags: vec!["two contacts of one customer".into()],
                reasons: vec![
                    "People owned the conversation of the contact that was merged.".into(),
                ],
                next_step: step
                    .and_then(|step| step.what.clone())
                    .filter(|_| is_declared),
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
