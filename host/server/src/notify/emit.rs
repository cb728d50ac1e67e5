//! From an event to a row for each who should know of it.

use baton_domain::{
    event::Event,
    notify::{Moment, Notice, NoticeKind, agents_told},
    owner::Ownership,
    people::{Agent, FieldSet, stock_role},
};
use baton_store::WorkChange;

use super::{
    delivery::{Delivery, Recipient},
    told::{Told, seen_by},
};
use crate::pipeline::Change;

/// Adds a row for each who should know of `event`, which was folded and is
/// about to be appended, and before which the ownership of its conversation was
/// `before`. Keys are made
/// of its place in the log: decided twice, it is told once.
pub fn emit(change: &mut Change, event: &Event, before: Option<&Ownership>) {
    let tenant = change.tenant().clone();
    let told = tenant.told.load();
    if told.is_nobody() {
        return;
    }
    let state = change.state().clone();
    let number = event.number.as_ref().or_else(|| state.latest_number());
    let after = number.and_then(|it| state.conversation(it));
    let kinds = NoticeKind::of(event, before, after.map(|it| &it.ownership));
    let (customer, place) = (change.customer().clone(), change.place() + 1);
    let mut deliveries = Vec::new();
    for kind in kinds {
        let moment = Moment {
            customer: &customer,
            before,
            after: &state,
            tenant: &tenant.profile,
        };
        let notice = |fields| Notice::of(kind, event, &moment, fields);
        for endpoint in told.listening(kind, event.at) {
            let to = Recipient::Webhook {
                endpoint: endpoint.id.clone(),
            };
            let notice = notice(seen_by(&endpoint.sees));
            deliveries.push(Delivery::new(to, notice, &customer, place));
        }
        let bare = notice(FieldSet::NONE);
        let zone = tenant.profile.timezone();
        let is_there = |agent: &Agent| agent.hours.is_open(event.at, zone);
        for (agent, to) in of_people(&told, &bare, is_there) {
            let fields = fields_of(agent);
            deliveries.push(Delivery::new(to, notice(fields), &customer, place));
        }
    }
    // Their changes of the state are made before the next event is folded.
    drop(state);
    for delivery in deliveries {
        change.add_work(WorkChange::Add(delivery.work(event.at)));
    }
}

/// The people who should know, once for each way in which they are reached.
fn of_people<'t>(
    told: &'t Told,
    notice: &Notice,
    is_there: impl Fn(&Agent) -> bool,
) -> Vec<(&'t Agent, Recipient)> {
    let mut recipients = Vec::new();
    for id in agents_told(notice, told.people.iter(), is_there) {
        let Some(agent) = told.people.iter().find(|it| it.id == id) else {
            continue;
        };
        if told.settings.email && agent.contact.email.is_some() {
            recipients.push((agent, Recipient::Email { agent: id.clone() }));
        }
        if told.settings.whatsapp.is_some() && agent.contact.whatsapp.is_some() {
            recipients.push((agent, Recipient::WhatsApp { agent: id }));
        }
    }
    recipients
}

/// What the role of one of the people holds.
pub(super) fn fields_of(agent: &Agent) -> FieldSet {
    stock_role(&agent.role).map_or(FieldSet::NONE, |role| role.fields)
}
