//! The past of a number that was on the Business App (WhatsApp documentation,
//! "Webhooks: history"). One chunk holds many threads, one thread many
//! messages; every message is an item of its own.

use serde::Deserialize;

use super::{
    identity::Identity,
    lenient::{self, Text, shared},
    message::{Author, HistoryMessage, PLACEHOLDER},
    notice::HistoryProgress,
    read_content::{Care, content, message_id, part, problem},
    read_message::customer_ids,
    scope::{self, Item, Scope},
    update::{Content, Fault},
    value::{Pairs, object},
    wire::{HistoryContextWire, MessageWire, ProblemWire},
};
use crate::address::CustomerAddress;

/// The error that stands for "this merchant does not share the history".
const DECLINED: i64 = 2_593_109;

#[derive(Deserialize)]
struct ThreadContextWire<'a> {
    #[serde(borrow)]
    wa_id: Option<Text<'a>>,
    user_id: Option<Text<'a>>,
    parent_user_id: Option<Text<'a>>,
}

/// The customer of a thread, by its id and, since user names exist, by its
/// context.
pub(super) fn thread_address(thread: &Pairs<'_>) -> Option<CustomerAddress> {
    let id = thread
        .get("id")
        .and_then(|json| serde_json::from_str(json.get()).ok());
    let context = thread
        .get("context")
        .and_then(|json| object(json.get()).ok());
    let named = scope::address([id.as_ref(), None, None]);
    let told = context.and_then(|context: ThreadContextWire<'_>| {
        let ids = [&context.wa_id, &context.user_id, &context.parent_user_id];
        scope::address(ids.map(Option::as_ref))
    });
    match (named, told) {
        (Some(named), Some(told)) => Some(named.or(&told)),
        (named, told) => named.or(told),
    }
}

#[derive(Deserialize)]
struct ProgressWire<'a> {
    #[serde(borrow)]
    phase: Option<Text<'a>>,
    chunk_order: Option<Text<'a>>,
    progress: Option<Text<'a>>,
}

/// The `metadata` of a chunk.
pub(super) fn progress(_: &Scope, json: &str) -> Result<Item, Fault> {
    let wire: ProgressWire<'_> = object(json)?;
    let number = |text: Option<Text<'_>>| text.and_then(|text| text.as_str().parse().ok());
    let progress = HistoryProgress {
        phase: number(wire.phase),
        chunk: number(wire.chunk_order),
        percent: number(wire.progress),
    };
    Ok(Item::bare(None, Content::HistoryProgress(progress)))
}

/// One of the `errors` of a chunk, or of the field.
pub(super) fn error(_: &Scope, json: &str) -> Result<Item, Fault> {
    let wire: ProblemWire<'_> = object(json)?;
    let problem = problem(wire);
    let declined = problem.code == DECLINED;
    let content = if declined {
        Content::HistoryDeclined(problem)
    } else {
        Content::Problem(problem)
    };
    Ok(Item::bare(None, content))
}

/// A message of the past, in a thread or, for files that follow their
/// placeholder, by itself.
pub(super) fn message(
    scope: &Scope,
    thread: Option<&CustomerAddress>,
    care: Care,
    json: &str,
) -> Result<Item, Fault> {
    let wire: MessageWire<'_> = object(json)?;
    let author = author(scope, thread, &wire);
    let address = scope::address(customer_ids(&wire, author));
    let address = match (address, thread) {
        (Some(address), Some(thread)) => Some(address.or(thread)),
        (address, thread) => address.or_else(|| thread.cloned()),
    };
    let address = address
        .or_else(|| scope.customer([None; 3]).0)
        .ok_or(Fault::NoAddress)?;
    let id = message_id(wire.id.as_ref()).ok_or(Fault::NoId)?;
    let number = scope.number()?.clone();
    let occurred_at = lenient::timestamp(wire.timestamp.as_ref());
    let context = wire
        .history_context
        .and_then(|json| part::<HistoryContextWire<'_>>(json).ok());
    let status = context.and_then(|context| shared(context.status.as_ref()));
    let content = content(&wire, care)?;
    // Under its message's identity, a placeholder would pass for the file.
    let identity = (&*content.kind != PLACEHOLDER).then(|| Identity::Message {
        number,
        message: id.clone(),
    });
    let content = Content::History(HistoryMessage {
        id,
        author,
        content,
        status,
    });
    Ok(Item {
        address: Some(address),
        occurred_at,
        identity,
        content,
    })
}

fn author(scope: &Scope, thread: Option<&CustomerAddress>, wire: &MessageWire<'_>) -> Author {
    let sent_to_someone = wire.to.is_some() || wire.to_user_id.is_some();
    let from_business = wire
        .from
        .as_ref()
        .is_some_and(|from| scope.is_business(from));
    let from_customer = || {
        let from = scope::address(customer_ids(wire, Author::Customer));
        from.zip(thread)
            .is_some_and(|(from, thread)| shares_id(&from, thread))
    };
    if from_business || (sent_to_someone && !from_customer()) {
        Author::Business
    } else {
        Author::Customer
    }
}

fn shares_id(one: &CustomerAddress, other: &CustomerAddress) -> bool {
    let same_phone = one.phone().is_some() && one.phone() == other.phone();
    let same_user = one.user_id().is_some() && one.user_id() == other.user_id();
    same_phone || same_user
}
