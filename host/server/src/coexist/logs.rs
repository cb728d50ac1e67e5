//! What Baton's logs hold of a number's messages.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use baton_domain::{
    compare::{Cause, Message, Ours},
    event::{Author, Event, EventBody, SendKey, SendOutcome, SendResolved},
    ids::{CustomerId, MessageId, NumberId, TenantId},
    limits::COMPARISON_EVENTS_AT_ONCE,
};
use baton_store::{Discrepancy, Link, StoreError, StoredEvent, Version};
use jiff::Timestamp;

use super::told::PastOne;
use crate::host::Host;

/// Begins the ids that an import gives to messages that have none.
pub(super) const IMPORTED: &str = "import.";

/// Looks at all events of a customer on a number, in order.
async fn each(
    host: &Host,
    (tenant, number): (&TenantId, &NumberId),
    customer: &CustomerId,
    mut look: impl FnMut(StoredEvent),
) -> Result<(), StoreError> {
    let (mut from, at_once) = (1, COMPARISON_EVENTS_AT_ONCE);
    loop {
        let page = host.store.events(tenant, customer, Version(from), at_once);
        let page = page.await?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        from = last.version.0 + 1;
        let is_last = page.len() < at_once;
        let of_number = page
            .into_iter()
            .filter(|it| it.event.number.as_ref() == Some(number));
        of_number.for_each(&mut look);
        if is_last {
            return Ok(());
        }
    }
}

/// Those of `ones` that only the history told of, of the customer whom `links`
/// name: lost webhooks, and what was written where nothing is told.
pub(super) async fn told_by_history_alone(
    host: &Host,
    (tenant, number): (&TenantId, &NumberId),
    links: &[Link],
    ones: &[&PastOne],
) -> Result<Vec<Discrepancy>, StoreError> {
    let Some(found) = host.store.find(tenant, links).await? else {
        return Ok(Vec::new());
    };
    let wanted: HashSet<&MessageId> = ones.iter().map(|one| &one.id).collect();
    let mut alone = BTreeMap::<MessageId, Discrepancy>::new();
    let mut elsewhere = HashSet::new();
    each(host, (tenant, number), &found.customer, |stored| {
        let StoredEvent { version, event } = stored;
        match event.body {
            EventBody::PastMessage(past) if wanted.contains(&past.id) => {
                let is_inbound = past.author == Author::Customer;
                let cause = if is_inbound {
                    Cause::MissingHere
                } else {
                    Cause::WrittenOnUnlinkedDevice
                };
                // A file has the id of its placeholder: they are one.
                alone.entry(past.id).or_insert_with(|| Discrepancy {
                    cause,
                    at: event.at,
                    is_inbound,
                    customer: Some(found.customer.clone()),
                    version: Some(version.0),
                    place: None,
                });
            }
            body => elsewhere.extend(message_of(&body).cloned()),
        }
    })
    .await?;
    alone.retain(|id, _| !elsewhere.contains(id));
    Ok(alone.into_values().collect())
}

/// The message that came, or left, by itself.
fn message_of(body: &EventBody) -> Option<&MessageId> {
    match body {
        EventBody::MessageReceived(message) => Some(&message.id),
        EventBody::EchoReceived(echo) => Some(&echo.id),
        EventBody::BotAnswered(answer) => answer.id.as_ref(),
        EventBody::SendResolved(resolved) => match &resolved.outcome {
            SendOutcome::Accepted { message } => Some(message),
            _ => None,
        },
        _ => None,
    }
}

/// Our messages with a customer on a number, of the time `within`.
pub(super) async fn ours(
    host: &Host,
    about: (&TenantId, &NumberId),
    customer: &CustomerId,
    (from, until): (Timestamp, Timestamp),
) -> Result<Vec<Ours>, StoreError> {
    let mut log = Log::default();
    each(host, about, customer, |stored| {
        // What became of a message may be told long after it.
        if stored.event.at >= from {
            log.take(stored.version.0, &stored.event);
        }
    })
    .await?;
    let mut ours = log.told();
    ours.retain(|it| it.message.at <= until);
    Ok(ours)
}

/// Messages as a log tells of them.
#[derive(Default)]
struct Log {
    messages: Vec<Told>,
    by_id: HashMap<MessageId, usize>,
    by_send: HashMap<SendKey, usize>,
    edits: HashMap<MessageId, (Timestamp, Option<Arc<str>>)>,
    revoked: HashSet<MessageId>,
}

/// A message, and whether it is known to have been said.
struct Told {
    ours: Ours,
    is_past: bool,
    has_left: bool,
}

impl Log {
    fn take(&mut self, version: u64, event: &Event) {
        let at = event.at;
        match &event.body {
            EventBody::MessageReceived(it) if it.is_content => {
                let said = Said::new(Some(&it.id), &it.kind, &it.text);
                self.add(version, at, said.by_customer());
            }
            EventBody::EchoReceived(it) => {
                self.add(version, at, Said::new(Some(&it.id), &it.kind, &it.text));
            }
            EventBody::PastMessage(it) => {
                let said = Said::new(Some(&it.id), &it.message_kind, &it.text).past();
                let is_inbound = it.author == Author::Customer;
                self.add(version, at, Said { is_inbound, ..said });
            }
            EventBody::BotAnswered(it) if it.text.is_some() && it.id.is_some() => {
                let said = Said::new(it.id.as_ref(), &"text".into(), &it.text);
                self.add(version, at, said.sent());
            }
            EventBody::SendQueued(it) => {
                let said = Said::new(None, &it.message_kind, &it.text).sent();
                self.by_send.insert(it.send.clone(), self.messages.len());
                self.add(
                    version,
                    at,
                    Said {
                        has_left: false,
                        ..said
                    },
                );
            }
            EventBody::SendResolved(it) => self.resolved(at, it),
            EventBody::MessageEdited(it) => {
                let edit = (at, it.text.clone());
                let known = self
                    .edits
                    .entry(it.original.clone())
                    .or_insert(edit.clone());
                if known.0 <= at {
                    *known = edit;
                }
            }
            EventBody::MessageRevoked(it) => drop(self.revoked.insert(it.original.clone())),
            _ => {}
        }
    }

    fn add(&mut self, version: u64, at: Timestamp, said: Said) {
        // A gesture, which no export of a chat shows.
        if &*said.kind == "reaction" {
            return;
        }
        let told = Told {
            ours: Ours {
                message: Message {
                    id: said.id.clone(),
                    is_inbound: said.is_inbound,
                    at,
                    kind: said.kind,
                    text: said.text,
                    is_edited: false,
                    is_revoked: false,
                },
                before: Vec::new(),
                is_sent: said.is_sent,
                version,
            },
            is_past: said.is_past,
            has_left: said.has_left,
        };
        let known = said.id.as_ref().and_then(|id| self.by_id.get(id).copied());
        match known {
            // What came by itself tells more than what history told.
            Some(place) if self.messages[place].is_past => self.messages[place] = told,
            Some(_) => {}
            None => {
                self.by_id
                    .extend(said.id.map(|id| (id, self.messages.len())));
                self.messages.push(told);
            }
        }
    }

    fn resolved(&mut self, at: Timestamp, resolved: &SendResolved) {
        let place = self.by_send.get(&resolved.send).copied();
        let Some(told) = place.and_then(|place| self.messages.get_mut(place)) else {
            return;
        };
        if let Some(kind) = &resolved.message_kind {
            told.ours.message.kind = kind.clone();
            told.ours.message.text = resolved.text.clone();
        }
        match &resolved.outcome {
            SendOutcome::Accepted { message } => {
                told.ours.message.id = Some(message.clone());
                told.ours.message.at = at;
                told.has_left = true;
            }
            SendOutcome::Begun | SendOutcome::Crossed => told.has_left = true,
            SendOutcome::Suppressed { .. } | SendOutcome::Dead { .. } => {}
        }
    }

    /// Each as it reads now.
    fn told(self) -> Vec<Ours> {
        let Self {
            messages,
            edits,
            revoked,
            ..
        } = self;
        let left = messages.into_iter().filter(|it| it.has_left);
        let told = left.map(|it| it.ours).map(|mut ours| {
            if let Some(id) = &ours.message.id {
                ours.message.is_revoked = revoked.contains(id);
                if let Some((_, text)) = edits.get(id) {
                    let before = std::mem::replace(&mut ours.message.text, text.clone());
                    ours.message.is_edited = true;
                    ours.before.extend(before);
                }
            }
            ours
        });
        // What history told of a send of ours is that send.
        let (mut told, mut known): (Vec<Ours>, _) = (told.collect(), HashSet::new());
        told.sort_by_key(|it| !it.is_sent);
        told.retain(|it| {
            it.message
                .id
                .as_ref()
                .is_none_or(|id| known.insert(id.clone()))
        });
        for ours in &mut told {
            let id = ours.message.id.as_ref();
            if id.is_some_and(|id| id.as_str().starts_with(IMPORTED)) {
                ours.message.id = None;
            }
        }
        told
    }
}

/// What an event tells of a message.
struct Said {
    id: Option<MessageId>,
    kind: Arc<str>,
    text: Option<Arc<str>>,
    is_inbound: bool,
    is_past: bool,
    is_sent: bool,
    has_left: bool,
}

impl Said {
    fn new(id: Option<&MessageId>, kind: &Arc<str>, text: &Option<Arc<str>>) -> Self {
        Self {
            id: id.cloned(),
            kind: kind.clone(),
            text: text.clone(),
            is_inbound: false,
            is_past: false,
            is_sent: false,
            has_left: true,
        }
    }

    fn by_customer(self) -> Self {
        Self {
            is_inbound: true,
            ..self
        }
    }

    fn past(self) -> Self {
        Self {
            is_past: true,
            ..self
        }
    }

    fn sent(self) -> Self {
        Self {
            is_sent: true,
            ..self
        }
    }
}
