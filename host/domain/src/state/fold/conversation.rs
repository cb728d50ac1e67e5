//! What an event makes of the conversation that it belongs to.

use std::sync::Arc;

use jiff::Timestamp;

use crate::{
    event::{
        Author, BotAnswered, Called, EchoReceived, Escalated, EventBody, HandedOff, InboundMessage,
        PastMessage, Reassigned, Requeued, Resolved, SendOutcome, SendQueued, SendResolved,
    },
    ids::{MessageId, OwnerEpoch},
    owner::OwnerChange,
    state::{Conversation, Ended, MessageRef, ThreadEntry, bound},
};

/// The type under which a call stands in the thread.
const CALL: &str = "call";

impl Conversation {
    pub(super) fn apply(&mut self, at: Timestamp, body: &EventBody) {
        match body {
            EventBody::MessageReceived(message) => self.receive(at, message),
            EventBody::MessageEdited(edit) => {
                self.thread.edited(at, &edit.original, edit.text.as_ref());
            }
            EventBody::MessageRevoked(revoke) => self.thread.revoked(at, &revoke.original),
            EventBody::EchoReceived(echo) => self.receive_echo(at, echo),
            EventBody::PastMessage(message) => self.learn_past(at, message),
            EventBody::Called(call) => self.called(at, call),
            EventBody::Receipt(receipt) => self.thread.receipt(receipt),
            EventBody::SendQueued(send) => self.queue_send(at, send),
            EventBody::SendResolved(resolved) => self.resolve_send(at, resolved),
            EventBody::BotAnswered(answer) => self.bot_answered(at, answer),
            EventBody::BotMissed(miss) => {
                let about = self.thread.last_question().cloned();
                self.misses.missed(at, miss.question.as_ref(), about);
            }
            EventBody::HandedOff(handoff) => self.hand_off(at, handoff),
            EventBody::Claimed(claim) => {
                let (epoch, agent) = (claim.epoch, claim.agent.clone());
                if self.change_owner(at, &OwnerChange::Claim { epoch, agent }) {
                    self.care.taken(at, Some(&claim.agent));
                }
            }
            EventBody::Returned(returned) => {
                let ended = Ended {
                    at,
                    is_resolved: false,
                    by: returned.by.clone(),
                    note: returned.note.clone(),
                    by_policy: returned.by_policy,
                };
                let epoch = returned.epoch;
                self.return_to_bot(ended, &OwnerChange::Return { epoch });
            }
            EventBody::Resolved(resolved) => self.resolve(at, resolved),
            EventBody::Tagged(tagged) => {
                if let Some(episode) = self.episode_of(tagged.episode) {
                    episode.tag(&tagged.tags);
                }
            }
            EventBody::Escalated(escalated) => self.escalate(at, escalated),
            EventBody::Requeued(requeued) => self.requeue(at, requeued),
            EventBody::NextStepSet(set) => {
                let is_fresh = self.is_fresh(set.epoch, set.promise);
                if is_fresh && self.ownership.owner.is_people() {
                    self.care.step_set(at, set);
                }
            }
            EventBody::NoteTaken(note) => self.care.note(at, note),
            EventBody::FollowUpSkipped(skipped) => self.unasked.skip(at, skipped),
            EventBody::FieldGranted(grant) => self.grants.add(at, grant),
            EventBody::HandoffFlagged(flagged) => self.flags.add(flagged),
            EventBody::Reassigned(passed) => self.reassign(at, passed),
            EventBody::Decided(record) => {
                if record.decision.is_advice && self.ownership.owner.is_people() {
                    self.advice.add(at, record);
                }
            }
            // Records for people and audit; what follows from a timer comes as an
            // event of its own.
            EventBody::Shadowed(_) | EventBody::TimerFired(_) => {}
            // About the customer, not about one conversation.
            EventBody::ProfileChanged(_)
            | EventBody::BasketChanged(_)
            | EventBody::OrderChanged(_)
            | EventBody::PaymentChanged(_)
            | EventBody::DeliveryEstimated(_)
            | EventBody::BookingChanged(_)
            | EventBody::MarketingCapped(_) => {}
        }
    }

    fn receive(&mut self, at: Timestamp, message: &InboundMessage) {
        let InboundMessage {
            id,
            kind,
            text,
            is_content,
            ..
        } = message;
        let mut entry = whatsapp_entry(at, id, Author::Customer, kind, text);
        entry.is_aside = !is_content;
        match (self.thread.add(entry), is_content) {
            (true, true) => self.customer_spoke(at),
            (true, false) => self.customer_stirred(at),
            (false, _) => {}
        }
    }

    fn receive_echo(&mut self, at: Timestamp, echo: &EchoReceived) {
        // Some senders echo our own messages too; they are known by their id.
        if self.thread.is_ours(&echo.id) {
            return;
        }
        let mut entry = whatsapp_entry(at, &echo.id, Author::App, &echo.kind, &echo.text);
        entry.is_aside = echo.automatic || echo.while_frozen;
        entry.while_frozen = echo.while_frozen;
        if self.thread.add(entry) {
            self.touched(at);
            if !echo.automatic && !echo.while_frozen {
                self.change_owner(at, &OwnerChange::Echo);
                self.care.replied(at);
            }
        }
    }

    /// A call opens the window, and no episode: nothing was asked in writing.
    fn called(&mut self, at: Timestamp, call: &Called) {
        let mut entry = whatsapp_entry(at, &call.id, Author::Customer, &CALL.into(), &None);
        entry.is_aside = true;
        if self.thread.add(entry) {
            self.customer_stirred(at);
        }
    }

    /// History opens no episode and no window and counts no turn.
    fn learn_past(&mut self, at: Timestamp, message: &PastMessage) {
        let (author, kind) = (message.author, &message.message_kind);
        let mut entry = whatsapp_entry(at, &message.id, author, kind, &message.text);
        entry.is_past = true;
        self.thread.add(entry);
    }

    fn queue_send(&mut self, at: Timestamp, send: &SendQueued) {
        self.unasked.queued(at, send);
        self.thread.add(ThreadEntry {
            at,
            id: MessageRef::Send(bound::send_key(&send.send)),
            author: send.author,
            kind: send.message_kind.clone(),
            text: send.text.clone(),
            is_past: false,
            is_aside: false,
            while_frozen: false,
        });
    }

    /// A message counts as said when it leaves: one that is held back breaks
    /// no silence. It answers once WhatsApp has it: what is refused again and
    /// again is no answer.
    fn resolve_send(&mut self, at: Timestamp, resolved: &SendResolved) {
        self.thread.outcome(at, &resolved.send, &resolved.outcome);
        self.unasked.resolved(at, &resolved.send, &resolved.outcome);
        if let Some(kind) = &resolved.message_kind {
            let said = (kind, resolved.text.as_ref());
            self.thread.left_as(&resolved.send, said);
            self.unasked.left_as(&resolved.send, said.1);
        }
        match resolved.outcome {
            SendOutcome::Begun => self.touched(at),
            SendOutcome::Accepted { .. } | SendOutcome::Crossed => {
                self.touched(at);
                if self.thread.author_of(&resolved.send) == Some(Author::Agent) {
                    self.care.replied(at);
                }
            }
            SendOutcome::Suppressed { .. } | SendOutcome::Dead { .. } => {}
        }
    }

    fn bot_answered(&mut self, at: Timestamp, answer: &BotAnswered) {
        if let (Some(id), Some(_)) = (&answer.id, &answer.text) {
            let entry = whatsapp_entry(at, id, Author::Bot, &"text".into(), &answer.text);
            if self.thread.add(entry) {
                self.touched(at);
            }
        }
        self.misses.answered(at);
    }

    fn hand_off(&mut self, at: Timestamp, handoff: &HandedOff) {
        let HandedOff {
            epoch,
            team,
            tier,
            agent,
            tags,
            because,
            ..
        } = handoff;
        let (team, tier, agent) = (team.clone(), tier.clone(), agent.clone());
        let change = OwnerChange::HandOff {
            epoch: *epoch,
            team,
            tier,
            agent,
        };
        if self.ownership.after(&change).is_none() {
            return;
        }
        // A handoff between episodes, such as on a payment that failed, begins
        // one: what people did then is remembered when the customer answers.
        self.episode_at(at);
        self.change_owner(at, &change);
        self.advice.clear();
        self.care.handed_off(at, handoff);
        let episode = self.episode_at(at);
        episode.handoffs = episode.handoffs.saturating_add(1);
        episode.tag(tags);
        episode.spend(because);
    }

    fn resolve(&mut self, at: Timestamp, resolved: &Resolved) {
        let Resolved { epoch, episode, by } = resolved;
        if *epoch == self.ownership.epoch && *episode == self.last_episode() {
            let ended = Ended {
                at,
                is_resolved: true,
                by: by.clone(),
                note: None,
                by_policy: false,
            };
            self.return_to_bot(ended, &OwnerChange::Return { epoch: *epoch });
            self.close();
        }
    }

    /// Whether neither the owner nor what is promised has changed since.
    fn is_fresh(&self, epoch: OwnerEpoch, promise: u32) -> bool {
        epoch == self.ownership.epoch && promise == self.care.promises()
    }

    /// Up, whoever owned: the owner stays when nobody else is found, and it is
    /// known all the same.
    fn escalate(&mut self, at: Timestamp, escalated: &Escalated) {
        let is_fresh = self.is_fresh(escalated.epoch, escalated.promise);
        if !is_fresh || !self.ownership.owner.is_people() {
            return;
        }
        self.change_owner(
            at,
            &OwnerChange::PassOn {
                epoch: escalated.epoch,
                team: escalated.team.clone(),
                tier: escalated.tier.clone(),
                agent: escalated.agent.clone(),
            },
        );
        self.care.escalated(at, escalated);
    }

    fn reassign(&mut self, at: Timestamp, passed: &Reassigned) {
        let (epoch, from) = (passed.epoch, passed.from.clone());
        let to = passed.to.clone();
        if self.change_owner(at, &OwnerChange::Reassign { epoch, from, to }) {
            self.care.taken(at, Some(&passed.to));
        }
    }

    fn requeue(&mut self, at: Timestamp, requeued: &Requeued) {
        let change = OwnerChange::PassOn {
            epoch: requeued.epoch,
            team: requeued.team.clone(),
            tier: requeued.tier.clone(),
            agent: None,
        };
        if self.change_owner(at, &change) {
            self.care.requeued(requeued);
        }
    }
}

fn whatsapp_entry(
    at: Timestamp,
    id: &MessageId,
    author: Author,
    kind: &Arc<str>,
    text: &Option<Arc<str>>,
) -> ThreadEntry {
    ThreadEntry {
        at,
        id: MessageRef::WhatsApp(id.clone()),
        author,
        kind: kind.clone(),
        text: text.clone(),
        is_past: false,
        is_aside: false,
        while_frozen: false,
    }
}
