//! What must hold, checked after every change. The oracle keeps a state of its
//! own of everything: logs, folds, rows of work, sends; each commit is held
//! against it the moment the store takes it.

mod audit;
mod care;
mod fold;
mod sends;
mod work;

use std::collections::BTreeMap;

use baton_domain::{
    event::{Event, EventBody, ReceiptStatus},
    ids::{CustomerId, TenantId},
    state::CustomerState,
};
use baton_store::{Commit, WorkChange, WorkKey, WorkKind};

pub use self::care::AUTO_RETURN_MINUTES;
use self::{sends::Send, work::Row};
use crate::tally::{TAKEOVERS_AMID_SENDS, Tally};

/// Whom something is about.
pub type Who = (TenantId, CustomerId);

/// What a customer asks for a person with.
pub const PERSON_PHRASE: &str = "talk to a person";

/// All that is known of a run.
#[derive(Default)]
pub struct Oracle {
    violation: Option<String>,
    customers: BTreeMap<Who, Shadow>,
    /// Who became whom.
    merged: BTreeMap<Who, Who>,
    /// How often something stands in whose log.
    told: BTreeMap<String, BTreeMap<Who, u32>>,
    /// What was answered 200.
    acknowledged: Vec<String>,
    sends: BTreeMap<String, Send>,
    work: BTreeMap<(Who, WorkKey), Row>,
    claims: BTreeMap<(String, u64), String>,
    fired: BTreeMap<(Who, WorkKey), u32>,
    needs_audit: bool,
    pub tally: Tally,
}

/// A customer as the log makes one.
#[derive(Default)]
struct Shadow {
    log: Vec<Event>,
    state: CustomerState,
}

impl Oracle {
    /// What did not hold, first of all.
    pub fn violation(&self) -> Option<&str> {
        self.violation.as_deref()
    }

    /// Notes that something does not hold.
    pub fn check(&mut self, holds: bool, otherwise: impl FnOnce() -> String) {
        if !holds && self.violation.is_none() {
            self.violation = Some(otherwise());
        }
    }

    /// The store was opened anew: everything in it is to be looked at.
    pub fn reopened(&mut self) {
        self.tally.count("stores reopened");
        self.needs_audit = true;
    }

    /// Something was answered 200: it is in the log, once.
    pub fn acknowledged(&mut self, token: &str) {
        self.check_told(token);
        self.acknowledged.push(token.to_owned());
    }

    fn check_told(&mut self, token: &str) {
        let count: u32 = self.told.get(token).map_or(0, |it| it.values().sum());
        self.check(count == 1, || {
            format!("{token} was answered 200 and is in the log {count} times")
        });
    }

    /// A claim was answered 200: nobody else's was, at this epoch.
    pub fn claim_won(&mut self, customer: &str, epoch: u64, agent: &str) {
        let key = (customer.to_owned(), epoch);
        let winner = self.claims.entry(key).or_insert_with(|| agent.to_owned());
        let is_only = winner == agent;
        self.check(is_only, || {
            format!("two agents claimed {customer} at epoch {epoch}")
        });
    }

    /// Who a customer is by now.
    fn now(&self, who: Who) -> Who {
        let mut who = who;
        while let Some(older) = self.merged.get(&who) {
            who = older.clone();
        }
        who
    }

    /// The store took a commit.
    pub fn committed(&mut self, commit: &Commit) {
        let who = (commit.tenant.clone(), commit.customer.clone());
        let mut shadow = self.customers.remove(&who).unwrap_or_default();
        let found = shadow.log.len() as u64;
        self.check(found == commit.expected.0, || {
            format!(
                "a commit on version {:?} of {found} was taken",
                commit.expected
            )
        });
        let retold = self.absorb(&who, commit);
        for (place, event) in commit.events.iter().enumerate() {
            let before = shadow.state.clone();
            shadow.state.apply(event);
            self.tell(&who, event);
            if place >= retold {
                self.happened(&before, &shadow.state, event, commit);
            }
            shadow.log.push(event.clone());
        }
        let is_fold = shadow.state == *commit.state;
        self.check(is_fold, || {
            format!("the state of {} is not the fold of its log", who.1)
        });
        for change in &commit.work {
            self.change_work(&who, &shadow.state, change, commit);
        }
        self.check_deadlines(&who, &shadow.state);
        self.customers.insert(who, shadow);
    }

    /// A younger customer becomes this one: what follows begins with the
    /// younger's log, unchanged but for the places it names, and the work is this
    /// one's. Returns how long that log is.
    fn absorb(&mut self, who: &Who, commit: &Commit) -> usize {
        let Some((younger, version)) = &commit.absorb else {
            return 0;
        };
        let younger = (commit.tenant.clone(), younger.clone());
        let mut log = self.customers.remove(&younger).unwrap_or_default().log;
        for event in &mut log {
            let moved_by = commit.expected.0;
            match &mut event.body {
                EventBody::HandedOff(handoff) => {
                    handoff.decided_at = handoff.decided_at.map(|place| place + moved_by);
                }
                EventBody::HandoffFlagged(flagged) => flagged.decision += moved_by,
                _ => {}
            }
        }
        let is_whole = log.len() as u64 == version.0 && commit.events.starts_with(&log);
        self.check(is_whole, || {
            format!("a merge did not tell the whole log of {}", younger.1)
        });
        for count in self.told.values_mut() {
            count.remove(&younger);
        }
        let is_theirs = |key: &(Who, WorkKey), _: &mut Row| key.0 == younger;
        let moved: Vec<_> = self.work.extract_if(.., is_theirs).collect();
        for ((_, key), row) in moved {
            let key = (who.clone(), key);
            if self.work.get(&key).is_none_or(|it| row.outdoes(it)) {
                self.work.insert(key, row);
            }
        }
        self.tally.count("customers merged");
        self.merged.insert(younger, who.clone());
        log.len()
    }

    fn tell(&mut self, who: &Who, event: &Event) {
        let Some(token) = token(&event.body) else {
            return;
        };
        let count = self.told.entry(token.clone()).or_default();
        *count.entry(who.clone()).or_default() += 1;
        let total: u32 = count.values().sum();
        self.check(total == 1, || {
            format!("{token} is in the log {total} times")
        });
    }

    /// Something happened that was not told before.
    fn happened(
        &mut self,
        before: &CustomerState,
        after: &CustomerState,
        event: &Event,
        commit: &Commit,
    ) {
        for (number, conversation) in after.conversations() {
            let was = before.conversation(number);
            let was = was.map(|it| it.ownership.clone()).unwrap_or_default();
            let is = &conversation.ownership;
            let moved = u64::from(was.owner != is.owner);
            self.check(is.epoch.0 == was.epoch.0 + moved, || {
                format!("the owner {was:?} became {is:?} by {event:?}")
            });
            let amid_sends = || {
                let thread = before.conversation(number).map(|it| &it.thread);
                thread.is_some_and(|it| it.messages().any(|it| sends::may_leave(&it)))
            };
            if !was.owner.is_people() && is.owner.is_people() && amid_sends() {
                self.tally.count(TAKEOVERS_AMID_SENDS);
            }
        }
        self.tally.event(&event.body);
        match &event.body {
            EventBody::SendQueued(queued) => self.queued(before, event, queued),
            EventBody::SendResolved(resolved) => self.resolved(before, event, resolved, commit),
            EventBody::MessageReceived(message) => {
                let asks = message
                    .text
                    .as_ref()
                    .is_some_and(|it| it.contains(PERSON_PHRASE));
                if asks && message.is_content {
                    self.check_person_request(event, commit);
                }
            }
            EventBody::TimerFired(fired) if care::is_deadline(&fired.timer) => {}
            EventBody::TimerFired(fired) if !fired.too_late => {
                let number = event.number.as_ref().expect("a number");
                let conversation = before.conversation(number);
                let owned = conversation.is_some_and(|it| it.ownership.owner.is_people());
                // What is not owed need not wait for their return.
                let is_skip = |it: &Event| matches!(it.body, EventBody::FollowUpSkipped(_));
                let is_skipped = commit.events.iter().any(is_skip);
                self.check(!owned || is_skipped, || {
                    format!("{} fired over people", fired.timer)
                });
            }
            _ => {}
        }
    }

    /// Whoever asks for a person gets one: now, or by an evaluation that waits.
    fn check_person_request(&mut self, event: &Event, commit: &Commit) {
        let number = event.number.as_ref().expect("a number");
        let conversation = commit.state.conversation(number);
        let is_owned = conversation.is_some_and(|it| it.ownership.owner.is_people());
        let waits = commit
            .work
            .iter()
            .any(|change| matches!(change, WorkChange::Add(new) if new.kind == WorkKind::Evaluate));
        self.check(is_owned || waits, || {
            "a customer asked for a person and nobody came".to_owned()
        });
    }
}

/// What tells a fact of the world from all others; `None` for what Baton
/// decides by itself.
fn token(body: &EventBody) -> Option<String> {
    Some(match body {
        EventBody::MessageReceived(it) => format!("message {}", it.id),
        EventBody::MessageEdited(it) => {
            format!(
                "edit {} {}",
                it.original,
                it.text.as_deref().unwrap_or_default()
            )
        }
        EventBody::MessageRevoked(it) => format!("revoke {}", it.original),
        EventBody::EchoReceived(it) => format!("echo {}", it.id),
        EventBody::Receipt(it) => {
            let status = match it.status {
                ReceiptStatus::Sent => "sent",
                ReceiptStatus::Delivered => "delivered",
                ReceiptStatus::Read => "read",
                ReceiptStatus::Failed => "failed",
                ReceiptStatus::Played => "played",
            };
            format!("status {} {status}", it.message)
        }
        EventBody::SendQueued(it) => format!("queued {}", it.send.0),
        EventBody::BotMissed(it) => format!("missed {}", it.question.as_deref()?),
        EventBody::BotAnswered(it) => format!("answered {}", it.intent.as_deref()?),
        EventBody::BasketChanged(it) => format!("basket {}", it.id.as_deref()?),
        EventBody::OrderChanged(it) => {
            let tracking = it.tracking.as_deref().unwrap_or_default();
            format!("order {} {} {tracking}", it.id, it.status.as_str())
        }
        _ => return None,
    })
}

/// A commit as a line of the trace.
pub fn line(host: u32, commit: &Commit) -> String {
    let event = |event: &Event| {
        let kind = serde_json::to_value(&event.body).unwrap_or_default();
        token(&event.body).unwrap_or_else(|| match &event.body {
            EventBody::SendResolved(it) => format!("{} {:?}", it.send.0, it.outcome),
            _ => kind["kind"].as_str().unwrap_or_default().to_owned(),
        })
    };
    let events: Vec<String> = commit.events.iter().map(event).collect();
    let work: Vec<String> = commit.work.iter().map(work::line).collect();
    let (customer, at) = (&commit.customer, commit.expected.0);
    let absorbs = commit.absorb.as_ref().map(|it| &it.0);
    format!("host {host}: {customer} at {at} {absorbs:?} {events:?} {work:?}")
}
