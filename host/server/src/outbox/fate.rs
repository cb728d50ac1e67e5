//! What becomes of a message that is due: pure decisions, from the customer's
//! state and the tenant's words, each with a stable code for the record.

use baton_domain::{event::Author, state::CustomerState};
use baton_whatsapp::send_rules::{Form, Refusal, Standing, may_send};
use jiff::Timestamp;

use super::SendEffect;
use crate::wire::OutgoingMessage;

/// Whether a message may leave, and in which form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate<'a> {
    /// It may leave as this.
    Leave(&'a OutgoingMessage),
    /// It must not leave, for this reason.
    Suppress(&'static str),
}

/// Looks again, right before a message leaves: whose turn it is, whether the
/// window is open, whether the customer agreed.
pub(super) fn fate<'a>(state: &CustomerState, effect: &'a SendEffect, now: Timestamp) -> Fate<'a> {
    let Some(conversation) = state.conversation(&effect.number) else {
        return Fate::Suppress("no_conversation");
    };
    let ownership = &conversation.ownership;
    if effect.author == Author::Bot {
        if ownership.owner.is_people() {
            return Fate::Suppress("people_own");
        }
        if ownership.epoch != effect.epoch {
            return Fate::Suppress("decided_under_older_owner");
        }
    }
    if effect.too_late_at.is_some_and(|too_late| now > too_late) {
        return Fate::Suppress("too_late");
    }
    if state.profile.phone.is_none() && state.profile.user_id.is_none() {
        return Fate::Suppress("no_address");
    }
    let standing = Standing {
        last_heard_at: conversation.last_inbound_at,
        marketing_consent: state.profile.marketing_consent.get().copied(),
        capped_at: None,
    };
    // Words that advertise need consent as templates do, and the window
    // besides.
    let may = |message: &OutgoingMessage| {
        if effect.is_marketing {
            may_send(Form::Marketing, &standing, now)?;
        }
        let form = if message.is_template() {
            Form::Utility
        } else {
            Form::FreeForm
        };
        may_send(form, &standing, now)
    };
    match (may(&effect.message), &effect.outside_window) {
        (Ok(()), _) => Fate::Leave(&effect.message),
        (Err(Refusal::OutsideWindow), Some(template)) => Fate::Leave(template),
        (Err(refusal), _) => Fate::Suppress(refusal.code()),
    }
}
