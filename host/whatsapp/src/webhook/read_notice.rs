//! From the JSON of the other fields to what they say. Here times are numbers
//! more often than texts.

use serde::Deserialize;

use super::{
    identity::Identity,
    lenient::{self, Text, shared},
    notice::{AutomaticEvent, Call, ContactSync, Handover, Notice, Preference, Subject},
    read_content::{owned, problem},
    scope::{Item, Scope},
    update::{Content, Fault},
    value::object,
    wire::ProblemWire,
};

#[derive(Deserialize)]
struct PreferenceWire<'a> {
    #[serde(borrow)]
    wa_id: Option<Text<'a>>,
    user_id: Option<Text<'a>>,
    parent_user_id: Option<Text<'a>>,
    category: Option<Text<'a>>,
    value: Option<Text<'a>>,
    timestamp: Option<Text<'a>>,
}

/// One of `user_preferences`.
pub(super) fn preference(scope: &Scope, json: &str) -> Result<Item, Fault> {
    let wire: PreferenceWire<'_> = object(json)?;
    let ids = [&wire.wa_id, &wire.user_id, &wire.parent_user_id].map(Option::as_ref);
    let address = scope.customer(ids).0.ok_or(Fault::NoAddress)?;
    let content = Content::Preference(Preference {
        category: shared(wire.category.as_ref()).ok_or_else(|| missing("category"))?,
        value: shared(wire.value.as_ref()).ok_or_else(|| missing("value"))?,
    });
    let occurred_at = lenient::timestamp(wire.timestamp.as_ref());
    Ok(Item {
        address: Some(address),
        occurred_at,
        identity: None,
        content,
    })
}

fn missing(key: &str) -> Fault {
    Fault::Shape(format!("missing field `{key}`"))
}

#[derive(Deserialize)]
struct SyncWire<'a> {
    #[serde(borrow)]
    contact: Option<SyncContactWire<'a>>,
    action: Option<Text<'a>>,
    metadata: Option<SyncMetadataWire<'a>>,
}

#[derive(Deserialize)]
struct SyncContactWire<'a> {
    #[serde(borrow)]
    full_name: Option<Text<'a>>,
    first_name: Option<Text<'a>>,
    username: Option<Text<'a>>,
    phone_number: Option<Text<'a>>,
    user_id: Option<Text<'a>>,
    parent_user_id: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct SyncMetadataWire<'a> {
    #[serde(borrow)]
    timestamp: Option<Text<'a>>,
}

/// One of `state_sync`.
pub(super) fn contact_sync(scope: &Scope, json: &str) -> Result<Item, Fault> {
    let wire: SyncWire<'_> = object(json)?;
    let contact = wire.contact.ok_or_else(|| missing("contact"))?;
    let ids = [
        &contact.phone_number,
        &contact.user_id,
        &contact.parent_user_id,
    ];
    let address = scope
        .customer(ids.map(Option::as_ref))
        .0
        .ok_or(Fault::NoAddress)?;
    let occurred_at = wire
        .metadata
        .and_then(|data| lenient::timestamp(data.timestamp.as_ref()));
    let content = Content::ContactSync(ContactSync {
        removed: wire
            .action
            .is_some_and(|action| action.as_str() == "remove"),
        full_name: owned(contact.full_name),
        first_name: owned(contact.first_name),
        username: owned(contact.username),
    });
    Ok(Item {
        address: Some(address),
        occurred_at,
        identity: None,
        content,
    })
}

#[derive(Deserialize)]
struct CallWire<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    from: Option<Text<'a>>,
    from_user_id: Option<Text<'a>>,
    from_parent_user_id: Option<Text<'a>>,
    to: Option<Text<'a>>,
    to_user_id: Option<Text<'a>>,
    to_parent_user_id: Option<Text<'a>>,
    event: Option<Text<'a>>,
    direction: Option<Text<'a>>,
    timestamp: Option<Text<'a>>,
}

/// One of `calls`. Its events share one id and are one call; without an id it
/// is known by its content.
pub(super) fn call(scope: &Scope, json: &str) -> Result<Item, Fault> {
    let wire: CallWire<'_> = object(json)?;
    let from_business = wire
        .from
        .as_ref()
        .is_some_and(|from| scope.is_business(from));
    let by_customer = match wire.direction.as_ref().map(Text::as_str) {
        Some("BUSINESS_INITIATED") => false,
        Some("USER_INITIATED") => true,
        _ => !from_business,
    };
    let ids = if by_customer {
        [&wire.from, &wire.from_user_id, &wire.from_parent_user_id]
    } else {
        [&wire.to, &wire.to_user_id, &wire.to_parent_user_id]
    };
    let address = scope
        .customer(ids.map(Option::as_ref))
        .0
        .ok_or(Fault::NoAddress)?;
    let id = shared(wire.id.as_ref());
    let identity = id.clone().zip(scope.number.clone());
    let identity = identity.map(|(call, number)| Identity::Call { number, call });
    let content = Content::Call(Call {
        id,
        event: shared(wire.event.as_ref()).unwrap_or_else(|| "unknown".into()),
        by_customer,
    });
    let occurred_at = lenient::timestamp(wire.timestamp.as_ref());
    Ok(Item {
        address: Some(address),
        occurred_at,
        identity,
        content,
    })
}

#[derive(Deserialize)]
struct AutomaticWire<'a> {
    #[serde(borrow)]
    event_name: Option<Text<'a>>,
    timestamp: Option<Text<'a>>,
    ctwa_clid: Option<Text<'a>>,
    from: Option<Text<'a>>,
    wa_id: Option<Text<'a>>,
    user_id: Option<Text<'a>>,
    from_user_id: Option<Text<'a>>,
    custom_data: Option<CustomDataWire<'a>>,
}

#[derive(Deserialize)]
struct CustomDataWire<'a> {
    #[serde(borrow)]
    currency: Option<Text<'a>>,
    value: Option<Text<'a>>,
}

/// One of `automatic_events`. Its id is that of the message that led to it,
/// which several events share, so it is known by its content.
pub(super) fn automatic_event(scope: &Scope, json: &str) -> Result<Item, Fault> {
    let wire: AutomaticWire<'_> = object(json)?;
    let phone = wire.wa_id.as_ref().or(wire.from.as_ref());
    let (address, _) = scope.customer([phone, wire.user_id.as_ref(), wire.from_user_id.as_ref()]);
    let amount = wire
        .custom_data
        .and_then(|data| Some(lenient::price(data.value.as_ref()?, data.currency.as_ref())));
    let content = Content::AutomaticEvent(AutomaticEvent {
        name: shared(wire.event_name.as_ref()).ok_or_else(|| missing("event_name"))?,
        amount,
        click_id: owned(wire.ctwa_clid),
    });
    let occurred_at = lenient::timestamp(wire.timestamp.as_ref());
    Ok(Item {
        address,
        occurred_at,
        identity: None,
        content,
    })
}

#[derive(Deserialize)]
struct HandoverWire<'a> {
    #[serde(borrow)]
    sender: Option<PartyWire<'a>>,
    timestamp: Option<Text<'a>>,
    control_passed: Option<ControlWire<'a>>,
    control_taken: Option<ControlWire<'a>>,
}

#[derive(Deserialize)]
struct PartyWire<'a> {
    #[serde(borrow)]
    phone_number: Option<Text<'a>>,
    wa_id: Option<Text<'a>>,
    user_id: Option<Text<'a>>,
    parent_user_id: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct ControlWire<'a> {
    #[serde(borrow)]
    metadata: Option<Text<'a>>,
}

/// The value of `messaging_handovers`.
pub(super) fn handover(scope: &Scope, json: &str) -> Result<Item, Fault> {
    let wire: HandoverWire<'_> = object(json)?;
    let ids = wire.sender.as_ref().map_or([None; 3], |sender| {
        let phone = sender.phone_number.as_ref().or(sender.wa_id.as_ref());
        [
            phone,
            sender.user_id.as_ref(),
            sender.parent_user_id.as_ref(),
        ]
    });
    let (event, control) = match (wire.control_passed, wire.control_taken) {
        (Some(control), _) => ("control_passed", Some(control)),
        (None, Some(control)) => ("control_taken", Some(control)),
        (None, None) => ("unknown", None),
    };
    let metadata = owned(control.and_then(|control| control.metadata));
    Ok(Item {
        address: scope.customer(ids).0,
        occurred_at: lenient::timestamp(wire.timestamp.as_ref()),
        identity: None,
        content: Content::Handover(Handover {
            event: event.into(),
            metadata,
        }),
    })
}

#[derive(Deserialize)]
struct NoticeWire<'a> {
    #[serde(borrow)]
    event: Option<Text<'a>>,
    new_quality_score: Option<Text<'a>>,
    reason: Option<Text<'a>>,
    message_template_id: Option<Text<'a>>,
    message_template_name: Option<Text<'a>>,
    message_template_language: Option<Text<'a>>,
    display_phone_number: Option<Text<'a>>,
    current_limit: Option<Text<'a>>,
    disconnection_info: Option<DisconnectionWire<'a>>,
}

#[derive(Deserialize)]
struct DisconnectionWire<'a> {
    #[serde(borrow)]
    reason: Option<Text<'a>>,
}

/// The value of `message_template_status_update`.
pub(super) fn template_status(_: &Scope, json: &str) -> Result<Item, Fault> {
    notice(json, |wire| Subject::Template {
        id: owned(wire.message_template_id.take()),
        name: owned(wire.message_template_name.take()),
        language: owned(wire.message_template_language.take()),
    })
}

/// The value of `message_template_quality_update`.
pub(super) fn template_quality(_: &Scope, json: &str) -> Result<Item, Fault> {
    notice(json, |wire| {
        wire.event = wire.new_quality_score.take();
        Subject::TemplateQuality {
            name: owned(wire.message_template_name.take()),
            language: owned(wire.message_template_language.take()),
        }
    })
}

/// The value of `phone_number_quality_update`.
pub(super) fn number_quality(_: &Scope, json: &str) -> Result<Item, Fault> {
    notice(json, |wire| Subject::NumberQuality {
        display_number: owned(wire.display_phone_number.take()),
        limit: owned(wire.current_limit.take()),
    })
}

/// The value of `account_update`.
pub(super) fn account(_: &Scope, json: &str) -> Result<Item, Fault> {
    notice(json, |_| Subject::Account)
}

fn notice(json: &str, subject: impl FnOnce(&mut NoticeWire<'_>) -> Subject) -> Result<Item, Fault> {
    let mut wire: NoticeWire<'_> = object(json)?;
    let subject = subject(&mut wire);
    let event = shared(wire.event.as_ref()).ok_or_else(|| missing("event"))?;
    let told = wire.disconnection_info.and_then(|info| info.reason);
    let reason = owned(wire.reason.or(told)).filter(|reason| reason != "NONE");
    Ok(Item::bare(
        None,
        Content::Notice(Notice {
            subject,
            event,
            reason,
        }),
    ))
}

/// One of `errors`, outside any message.
pub(super) fn bare_problem(_: &Scope, json: &str) -> Result<Item, Fault> {
    let wire: ProblemWire<'_> = object(json)?;
    Ok(Item::bare(None, Content::Problem(problem(wire))))
}
