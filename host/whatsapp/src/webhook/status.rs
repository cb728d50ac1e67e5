//! How messages of ours and payments asked for got on (WhatsApp
//! documentation, "Webhooks: status messages", "Payments API").
//!
//! Statuses come out of order and may contradict each other; `delivered` may
//! be skipped. Whoever folds them takes the furthest.

use std::sync::Arc;

use baton_domain::ids::{MessageId, PaymentReference};
use serde::Deserialize;

use super::{
    identity::Identity,
    lenient::{self, Text, shared},
    read_content::{message_id, owned, problem},
    scope::{Item, Scope},
    update::{Amount, Content, Fault, Problem, Unknown},
    value::object,
    wire::ProblemWire,
};

/// A message got to a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// Which message.
    pub message: MessageId,
    /// Which state.
    pub state: State,
    /// What we gave along when we sent it (`biz_opaque_callback_data`): the
    /// key by which an ambiguous send is resolved.
    pub callback_data: Option<String>,
    /// What the message costs.
    pub pricing: Option<Pricing>,
    /// Why it failed.
    pub problems: Vec<Problem>,
}

/// The states of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// With WhatsApp.
    Sent,
    /// On a device of the customer's.
    Delivered,
    /// Seen.
    Read,
    /// Listened to.
    Played,
    /// Will not get there.
    Failed,
    /// One that this version does not know.
    Other(Arc<str>),
}

/// What a message costs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pricing {
    /// Whether it costs anything.
    pub billable: Option<bool>,
    /// `marketing`, `utility`, `service`, ...
    pub category: Option<String>,
    /// `PMP` by message, `CBP` by conversation.
    pub model: Option<String>,
}

/// A payment got to a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// The merchant's reference, from the order-details message.
    pub reference: PaymentReference,
    /// The order-details message.
    pub message: Option<MessageId>,
    /// Which state.
    pub state: PaymentState,
    /// The transaction's id, once there is one.
    pub transaction: Option<Arc<str>>,
    /// How much.
    pub amount: Option<Amount>,
    /// Why it failed, as the payment provider says.
    pub problem: Option<String>,
}

/// The states of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentState {
    /// Paid.
    Captured,
    /// Tried, and not known yet.
    Pending,
    /// Not paid.
    Failed,
    /// One that this version does not know.
    Other(Arc<str>),
}

#[derive(Deserialize)]
struct StatusWire<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    status: Option<Text<'a>>,
    #[serde(rename = "type")]
    kind: Option<Text<'a>>,
    timestamp: Option<Text<'a>>,
    recipient_id: Option<Text<'a>>,
    recipient_user_id: Option<Text<'a>>,
    recipient_parent_user_id: Option<Text<'a>>,
    biz_opaque_callback_data: Option<Text<'a>>,
    pricing: Option<PricingWire<'a>>,
    errors: Option<Vec<ProblemWire<'a>>>,
    payment: Option<PaymentWire<'a>>,
}

#[derive(Deserialize)]
struct PricingWire<'a> {
    billable: Option<bool>,
    #[serde(borrow)]
    category: Option<Text<'a>>,
    pricing_model: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct PaymentWire<'a> {
    #[serde(borrow)]
    reference_id: Option<Text<'a>>,
    amount: Option<AmountWire<'a>>,
    currency: Option<Text<'a>>,
    transaction: Option<TransactionWire<'a>>,
}

#[derive(Deserialize)]
struct TransactionWire<'a> {
    #[serde(borrow)]
    id: Option<Text<'a>>,
    amount: Option<AmountWire<'a>>,
    currency: Option<Text<'a>>,
    error: Option<TransactionErrorWire<'a>>,
}

#[derive(Deserialize)]
struct TransactionErrorWire<'a> {
    #[serde(borrow)]
    code: Option<Text<'a>>,
    reason: Option<Text<'a>>,
}

#[derive(Deserialize)]
struct AmountWire<'a> {
    #[serde(borrow)]
    value: Option<Text<'a>>,
    offset: Option<Text<'a>>,
}

/// Reads a status of a message or of a payment.
pub(super) fn read(scope: &Scope, json: &str) -> Result<Item, Fault> {
    let mut wire: StatusWire<'_> = object(json)?;
    let occurred_at = lenient::timestamp(wire.timestamp.as_ref());
    let ids = [
        &wire.recipient_id,
        &wire.recipient_user_id,
        &wire.recipient_parent_user_id,
    ];
    let (address, _) = scope.customer(ids.map(Option::as_ref));
    let kind = wire.kind.as_ref().map(Text::as_str);
    let (identity, content) = match (kind, wire.payment.take()) {
        (Some("payment"), None) => return Err(Fault::NoId),
        (Some("payment") | None, Some(payment)) => of_payment(&wire, payment)?,
        (None | Some("message"), None) => of_message(wire)?,
        (Some(kind), _) => {
            // Such as `call`, whose id is not a message's.
            let unknown = Unknown {
                list: "statuses".into(),
                kind: Some(kind.into()),
            };
            (None, Content::Unknown(unknown))
        }
    };
    Ok(Item {
        address,
        occurred_at,
        identity,
        content,
    })
}

fn of_message(wire: StatusWire<'_>) -> Result<(Option<Identity>, Content), Fault> {
    let message = message_id(wire.id.as_ref()).ok_or(Fault::NoId)?;
    let status = shared(wire.status.as_ref()).ok_or(Fault::NoId)?;
    let recipient = wire
        .recipient_id
        .or(wire.recipient_user_id)
        .or(wire.recipient_parent_user_id);
    let recipient = shared(recipient.as_ref()).unwrap_or_default();
    let identity = Identity::Status {
        message: message.clone(),
        status: status.clone(),
        recipient,
    };
    let pricing = wire.pricing.map(|pricing| Pricing {
        billable: pricing.billable,
        category: owned(pricing.category),
        model: owned(pricing.pricing_model),
    });
    let content = Content::Status(Status {
        message,
        state: state(status),
        callback_data: owned(wire.biz_opaque_callback_data),
        pricing,
        problems: wire
            .errors
            .unwrap_or_default()
            .into_iter()
            .map(problem)
            .collect(),
    });
    Ok((Some(identity), content))
}

fn state(status: Arc<str>) -> State {
    match &*status {
        "sent" => State::Sent,
        "delivered" => State::Delivered,
        "read" => State::Read,
        "played" => State::Played,
        "failed" => State::Failed,
        _ => State::Other(status),
    }
}

fn of_payment(
    wire: &StatusWire<'_>,
    payment: PaymentWire<'_>,
) -> Result<(Option<Identity>, Content), Fault> {
    let reference = payment
        .reference_id
        .as_ref()
        .map(|text| PaymentReference::parse(text.as_str()));
    let reference = reference.and_then(Result::ok).ok_or(Fault::NoId)?;
    let status = shared(wire.status.as_ref()).ok_or(Fault::NoId)?;
    let (transaction, amount, currency, error) = match payment.transaction {
        Some(part) => (
            shared(part.id.as_ref()),
            part.amount,
            part.currency,
            part.error,
        ),
        None => (None, None, None, None),
    };
    let amount = payment.amount.or(amount).and_then(|amount| {
        let currency = payment.currency.or(currency);
        Some(lenient::scaled(
            &amount.value?,
            amount.offset.as_ref(),
            currency.as_ref(),
        ))
    });
    let identity = Identity::Payment {
        reference: reference.clone(),
        transaction: transaction.clone(),
        status: status.clone(),
    };
    let told = wire
        .errors
        .as_ref()
        .and_then(|errors| errors.first()?.title.clone());
    let problem = error.and_then(|error| error.reason.or(error.code)).or(told);
    let content = Content::Payment(Payment {
        reference,
        message: message_id(wire.id.as_ref()),
        state: payment_state(status),
        transaction,
        amount,
        problem: owned(problem),
    });
    Ok((Some(identity), content))
}

fn payment_state(status: Arc<str>) -> PaymentState {
    match &*status {
        "captured" => PaymentState::Captured,
        "pending" => PaymentState::Pending,
        "failed" => PaymentState::Failed,
        _ => PaymentState::Other(status),
    }
}
