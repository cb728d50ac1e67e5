//! From the JSON of a message to what it says.

use baton_domain::ids::MessageId;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    lenient::{self, Text, shared},
    message::{
        Choice, Context, Form, Location, Media, MessageContent, Order, OrderLine, Part, Reaction,
        Referral,
    },
    update::{Fault, Problem},
    value::object,
    wire::{
        BodyWire, ButtonWire, ContextWire, InteractiveWire, LocationWire, MediaWire, MessageWire,
        OrderLineWire, OrderWire, ProblemWire, ReactionWire, ReferralWire,
    },
};

/// What becomes of a message with an odd part.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Care {
    /// It is not read.
    Strict,
    /// It is read without the part: a customer who wrote is never lost to an
    /// odd attachment.
    Lenient,
}

/// What the message says. Which part it has is told by the part that is there
/// and not by its `type`, so that a new type with an old part is understood.
pub(super) fn content(wire: &MessageWire<'_>, care: Care) -> Result<MessageContent, Fault> {
    let (text, part) = match body(wire) {
        Err(fault) if care == Care::Lenient => (None, Part::Unreadable(fault.to_string())),
        read => read?,
    };
    let problems = match wire.errors.map(problems).transpose() {
        Err(_) if care == Care::Lenient => None,
        read => read?,
    };
    Ok(MessageContent {
        kind: shared(wire.kind.as_ref()).unwrap_or_else(|| "unknown".into()),
        text: text.filter(|text| !text.is_empty()),
        part,
        context: beside(wire.context, care, context)?,
        referral: beside(wire.referral, care, |wire| Box::new(referral(wire)))?,
        problems: problems.unwrap_or_default(),
    })
}

fn body(wire: &MessageWire<'_>) -> Result<(Option<String>, Part), Fault> {
    let files = [
        wire.image,
        wire.video,
        wire.audio,
        wire.document,
        wire.sticker,
    ];
    Ok(if let Some(json) = wire.text {
        (owned(part::<BodyWire<'_>>(json)?.body), Part::None)
    } else if let Some(json) = files.into_iter().flatten().next() {
        of_media(part(json)?)
    } else if let Some(json) = wire.interactive {
        of_interactive(part(json)?)
    } else if let Some(json) = wire.button {
        let button: ButtonWire<'_> = part(json)?;
        of_choice(button.payload, button.text)
    } else if let Some(json) = wire.order {
        of_order(part(json)?)
    } else if let Some(json) = wire.location {
        (None, Part::Location(location(part(json)?)))
    } else if let Some(json) = wire.reaction {
        (None, Part::Reaction(reaction(part(json)?)))
    } else {
        (None, Part::None)
    })
}

/// Reads a part of a message.
pub(super) fn part<'a, W: Deserialize<'a>>(json: &'a RawValue) -> Result<W, Fault> {
    object(json.get())
}

/// Reads what stands beside the body.
fn beside<'a, W: Deserialize<'a>, T>(
    json: Option<&'a RawValue>,
    care: Care,
    convert: impl FnOnce(W) -> T,
) -> Result<Option<T>, Fault> {
    match json.map(part).transpose() {
        Err(_) if care == Care::Lenient => Ok(None),
        read => Ok(read?.map(convert)),
    }
}

fn problems(json: &RawValue) -> Result<Vec<Problem>, Fault> {
    let wires: Vec<ProblemWire<'_>> =
        serde_json::from_str(json.get()).map_err(|error| Fault::Shape(error.to_string()))?;
    Ok(wires.into_iter().map(problem).collect())
}

pub(super) fn problem(wire: ProblemWire<'_>) -> Problem {
    let details = wire
        .error_data
        .and_then(|data| data.details)
        .or(wire.message);
    Problem {
        code: wire
            .code
            .and_then(|code| code.as_str().parse().ok())
            .unwrap_or_default(),
        title: owned(wire.title),
        details: owned(details),
    }
}

pub(super) fn message_id(text: Option<&Text<'_>>) -> Option<MessageId> {
    MessageId::parse(text?.as_str()).ok()
}

pub(super) fn owned(text: Option<Text<'_>>) -> Option<String> {
    text.map(Text::into_string)
}

fn of_media(wire: MediaWire<'_>) -> (Option<String>, Part) {
    let media = Media {
        id: owned(wire.id),
        mime_type: owned(wire.mime_type),
        filename: owned(wire.filename),
        voice: wire.voice.unwrap_or_default(),
    };
    (owned(wire.caption), Part::Media(media))
}

fn of_interactive(wire: InteractiveWire<'_>) -> (Option<String>, Part) {
    if let Some(reply) = wire.button_reply.or(wire.list_reply) {
        return of_choice(reply.id, reply.title);
    }
    let form = wire.nfm_reply.map(|form| Form {
        name: owned(form.name),
        response_json: owned(form.response_json),
    });
    (None, form.map_or(Part::None, Part::Form))
}

fn of_choice(id: Option<Text<'_>>, title: Option<Text<'_>>) -> (Option<String>, Part) {
    let title = owned(title);
    (
        title.clone(),
        Part::Choice(Choice {
            id: owned(id),
            title,
        }),
    )
}

fn of_order(wire: OrderWire<'_>) -> (Option<String>, Part) {
    let lines = wire
        .product_items
        .unwrap_or_default()
        .into_iter()
        .map(line)
        .collect();
    (
        owned(wire.text),
        Part::Order(Order {
            catalog: owned(wire.catalog_id),
            lines,
        }),
    )
}

fn line(wire: OrderLineWire<'_>) -> OrderLine {
    let price = wire
        .item_price
        .map(|units| lenient::price(&units, wire.currency.as_ref()));
    OrderLine {
        product: owned(wire.product_retailer_id).unwrap_or_default(),
        quantity: wire
            .quantity
            .and_then(|quantity| quantity.as_str().parse().ok()),
        price: price.unwrap_or_default(),
    }
}

fn location(wire: LocationWire<'_>) -> Location {
    Location {
        latitude: owned(wire.latitude),
        longitude: owned(wire.longitude),
        name: owned(wire.name),
        address: owned(wire.address),
    }
}

fn reaction(wire: ReactionWire<'_>) -> Reaction {
    let emoji = owned(wire.emoji).filter(|emoji| !emoji.is_empty());
    Reaction {
        message: message_id(wire.message_id.as_ref()),
        emoji,
    }
}

fn context(wire: ContextWire<'_>) -> Context {
    let forwarded = [wire.forwarded, wire.frequently_forwarded];
    Context {
        message: message_id(wire.id.as_ref()),
        forwarded: forwarded.contains(&Some(true)),
        product: owned(
            wire.referred_product
                .and_then(|product| product.product_retailer_id),
        ),
    }
}

fn referral(wire: ReferralWire<'_>) -> Referral {
    Referral {
        source_url: owned(wire.source_url),
        source_id: owned(wire.source_id),
        source_type: owned(wire.source_type),
        headline: owned(wire.headline),
        body: owned(wire.body),
        click_id: owned(wire.ctwa_clid),
    }
}
