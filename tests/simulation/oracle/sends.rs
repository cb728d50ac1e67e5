//! Messages to customers: at most once, never over people, never too late, and
//! in the end everybody knows what became of each.

use baton_domain::{
    event::{Author, Event, SendOutcome, SendQueued, SendResolved},
    ids::{NumberId, OwnerEpoch},
    state::{CustomerState, MessageNow, MessageRef},
};
use baton_store::{Commit, Stage, WorkChange};
use baton_whatsapp::address::CustomerAddress;
use jiff::Timestamp;

use super::Oracle;

/// One message on its way.
pub(super) struct Send {
    number: NumberId,
    author: Author,
    /// The epoch it was decided under.
    epoch: OwnerEpoch,
    too_late_at: Option<Timestamp>,
    /// Commits that said that a request is leaving.
    begun: u32,
    /// Requests that left.
    requests: u32,
    /// How often WhatsApp took it.
    taken: u32,
    /// Whether a request left whose fate the host cannot know.
    is_in_doubt: bool,
    /// What the log says became of it.
    settled: Option<SendOutcome>,
}

/// Whether a message of the bot's is queued or under way.
pub(super) fn may_leave(message: &MessageNow<'_>) -> bool {
    message.entry.author == Author::Bot
        && matches!(message.entry.id, MessageRef::Send(_))
        && message.receipt.is_none()
        && matches!(message.outcome, None | Some(SendOutcome::Begun))
}

/// The key of a send's row.
pub(super) fn row_of(send: &str) -> String {
    format!("send/{send}")
}

impl Oracle {
    pub(super) fn queued(&mut self, before: &CustomerState, event: &Event, queued: &SendQueued) {
        let number = event.number.clone().expect("a send has a number");
        let ownership = before
            .conversation(&number)
            .map(|it| it.ownership.clone())
            .unwrap_or_default();
        let is_bots = queued.author == Author::Bot;
        self.check(!is_bots || !ownership.owner.is_people(), || {
            format!("{} was promised while people own", queued.send.0)
        });
        let send = Send {
            number,
            author: queued.author,
            epoch: ownership.epoch,
            too_late_at: None,
            begun: 0,
            requests: 0,
            taken: 0,
            is_in_doubt: false,
            settled: None,
        };
        self.sends.insert(queued.send.0.to_string(), send);
    }

    /// The row of a send says until when it may leave.
    pub(super) fn promised(&mut self, row: &str, payload: &serde_json::Value) {
        let Some(send) = row.strip_prefix("send/") else {
            return;
        };
        let too_late_at = payload["too_late_at"].as_str();
        if let Some(send) = self.sends.get_mut(send) {
            send.too_late_at = too_late_at.map(|it| it.parse().expect("a time"));
        }
    }

    pub(super) fn resolved(
        &mut self,
        before: &CustomerState,
        event: &Event,
        resolved: &SendResolved,
        commit: &Commit,
    ) {
        let key = resolved.send.0.to_string();
        let Some(send) = self.sends.get_mut(&key) else {
            return self.check(false, || format!("{key} was never promised"));
        };
        let ownership = before
            .conversation(&send.number)
            .map(|it| it.ownership.clone())
            .unwrap_or_default();
        let is_bots = send.author == Author::Bot;
        let (epoch, is_in_doubt, too_late_at) = (send.epoch, send.is_in_doubt, send.too_late_at);
        match &resolved.outcome {
            SendOutcome::Begun => {
                send.begun += 1;
                let is_moved = has_moved(commit, &key, |it| matches!(it, Stage::Begun { .. }));
                self.check(!is_bots || !ownership.owner.is_people(), || {
                    format!("{key} was begun while people own")
                });
                self.check(!is_bots || ownership.epoch == epoch, || {
                    format!("{key} was begun under a later owner than it was decided under")
                });
                self.check(!is_in_doubt, || {
                    format!("{key} was begun again, and its fate was not known")
                });
                let is_in_time = too_late_at.is_none_or(|too_late| event.at <= too_late);
                self.check(is_in_time, || format!("{key} was begun too late"));
                self.check(is_moved, || format!("{key} was begun and its row not"));
            }
            SendOutcome::Accepted { .. } => {
                let crossed = told(commit, &key, |it| *it == SendOutcome::Crossed);
                let must_cross = is_bots && ownership.epoch != epoch;
                self.check(!must_cross || crossed, || {
                    format!("{key} crossed a takeover, and nobody is told")
                });
                self.settle(&key, &resolved.outcome);
            }
            SendOutcome::Dead { .. } => {
                let is_moved = has_moved(commit, &key, |it| matches!(it, Stage::Dead { .. }));
                self.check(is_moved, || format!("{key} is dead and its row not"));
                self.settle(&key, &resolved.outcome);
            }
            SendOutcome::Suppressed { .. } => self.settle(&key, &resolved.outcome),
            SendOutcome::Crossed => {}
        }
    }

    fn settle(&mut self, key: &str, outcome: &SendOutcome) {
        if let Some(send) = self.sends.get_mut(key) {
            send.settled = Some(outcome.clone());
        }
    }

    /// The row of a send is done.
    pub(super) fn send_done(
        &mut self,
        row: &str,
        was: &Stage,
        state: &CustomerState,
        commit: &Commit,
    ) {
        let Some(key) = row.strip_prefix("send/").map(ToOwned::to_owned) else {
            return;
        };
        let Some(send) = self.sends.get(&key) else {
            return self.check(false, || format!("{key} is done and was never promised"));
        };
        if send.settled.is_some() || !matches!(was, Stage::Begun { .. }) {
            return;
        }
        // Only a status can have told.
        let conversation = state.conversation(&send.number);
        let (epoch, is_bots) = (send.epoch, send.author == Author::Bot);
        let ownership = conversation.map(|it| it.ownership.clone());
        let must_cross = is_bots && ownership.is_some_and(|it| it.epoch != epoch);
        let crossed = told(commit, &key, |it| *it == SendOutcome::Crossed);
        let taken = send.taken;
        self.check(taken == 1, || {
            format!("{key} counts as sent, and was taken {taken} times")
        });
        self.check(!must_cross || crossed, || {
            format!("{key} crossed a takeover as its status tells, and nobody is told")
        });
    }

    /// A request arrives at WhatsApp.
    pub fn requested(&mut self, key: &str, to: &CustomerAddress) {
        let Some(send) = self.sends.get_mut(key) else {
            return self.check(false, || format!("{key} left for {to:?}, unpromised"));
        };
        send.requests += 1;
        let (begun, requests, taken) = (send.begun, send.requests, send.taken);
        let was_in_doubt = std::mem::replace(&mut send.is_in_doubt, true);
        self.check(begun >= requests, || {
            format!("{key} left {requests} times and was begun {begun} times")
        });
        self.check(!was_in_doubt && taken == 0, || {
            format!("{key} left again, taken {taken} times")
        });
    }

    /// WhatsApp takes a message.
    pub fn taken(&mut self, key: &str) {
        let Some(send) = self.sends.get_mut(key) else {
            return;
        };
        send.taken += 1;
        let taken = send.taken;
        self.check(taken == 1, || format!("{key} was taken {taken} times"));
    }

    /// The host knows what became of a request.
    pub fn fate_known(&mut self, key: &str) {
        if let Some(send) = self.sends.get_mut(key) {
            send.is_in_doubt = false;
        }
    }

    /// In the end the log says of every message what became of it, or a status
    /// does.
    pub(super) fn check_sends(&mut self) {
        let mut open = Vec::new();
        for (key, send) in &self.sends {
            let is_told = self
                .customers
                .values()
                .filter_map(|it| it.state.conversation(&send.number))
                .any(|it| {
                    it.thread
                        .has_receipt_of(&baton_domain::event::SendKey(key.as_str().into()))
                });
            if send.settled.is_none() && !is_told {
                open.push(format!(
                    "nobody knows what became of {key}: taken {} times",
                    send.taken
                ));
            }
        }
        for open in open {
            self.check(false, || open);
        }
    }
}

/// Whether the commit moves the row of `send` to such a stage.
fn has_moved(commit: &Commit, send: &str, is_wanted: impl Fn(&Stage) -> bool) -> bool {
    let row = row_of(send);
    commit.work.iter().any(|change| match change {
        WorkChange::Moved { lease, stage, .. } => *lease.key.0 == *row && is_wanted(stage),
        _ => false,
    })
}

/// Whether the commit tells such an outcome of `send`.
fn told(commit: &Commit, send: &str, is_wanted: impl Fn(&SendOutcome) -> bool) -> bool {
    commit.events.iter().any(|event| match &event.body {
        baton_domain::event::EventBody::SendResolved(it) => {
            *it.send.0 == *send && is_wanted(&it.outcome)
        }
        _ => false,
    })
}
