//! From an event to a row for each who should know of it.

use std::sync::Arc;

use baton_domain::{
    event::Event,
    ids::{AgentId, NumberId},
    notify::{Moment, Notice, NoticeKind, Standing, agents_told},
    people::{Agent, FieldSet, Principal},
    seen::Seen,
    state::CustomerState,
};
use baton_store::{AuditEntry, WorkChange};

use super::{
    delivery::{Delivery, Recipient},
    told::{Told, fields_of, seen_by},
};
use crate::{pipeline::Change, roster::Roster};

/// How a conversation stood before an event of which somebody may want to know.
pub struct Before {
    told: Arc<Told>,
    standing: Option<Standing>,
}

/// What [`emit`] needs of `event`, before it is folded; `None` when the tenant
/// wants nobody told of anything.
pub fn before(change: &Change, event: &Event) -> Option<Before> {
    let tenant = change.tenant();
    let told = tenant.told.load_full();
    let is_told = !told.is_nobody(&tenant.people);
    is_told.then(|| Before {
        standing: standing(change.state(), event),
        told,
    })
}

fn standing(state: &CustomerState, event: &Event) -> Option<Standing> {
    let number = number_of(state, event)?;
    state.conversation(number).map(Standing::of)
}

/// The number whose conversation an event belongs to.
fn number_of<'e>(state: &'e CustomerState, event: &'e Event) -> Option<&'e NumberId> {
    event.number.as_ref().or_else(|| state.latest_number())
}

/// Adds a row for each who should know of `event`, which was folded and is
/// about to be appended, and tells the audit what was given to whom. Keys are
/// made of its place in the log: decided twice, it is told once.
pub fn emit(change: &mut Change, event: &Event, before: &Before) {
    let tenant = change.tenant().clone();
    let state = change.state().clone();
    let after = standing(&state, event);
    let kinds = NoticeKind::of(event, before.standing.as_ref(), after.as_ref());
    let (customer, place) = (change.customer().clone(), change.place() + 1);
    let moment = Moment {
        customer: &customer,
        before: before.standing.as_ref(),
        after: &state,
        tenant: &tenant.profile,
    };
    let mut told = Vec::new();
    for kind in kinds {
        for (who, to, fields) in recipients(&before.told, &tenant.people, kind, event, &moment) {
            let seen = Seen::of_told(fields);
            let notice = Notice::of(kind, event, &moment, &seen);
            let delivery = Delivery::new(to, notice, &customer, place);
            let audit = (!seen.shown().is_empty()).then(|| AuditEntry {
                at: event.at,
                who,
                what: "notify".into(),
                customer: None,
                number: number_of(&state, event).cloned(),
                fields: seen.shown(),
                grant: None,
                about: Some(kind.name().into()),
            });
            told.push((delivery, audit));
        }
    }
    // Their changes of the state are made before the next event is folded.
    drop(state);
    for (delivery, audit) in told {
        change.add_work(WorkChange::Add(delivery.work(event.at)));
        if let Some(entry) = audit {
            change.by(entry);
        }
    }
}

/// Who should know, each with the fields that they hold.
fn recipients(
    told: &Told,
    people: &Roster,
    kind: NoticeKind,
    event: &Event,
    moment: &Moment<'_>,
) -> Vec<(Principal, Recipient, FieldSet)> {
    let mut recipients = Vec::new();
    for endpoint in told.listening(kind, event.at) {
        let (id, fields) = (endpoint.id.clone(), seen_by(&endpoint.sees, people));
        let to = Recipient::Webhook {
            endpoint: id.clone(),
        };
        recipients.push((Principal::Endpoint(id), to, fields));
    }
    if !told.tells_people() {
        return recipients;
    }
    let bare = Notice::of(kind, event, moment, &Seen::of_told(FieldSet::NONE));
    let zone = moment.tenant.timezone();
    let is_there = |agent: &Agent| agent.hours.is_open(event.at, zone);
    let everybody: Vec<&Agent> = people.agents().map(|it| &it.body).collect();
    for id in agents_told(bare.notice(), everybody.iter().copied(), is_there) {
        let Some(agent) = people.agent(&id).map(|it| &it.body) else {
            continue;
        };
        let fields = fields_of(agent, people);
        let ways = ways_to(agent, told).into_iter();
        recipients.extend(ways.map(|to| (Principal::Person(id.clone()), to, fields)));
    }
    recipients
}

/// The ways in which one of the people is reached.
fn ways_to(agent: &Agent, told: &Told) -> Vec<Recipient> {
    let id = || -> AgentId { agent.id.clone() };
    let by_email = told.settings.email && agent.contact.email.is_some();
    let by_whatsapp = told.settings.whatsapp.is_some() && agent.contact.whatsapp.is_some();
    let email = by_email.then(|| Recipient::Email { agent: id() });
    let whatsapp = by_whatsapp.then(|| Recipient::WhatsApp { agent: id() });
    email.into_iter().chain(whatsapp).collect()
}
