//! What becomes of a message that is due: pure decisions, from the customer's
//! state, the tenant's words and what WhatsApp told of the number, each with a
//! stable code for the record.

use baton_domain::{
    event::{Author, SendKey},
    follow_up::is_capped,
    ids::AgentId,
    number::NumberRecord,
    state::CustomerState,
};
use baton_whatsapp::send_rules::{Form, Refusal, Standing, may_send};
use jiff::Timestamp;

use super::SendEffect;
use crate::{directory::ActiveTenant, wire::OutgoingMessage};

/// Whether a message may leave, and in which form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate<'a> {
    /// It may leave as this.
    Leave(&'a OutgoingMessage),
    /// It must not leave, for this reason.
    Suppress(&'static str),
}

/// Why a message must not leave, as a stable code.
type Held = Result<(), &'static str>;

/// Looks again, right before a message leaves: whether its number is frozen, or
/// whoever wrote it, whose turn it is, whether the window is open, whether the
/// customer agreed and has not had enough, whether the template may be used.
pub fn fate<'a>(
    tenant: &ActiveTenant,
    state: &CustomerState,
    (key, effect): (&SendKey, &'a SendEffect),
    now: Timestamp,
) -> Fate<'a> {
    let numbers = tenant.numbers.load();
    let record = numbers.get(&effect.number);
    if record.is_some_and(|it| it.frozen.is_some()) {
        return Fate::Suppress("number_frozen");
    }
    let turn = speaks_for_tenant(tenant, effect).and_then(|()| has_turn(state, effect, now));
    if let Err(why) = turn {
        return Fate::Suppress(why);
    }
    // Words that advertise need consent as templates do, and the window
    // besides.
    let may = |message: &OutgoingMessage| {
        if effect.is_marketing {
            may_advertise(tenant, state, (key, effect), now)?;
        }
        may_be_used(record, message, effect.is_marketing)?;
        let form = if message.is_template() {
            Form::Utility
        } else {
            Form::FreeForm
        };
        may_send(form, &standing(state, effect), now).map_err(Refusal::code)
    };
    match (may(&effect.message), &effect.outside_window) {
        (Ok(()), _) => Fate::Leave(&effect.message),
        (Err(why), Some(template)) if why == Refusal::OutsideWindow.code() => {
            may(template).map_or_else(Fate::Suppress, |()| Fate::Leave(template))
        }
        (Err(why), _) => Fate::Suppress(why),
    }
}

/// Whether a person whose message it is still works for the tenant. Who has no
/// people in Baton names agents that nobody knows.
fn speaks_for_tenant(tenant: &ActiveTenant, effect: &SendEffect) -> Held {
    let Some(agent) = &effect.by else {
        return Ok(());
    };
    match tenant.people.agent(agent) {
        Some(agent) if agent.body.is_frozen => Err("agent_frozen"),
        None if tenant.people.agents().next().is_some() => Err("agent_gone"),
        _ => Ok(()),
    }
}

fn has_turn(state: &CustomerState, effect: &SendEffect, now: Timestamp) -> Held {
    let conversation = state.conversation(&effect.number);
    let ownership = &conversation.ok_or("no_conversation")?.ownership;
    if effect.author == Author::Bot {
        if ownership.owner.is_people() {
            return Err("people_own");
        }
        if ownership.epoch != effect.epoch {
            return Err("decided_under_older_owner");
        }
    }
    // A person's last words still leave after their own return or resolve, and
    // while a team has the conversation, but not over another person.
    let is_others = |owner: &AgentId| effect.by.as_ref().is_some_and(|it| it != owner);
    if ownership.owner.agent().is_some_and(is_others) {
        return Err("decided_under_older_owner");
    }
    if effect.too_late_at.is_some_and(|too_late| now > too_late) {
        return Err("too_late");
    }
    if state.profile.phone.is_none() && state.profile.user_id.is_none() {
        return Err("no_address");
    }
    Ok(())
}

fn standing(state: &CustomerState, effect: &SendEffect) -> Standing {
    let conversation = state.conversation(&effect.number);
    Standing {
        last_heard_at: conversation.and_then(|it| it.last_inbound_at),
        marketing_consent: state.profile.marketing_consent.get().copied(),
        capped_at: state.marketing_capped_at,
    }
}

/// What a person writes is that person's to answer for: the tenant's own caps
/// hold for what is said by itself.
fn may_advertise(
    tenant: &ActiveTenant,
    state: &CustomerState,
    (key, effect): (&SendKey, &SendEffect),
    now: Timestamp,
) -> Held {
    may_send(Form::Marketing, &standing(state, effect), now).map_err(Refusal::code)?;
    let caps = &tenant.document.marketing_caps;
    if effect.author == Author::Bot && is_capped(state, caps, key, now) {
        return Err("capped");
    }
    Ok(())
}

fn may_be_used(
    record: Option<&NumberRecord>,
    message: &OutgoingMessage,
    is_marketing: bool,
) -> Held {
    let (OutgoingMessage::Template { name, language, .. }, Some(record)) = (message, record) else {
        return Ok(());
    };
    let refusal = record.template_refusal(name, language, is_marketing);
    refusal.map_or(Ok(()), Err)
}
